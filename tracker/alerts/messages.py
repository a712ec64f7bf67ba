"""Changes as messages that people can cite. Knows no channel and no database.

Crawled text is data in every place: templates run in Jinja's sandbox and escape, header values
hold no control characters. A subject states what the text did, never what it means (design,
decision 11).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from urllib.parse import urlsplit

from jinja2 import PackageLoader, Template, select_autoescape
from jinja2.sandbox import SandboxedEnvironment

from tracker.alerts.subscriptions import ChangeFacts, Rule
from tracker.settings import Settings
from tracker.store.deliveries import Recipient

MOST_ITEMS = 20
MOST_SENTENCES = 5
LONGEST_SUBJECT = 140
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out: one per instant change, or a digest."""

    id: str
    recipient: Recipient
    changes: tuple[ChangeFacts, ...]
    subject: str
    text: str
    html: str


def compose(
    message_id: str, recipient: Recipient, changes: Sequence[ChangeFacts], settings: Settings
) -> Message:
    """Write the message about these changes, grouped by institution and document."""
    ordered = sorted(changes, key=lambda c: (c.institution_name, c.title, c.seen_to, c.id))
    given = {
        "changes": ordered[:MOST_ITEMS],
        "left": max(0, len(ordered) - MOST_ITEMS),
        "most": MOST_SENTENCES,
        "when": when,
        "link": lambda change: f"{settings.public_url}/changes?id={change.id}",
        "public_url": settings.public_url,
        "name": recipient.name,
        "rule": str(Rule.model_validate(recipient.rule)),
        "stop": f"{settings.public_url}/u/{recipient.token}",
    }
    return Message(
        id=message_id,
        recipient=recipient,
        changes=tuple(ordered),
        subject=subject(ordered),
        text=_template("message.txt").render(given),
        html=_template("message.html").render(given),
    )


@cache
def _template(name: str) -> Template:
    environment = SandboxedEnvironment(
        loader=PackageLoader("tracker.alerts"), autoescape=select_autoescape(["html"])
    )
    return environment.get_template(name)


def subject(changes: Sequence[ChangeFacts]) -> str:
    """Return one line that states the text, at most 140 characters."""
    if len(changes) == 1:
        said = f"{changes[0].institution_name}: {changes[0].summary} ({changes[0].title})"
    else:
        bodies = len({change.institution for change in changes})
        said = f"{len(changes)} changes at {bodies} institution{'s' if bodies > 1 else ''}"
    line = _CONTROL.sub(" ", f"[Tracker] {said}")
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def when(change: ChangeFacts) -> str:
    """Return the interval in which a change happened."""
    if change.seen_from is None:
        return f"Seen first on {_day(change.seen_to)}."
    return f"Between {_day(change.seen_from)} and {_day(change.seen_to)}."


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def as_email(message: Message, settings: Settings) -> EmailMessage:
    """Return the message as multipart mail: plain text first, no remote content."""
    host = urlsplit(settings.public_url).hostname or "localhost"
    sender = settings.mail_from or f"alerts@{host}"
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _CONTROL.sub(" ", sender)
    mail["To"] = _CONTROL.sub(" ", message.recipient.target or sender)
    mail["Subject"] = message.subject
    mail["Message-ID"] = f"<{message.id}@{host}>"
    mail["List-Id"] = f"<{message.recipient.id}.alerts.{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    stop = f"{settings.public_url}/u/{message.recipient.token}"
    mail["List-Unsubscribe"] = f"<{stop}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return mail
