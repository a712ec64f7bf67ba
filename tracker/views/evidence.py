"""The evidence card: a quote with everything needed to check it; and the record of a search."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tracker.addresses import web_archive
from tracker.crediting import coded_by
from tracker.dating import dated, first_seen, statement_date
from tracker.queries import VersionRow, element_words, shown_cues
from tracker.settings import Settings
from tracker.views.addresses import APP, Places, text_fragment
from tracker.views.html import (
    between,
    day,
    escape,
    go,
    label,
    language,
    link,
    minute,
    number,
    pairs,
    problem,
    sentence,
    words,
)
from tracker.views.html import rule as html_rule

LONGEST_QUOTE = 600
Cues = Mapping[str, Sequence[str]]


def marked(text: str, cues: Cues) -> str:
    """Return a quote with its cue words marked, each mark saying what for."""
    told: dict[str, list[str]] = {}
    for name, found in cues.items():
        for cue in filter(None, found):
            told.setdefault(cue, []).append(words(name))
    if not told:
        return escape(text)
    longest_first = sorted(map(re.escape, told), key=len, reverse=True)
    parts = re.split(rf"(?<!\w)({'|'.join(longest_first)})(?!\w)", text)
    return "".join(
        f'<mark title="{escape(", ".join(told[part]))}">{escape(part)}</mark>'
        if at % 2
        else escape(part)
        for at, part in enumerate(parts)
    )


def quoted(text: str, language: str | None, cues: Cues) -> str:
    """Return a passage in its own language and direction, cut where it grows long."""
    cut = len(text) > LONGEST_QUOTE
    shown = text[:LONGEST_QUOTE].rsplit(" ", 1)[0] if cut else text
    end = ' <span class="t-quote-end">… (goes on)</span>' if cut else ""
    tongue = escape(language or "und")
    body = marked(shown, cues)
    return f'<blockquote lang="{tongue}" dir="auto">“{body}{"" if cut else "”"}{end}</blockquote>'


def evidence_card(
    item: Mapping[str, Any],
    cues: Cues,
    version: VersionRow | None = None,
    places: Places = APP,
    *,
    carries: str = "",
    beside: tuple[str, str] = ("", ""),
) -> str:
    """Return a piece of evidence: the quote, its source, its capture, its coding, its review.

    `carries` says, as HTML, which findings rest on it; `beside` is the sentence before and the one after.
    """
    cues = {**shown_cues(item, cues), **element_words(item)}
    title = item["title"] or item["url"]
    path = _below(title, item.get("heading_path") or "")
    where = f" › {escape(path)}" if path else ""
    source = f"<b>{link(item['url'], title)}</b>{where}"
    ways = " · ".join(
        (
            link(text_fragment(item["url"], item["quote"]), "open at the quote"),
            link(web_archive(item["url"]), "archived copies"),
            _document_link(item, places),
        )
    )
    shown = "" if places is APP else " open"  # on paper nobody can open it
    maybe = " t-maybe" if item.get("reviewed", "none") == "none" else ""
    return (
        f'<figure class="t-card{maybe}">{quoted(item["quote"], item.get("language"), cues)}'
        f'<figcaption class="t-meta">{source}<br>{escape(dated(item))} · {_there(item)}<br><span class="t-state">{escape(sentence(coded_by(item)))}</span><br>{ways}{carries}'
        f'</figcaption><details class="t-more"{shown}><summary>Evidence and coding</summary>{_provenance(item, cues, version, beside)}</details></figure>'
    )


def _below(title: str, path: str) -> str:
    """The headings below the title, which often stands as a heading once more."""
    first, _, rest = path.partition(" › ")
    return rest if first == title else path


def _there(item: Mapping[str, Any]) -> str:
    if item.get("gone_from") and item.get("gone_to"):
        since = f"between {day(item['gone_from'])} and {day(item['gone_to'])}"
        return f"not at its address since {since}; reason unknown"
    return "still on the page at the last check" if item.get("on_page") else "no longer on the page"


def _document_link(item: Mapping[str, Any], places: Places) -> str:
    document_id = item.get("document_id")
    return go(places.document(document_id), "all versions") if document_id else ""


def _provenance(
    item: Mapping[str, Any], cues: Cues, version: VersionRow | None, beside: tuple[str, str]
) -> str:
    because = "; ".join(
        f"{words(name)}: {', '.join(found)}" for name, found in cues.items() if found
    )
    seen = hashes = ""
    if version is not None:
        seen = f"{_came(item, version)}; last seen {minute(version.last_seen_at)}"
        hashes = f"text sha256 <code>{escape(version.text_sha256)}</code>"
    return pairs(
        [
            ("Just before", _said(beside[0], item)),
            ("Just after", _said(beside[1], item)),
            ("Labels", escape(", ".join(map(label, item["labels"])))),
            ("Because of", escape(because or "–")),
            ("Voice", escape(item.get("attributed") or words(item["voice"]))),
            ("Version", escape(item["version"])),
            ("In the text", escape(seen)),
            ("Hash", hashes),
            ("Cite as", f'<span class="t-cite">{escape(citation(item, version))}</span>'),
            ("Is this wrong?", problem(Settings().contact, citation(item, version))),
        ]
    )


def _said(text: str, item: Mapping[str, Any]) -> str:
    tongue = escape(item.get("language") or "und")
    return f'<span lang="{tongue}" dir="auto">{escape(text)}</span>' if text else ""


def citation(item: Mapping[str, Any], version: VersionRow | None) -> str:
    """Return how to cite the quote: document, date, address, version, hash."""
    own = statement_date(item)
    said = [f"“{item['title'] or item['url']}”", day(own) if own else dated(item), item["url"]]
    seen = _came(item, version)
    if own and seen:
        said.append(f"passage {seen}")
    said.append(f"version {item['version']}")
    said += [f"sha256 {version.text_sha256[:12]}"] if version else []
    return ", ".join(said)


def _came(item: Mapping[str, Any], version: VersionRow | None) -> str:
    """Between which captures the passage came; where that was not kept, its version did."""
    if said := first_seen(item):
        return said
    return between(version.seen_from, version.seen_to) if version else ""


def search_record(record: Mapping[str, Any], rule: str) -> str:
    """Return what was looked at: it stands beside every absence."""
    failures = (
        "; ".join(f"{f['source']} ({words(f['reason'])})" for f in record.get("failures", ()))
        or "none"
    )
    languages, unread = (
        ", ".join(f"{named(name)} {count}" for name, count in record.get(part, {}).items()) or "–"
        for part, named in (("languages", language), ("unread", words))
    )
    basis = f" ({record['period_basis']})" if record.get("period_basis") else ""
    read, known = record.get("documents_read", 0), record.get("documents_known", 0)
    lost = record.get("documents_lost", 0)
    by_now = f", {lost} of them out of reach by now" if lost else ""
    period = (
        f"{day(record['period_from'])} to {day(record.get('period_to'))}"
        if record.get("period_from")
        else "no date stated"
    )
    shown = pairs(
        [
            ("Read", f"{read} of {number(known, 'known document')}{by_now}"),
            ("Unread", escape(unread)),
            ("Period", escape(period + basis)),
            (
                "Starting points",
                f"{record.get('sources_declared', 0)}; not read: {escape(failures)}",
            ),
            ("Archives read", escape(", ".join(record.get("archives", ())) or "none")),
            ("Languages", escape(languages)),
            ("Terms", f"codebook {escape(record.get('codebook', '–'))}"),
            ("Last read", escape(day(record.get("last_read")))),
        ]
    )
    return f'<div class="t-card"><b>{html_rule(rule)}</b>{shown}</div>'
