"""Passages are coded, each distinct text once; codings say how sure they are."""

from collections import Counter
from typing import Any

from tracker.coding.codebook import Codebook
from tracker.coding.coded import Coded
from tracker.coding.coder import code, confidence
from tracker.model import Recommendation, Topic
from tracker.rederiving import Told
from tracker.store import Store, codings

CODED, RATED = 500, 5_000  # passages, codings in one transaction


def code_passages(store: Store, codebook: Codebook, told: Told) -> int:
    """Code what this coder has not coded yet; what is coded stays so, whenever a run ends."""
    coded = last = 0
    while True:
        with store.transaction() as session:
            batch = codings.uncoded_passages(session, codebook.coder_name, after=last, limit=CODED)
            found = [(passage_id, code(text, codebook)) for passage_id, text in batch]
            codings.record_codings(session, codebook.coder_name, [coding_row(*f) for f in found])
            named = [row for passage_id, coded in found for row in entity_rows(passage_id, coded)]
            codings.record_entities(session, [passage_id for passage_id, _ in batch], named)
        if not batch:
            return coded
        coded, last = coded + len(batch), batch[-1][0]
        told("coding", coded)


def rate_anew(store: Store, codebook: Codebook) -> None:
    """Let every coding say how sure it is by today's calibration; the coding itself stays."""
    last = 0
    while True:
        with store.transaction() as session:
            batch = codings.rated_codings(session, codebook.coder_name, after=last, limit=RATED)
            told = {
                row.id: confidence(row.held, row.stance, row.cues, row.words, codebook)
                for row in batch
            }
            changed = {row.id: told[row.id] for row in batch if told[row.id] != row.confidence}
            codings.record_confidence(session, changed)
        if not batch:
            return
        last = batch[-1].id


def entity_rows(passage_id: int, coded: Coded) -> list[dict[str, Any]]:
    """Return one row for each body that a passage names, with its first mention."""
    times = Counter(mention.entity for mention in coded.mentions)
    first = {mention.entity: mention for mention in reversed(coded.mentions)}
    return [
        {
            "passage_id": passage_id,
            "entity": entity,
            "words": mention.words,
            "start": mention.start,
            "end": mention.end,
            "times": times[entity],
        }
        for entity, mention in sorted(first.items())
    ]


def coding_row(passage_id: int, coded: Coded) -> dict[str, Any]:
    """Return the columns of a passage's coding."""
    return {
        "passage_id": passage_id,
        **{str(topic): topic in coded.topics for topic in Topic},
        "stance": coded.stance,
        **{str(r): r in coded.recommendations for r in Recommendation},
        "in_passing": coded.in_passing,
        "elements": {name: list(found) for name, found in coded.elements.items()},
        "cues": {label: list(words) for label, words in coded.cues.items()},
        "confidence": coded.confidence,
    }
