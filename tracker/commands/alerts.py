"""`tracker alerts`: subscriptions, deliveries, and what a person says of a change."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from tracker import queries
from tracker.commands.sending import goes_to, links_lead_nowhere, no_mail_server, why_not_out
from tracker.commands.shared import (
    NOTHING,
    Json,
    WrongInputError,
    known_documents,
    moment,
    open_store,
    print_rows,
)
from tracker.commands.subscribing import as_typed, checked_rule, muting, named, problems_of
from tracker.ending import Ending
from tracker.model import Cadence, ChangeKind, Channel, MeaningState, SubscriptionState
from tracker.settings import load_settings
from tracker.store.crawling import last_moment
from tracker.store.locks import alone

app = typer.Typer(help="Subscriptions and deliveries.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="What you call the subscription.")]
FIELDS = (
    "institutions, kinds, countries, topics, recommendations, classes, change_kinds, entities, documents, "
    "muted_documents, at_least_words, at_most"
)
Rule = Annotated[
    str, typer.Option("--rule", help=f'JSON, such as {{"countries": ["GB"]}}. Fields: {FIELDS}.')
]
By = Annotated[str, typer.Option("--by", help="Who says so.")]


@app.command("add")
def alerts_add(
    name: Name,
    channel: Annotated[
        Channel, typer.Option("--channel", help="How messages go.")
    ] = Channel.OUTBOX,
    target: Annotated[str, typer.Option("--target", help="Address or URL.")] = "",
    cadence: Annotated[
        Cadence, typer.Option("--cadence", help="One by one, or together.")
    ] = Cadence.INSTANT,
    timezone: Annotated[
        str, typer.Option("--timezone", help="For daily and weekly: seven in the morning there.")
    ] = "UTC",
    rule: Rule = "{}",
) -> None:
    """Add a subscription; by e-mail, its address is asked first."""
    from tracker.store.subscriptions import add_subscription, recipients  # noqa: PLC0415

    if problems := problems_of(channel, target, timezone):
        raise WrongInputError("\n".join(problems))
    with open_store().transaction() as session:
        if name in {recipient.name for recipient in recipients(session)}:
            raise WrongInputError(f'there is a subscription "{name}" already; choose another name')
        parsed = checked_rule(rule, session)
        add_subscription(
            session,
            name=name,
            channel=channel,
            target=target,
            cadence=cadence,
            timezone=timezone,
            rule=parsed.model_dump(mode="json"),
            at=datetime.now(UTC),
        )
        [made] = [r for r in recipients(session) if r.name == name]
    print(f'subscription "{name}": {parsed}')
    _say_next(made)


def _say_next(made: Any) -> None:
    """What a person needs to know for the channel to work."""
    from tracker.alerts.webhook import signing_secret  # noqa: PLC0415

    settings = load_settings()
    for said in links_lead_nowhere([made.channel], settings):
        print(said, file=sys.stderr)
    match made.channel:
        case Channel.EMAIL:
            print("pending: the next `tracker alerts send` asks the address whether it agrees")
        case Channel.ATOM:
            print(f"feed: {settings.public_url.rstrip('/')}/feeds/rule/{made.token}.atom")
        case Channel.WEBHOOK:
            print(f"signing secret: {signing_secret(settings.secret, made.token)}")


@app.command("list")
def alerts_list(as_json: Json = False) -> None:
    """List the subscriptions and what became of their messages."""
    from tracker.store.subscriptions import recipients  # noqa: PLC0415
    from tracker.store.tallies import Tally, tallies  # noqa: PLC0415

    settings = load_settings()
    with open_store().transaction() as session:
        counted = tallies(session)
        rows = [
            {
                "name": r.name,
                "channel": str(r.channel),
                "goes_to": goes_to(r, settings),
                "cadence": str(r.cadence),
                "state": str(r.state),
                "sent": counted.get(r.id, Tally()).sent,
                "waiting": counted.get(r.id, Tally()).waiting,
                "until": counted.get(r.id, Tally()).until,
                "failed": counted.get(r.id, Tally()).failed,
                "error": counted.get(r.id, Tally()).error,
                "rule": dict(r.rule) if as_json else as_typed(r.rule),
            }
            for r in recipients(session)
        ]
    columns = ["name", "channel", "goes_to", "cadence", "state", "sent", "waiting", "until"]
    columns += ["failed", "error", "rule"]
    print_rows(rows, columns, as_json=as_json, as_csv=False, title="Subscriptions")


@app.command("preview")
def alerts_preview(
    rule: Rule = "{}",
    days: Annotated[int, typer.Option("--days", min=1, help="How far back.")] = 90,
    as_json: Json = False,
) -> None:
    """Say what a rule would have sent."""
    from tracker.alerts.outbox import preview  # noqa: PLC0415

    with open_store().transaction() as session:
        # Counted from the last run: what came later nobody has seen.
        last = last_moment(session)
        until = last or datetime.now(UTC)
        since = until - timedelta(days=days)
        found = preview(
            session, checked_rule(rule, session), since=since, until=until + timedelta(seconds=1)
        )
    rows = [
        {
            "change": f.id,
            "institution": f.institution,
            "title": f.title,
            "seen_to": f.seen_to.isoformat(),
            "summary": f.summary,
        }
        for f in found
    ]
    if not as_json:
        many = "1 message" if len(rows) == 1 else f"{len(rows)} messages"
        print(
            f"This rule would have sent {many} in the {days} days to {until:%Y-%m-%d}, the last run."
            if last
            else f"No run so far, so there is nothing to try the rule on: {NOTHING}."
        )
    if rows or as_json:
        columns = ["change", "institution", "title", "seen_to", "summary"]
        print_rows(rows, columns, as_json=as_json, as_csv=False, title="Messages")


@app.command("send")
def alerts_send() -> None:
    """Send what is due; exit 1 where a message could not be handed over, or mail has no server."""
    from tracker.alerts.outbox import send_due  # noqa: PLC0415

    store, settings, ending = open_store(), load_settings(), Ending()
    with alone(store, "update"):
        now = moment(store)
        report = send_due(store, settings, at=now, alone=True, between=ending.between)
    notices = f", {report.notices} about subscriptions" if report.notices else ""
    notices += f", {report.asked} to institutions" if report.asked else ""
    print(f"{report.sent} sent{notices}, {report.failed} failed, {report.waiting} waiting")
    for reason in report.reasons:
        print(f"failed: {reason}")
    for notice in report.withdrawn:
        print(f"not sent, withdrawn: {notice}")
    if report.waiting or not report.sent:
        begins = "waiting" if report.sent else "nothing sent"
        reasons = why_not_out(store, now) or ([] if report.failed else ["no message is owed"])
        if reasons:
            print(f"{begins}: {'; '.join(reasons)}")
    unset = [*no_mail_server(store, settings)]
    for said in (*unset, *links_lead_nowhere(report.by_channel, settings)):
        print(said, file=sys.stderr)
    raise typer.Exit(1 if report.failed or unset else 0)


@app.command("test")
def alerts_test(name: Name) -> None:
    """Send one test message through a subscription's channel; exit 1 where it was not taken."""
    from tracker.alerts.messages import trial  # noqa: PLC0415
    from tracker.alerts.outbox import try_to_send  # noqa: PLC0415

    settings, now = load_settings(), datetime.now(UTC)
    with open_store().transaction() as session:
        recipient = named(session, name)
    if recipient.channel is Channel.ATOM:
        raise WrongInputError("a feed is asked for, nothing is sent to it")
    if recipient.state is not SubscriptionState.ACTIVE:
        raise WrongInputError(f'"{name}" is {recipient.state}: nothing may be sent to it')
    failure = try_to_send(trial(recipient, public_url=settings.public_url, at=now), settings)
    print(f"not taken: {failure.reason}" if failure else "taken")
    raise typer.Exit(1 if failure else 0)


