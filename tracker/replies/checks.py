"""What must hold before people ask, enter or decide anything; all problems come in one error."""

from collections.abc import Collection, Sequence

from sqlmodel import Session

from tracker.addresses import is_official_mail
from tracker.alerts.channels import is_address
from tracker.model import SPOKEN, Institution, Role
from tracker.standing import QUESTIONS
from tracker.store.people import permitted
from tracker.store.replies import institution_named

LONGEST = 20_000  # characters of a reply or a note
LOGGING, CONFIRMING = (Role.REVIEWER, Role.ADMIN), (Role.ADMIN,)


class ReplyError(Exception):
    """What a person wants cannot be done; the message lists everything that is wrong."""


def short(question: str) -> str:
    """Return how a question is called in a sentence."""
    return "who has spoken" if question == SPOKEN else question


def known_institution(session: Session, key: str) -> Institution:
    """Return a listed institution; raises ReplyError for no such one."""
    found = institution_named(session, key)
    if found is None:
        raise ReplyError(f'no institution has the key "{key}"; `tracker sources list` names them')
    return found


def address_problems(address: str, institution: Institution) -> list[str]:
    """Say what is wrong with an address that is to be one of an official host of the institution."""
    if not is_address(address):
        return [f'address: "{address}" is not an e-mail address']
    if is_official_mail(address, institution.hosts):
        return []
    host = address.rpartition("@")[2]
    official = f"the official hosts of {institution.key} ({', '.join(institution.hosts)})"
    return [f"address: {host} is none of {official}; add it to `hosts` in sources.yaml if it is"]


def unknown(questions: Collection[str]) -> list[str]:
    """Name the questions that no finding answers."""
    return [
        f"question: {question} is none of {', '.join(QUESTIONS)}"
        for question in sorted(set(questions) - set(QUESTIONS))
    ]


def too_long(what: str, text: str) -> list[str]:
    """Say where a text is longer than it may be."""
    return [] if len(text) <= LONGEST else [f"{what}: longer than {LONGEST:,} characters"]


def check_permitted(session: Session, name: str, roles: Collection[Role]) -> None:
    """Raise ReplyError where a person is not named or has none of these roles."""
    if not name.strip():
        raise ReplyError("say who you are: it stands in the record")
    if not permitted(session, name.strip(), *roles):
        who = " or ".join(f"{'an' if role == 'admin' else 'a'} {role}" for role in roles)
        raise ReplyError(f"{name} is not {who}; `tracker people list` names who is")


def refuse(problems: Sequence[str]) -> None:
    """Raise ReplyError that lists every problem, if there is one."""
    if problems:
        raise ReplyError("\n".join(["this cannot be done:", *(f"  {line}" for line in problems)]))
