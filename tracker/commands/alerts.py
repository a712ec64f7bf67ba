"""`tracker alerts`: subscriptions and deliveries."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from tracker.commands.shared import (
    Json,
    WrongInputError,
    institution_keys,
    open_store,
    print_rows,
)
from tracker.model import Cadence, Channel
from tracker.settings import load_settings
from tracker.store.locks import alone

app = typer.Typer(help="Subscriptions and deliveries.", no_args_is_help=True)


@app.command("add")
def alerts_add(
    name: str,
    channel: Annotated[Channel, typer.Option("--channel")] = Channel.OUTBOX,
    target: Annotated[str, typer.Option("--target", help="Address or URL.")] = "",
    cadence: Annotated[Cadence, typer.Option("--cadence")] = Cadence.INSTANT,
    timezone: Annotated[str, typer.Option("--timezone")] = "UTC",
    rule: Annotated[
        str, typer.Option("--rule", help='JSON, such as {"countries": ["GB"]}.')
    ] = "{}",
) -> None:
    """Add a subscription."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415

    from tracker.store.deliveries import add_subscription, recipients  # noqa: PLC0415

    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise WrongInputError(
            f'"{timezone}" is not a time zone; use one such as Europe/Berlin'
        ) from None
    with open_store().transaction() as session:
        if name in {recipient.name for recipient in recipients(session)}:
            raise WrongInputError(f'there is a subscription "{name}" already; choose another name')
        parsed = _rule(rule, session)
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
    print(f'subscription "{name}": {parsed}')


def _rule(text: str, session: Any) -> Any:
    from tracker.alerts.subscriptions import RuleError, parse_rule  # noqa: PLC0415

    try:
        given = json.loads(text)
        if not isinstance(given, dict):
            raise WrongInputError('a rule is a JSON object, such as {"countries": ["GB"]}')
        return parse_rule(given, institutions=institution_keys(session))
    except json.JSONDecodeError as error:
        raise WrongInputError(f"the rule is not JSON: {error}") from None
    except RuleError as error:
        raise WrongInputError(str(error)) from None


@app.command("list")
def alerts_list(as_json: Json = False) -> None:
    """List the subscriptions."""
    from tracker.store.deliveries import recipients  # noqa: PLC0415

    with open_store().transaction() as session:
        rows = [
            {
                "name": r.name,
                "channel": str(r.channel),
                "cadence": str(r.cadence),
                "state": str(r.state),
                "rule": r.rule,
            }
            for r in recipients(session)
        ]
    print_rows(
        rows,
        ["name", "channel", "cadence", "state", "rule"],
        as_json=as_json,
        as_csv=False,
        title="Subscriptions",
    )


@app.command("preview")
def alerts_preview(
    rule: Annotated[str, typer.Option("--rule")] = "{}",
    days: Annotated[int, typer.Option("--days", min=1)] = 90,
    as_json: Json = False,
) -> None:
    """Say what a rule would have sent."""
    from tracker.alerts.outbox import preview  # noqa: PLC0415

    now = datetime.now(UTC)
    with open_store().transaction() as session:
        found = preview(session, _rule(rule, session), since=now - timedelta(days=days), until=now)
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
        print(f"This rule would have sent {len(rows)} messages in the last {days} days.")
    if rows or as_json:
        columns = ["change", "institution", "title", "seen_to", "summary"]
        print_rows(rows, columns, as_json=as_json, as_csv=False, title="Messages")


@app.command("send")
def alerts_send() -> None:
    """Send what is due."""
    from tracker.alerts.outbox import send_due  # noqa: PLC0415

    store = open_store()
    with alone(store, "update"):
        report = send_due(store, load_settings(), at=datetime.now(UTC), alone=True)
    print(f"{report.sent} sent, {report.failed} failed, {report.waiting} waiting")
    raise typer.Exit(1 if report.failed else 0)
