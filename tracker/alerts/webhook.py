"""Posts signed JSON to a subscriber's address (Standard Webhooks). Knows no database.

The address is a subscriber's choice, so it is checked as a stranger's: https, public, the very
address that was checked is connected to, redirects are not followed, and all ends in due time.
"""

import base64
import hashlib
import hmac
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from tracker.addresses import ALLOWING, refusal
from tracker.alerts.failure import SendFailedError
from tracker.alerts.messages import Message, as_event

PATIENCE = 10.0  # seconds for one step
DEADLINE = 30.0  # seconds for the whole answer

#: Answers after which the same request would only be refused again.
_FINAL = frozenset({400, 401, 403, 404, 405, 410, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts each message as a CloudEvent, signed with a key of that subscription."""

    secret: str
    allow_hosts: frozenset[str] = frozenset()  # may be private, and plain http
    tls: ssl.SSLContext | None = None  # None: certificates are checked against the system's
    deadline: float = DEADLINE

    def send(self, message: Message) -> None:
        """Post one message; any answer but 2xx is a failure."""
        target = self._checked(message.recipient.target)
        body = json.dumps(as_event(message)).encode()
        headers = {"Content-Type": "application/json", **signature(message, body, self.secret)}
        path = target._replace(scheme="", netloc="", fragment="").geturl() or "/"
        try:
            with self._connected(target) as connection:
                connection.request("POST", path, body, headers)
                status = connection.getresponse().status
        except (OSError, HTTPException) as error:
            raise SendFailedError(f"{type(error).__name__}: {error}") from error
        if not 200 <= status < 300:
            raise SendFailedError(f"answered {status}", permanent=status in _FINAL)

    def _checked(self, target: str) -> SplitResult:
        if problem := address_problem(target, self.allow_hosts):
            raise SendFailedError(problem, permanent=True)
        return urlsplit(target)

    @contextmanager
    def _connected(self, target: SplitResult) -> Iterator[HTTPConnection]:
        host, secure = target.hostname or "", target.scheme == "https"
        port = target.port or (443 if secure else 80)
        connection = (HTTPSConnection if secure else HTTPConnection)(host, port)
        connection.sock = self._socket(host, port, secure=secure)
        # A receiver that sends a byte now and then would outlast any timeout of one step.
        timer = Timer(self.deadline, connection.sock.shutdown, (socket.SHUT_RDWR,))
        timer.start()
        try:
            yield connection
        finally:
            timer.cancel()
            connection.close()

    def _socket(self, host: str, port: int, *, secure: bool) -> socket.socket:
        address = str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
        if host not in self.allow_hosts and (why := refusal(address)):
            raise SendFailedError(f"{host} may not be contacted: {why}; {ALLOWING}", permanent=True)
        plain = socket.create_connection((address, port), PATIENCE)
        if not secure:
            return plain
        with plain:  # detached once wrapped, closed where the handshake fails
            return (self.tls or ssl.create_default_context()).wrap_socket(
                plain, server_hostname=host
            )


def address_problem(target: str, allow_hosts: frozenset[str]) -> str | None:
    """Return why no webhook can be posted to this address, before anything is looked up."""
    try:
        parts = urlsplit(target)
        host, _ = parts.hostname, parts.port
        (host or "").encode("idna")
    except ValueError as error:  # so is a name that no resolver takes
        return f"not a web address: {error}"
    if host and (parts.scheme == "https" or (parts.scheme == "http" and host in allow_hosts)):
        return None
    return "a webhook needs an https address, or a host that TRACKER_ALLOW_HOSTS names"


def webhook_key(secret: str, token: str) -> bytes:
    """Return the key that signs one subscription's webhooks."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).digest()


def signing_secret(secret: str, token: str) -> str:
    """Return that key as receivers enter it into a Standard Webhooks library."""
    return f"whsec_{base64.b64encode(webhook_key(secret, token)).decode()}"


def signature(message: Message, body: bytes, secret: str) -> dict[str, str]:
    """Return the headers by which a receiver knows sender, message and time."""
    stamp = str(int(message.at.timestamp()))
    signed = f"{message.id}.{stamp}.".encode() + body
    key = webhook_key(secret, message.recipient.token)
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": message.id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{digest}",
    }
