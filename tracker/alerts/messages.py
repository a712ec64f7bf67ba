"""A delivery in words: subject, plain text, HTML, e-mail, event. Knows no channel's workings."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup

from tracker.alerts.items import SUBJECT_LENGTH, Item, domain, item, one_line
from tracker.alerts.subscriptions import ChangeFacts, Rule
from tracker.changes import SentenceChange, as_html, sentence_json, sentence_text
from tracker.model import ChangeClass
from tracker.store.subscriptions import Recipient

if TYPE_CHECKING:
    from jinja2 import Environment

DIGEST_ITEMS = 20
#: 7bit, so that no relay needs to recode what was signed; long lines, since an address that is
#: folded is written as RFC 2047 words, which no mail program follows.
MAIL = SMTP.clone(cte_type="7bit", max_line_length=998)

_FIRST = (ChangeClass.MATERIAL, ChangeClass.RECORD, ChangeClass.AVAILABILITY)


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one recipient; the same id means the same message, however often it comes."""

    id: str
    recipient: Recipient
    subject: str
    text: str
    html: str
    items: tuple[Item, ...]
    public_url: str
    at: datetime

    @property
    def unsubscribe(self) -> str:
        """The address that ends the subscription."""
        return f"{self.public_url.rstrip('/')}/u/{self.recipient.token}"


def compose(
    message_id: str,
    recipient: Recipient,
    changes: Sequence[ChangeFacts],
    *,
    public_url: str,
    at: datetime,
    note: str = "",
    unreviewed: bool = False,
) -> Message:
    """Write the message about these changes: an alert for one, a digest for a subscriber of digests.

    `note` is a line of our own for this recipient; `unreviewed` tells a machine's reading as such.
    """
    items = tuple(
        item(change, public_url=public_url, unreviewed=unreviewed)
        for change in sorted(changes, key=_order)
    )
    kind = "alert" if len(items) == 1 else "digest"
    blank = Message(message_id, recipient, "", "", "", items, public_url, at)
    facts = {
        "message": blank,
        "items": items[:DIGEST_ITEMS],
        "groups": _grouped(items[:DIGEST_ITEMS]),
        "more": max(0, len(items) - DIGEST_ITEMS),
        "all_changes": f"{public_url.rstrip('/')}/changes",
        "rule": one_line(str(Rule.model_validate(recipient.rule))),
        "subscription": one_line(recipient.name),
        "note": one_line(note, 200),
    }
    text, html = _rendered(kind, facts)
    return replace(blank, subject=_subject(items), text=text, html=html)


def notice(
    message_id: str,
    recipient: Recipient,
    kind: str,
    subject: str,
    *,
    public_url: str,
    at: datetime,
    **said: str,
) -> Message:
    """Write a message about the subscription itself: the question whether it is wanted, all quiet."""
    blank = Message(message_id, recipient, "", "", "", (), public_url, at)
    facts = {
        "message": blank,
        "rule": one_line(str(Rule.model_validate(recipient.rule))),
        "subscription": one_line(recipient.name),
        "subject": subject,
        "note": "",
        **said,
    }
    text, html = _rendered(kind, facts)
    return replace(blank, subject=one_line(subject, SUBJECT_LENGTH), text=text, html=html)


def trial(recipient: Recipient, *, public_url: str, at: datetime) -> Message:
    """Write a test message, which says that it is one."""
    return notice(
        f"test-{int(at.timestamp())}-{recipient.id}",
        recipient,
        "trial",
        "[Tracker] Test message: nothing has changed",
        public_url=public_url,
        at=at,
    )


def plain_text(kind: str, facts: Mapping[str, Any]) -> str:
    """Return a message that has no other form than its text."""
    return _templates().get_template(f"{kind}.txt").render(facts)


def _rendered(kind: str, facts: Mapping[str, Any]) -> tuple[str, str]:
    text, html = (_templates().get_template(f"{kind}.{ending}") for ending in ("txt", "html"))
    return text.render(facts), html.render(facts)


def item_html(shown: Item) -> str:
    """Return one change as an HTML fragment."""
    return _templates().get_template("change.html").render(item=shown)


def as_email(message: Message, *, mail_from: str, unsubscribe_mail: str = "") -> EmailMessage:
    """Return the message as multipart e-mail whose id, and bytes but for the date, never vary.

    `unsubscribe_mail` is an address of ours that somebody reads: mail to it asks to end (RFC 2369).
    """
    host = domain(message.public_url)
    mail = EmailMessage(policy=MAIL)
    mail["Subject"] = message.subject
    mail["From"] = mail_from or our_address(host)
    mail["To"] = message.recipient.target or Address(
        one_line(message.recipient.name), "outbox", host
    )
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{message.id}@{host}>"
    mail["List-Id"] = f"<subscription-{message.recipient.id}.alerts.{host}>"
    mail["List-Unsubscribe"] = _ways_out(message, unsubscribe_mail)
    if message.unsubscribe.startswith("https:"):  # RFC 8058 knows no other
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    mail.set_boundary(f"part-{message.id}")
    return mail