@app.command("mute")
def alerts_mute(
    name: Name,
    document: Annotated[
        list[str] | None, typer.Option("--document", help="Only this document's URL.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Tell of it again.")] = False,
) -> None:
    """Stop telling a subscription of anything new, or of some documents."""
    from tracker.store.subscriptions import mute_subscription, replace_rule  # noqa: PLC0415

    with open_store().transaction() as session:
        recipient = named(session, name)
        if document:
            known = document if off else known_documents(session, document)
            rule = muting(recipient.rule, known, off=off)
            replace_rule(session, recipient.id, rule)
            print(f"{name}: {len(rule['muted_documents'])} documents muted")
        elif mute_subscription(session, recipient.id, muted=not off):
            print(f"{name}: {'active' if off else 'muted'}")
        else:
            raise WrongInputError(f'"{name}" is {recipient.state} and cannot be muted')


@app.command("end")
def alerts_end(name: Name) -> None:
    """End a subscription; what it is still owed is dropped."""
    from tracker.store.subscriptions import end_subscription  # noqa: PLC0415

    with open_store().transaction() as session:
        end_subscription(session, token=named(session, name).token)
    print(f"{name}: ended")


@app.command("correct")
def alerts_correct(
    change: Annotated[int, typer.Argument(help="Id of the change that was told wrongly.")],
    note: Annotated[str, typer.Option("--note", help="What is right.")],
    by: By,
) -> None:
    """Correct an alert: exactly those who got it get the correction, nobody else gets the alert."""
    from tracker.store.deliveries import withdraw  # noqa: PLC0415

    said = f"correction by {by} of change {change}: {note}"
    with open_store().transaction() as session:
        told = _record(session, change, ChangeKind.CORRECTION, said)
        dropped = withdraw(session, change)
    print(f"{told} will get the correction, {dropped} will not get the alert")


