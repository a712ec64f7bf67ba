"""`tracker notices` and `tracker replies`: asking institutions, and what they say."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tracker import replies as deeds
from tracker.commands.shared import Csv, Json, WrongInputError, open_store, print_rows
from tracker.model import ReplyVerdict
from tracker.settings import load_settings
from tracker.store.notices import NoticeRow, notice_rows
from tracker.store.replies import ReplyRow, reply_rows

notices = typer.Typer(help="Ask institutions about findings.", no_args_is_help=True)
replies = typer.Typer(help="What institutions say of findings.", no_args_is_help=True)

Whose = Annotated[str, typer.Argument(help="Its key.")]
Which = Annotated[int, typer.Argument(help="Its number in `tracker replies list`.")]
By = Annotated[str, typer.Option("--by", help="Who you are; it stands in the record.")]
Question = Annotated[
    list[str] | None, typer.Option("--question", help="spoken, R1 … R6; every finding if none.")
]
Address = Annotated[str, typer.Option("--address", help="E-mail address on an official host.")]
Text = Annotated[Path, typer.Option("--text", help="A file with the words; - for standard input.")]
Note = Annotated[str, typer.Option("--note", help="Why, in a sentence or two.")]
Institution = Annotated[str | None, typer.Option("--institution", help="Only this key.")]


@notices.command(
    "due",
    help=f"List what people confirmed against institutions that were never asked about it. Counts as {deeds.AGAINST}.",
)
def notices_due(as_json: Json = False, as_csv: Csv = False) -> None:
    """List what people confirmed against institutions that were never asked about it."""
    with open_store().transaction() as session:
        due = deeds.due_for_notice(session, at=datetime.now(UTC))
    rows = [
        {
            "institution": r.institution,
            "name": r.name,
            "question": r.question,
            "result": r.result,
            "reviewed": r.reviewed,
            "rule": r.rule,
        }
        for r in due
    ]
    columns = ["institution", "question", "result", "reviewed", "rule"]
    none = "none; every institution was asked about what people confirmed against it, or will be"
    title = f"To be asked: `tracker notices send KEY --address … --by …` ({deeds.AGAINST})"
    print_rows(rows, columns, as_json=as_json, as_csv=as_csv, title=title, none=none)


@notices.command("send")
def notices_send(
    institution: Whose,
    address: Address,
    by: By,
    question: Question = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print it, log nothing.")] = False,
) -> None:
    """Log a notice to an institution; the next `tracker alerts send` mails it."""
    at, settings = datetime.now(UTC), load_settings()
    with open_store().transaction() as session:
        if dry_run:
            print(
                deeds.draft(
                    session, institution, question or (), settings, address=address, at=at
                ).text
            )
            return
        number = deeds.ask(
            session, institution, address=address, questions=question or (), by=by, settings=settings, at=at
        )  # fmt: skip
    print(f"notice {number} waits; `tracker alerts send` mails it, and the time to reply begins")


@notices.command("withdraw")
def notices_withdraw(
    notice: Annotated[int, typer.Argument(help="Its number in `tracker notices list`.")],
    by: By,
    note: Note = "",
) -> None:
    """Let a notice that waits not be sent; it stays in the record, and the findings are due again."""
    with open_store().transaction() as session:
        deeds.withdraw(session, notice, by=by, note=note, at=datetime.now(UTC))
    print(f"notice {notice} will not be sent")


@notices.command("log")
def notices_log(
    institution: Whose,
    address: Annotated[str, typer.Option("--address", help="Where it was sent, in words.")],
    by: By,
    sent: Annotated[datetime, typer.Option("--sent", help="When, in UTC.")],
    question: Question = None,
    text: Annotated[Path | None, typer.Option("--text", help="A file with what it said.")] = None,
) -> None:
    """Log a notice that somebody sent by hand."""
    with open_store().transaction() as session:
        number = deeds.log_notice(
            session,
            institution,
            address=address,
            questions=question or (),
            text="" if text is None else _words(text),
            by=by,
            settings=load_settings(),
            sent_at=sent.replace(tzinfo=sent.tzinfo or UTC),
            at=datetime.now(UTC),
        )
    print(f"notice {number} is logged")


@notices.command("list")
def notices_list(
    institution: Institution = None, as_json: Json = False, as_csv: Csv = False
) -> None:
    """List the notices, with what became of them."""
    with open_store().transaction() as session:
        rows = [_notice(row) for row in notice_rows(session, institution=institution)]
    columns = ["id", "institution", "questions", "channel", "by", "sent_at", "state"]
    print_rows(rows, columns, as_json=as_json, as_csv=as_csv, title="Notices", none="none was sent")


@replies.command("add")
def replies_add(
    institution: Whose,
    address: Address,
    text: Text,
    by: By,
    received: Annotated[datetime, typer.Option("--received", help="When, in UTC.")],
    question: Question = None,
    disputes: Annotated[
        list[str] | None, typer.Option("--disputes", help="A question whose finding it disputes.")
    ] = None,
) -> None:
    """Enter a reply that came from an official host's address; an admin confirms it."""
    with open_store().transaction() as session:
        number = deeds.enter(
            session,
            institution,
            address=address,
            text=_words(text),
            questions=question or (),
            disputes=disputes or (),
            by=by,
            received_at=received.replace(tzinfo=received.tzinfo or UTC),
            at=datetime.now(UTC),
        )
    print(f"reply {number} waits for an admin: `tracker replies confirm {number} --by …`")


