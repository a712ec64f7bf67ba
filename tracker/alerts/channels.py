"""How messages leave: a folder, a mail server, a webhook, chat services. Knows no database."""

import re
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from tracker.alerts.failure import SendFailedError
from tracker.alerts.messages import Message, as_email
from tracker.alerts.public import public_only
from tracker.alerts.webhook import Webhook, address_problem
from tracker.model import Channel
from tracker.settings import Settings

PATIENCE = 20.0  # seconds that a mail server may take for one answer

_ADDRESS = re.compile(r"[^\s@<>(),;:\"\[\]\\]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")

#: What chat services read as a mention, a link or markup.
_CHAT_MARKUP = str.maketrans("@<>[]`*_", "＠‹›()'··")


def is_address(text: str) -> bool:
    """Tell whether a text is one e-mail address and nothing else."""
    return bool(_ADDRESS.fullmatch(text))


def target_problem(channel: Channel, target: str, settings: Settings) -> str | None:
    """Return why nothing could be sent to this target, or None."""
    match channel:
        case Channel.OUTBOX | Channel.ATOM if target:
            return f"messages of the channel {channel} always go to one place: leave --target away"
        case Channel.EMAIL if not is_address(target):
            return f'"{target}" is not an e-mail address; give one with --target'
        case Channel.WEBHOOK:
            return address_problem(target, settings.allow_hosts)
        case Channel.APPRISE if "://" not in target:
            return "a chat service needs its Apprise address; give one with --target"
        case _:
            return None


class Sender(Protocol):
    """Takes one message; raises SendFailedError where it could not be handed over."""

    def send(self, message: Message) -> None: ...


def sender(channel: Channel, settings: Settings) -> Sender:
    """Return what sends through a channel; raises ValueError for one that is only ever asked."""
    match channel:
        case Channel.OUTBOX:
            return Outbox(settings.outbox, settings.mail_from, settings.unsubscribe_mail)
        case Channel.EMAIL:
            return Smtp(settings.smtp_url, settings.mail_from, settings.unsubscribe_mail)
        case Channel.WEBHOOK:
            return Webhook(settings.secret, settings.allow_hosts)
        case Channel.APPRISE:
            return Chat(settings.allow_hosts)
        case Channel.ATOM:
            raise ValueError("feeds are asked for, nothing is sent to them")


@dataclass(frozen=True, slots=True)
class Outbox:
    """Writes each message as a mail file into a folder."""

    folder: Path
    mail_from: str = ""
    unsubscribe_mail: str = ""

    def send(self, message: Message) -> None:
        """Write the file under the message's id: a repeat replaces it, a kill leaves it whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"{message.id}.part"
        part.write_bytes(
            as_email(
                message, mail_from=self.mail_from, unsubscribe_mail=self.unsubscribe_mail
            ).as_bytes()
        )
        part.replace(part.with_suffix(".eml"))


@dataclass(frozen=True, slots=True)
class Smtp:
    """Hands messages to a mail server: smtp://user:password@host:port?starttls, or smtps:// so."""

    url: str
    mail_from: str = ""
    unsubscribe_mail: str = ""
    tls: ssl.SSLContext | None = None  # None: certificates are checked against the system's

    def send(self, message: Message) -> None:
        """Send one mail; refusals that begin with 5 are final."""
        mail = as_email(message, mail_from=self.mail_from, unsubscribe_mail=self.unsubscribe_mail)
        self.hand_over(mail)

    def hand_over(self, mail: EmailMessage) -> None:
        """Send a mail as it is; raises SendFailedError where the server does not take it."""
        if not self.url:
            raise SendFailedError("no mail server is set: TRACKER_SMTP_URL")
        try:
            with self._server() as server:
                self._enter(server)
                server.send_message(mail)
        except (smtplib.SMTPException, OSError) as error:
            raise _refused(error) from error

    def _server(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host = parts.hostname or "localhost"
        if parts.scheme == "smtps":
            tls = self._tls()
            return smtplib.SMTP_SSL(host, parts.port or 465, timeout=PATIENCE, context=tls)
        return smtplib.SMTP(host, parts.port or 25, timeout=PATIENCE)

    def _enter(self, server: smtplib.SMTP) -> None:
        parts = urlsplit(self.url)
        if parts.query == "starttls":
            server.starttls(context=self._tls())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))

    def _tls(self) -> ssl.SSLContext:
        # smtplib's own default checks no certificate.
        return self.tls or ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class Chat:
    """Hands messages to a chat service by its Apprise address."""

    allow_hosts: frozenset[str] = frozenset()  # may be private

    def send(self, message: Message) -> None:
        """Send subjects and links; quotes stay out, since services differ in what they execute."""
        import apprise  # noqa: PLC0415  (takes half a second, and few use it)

        service = apprise.Apprise()
        if not service.add(message.recipient.target):
            raise SendFailedError("not an address that Apprise knows", permanent=True)
        lines = [f"{_plain(item.subject)}\n{item.link}" for item in message.items]
        lines = lines or [_plain(message.text)]
        body = "\n\n".join(lines)
        with public_only(self.allow_hosts) as refused:
            taken = service.notify(title=_plain(message.subject), body=body, body_format="text")
        if refused:
            raise SendFailedError(refused[0], permanent=True)
        if not taken:
            raise SendFailedError("the chat service did not take the message")


def _plain(text: str) -> str:
    return text.translate(_CHAT_MARKUP)


def _refused(error: Exception) -> SendFailedError:
    answer: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, answer = error.smtp_code, error.smtp_error
    else:
        return SendFailedError(f"{type(error).__name__}: {error}")
    # A wrong password is the operator's to mend, so the mail is worth another try.
    final = code >= 500 and not isinstance(error, smtplib.SMTPAuthenticationError)
    words = answer if isinstance(answer, str) else answer.decode(errors="replace")
    return SendFailedError(f"{code} {words}", permanent=final)
