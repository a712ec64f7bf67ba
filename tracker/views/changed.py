"""One change: what the text did, when, on what evidence. For the screen and for the printed page."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from tracker import queries
from tracker.addresses import web_archive
from tracker.changes import Comparison, Piece, as_html, compare
from tracker.changes.certainty import certainty
from tracker.coding.codebook import question_title
from tracker.model import ChangeClass
from tracker.queries import ChangeRow, VersionRow
from tracker.store.folding import moved_to
from tracker.store.heard import NOT_ASKED, dealings
from tracker.store.records import Act, acts
from tracker.views import hearing
from tracker.views.addresses import APP, Places
from tracker.views.html import (
    actions,
    card,
    change_class,
    day,
    escape,
    go,
    label,
    link,
    minute,
    pairs,
    sentence,
    when,
    words,
)

JOINED = " › "
CLASSES = {
    "material": "touches coded text, or a document came or went",
    "minor": "wording, dates, links or order; no words on what is coded",
    "availability": "what could be read, not what the text says",
    "record": "our own record, not the institution’s text",
    "technical": "our own re-reading of kept bytes; never sent",
}


@dataclass(frozen=True, slots=True)
class Changed:
    """A change with its two versions and what differs between them."""

    row: ChangeRow
    before: VersionRow | None
    after: VersionRow | None
    difference: Comparison
    dealing: str = NOT_ASKED
    act: Act | None = None  # where it is one of our own record

    @property
    def heard(self) -> Act | None:
        """The reply or correction that it is about; None where it is about a document."""
        return self.act if self.act and self.act.heard else None


def load(session: Session, change_id: int) -> Changed | None:
    """Return the change with that id, or None."""
    rows = queries.change_rows(session, change_id=change_id)
    if not rows:
        return None
    row = rows[0]
    ids = [row.from_version_id, row.to_version_id]
    found = queries.versions_by_id(session, [i for i in ids if i is not None])
    before, after = (found.get(i) if i is not None else None for i in ids)
    dealing = dealings(session).get(row.institution, NOT_ASKED)
    difference = _difference(session, row, before, after)
    own = row.change_class is ChangeClass.RECORD
    act = acts(session).get(row.id, Act()) if own else None
    return Changed(row, before, after, difference, dealing, act)


def _difference(
    session: Session, row: ChangeRow, before: VersionRow | None, after: VersionRow | None
) -> Comparison:
    if row.withheld or after is None:
        return Comparison()
    return compare(pieces(session, before), pieces(session, after))


def pieces(session: Session, version: VersionRow | None) -> list[Piece]:
    """Return a version's passages as they are compared; none where there is no version."""
    rows = queries.passages_of(session, version.id) if version else []
    return [Piece(row.text, tuple(filter(None, row.heading_path.split(JOINED)))) for row in rows]


def title(changed: Changed) -> str:
    """Return what the page of a change is called."""
    row = changed.row
    return f"{row.name}: {'our record' if changed.heard else row.title}"


def head(changed: Changed, places: Places = APP) -> str:
    """Return what happened, when, how sure that is, and what it touches."""
    row = changed.row
    what = sentence(row.summary)
    sure = certainty(
        row.change_class,
        row.kind,
        confirmed=row.confirmed,
        meaning=row.meaning_state,
        dealing=changed.dealing,
    )
    return (
        f'<p class="t-kicker">{change_class(row.change_class)} · {escape(words(row.kind))}</p>'
        f'<p class="t-lead">{escape(what)}, {when(row)}.</p>'
        + pairs(
            [
                ("Confidence", escape(sure)),
                ("Superseded", _superseded(changed, places)),
                *_touched(changed),
            ]
        )
    )


def _placed(changed: Changed, places: Places) -> list[tuple[str, str]]:
    """Say where and when: what is about a reply or a correction happened at no address, on one day."""
    row = changed.row
    if changed.heard:
        return [("On", minute(row.seen_to))]
    known = f"{minute(row.seen_from)} and {minute(row.seen_to)}"
    at = ("Between", known if row.seen_from else f"first seen {minute(row.seen_to)}")
    return [
        ("Document", go(places.document(row.document_id), row.title)),
        ("Address", link(row.url, row.url)),
        ("Moved to", link(new, new) if (new := moved_to(row.kind, row.summary)) else ""),
        ("On", minute(row.seen_to)) if changed.act else at,
    ]