@app.command("meaning")
def alerts_meaning(
    change: Annotated[int, typer.Argument(help="Id of the change.")],
    by: By,
    reject: Annotated[bool, typer.Option("--reject", help="It means nothing of the kind.")] = False,
) -> None:
    """Confirm or reject what a machine takes a change to mean; only then is it told."""
    from tracker.store.confirming import settle_meaning  # noqa: PLC0415

    state = MeaningState.REJECTED if reject else MeaningState.CONFIRMED
    with open_store().transaction() as session:
        if not reject:
            _refuse_withheld(session, change)
        try:
            settled = settle_meaning(session, change, state=state, by=by, at=datetime.now(UTC))
        except LookupError as error:
            raise WrongInputError(f"{error}; `tracker changes` lists them") from None
        if not settled.meaning:
            raise WrongInputError(f"change {change} has no meaning that waits for a person")
        if reject:
            print(f"rejected: {settled.meaning}")
            return
        said = f"meaning of change {change}, confirmed by a person: {settled.meaning}"
        told = _record(session, change, ChangeKind.CODING, said)
    print(f"confirmed: {settled.meaning}; {told} who got the alert will be told")


def _refuse_withheld(session: Any, change: int) -> None:
    """Tell nobody what an edit means while the finding that it touches waits for the institution's reply."""
    hidden = queries.withheld_labels(session)
    for row in queries.change_rows(session, change_id=change):
        if held := sorted(hidden.get(row.institution, frozenset()) & {*row.labels}):
            raise WrongInputError(
                f"change {change} touches a finding on {row.institution} ({', '.join(held)}) that waits for its reply; "
                "`tracker notices due` and `tracker notices list` say where it stands: confirm the meaning after that"
            )


def _record(session: Any, change: int, kind: ChangeKind, said: str) -> int:
    """Record something about a change and owe it to those who were told of it; return how many."""
    from tracker.store.confirming import record_about  # noqa: PLC0415
    from tracker.store.deliveries import owe_told  # noqa: PLC0415

    now = datetime.now(UTC)
    try:
        record = record_about(session, change, kind=kind, summary=said, at=now)
    except LookupError as error:
        raise WrongInputError(f"{error}; `tracker changes` lists them") from None
    return owe_told(session, record, change, at=now)