def our_address(host: str) -> Address:
    """Return whom mail comes from where nobody set it."""
    return Address("Policy and ethics-statement tracker", "tracker", host)


def _ways_out(message: Message, mailbox: str) -> str:
    ways = f"<{message.unsubscribe}>"
    if not mailbox:
        return ways
    asked = quote(f"unsubscribe {one_line(message.recipient.name, 100)}", safe="")
    return f"{ways}, <mailto:{mailbox}?subject={asked}>"


def as_event(message: Message) -> dict[str, Any]:
    """Return the message as a CloudEvents 1.0 JSON object."""
    one = len(message.items) == 1
    about = (
        f"change.{message.items[0].change.change_class}"
        if one
        else "digest"
        if message.items
        else "notice"
    )
    return {
        "specversion": "1.0",
        "id": message.id,
        "source": message.public_url,
        "type": f"org.policy-ethics-tracker.{about}.v1",
        "subject": message.subject,
        "time": max(
            (shown.change.recorded_at for shown in message.items), default=message.at
        ).isoformat(),
        "datacontenttype": "application/json",
        "data": {"changes": [_as_json(shown) for shown in message.items]},
    }


def _as_json(shown: Item) -> dict[str, Any]:
    change = shown.change
    return {
        "id": change.id,
        "institution": change.institution,
        "url": shown.live or shown.link,
        "moved_to": shown.new_address or None,
        "title": shown.title,
        "class": str(change.change_class),
        "kind": str(change.kind),
        "confirmed": change.confirmed,
        "seen_from": change.seen_from.isoformat() if change.seen_from else None,
        "seen_to": change.seen_to.isoformat(),
        "added": [
            quote.after for quote in shown.quotes if quote.after != quote.before and quote.after
        ],
        "removed": [
            quote.before for quote in shown.quotes if quote.after != quote.before and quote.before
        ],
        "difference": [sentence_json(quote) for quote in shown.quotes],
        "changed_words": change.changed_words,
        "folded": change.folded,
        "meaning": shown.meaning or None,
        "labels": list(shown.labels),
        "summary": shown.summary,
        "confidence": shown.confidence,
        "link": shown.link,
    }


def _subject(items: Sequence[Item]) -> str:
    if len(items) == 1:
        return one_line(f"[Tracker] {items[0].subject}", SUBJECT_LENGTH)
    names = list(dict.fromkeys(shown.institution for shown in items))
    where = f"{len(names)} institutions" if len(names) > 3 else ", ".join(names)
    return one_line(f"[Tracker] {len(items)} changes: {where}", SUBJECT_LENGTH)


def _order(change: ChangeFacts) -> tuple[Any, ...]:
    first = _FIRST.index(change.change_class) if change.change_class in _FIRST else len(_FIRST)
    return first, change.institution_name, change.url, change.seen_to, change.id


def _grouped(items: Sequence[Item]) -> list[tuple[str, list[tuple[Item, list[Item]]]]]:
    """Group items by institution, then by document, each group named by its first."""
    by_place = sorted(items, key=lambda shown: (shown.institution, _place(shown)))
    groups = []
    for institution, theirs in groupby(by_place, key=lambda shown: shown.institution):
        documents = [list(group) for _, group in groupby(theirs, key=_place)]
        groups.append((institution, [(document[0], document) for document in documents]))
    return groups


def _place(shown: Item) -> tuple[str, str]:
    return ("", shown.title) if shown.change.heard else (shown.change.url, "")


@cache
def _templates() -> Environment:
    # Slow to import, and most starts write no message.
    from jinja2 import PackageLoader, StrictUndefined, select_autoescape  # noqa: PLC0415
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    environment = ImmutableSandboxedEnvironment(
        loader=PackageLoader("tracker.alerts"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["under"] = _under
    environment.filters["quoted"] = _quoted
    environment.filters["marked"] = _marked
    return environment


def _quoted(quote: SentenceChange) -> str:
    """The sentence after the headings that it stands under."""
    path = " › ".join(filter(None, quote.heading_path))
    return f"{path}: {sentence_text(quote)}" if path else sentence_text(quote)


def _marked(quote: SentenceChange) -> Markup:
    return Markup(as_html([quote]))  # noqa: S704  (escaped there, word by word)


def _under(text: str, label: str) -> str:
    """Wrap text beside a label in the margin, as plain-text mails show it."""
    return textwrap.fill(
        text,
        width=78,
        initial_indent=f"{label:<12}",
        subsequent_indent=" " * 12,
        break_long_words=False,
        break_on_hyphens=False,
    )
