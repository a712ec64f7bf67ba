"""Our own HTML for what Streamlit would take as Markdown. Everything stored is escaped here."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape as _escape
from typing import Any
from urllib.parse import quote, urlsplit

from tracker.changes import Comparison, as_html

#: Result → (shape, word, colour class). Colours are Okabe and Ito's; absence has none.
RESULTS: Mapping[str, tuple[str, str, str]] = {
    "condemned": ("●", "condemned", "blue"),
    "criticised": ("◆", "criticised", "sky"),
    "mentioned_critically": ("◇", "mentioned critically", "sky"),
    "security_concern": ("▲", "security concern", "orange"),
    "defends_engagement": ("■", "defends engagement", "purple"),
    "discussed": ("◐", "discussed", "plain"),
    "stated": ("●", "stated", "green"),
    "partial": ("◐", "partial", "yellow"),
    "declined": ("✕", "declined", "purple"),
    "none_found": ("○", "none found", "plain"),
    "not_checked": ("–", "not checked", "hatched"),
    "unreachable": ("⊘", "unreachable", "hatched"),
    "not_applicable": ("·", "not applicable", "faint"),
}


def escape(text: str) -> str:
    """Return text as HTML shows it: the one place where stored text is made harmless."""
    return _escape(text, quote=True)


STYLE = """<style>
:root{--ink:#1c1b19;--soft:#57534b;--line:#cfc9bb;--card:#ffffff;--tint:#f1eee6;--mark:#ffe9a8;
--blue:#0072b2;--sky:#1f6f9c;--green:#00694d;--yellow:#7a5c00;--orange:#a34700;--purple:#8a3a6b;
--add:#d9efe4;--del:#f6dfd6}
@media (prefers-color-scheme:dark){:root{--ink:#ececea;--soft:#b9b6ae;--line:#454b52;--card:#1d2024;
--tint:#262b31;--mark:#5c4a10;--blue:#7cc0ee;--sky:#9bd2f5;--green:#5fd0a8;--yellow:#e6c75c;
--orange:#f2a46a;--purple:#e6a3cb;--add:#14402f;--del:#4a2618}}
.t-badge{font:600 .82rem/1.6 'Noto Sans','DejaVu Sans',sans-serif;white-space:nowrap}
.t-blue{color:var(--blue)}.t-sky{color:var(--sky)}.t-green{color:var(--green)}
.t-yellow{color:var(--yellow)}.t-orange{color:var(--orange)}.t-purple{color:var(--purple)}
.t-plain{color:var(--ink)}.t-faint,.t-soft{color:var(--soft)}
.t-card{border:1px solid var(--line);border-left:4px solid var(--line);background:var(--card);
padding:.9rem 1.1rem;margin:.4rem 0 1rem;border-radius:4px;color:var(--ink)}
.t-card blockquote{margin:.2rem 0 .6rem;font-size:1.06rem;line-height:1.55;color:var(--ink)}
.t-card mark{background:var(--mark);color:inherit;padding:0 .1em}
.t-meta{font:.84rem/1.6 'Noto Sans','DejaVu Sans',sans-serif;color:var(--soft);overflow-wrap:anywhere}
.t-meta a{color:inherit;text-decoration:underline}
.t-demo{background:var(--tint);border:1px dashed var(--line);padding:.5rem .9rem;border-radius:4px;
font:600 .88rem/1.5 'Noto Sans','DejaVu Sans',sans-serif;color:var(--ink)}
.t-scroll{overflow-x:auto}
table.t-table{border-collapse:collapse;width:100%;font:.9rem/1.45 'Noto Sans','DejaVu Sans',sans-serif;color:var(--ink)}
.t-table th,.t-table td{border-bottom:1px solid var(--line);padding:.45rem .6rem;text-align:left;vertical-align:top}
.t-table thead th{border-bottom:2px solid var(--line);color:var(--soft);font-weight:600}
.t-table td.t-hatched{background:repeating-linear-gradient(135deg,transparent 0 5px,var(--tint) 5px 10px)}
.t-hatched{color:var(--soft)}
.t-possible{border:1px dashed var(--line);border-radius:3px;padding:0 .3em}
.t-facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1rem;margin:.6rem 0 1.2rem}
.t-fact{border-top:3px solid var(--blue);padding-top:.5rem}
.t-fact b{display:block;font:700 1.9rem/1.15 'Noto Sans','DejaVu Sans',sans-serif;color:var(--ink)}
.t-fact span{font:.88rem/1.4 'Noto Sans','DejaVu Sans',sans-serif;color:var(--soft)}
.t-diff p{margin:.5rem 0;line-height:1.6;color:var(--ink)}
.t-diff ins{background:var(--add);text-decoration:underline}.t-diff del{background:var(--del);text-decoration:line-through}
.t-foot{border-top:1px solid var(--line);margin-top:2.5rem;padding-top:.7rem}
.t-list{margin:.3rem 0 1rem;padding:0;list-style:none;color:var(--ink)}
.t-list li{padding:.55rem 0;border-bottom:1px solid var(--line)}
.t-hide{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
</style>"""


def badge(result: str, *, possible: bool = False) -> str:
    """Return a result as shape and word; a possible one is outlined and says so."""
    shape, word, colour = RESULTS.get(result, ("?", result, "plain"))
    outline = " t-possible" if possible else ""
    said = f"possible: {word}" if possible else word
    return f'<span class="t-badge t-{colour}{outline}"><span aria-hidden="true">{shape}</span> {escape(said)}</span>'


def finding_badge(result: str, basis: str, reviewed: str, *, evidence: bool) -> str:
    """Return a finding's badge: what no person confirmed is possible, not stated."""
    unreviewed = evidence and basis == "machine"
    said = f"{reviewed} reviewed" if evidence and not unreviewed else ""
    if result == "none_found" and basis == "machine":
        said = "no match by machine"
    people = f' <span class="t-soft">· {escape(said)}</span>' if said else ""
    return badge(result, possible=unreviewed) + people


def day(at: datetime | str | None) -> str:
    """Return a date as people write it, or a dash."""
    if at is None:
        return "–"
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{moment.day} {moment:%b %Y}"


def link(url: str, words: str) -> str:
    """Return a link to a web address; anything else is shown as text."""
    if urlsplit(url).scheme not in {"http", "https"}:
        return escape(words)
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer nofollow">{escape(words)}</a>'


def text_fragment(url: str, words: str) -> str:
    """Return an address that opens a page at a quote (WICG text fragments)."""
    start = " ".join(words.split()[:6])
    return f"{url}#:~:text={quote(start, safe='')}"


def marked(text: str, cues: Iterable[str]) -> str:
    """Return a quote with its cue words marked."""
    words = sorted({re.escape(cue) for cue in cues if cue}, key=len, reverse=True)
    if not words:
        return escape(text)
    parts = re.split(rf"({'|'.join(words)})", text)
    return "".join(
        f"<mark>{escape(part)}</mark>" if at % 2 else escape(part) for at, part in enumerate(parts)
    )


def evidence_card(item: Mapping[str, Any], cues: Mapping[str, Sequence[str]]) -> str:
    """Return a quote with everything needed to check it."""
    words = [word for found in cues.values() for word in found]
    stated = f"stated date {day(item['stated_date'])} ({item['stated_basis']})"
    where = f" › {item['heading_path']}" if item.get("heading_path") else ""
    there = "still on the page at last check" if item.get("on_page") else "no longer at its address"
    if item.get("gone_from") and item.get("gone_to"):
        there = (
            f"not at its address since between {day(item['gone_from'])} and "
            f"{day(item['gone_to'])}; reason unknown"
        )
    voice = item.get("attributed") or item["voice"]
    state = {
        "none": "machine coding, not yet reviewed",
        "one": "confirmed by one person",
        "two": "confirmed by two people",
    }
    cued = "; ".join(f"{label}: {', '.join(found)}" for label, found in cues.items() if found)
    return f"""<figure class="t-card"><blockquote lang="{escape(item.get("language") or "en")}">“{marked(item["quote"], words)}”</blockquote>
<figcaption class="t-meta">{link(item["url"], item["title"] or item["url"])}{escape(where)} · version {escape(str(item["version"]))} · {escape(stated)}<br>
{link(text_fragment(item["url"], item["quote"]), "open at the quote")} · {there} · {escape(state[item["reviewed"]])}<br>
Coded {escape(", ".join(item["labels"]))} because of {escape(cued or "–")} · voice: {escape(str(voice))}</figcaption></figure>"""


def search_record(record: Mapping[str, Any], rule: str) -> str:
    """Return what was looked at: it stands beside every absence."""
    failures = (
        "; ".join(f"{f['source']} ({f['reason']})" for f in record.get("failures", ())) or "none"
    )
    languages, unread = (
        ", ".join(f"{name} {number}" for name, number in record.get(part, {}).items()) or "–"
        for part in ("languages", "unread")
    )
    archives = ", ".join(record.get("archives", ())) or "none"
    return f"""<div class="t-card"><div class="t-meta"><b>{escape(rule)}</b><br>
{record.get("documents_read", 0)} of {record.get("documents_known", 0)} known documents read ·
{record.get("sources_declared", 0)} starting points, failed: {escape(failures)} · languages: {escape(languages)} · unread: {escape(unread)} · archives read: {escape(archives)} ·
documents dated {escape(str(record.get("period_from") or "–"))} to {escape(str(record.get("period_to") or "–"))} ·
codebook {escape(str(record.get("codebook", "–")))} · last read {day(record.get("last_read"))}</div></div>"""


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str) -> str:
    """Return a table of cells that are HTML already; the first cell of a row heads it."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(_row(row) for row in rows)
    return (
        f'<div class="t-scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table class="t-table">'
        f'<caption class="t-hide">{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _row(cells: Sequence[str]) -> str:
    rest = "".join(
        f'<td class="t-hatched">{cell}</td>' if "t-badge t-hatched" in cell else f"<td>{cell}</td>"
        for cell in cells[1:]
    )
    return f'<tr><th scope="row">{cells[0]}</th>{rest}</tr>'


def facts(given: Sequence[tuple[str, str]]) -> str:
    """Return the figures of a screen's head: (number, what it counts)."""
    shown = "".join(
        f'<div class="t-fact"><b>{escape(number)}</b><span>{escape(what)}</span></div>'
        for number, what in given
    )
    return f'<div class="t-facts">{shown}</div>'


def difference(comparison: Comparison) -> str:
    """Return a change sentence by sentence, with words beside colour for those who listen."""
    return f'<div class="t-diff">{as_html(comparison.sentences)}</div>'