def _touched(changed: Changed) -> list[tuple[str, str]]:
    if changed.heard:
        return [("Concerns", escape(", ".join(map(question_title, changed.heard.questions))))]
    row = changed.row
    touched = f"{_listed(row.labels)} (by machine, not yet reviewed)" if row.labels else "none"
    return [
        ("Touches", touched),
        ("Labels gained", _listed(row.labels_gained)),
        ("Labels lost", _listed(row.labels_lost)),
    ]


def _listed(labels: Sequence[str]) -> str:
    return escape(", ".join(map(label, labels)))


def _superseded(changed: Changed, places: Places) -> str:
    """Say that older captures, which came in later, tell it otherwise, or that a reply was taken back."""
    row = changed.row
    if row.superseded_at is None:
        return ""
    instead = go(places.change(row.superseded_by), "this change") if row.superseded_by else "none"
    why = "the reply was taken back" if changed.heard else "by older captures that came in later"
    return f"on {day(row.superseded_at)}, {why}; in its place: {instead}"


def own(changed: Changed, act: Act, places: Places = APP) -> str:
    """Return what a change of our own record is about: a reply in full, a correction, another change."""
    row = changed.row
    at = go(places.institution(row.institution), f"{row.name}, with its findings and replies")
    about = (
        go(places.change(act.about_id), f"Change {act.about_id}, which this is about")
        if act.about_id
        else ""
    )
    return _said(changed, act) + actions(about, at)


def _said(changed: Changed, act: Act) -> str:
    if act.correction:
        return hearing.correction(act.correction)
    if act.reply is None:
        return ""
    if act.reply.public and changed.row.superseded_at is None and act.about_id is None:
        return hearing.reply(act.reply.said())
    return card(
        f"The reply of {day(act.reply.received_at)} was taken back.",
        "What it said is not shown here any more.",
    )


def text(changed: Changed) -> str:
    """Return the changed sentences, or why there are none to show."""
    row = changed.row
    if row.withheld:
        return card(
            "This document’s text is withheld.", "Its versions and hashes are kept and listed."
        )
    if changed.difference.sentences:
        return as_html(changed.difference.sentences)
    return card(
        "No sentence differs.",
        f"{escape(sentence(row.summary))}; the last text we read is kept.",
    )


def provenance(changed: Changed, places: Places = APP) -> str:
    """Return which document it was, where and when, and the captures on both sides, so that anybody can check."""
    row = changed.row
    known = [
        ("Institution", go(places.institution(row.institution), row.name)),
        *_placed(changed, places),
        ("Class", f"{escape(words(row.change_class))}: {escape(CLASSES[row.change_class])}"),
    ]
    if changed.act:
        return pairs(known)
    sides = [("Before", _capture(changed.before)), ("After", _capture(changed.after))]
    same = changed.before and changed.after and changed.before.extractor == changed.after.extractor
    note = "The same reader read both sides." if same else ""
    return (
        pairs([*known, *sides])
        + f'<p class="t-meta">{note} {link(web_archive(row.url), "Copies in the Internet Archive")}</p>'
    )


def _capture(side: VersionRow | None) -> str:
    if side is None:
        return "no version"
    return (
        f"version {side.number}, first captured {minute(side.seen_to)}, HTTP {side.status or '–'}, read with {escape(side.extractor)}<br>"
        f"text sha256 <code>{escape(side.text_sha256)}</code><br>bytes sha256 <code>{escape(side.payload_sha256)}</code>"
    )


def citation(changed: Changed, address: str) -> str:
    """Return how to cite the change."""
    row = changed.row
    said = f"{row.summary}, {when(row)}. {address}"
    if changed.act:
        return f"{row.name}: {said}" if changed.heard else f"{row.name}, “{row.title}”: {said}"
    hashes = " → ".join(s.text_sha256[:12] for s in (changed.before, changed.after) if s)
    return f"{row.name}, “{row.title}”: {said} (sha256 {hashes or '–'})"


def sheet(changed: Changed, places: Places, address: str) -> str:
    """Return the whole change as one printable column."""
    told = (
        own(changed, changed.act, places) + provenance(changed, places)
        if changed.act
        else "<h2>What the text did</h2>"
        + text(changed)
        + "<h2>Where this comes from</h2>"
        + provenance(changed, places)
    )
    return (
        head(changed, places)
        + told
        + f'<p class="t-meta"><b>Cite as:</b> {escape(citation(changed, address))}</p>'
        + actions(go(APP.change(changed.row.id), "Open in the app"))
    )
