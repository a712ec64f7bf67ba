"""What institutions did about a named partner, in their own words. Pure.

Source: codebook, `acted`: ended, suspended, refused or reviewed a named partnership.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tracker.findings.evidence import Evidence, own_words, sentences

#: A rule on what to do with partners is no deed, nor is what has not been done.
_RULE = re.compile(
    r"\b(?:must|shall|should|may|might|could|would|if|whether|has not|have not|had not|never)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Deeds:
    """The words for what is done with a partnership, for partners, and for reasons."""

    verbs: Mapping[str, re.Pattern[str]]
    partners: re.Pattern[str]
    reason: re.Pattern[str]


def acted(
    evidence: Sequence[Evidence], deeds: Deeds, *, most: int | None = None
) -> list[dict[str, Any]]:
    """Return what was done, to whom, for which stated reason and when, each with its quote."""
    found = (row for item in own_words(evidence) for row in _deeds(item, deeds))
    return list(islice(found, most))


def _deeds(item: Evidence, deeds: Deeds) -> Iterator[dict[str, Any]]:
    if not any(verb.search(item.quote) for verb in deeds.verbs.values()):
        return
    for sentence in sentences(item.quote):
        done = next((what for what, verb in deeds.verbs.items() if verb.search(sentence)), None)
        if done is None or _RULE.search(sentence):
            continue
        partners = dict.fromkeys(found[0] for found in deeds.partners.finditer(sentence))
        if not partners:
            continue
        reason = deeds.reason.search(sentence)
        yield {
            "what": done,
            "partner": ", ".join(partners),
            "reason": sentence[reason.start() :].rstrip(".; ") if reason else None,
            "stated_date": item.dated.isoformat() if item.dated else None,
            "quote": sentence,
            "url": item.url,
            "title": item.title,
            "reviewed": str(item.reviewed),
        }
