"""What is typed about a subscription, checked: its channel and target, its rule, its name."""

import json
from collections.abc import Sequence
from typing import Any

from tracker.commands.shared import WrongInputError, institution_keys, known_documents
from tracker.model import Channel
from tracker.nearness import nearest
from tracker.settings import load_settings


def problems_of(channel: Channel, target: str, timezone: str) -> list[str]:
    """Say what is wrong with a channel, its target or a time zone."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415

    from tracker.alerts.channels import target_problem  # noqa: PLC0415

    problems = [target_problem(channel, target, load_settings())]
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        problems.append(f'"{timezone}" is not a time zone; use one such as Europe/Berlin')
    return [problem for problem in problems if problem]


def checked_rule(text: str, session: Any) -> Any:
    """Return a rule that was typed as JSON, of known institutions, bodies and documents; raises WrongInputError."""
    from tracker.alerts.subscriptions import RuleError, parse_rule  # noqa: PLC0415
    from tracker.coding.lexicon import load_lexicon  # noqa: PLC0415

    try:
        given = json.loads(text)
        if not isinstance(given, dict):
            raise WrongInputError('a rule is a JSON object, such as {"countries": ["GB"]}')
        bodies = [entity.key for entity in load_lexicon().entities]
        rule = parse_rule(given, institutions=institution_keys(session), entities=bodies)
    except json.JSONDecodeError as error:
        raise WrongInputError(f"the rule is not JSON: {error}") from None
    except RuleError as error:
        raise WrongInputError(str(error)) from None
    known = {name: known_documents(session, getattr(rule, name)) for name in _OF_DOCUMENTS}
    return rule.model_copy(update=known)


_OF_DOCUMENTS = ("documents", "muted_documents")


def named(session: Any, name: str) -> Any:
    """Return the subscription of that name; raises WrongInputError that names the nearest."""
    from tracker.store.subscriptions import recipients  # noqa: PLC0415

    known = {recipient.name: recipient for recipient in recipients(session)}
    if name not in known:
        guess = nearest(name, list(known))
        hint = f'did you mean "{guess}"?' if guess else "`tracker alerts list` names them all"
        raise WrongInputError(f'there is no subscription "{name}"; {hint}')
    return known[name]


def as_typed(rule: Any) -> dict[str, Any]:
    """Return what a rule narrows by, as it would be typed."""
    from tracker.alerts.subscriptions import Rule as Checked  # noqa: PLC0415

    return Checked.model_validate(rule).model_dump(mode="json", exclude_defaults=True)


def muting(rule: Any, documents: Sequence[str], *, off: bool) -> dict[str, Any]:
    """Return a rule that mutes these documents, or mutes them no more."""
    muted = set(rule.get("muted_documents", ()))
    muted = muted - set(documents) if off else muted | set(documents)
    return {**rule, "muted_documents": sorted(muted)}
