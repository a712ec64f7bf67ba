"""How messages leave: a folder, SMTP, a webhook, chat services. Knows no database."""

import base64
import hashlib
import hmac
import json
import smtplib
import socket
import ssl
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from tracker.addresses import refusal
from tracker.alerts.messages import Message, as_email
from tracker.model import Channel
from tracker.settings import Settings

PATIENCE = 20.0  # seconds


class SendFailedError(Exception):
    """A channel did not take a message; `permanent` where trying again is useless."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.permanent = reason, permanent


class Sender(Protocol):
    """Takes one message; raises SendFailedError where it could not be handed over."""

    def send(self, message: Message, *, at: datetime) -> None: ...


def sender(channel: Channel, settings: Settings) -> Sender:
    """Return what sends through a channel."""
    match channel:
        case Channel.OUTBOX | Channel.ATOM:
            return Outbox(settings)
        case Channel.EMAIL:
            return Smtp(settings)
        case Channel.WEBHOOK:
            return Webhook(settings)
        case Channel.APPRISE:
            return Chat()


class Outbox:
    """Writes each message as a file into the outbox folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def send(self, message: Message, *, at: datetime) -> None:
        folder = self.settings.outbox
        folder.mkdir(parents=True, exist_ok=True)
        mail = as_email(message, self.settings)
        mail["Date"] = at
        name = hashlib.sha256(message.id.encode()).hexdigest()[:32]
        part = folder / f"{name}.part"
        part.write_bytes(mail.as_bytes())
        part.replace(Path(folder / f"{name}.eml"))  # a kill leaves a whole file or none


class Smtp:
    """Hands messages to the mail server of TRACKER_SMTP_URL."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def send(self, message: Message, *, at: datetime) -> None:
        if not self.settings.smtp_url:
            raise SendFailedError("no mail server is set: TRACKER_SMTP_URL")
        mail = as_email(message, self.settings)
        mail["Date"] = at
        try:
            with self._server() as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            final = all(code >= 500 for code in codes)
            raise SendFailedError(f"recipient refused {codes}", permanent=final) from error
        except smtplib.SMTPResponseException as error:
            said = (
                error.smtp_error
                if isinstance(error.smtp_error, str)
                else error.smtp_error.decode(errors="replace")
            )
            raise SendFailedError(
                f"{error.smtp_code} {said}", permanent=error.smtp_code >= 500
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise SendFailedError(f"{type(error).__name__}: {error}") from error

    def _server(self) -> smtplib.SMTP:
        parts = urlsplit(self.settings.smtp_url)
        host = parts.hostname or "localhost"
        secure = parts.scheme == "smtps"
        server: smtplib.SMTP
        if secure:
            server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=PATIENCE)
        else:
            server = smtplib.SMTP(host, parts.port or 25, timeout=PATIENCE)
        if "starttls" in parts.query:
            server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server


class Webhook:
    """Posts signed JSON (Standard Webhooks) to an https address that is public, or allowed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def send(self, message: Message, *, at: datetime) -> None:
        parts = urlsplit(message.recipient.target)
        allowed = (parts.hostname or "") in self.settings.allow_hosts
        if not (parts.scheme == "https" or (allowed and parts.scheme == "http")):
            raise SendFailedError("a webhook needs an https address", permanent=True)
        body = json.dumps(payload(message, self.settings, at=at)).encode()
        headers = {"Content-Type": "application/json", **self._signed(message, body, at)}
        try:
            connection = _connect(parts.scheme, parts.hostname or "", parts.port, allowed=allowed)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
            connection.close()
        except (OSError, HTTPException) as error:
            raise SendFailedError(f"{type(error).__name__}: {error}") from error
        if not 200 <= status < 300:
            final = status in {400, 401, 403, 404, 405, 410, 422}
            raise SendFailedError(f"status {status}", permanent=final)

    def _signed(self, message: Message, body: bytes, at: datetime) -> dict[str, str]:
        stamp = str(int(at.timestamp()))
        key = webhook_key(self.settings.secret, message.recipient.token)
        signed = hmac.new(key, f"{message.id}.{stamp}.".encode() + body, hashlib.sha256).digest()
        return {
            "webhook-id": message.id,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        }


def webhook_key(secret: str, token: str) -> bytes:
    """Return the key that signs one subscription's webhooks."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).digest()


def _connect(scheme: str, host: str, port: int | None, *, allowed: bool) -> HTTPConnection:
    """Connect to the very address that was checked."""
    found = socket.getaddrinfo(
        host, port or (443 if scheme == "https" else 80), type=socket.SOCK_STREAM
    )
    address = str(found[0][4][0])
    why = None if allowed else refusal(address)
    if why:
        raise SendFailedError(f"{host} is {why}", permanent=True)
    if scheme == "http":
        return HTTPConnection(address, port, timeout=PATIENCE)
    return _Pinned(host, port or 443, address)


class _Pinned(HTTPSConnection):
    """Talks TLS with a host at one address, whatever its name leads to by now."""

    def __init__(self, host: str, port: int, address: str) -> None:
        self._tls = ssl.create_default_context()
        super().__init__(host, port, timeout=PATIENCE, context=self._tls)
        self._address = address

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), PATIENCE)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


def payload(message: Message, settings: Settings, *, at: datetime) -> dict[str, Any]:
    """Return a message as CloudEvents 1.0 JSON."""
    return {
        "specversion": "1.0",
        "id": message.id,
        "source": settings.public_url,
        "type": "org.policy-ethics-tracker.changes.v1",
        "time": at.isoformat(),
        "subject": message.subject,
        "data": [
            {
                "change": change.id,
                "institution": change.institution,
                "class": str(change.change_class),
                "kind": str(change.kind),
                "url": change.url,
                "seen_from": change.seen_from.isoformat() if change.seen_from else None,
                "seen_to": change.seen_to.isoformat(),
                "summary": change.summary,
                "added": list(change.added),
                "removed": list(change.removed),
            }
            for change in message.changes
        ],
    }


class Chat:
    """Hands messages to a chat service by its Apprise address."""

    def send(self, message: Message, *, at: datetime) -> None:  # noqa: ARG002
        import apprise  # noqa: PLC0415  (slow to import)

        service = apprise.Apprise()
        if not service.add(message.recipient.target):
            raise SendFailedError("not an address that Apprise knows", permanent=True)
        if not service.notify(title=message.subject, body=message.text, body_format="text"):
            raise SendFailedError("the service did not take the message")
