"""`tracker review`: people judge what the machine coded, blind to each other."""

import json
import textwrap
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from sqlmodel import Session

from tracker.agreement import Agreement, Estimate
from tracker.coding.codebook import load_codebook
from tracker.commands.shared import Json, WrongInputError, open_store, print_rows
from tracker.model import Stance, Verdict
from tracker.nearness import nearest
from tracker.reviews import LABELS, agreements
from tracker.waiting import Waiting, judge, judged_by, waiting, waiting_item, waiting_number

app = typer.Typer(help="Judge what the machine coded.", no_args_is_help=True)

Who = Annotated[str, typer.Option("--as", help="Your name or initials; it stands in the record.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Most passages.")]
Item = Annotated[str, typer.Argument(metavar="ITEM", help="As `tracker review list` names it.")]
Again = Annotated[
    bool, typer.Option("--again", help="In place of your own earlier verdict, which is kept.")
]
Note = Annotated[str, typer.Option("--note", help="Why, for the record.")]


@app.command("list")
def list_(who: Who, limit: Limit = 20, as_json: Json = False) -> None:
    """List what you should judge next, weightiest first."""
    with open_store().transaction() as session:
        rows = [_row(item) for item in _queue(session, who, limit)]
        whole = _in_all(session, who, len(rows), limit)
    if not rows and not as_json:
        print("The queue is empty: nothing waits for you.")
        return
    why = ["why"] if any(row["why"] for row in rows) else []
    columns = ["item", "institution", "labels", "stance", "judged_by", *why, "text"]
    print_rows(
        rows,
        columns,
        as_json=as_json,
        as_csv=False,
        title=f"Waiting for review, {len(rows)} of {whole}",
    )


@app.command()
def mine(who: Who, limit: Limit = 20, as_json: Json = False) -> None:
    """List what you judged, newest first; `--again` with a new verdict mends a slip."""
    _named(who)
    with open_store().transaction() as session:
        found = judged_by(session, coder=load_codebook().coder_name, reviewer=who, limit=limit)
        rows = [
            {
                **_row(item),
                "verdict": str(said.verdict),
                "labels": sorted(said.labels),
                "stance": str(said.stance),
                "note": said.note,
                "at": said.at.isoformat(),
            }
            for item, said in found
        ]
    columns = ["item", "at", "verdict", "labels", "stance", "text"]
    none = f"{who} has judged nothing that still stands"
    print_rows(rows, columns, as_json=as_json, as_csv=False, title="Your verdicts", none=none)


@app.command()
def confirm(item: Item, who: Who, note: Note = "", again: Again = False) -> None:
    """Confirm the machine's coding of a passage."""
    _judge(item, who, Verdict.CONFIRM, note=note, again=again)


@app.command()
def reject(item: Item, who: Who, note: Note = "", again: Again = False) -> None:
    """Reject it: none of its labels holds."""
    _judge(item, who, Verdict.REJECT, note=note, again=again)


@app.command()
def amend(
    item: Item,
    who: Who,
    label: Annotated[list[str] | None, typer.Option("--label", help="A label that holds.")] = None,
    stance: Annotated[
        Stance, typer.Option("--stance", help="Toward the Chinese state.")
    ] = Stance.NONE,
    note: Note = "",
    again: Again = False,
) -> None:
    """Code the passage yourself: exactly these labels and this stance hold."""
    _judge(item, who, Verdict.AMEND, labels=label or [], stance=stance, note=note, again=again)


@app.command("next")
def next_(who: Who, limit: Limit = 20) -> None:
    """Judge one passage after the other; each verdict is kept at once."""
    store = open_store()
    with store.transaction() as session:
        queue = _queue(session, who, limit)
        whole = _in_all(session, who, len(queue), limit)
    for number, item in enumerate(queue, 1):
        print(f"\n{number} of {whole}\n{_shown(item)}")
        answer = typer.prompt("[c]onfirm, [r]eject, [a]mend, [s]kip, [q]uit", default="s")
        if answer[:1] == "q":
            return
        if answer[:1] == "a":
            words = typer.prompt("labels that hold, with commas", default="").split(",")
            stance = Stance(typer.prompt("stance", default=str(item.stance)))
            labels = [word.strip() for word in words if word.strip()]
            _judge(item.key, who, Verdict.AMEND, labels=labels, stance=stance)
        elif answer[:1] in _VERDICTS:
            _judge(item.key, who, _VERDICTS[answer[:1]])
    left = whole - len(queue)
    print(f"{left} more wait for you; ask again." if left else "That was all that waits for you.")