@replies.command("list")
def replies_list(
    institution: Institution = None, as_json: Json = False, as_csv: Csv = False
) -> None:
    """List the replies, with what was decided on each."""
    with open_store().transaction() as session:
        rows = [_reply(row) for row in reply_rows(session, institution=institution)]
    columns = ["id", "institution", "received_at", "questions", "disputes", "state"]
    print_rows(rows, columns, as_json=as_json, as_csv=as_csv, title="Replies", none="none has come")


@replies.command("confirm")
def replies_confirm(reply: Which, by: By, note: Note = "") -> None:
    """Make a reply public, in full, beside the findings it is about."""
    told = _decide(reply, ReplyVerdict.CONFIRMED, by, note)
    print(f"reply {reply} is public; {told} subscribers will be told")


@replies.command("refuse")
def replies_refuse(reply: Which, by: By, note: Note = "") -> None:
    """Keep a reply from the public, or take it back."""
    told = _decide(reply, ReplyVerdict.REFUSED, by, note)
    follows = f"; {told} who were told of it will get the correction" if told else ""
    print(f"reply {reply} is not public{follows}")


@replies.command("settle")
def replies_settle(reply: Which, by: By, note: Note = "") -> None:
    """End what a public reply disputes; its words stay."""
    _decide(reply, ReplyVerdict.SETTLED, by, note)
    print(f"reply {reply} disputes nothing any more")


@replies.command("correct")
def replies_correct(
    institution: Whose,
    question: Annotated[str, typer.Argument(help="spoken, or R1 to R6")],
    note: Annotated[str, typer.Option("--note", help="What was wrong, and what is right.")],
    by: By,
    reply: Annotated[int | None, typer.Option("--reply", help="The reply that led to it.")] = None,
    change: Annotated[
        list[int] | None, typer.Option("--change", help="A change told of wrongly; all if none.")
    ] = None,
) -> None:
    """Correct a finding in public; exactly those who were told of it wrongly are told."""
    with open_store().transaction() as session:
        done = deeds.correct(
            session, institution, question, note=note, by=by, reply_id=reply, changes=change or (), at=datetime.now(UTC)
        )  # fmt: skip
    print(
        f"correction {done.number} is public; {done.told} subscribers will be told, "
        f"{done.dropped} wrong alerts will not go out\n{done.follows}"
    )


def _decide(reply: int, verdict: ReplyVerdict, by: str, note: str) -> int:
    with open_store().transaction() as session:
        return deeds.decide(session, reply, verdict=verdict, by=by, note=note, at=datetime.now(UTC))


def _words(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongInputError(f"--text: {path} cannot be read: {error}") from None


def _notice(row: NoticeRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "institution": row.institution,
        "questions": list(row.questions),
        "channel": str(row.channel),
        "address": row.address,
        "by": row.by,
        "at": row.at.isoformat(),
        "sent_at": row.sent_at.isoformat() if row.sent_at else None,
        "state": row.state,
        "text": row.text,
    }


def _reply(row: ReplyRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "institution": row.institution,
        "received_at": row.received_at.isoformat(),
        "address": row.address,
        "questions": list(row.questions),
        "disputes": list(row.disputes),
        "state": str(row.verdict) if row.verdict else "waits for an admin",
        "entered_by": row.entered_by,
        "text": row.text,
    }
