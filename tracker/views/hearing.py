"""What an institution says of a finding, beside it: asked, no reply, the reply in full, corrections."""

from collections.abc import Iterable

from sqlmodel import Session

from tracker import queries
from tracker.coding.codebook import question_title
from tracker.queries import FindingRow
from tracker.standing import Corrected, Said
from tracker.store.corrections import corrections
from tracker.views.addresses import APP, Places
from tracker.views.html import card, day, escape, go, overlay, table, words


def line(row: FindingRow) -> str:
    """Return whether the institution was asked and what came of it, in one line; nothing where it was not."""
    found = row.standing
    if found.replies:
        said = "Replied " + ", ".join(f"on {day(reply.received_at)}" for reply in found.replies)
    elif found.asked_at is None:
        return ""
    elif any(row.question in reply.questions for reply in found.elsewhere):
        said = (
            f"Asked on {day(found.asked_at)}; the institution’s reply stands with the institution"
        )
    elif found.under_reply:
        said = f"Asked on {day(found.asked_at)}; a reply is awaited until {day(found.due_at)}"
    else:
        said = f"Asked on {day(found.asked_at)}, no reply by {day(found.due_at)}"
    return f'<p class="t-meta">{said}.</p>'


def beside(row: FindingRow) -> str:
    """Return everything that stands beside one finding: replies in full, corrections."""
    found = row.standing
    return (
        line(row) + "".join(map(reply, found.replies)) + "".join(map(correction, found.corrections))
    )


def of_institution(rows: Iterable[FindingRow]) -> str:
    """Return every reply of an institution once, and the corrections of its findings."""
    standings = [row.standing for row in rows]
    replies = {said.id: said for found in standings for said in (*found.replies, *found.elsewhere)}
    corrections = {c.id: c for found in standings for c in found.corrections}
    parts = []
    if replies:
        parts += [
            "<h2>What the institution says</h2>",
            *(reply(replies[n]) for n in sorted(replies)),
        ]
    if corrections:
        parts += [
            "<h2>Corrections</h2>",
            *(correction(corrections[n]) for n in sorted(corrections)),
        ]
    return "".join(parts)


def reply(said: Said, *, origin: str = "") -> str:
    """Return a reply in full, as text; `origin` is HTML that says otherwise than the public is told where it is from."""
    about = ", ".join(_about(question, said.questions.get(question, "")) for question in said.named)
    answers = f"It answers: {about}." if about else "It names no single finding."
    disputed = ", ".join(question_title(question) for question in said.disputes)
    marked = f"{overlay('disputed')} <b>{escape(disputed)}</b><br>" if disputed else ""
    return (
        '<section class="t-card t-reply" aria-label="Reply of the institution"><div>'
        f'<p class="t-head">Reply of {day(said.received_at)}, in full</p>'
        f'<blockquote dir="auto">{escape(said.text)}</blockquote></div>'
        f'<p class="t-meta">{marked}{origin or f"From an address at {escape(said.host)}, confirmed by a person of ours."} '
        f"{escape(answers)}</p></section>"
    )


def _about(question: str, result: str) -> str:
    then = f" (then “{words(result)}”)" if result else ""
    return question_title(question) + then


def correction(found: Corrected) -> str:
    """Return a numbered correction."""
    return (
        f'<section class="t-card" id="correction-{found.id}" aria-label="Correction {found.id}">'
        f'<p class="t-head">Correction {found.id}, {day(found.at)}: {escape(question_title(found.question))}, '
        f"then “{escape(words(found.result))}”</p>"
        f'<p dir="auto" class="t-lines">{escape(found.note)}</p></section>'
    )


def log(session: Session, places: Places = APP) -> str:
    """Return every public correction, newest first; names nobody, since the deed is the tracker's."""
    names = {row.key: row.name for row in queries.institution_rows(session)}
    rows = [
        _logged(found, names.get(found.institution), places)
        for found in reversed(corrections(session))
    ]
    if not rows:
        return card(
            "Nothing has been corrected so far.",
            "A correction is numbered, stands here and beside its finding for good, and goes to exactly those who were told wrongly.",
        )
    columns = ["No.", "Date", "Institution", "Finding, and what it said", "Correction", "By"]
    return table(columns, rows, caption="Corrections", stack=True)


def _logged(found: Corrected, name: str | None, places: Places) -> list[str]:
    who = (
        escape(found.institution)
        if name is None
        else go(places.institution(found.institution), name)
    )
    after = f", after the institution’s reply {found.reply_id}" if found.reply_id else ""
    return [
        str(found.id),
        f'<span class="t-nowrap">{day(found.at)}</span>',
        who,
        f"{escape(question_title(found.question))}: {escape(words(found.result))}",
        f'<div dir="auto" class="t-lines">{escape(found.note)}</div>',
        f"an admin{after}",
    ]