_VERDICTS = {"c": Verdict.CONFIRM, "r": Verdict.REJECT}


@app.command()
def agreement(as_json: Json = False) -> None:
    """Say how far people agree on each label, beyond chance, with 95 % intervals."""
    with open_store().transaction() as session:
        found = agreements(session)
    if as_json:
        print(json.dumps({label: asdict(value) for label, value in found.items()}))
        return
    rows = [_agreement_row(label, value) for label, value in found.items()]
    print_rows(rows, list(rows[0]), as_json=False, as_csv=False, title="Agreement of people")


def _queue(session: Session, who: str, limit: int) -> list[Waiting]:
    _named(who)
    return waiting(session, coder=load_codebook().coder_name, reviewer=who, limit=limit)


def _in_all(session: Session, who: str, shown: int, limit: int) -> int:
    """How many wait, where not all of them are shown."""
    if shown < limit:
        return shown
    return waiting_number(session, coder=load_codebook().coder_name, reviewer=who)


def _named(who: str) -> None:
    if not who.strip():
        raise WrongInputError("--as: give your name or initials")


def _judge(
    key: str,
    who: str,
    verdict: Verdict,
    *,
    labels: list[str] | None = None,
    stance: Stance = Stance.NONE,
    note: str = "",
    again: bool = False,
) -> None:
    for label in labels or []:
        if label not in LABELS:
            guess = nearest(label, LABELS)
            hint = f'did you mean "{guess}"?' if guess else f"one of {', '.join(sorted(LABELS))}"
            raise WrongInputError(f'"{label}" is no label of the codebook; {hint}')
    _named(who)
    coder = load_codebook().coder_name
    with open_store().transaction() as session:
        item = waiting_item(session, key, coder=coder, reviewer=who, again=again)
        if item is None:
            raise WrongInputError(_not_here(key, who, again=again))
        judge(
            session,
            item,
            reviewer=who,
            verdict=verdict,
            labels=labels or (),
            stance=stance,
            coder=coder,
            note=note,
            at=datetime.now(UTC),
        )
    print(f"{key}: recorded as {verdict} by {who}; `tracker update` draws the conclusions")


def _not_here(key: str, who: str, *, again: bool) -> str:
    if again:
        return f"{who} has not judged {key}; `tracker review mine --as {who}` names what they did"
    return (
        f"nothing called {key} waits for {who}; `tracker review list --as {who}` names what does. "
        "A verdict of yours is mended with --again"
    )


def _row(item: Waiting) -> dict[str, Any]:
    return {
        "item": item.key,
        "institution": item.institution,
        "url": item.url,
        "title": item.title,
        "heading_path": item.heading_path,
        "text": item.text,
        "voice": str(item.voice),
        "labels": sorted(item.labels),
        "stance": str(item.stance),
        "cues": item.cues,
        "confidence": item.confidence,
        "judged_by": item.judged_by,
        "disputed": item.disputed,
        "outdated": item.outdated,
        "corrected": item.corrected,
        "why": item.why,
        "weight": round(item.weight, 3),
    }


def _shown(item: Waiting) -> str:
    cues = "; ".join(f"{label}: {', '.join(words)}" for label, words in item.cues.items())
    lines = [
        f"{item.institution_name} · {item.title}",
        item.url,
        f"{item.heading_path}",
        "",
        textwrap.fill(item.text, 88, initial_indent="  ", subsequent_indent="  "),
        "",
        f"machine: {', '.join(sorted(item.labels))}; stance {item.stance}; voice {item.voice}",
        f"because of {cues}",
        *([item.why] if item.why else []),
    ]
    return "\n".join(line for line in lines if line is not None)


def _agreement_row(label: str, found: Agreement) -> dict[str, Any]:
    return {
        "label": label,
        "judged twice": found.units,
        "per cent": _figure(found.per_cent, 100),
        "alpha": _figure(found.alpha),
        "AC1": _figure(found.ac1),
    }


def _figure(estimate: Estimate, scale: int = 1) -> str:
    if estimate.value is None:
        return "–"
    form = "{:.0f}" if scale > 1 else "{:.2f}"
    value = form.format(estimate.value * scale)
    if estimate.low is None or estimate.high is None:
        return value
    return f"{value} ({form.format(estimate.low * scale)} to {form.format(estimate.high * scale)})"
