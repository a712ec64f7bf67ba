"""Mail and webhooks against real servers that behave badly; consent, quiet months, what people see."""

import asyncio
import email
import re
import socket
import ssl
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from test_alerts import NOON, deliveries, fill, settings_for, subscribe

from tracker.alerts.channels import Smtp
from tracker.alerts.consent import consenting_id, consents
from tracker.alerts.failure import SendFailedError
from tracker.alerts.messages import trial
from tracker.alerts.outbox import send_due
from tracker.alerts.webhook import Webhook
from tracker.model import Channel, DeliveryState, Fetch, Outcome, SubscriptionState
from tracker.store.deliveries import LEASE, RETRY_AFTER, claim_due
from tracker.store.subscriptions import add_subscription, confirm_subscription, recipients
from tracker.store.tallies import tallies


class Badly:
    """A mail server's handler that takes mail, delays it, or hangs up in the middle of it."""

    def __init__(self, *, answers=("250 OK",), delay: float = 0) -> None:
        self.answers, self.delay, self.taken = list(answers), delay, []

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if self.answers[0].startswith("RCPT "):
            return self.answers[0].removeprefix("RCPT ")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        await asyncio.sleep(self.delay)
        self.taken.append(email.message_from_bytes(envelope.content, policy=default))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "drop":
            server.transport.abort()
        return answer if answer[0].isdigit() else "250 OK"


class MidMessage(SMTP):
    """Hangs up once the first line of a message came in."""

    async def smtp_DATA(self, arg) -> None:
        await self.push("354 go on")
        await self._reader.readline()
        self.transport.abort()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def serve():
    running = []

    def start(handler, *, server=SMTP, **options) -> str:
        class Ours(Controller):
            def factory(self):
                return server(self.handler, **self.SMTP_kwargs)

        controller = Ours(handler, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        running.append(controller)
        return f"127.0.0.1:{controller.port}"

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate of its own making, and a client's that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True,
        capture_output=True,
    )  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    return server, ssl.create_default_context(cafile=cert)


def a_message(store, tmp_path):
    fill(store)
    subscribe(store, Channel.EMAIL, "reader@reader.example")
    with store.transaction() as session:
        return trial(recipients(session)[0], public_url="https://tracker.example", at=NOON)


def test_mail_goes_through_tls_that_is_checked(sqlite_store, tmp_path, serve, certificate):
    message, (server, client) = a_message(sqlite_store, tmp_path), certificate
    box = Badly()
    starttls = serve(box, tls_context=server, require_starttls=True)

    Smtp(f"smtp://{starttls}?starttls", tls=client).send(message)

    assert box.taken[0]["Subject"] == "[Tracker] Test message: nothing has changed"
    with pytest.raises(SendFailedError, match="CERTIFICATE_VERIFY_FAILED"):
        Smtp(f"smtp://{starttls}?starttls").send(message)
    with pytest.raises(SendFailedError):
        Smtp(f"smtp://{starttls}").send(message)  # the server wants TLS first
    assert len(box.taken) == 1


def test_mail_goes_through_tls_from_the_first_byte(sqlite_store, tmp_path, serve, certificate):
    message, (server, client) = a_message(sqlite_store, tmp_path), certificate
    box = Badly()
    address = serve(box, ssl_context=server)

    Smtp(f"smtps://{address}", tls=client).send(message)

    assert len(box.taken) == 1


def test_a_server_that_hangs_up_mid_message_gets_it_again_under_the_same_id(store, tmp_path, serve):
    fill(store)
    subscribe(store, Channel.EMAIL, "reader@reader.example")
    dropping = serve(Badly(), server=MidMessage)
    first = send_due(store, settings_for(tmp_path, smtp_url=f"smtp://{dropping}"), at=NOON)
    [waiting] = deliveries(store)
    box = Badly()

    send_due(
        store,
        settings_for(tmp_path, smtp_url=f"smtp://{serve(box)}"),
        at=NOON + timedelta(hours=1),
    )

    assert (first.sent, first.failed) == (0, 1)
    assert waiting.state is DeliveryState.DUE
    assert [mail["Message-ID"] for mail in box.taken] == [f"<{waiting.message_id}@tracker.example>"]


def test_an_answer_lost_after_the_message_was_taken_repeats_it_under_the_same_id(
    store, tmp_path, serve
):
    fill(store)
    subscribe(store, Channel.EMAIL, "reader@reader.example")
    box = Badly(answers=["drop", "250 OK"])
    settings = settings_for(tmp_path, smtp_url=f"smtp://{serve(box)}")

    send_due(store, settings, at=NOON)
    send_due(store, settings, at=NOON + timedelta(hours=1))

    assert len(box.taken) == 2
    assert len({mail["Message-ID"] for mail in box.taken}) == 1
    assert deliveries(store)[0].state is DeliveryState.SENT


def test_a_slow_server_is_waited_for_and_gets_one_mail(sqlite_store, tmp_path, serve):
    fill(sqlite_store)
    subscribe(sqlite_store, Channel.EMAIL, "reader@reader.example")
    box = Badly(delay=1.5)

    report = send_due(
        sqlite_store, settings_for(tmp_path, smtp_url=f"smtp://{serve(box)}"), at=NOON
    )

    assert (report.sent, len(box.taken)) == (1, 1)


def test_a_server_that_is_away_is_tried_for_a_day_and_then_a_visible_failure(
    sqlite_store, tmp_path
):
    fill(sqlite_store)
    subscribe(sqlite_store, Channel.EMAIL, "reader@reader.example")
    settings = settings_for(tmp_path, smtp_url=f"smtp://127.0.0.1:{free_port()}")

    at, tries = NOON, 0
    while deliveries(sqlite_store)[0].state is DeliveryState.DUE:
        tries += send_due(sqlite_store, settings, at=at).failed
        at += timedelta(minutes=10)

    assert tries == len(RETRY_AFTER) + 1
    assert timedelta(hours=18) < at - NOON < timedelta(hours=25)
    with sqlite_store.transaction() as session:
        [counted] = tallies(session).values()
    assert counted.failed == 1
    assert "ConnectionRefused" in counted.error


def test_a_refused_recipient_is_final_at_once(sqlite_store, tmp_path, serve):
    fill(sqlite_store)
    subscribe(sqlite_store, Channel.EMAIL, "reader@reader.example")
    url = f"smtp://{serve(Badly(answers=['RCPT 550 unknown']))}"

    send_due(sqlite_store, settings_for(tmp_path, smtp_url=url), at=NOON)

    assert deliveries(sqlite_store)[0].state is DeliveryState.FAILED


def test_a_receiver_that_never_ends_its_answer_is_left(sqlite_store, tmp_path):
    message = a_message(sqlite_store, tmp_path)
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not stop.wait(0.05):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        target = f"http://127.0.0.1:{server.getsockname()[1]}/"
        aimed = replace(message.recipient, target=target)
        began = datetime.now(UTC)
        with pytest.raises(SendFailedError):
            Webhook("s", frozenset({"127.0.0.1"}), deadline=0.5).send(
                trial(aimed, public_url="https://tracker.example", at=NOON)
            )
        stop.set()
        thread.join()

    assert datetime.now(UTC) - began < timedelta(seconds=5)


def ask(store, name="mine", target="reader@reader.example") -> int:
    with store.transaction() as session:
        return add_subscription(session, name=name, channel=Channel.EMAIL, target=target, at=NOON)


def test_mail_begins_only_once_its_address_agrees(store, tmp_path, serve):
    fill(store)
    ask(store)
    box = Badly()
    settings = settings_for(tmp_path, smtp_url=f"smtp://{serve(box)}")

    for hours in (0, 1):
        report = send_due(store, settings, at=NOON + timedelta(hours=hours))

    [mail] = box.taken
    assert report.notices == 0
    assert mail["Subject"] == "[Tracker] Do you want these alerts?"
    [signed] = set(re.findall(r"/confirm/([\w.-]+)", mail.get_body(["plain"]).get_content()))
    with store.transaction() as session:
        [pending] = recipients(session)
        assert pending.state is SubscriptionState.PENDING
        assert consenting_id(signed) == pending.id
        assert consents(pending, signed, "s", at=NOON + timedelta(days=6))
        assert not consents(pending, signed, "s", at=NOON + timedelta(days=8))
        assert not consents(pending, signed, "other", at=NOON)
        assert not consents(pending, signed[:-1], "s", at=NOON)
        assert confirm_subscription(session, pending.id, at=NOON)
        assert recipients(session)[0].state is SubscriptionState.ACTIVE


@pytest.mark.parametrize("signed", ["", "x", "1", "1.2.3", "1..", "²." * 3, "9" * 30 + ".1.x"])
def test_a_forged_consent_is_refused(sqlite_store, signed):
    ask(sqlite_store)

    with sqlite_store.transaction() as session:
        [pending] = recipients(session)
    assert not consents(pending, signed, "s", at=NOON)
    assert consenting_id(signed) in {None, 1}


def test_a_month_without_mail_ends_with_one_note_that_counts_the_checks(store, tmp_path, serve):
    fill(store)
    made = ask(store)
    with store.transaction() as session:
        confirm_subscription(session, made, at=NOON)
        session.add_all(
            Fetch(run_id=1, source_id=1, document_id=1, url="http://alder.example/p", at=NOON + timedelta(days=day), outcome=Outcome.FAILED if day == 3 else Outcome.NOT_MODIFIED)
            for day in range(5)
        )  # fmt: skip
    box = Badly()
    settings = settings_for(tmp_path, smtp_url=f"smtp://{serve(box)}")
    for day in (29, 30, 31, 32):
        send_due(store, settings, at=NOON + timedelta(days=day))

    [mail] = box.taken
    assert mail["Subject"] == "[Tracker] Still watching: 5 checks, 1 failures in March 2026"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_month_with_mail_ends_without_a_note(sqlite_store, tmp_path, serve):
    fill(sqlite_store)
    subscribe(sqlite_store, Channel.EMAIL, "reader@reader.example")
    box = Badly()
    settings = settings_for(tmp_path, smtp_url=f"smtp://{serve(box)}")

    send_due(sqlite_store, settings, at=NOON)
    send_due(sqlite_store, settings, at=NOON + timedelta(days=31))

    assert len(box.taken) == 1


def test_a_killed_senders_claim_falls_due_again_under_the_same_id(sqlite_store, tmp_path, serve):
    fill(sqlite_store)
    subscribe(sqlite_store, Channel.EMAIL, "reader@reader.example")
    box = Badly()
    settings = settings_for(tmp_path, smtp_url=f"smtp://{serve(box)}")
    with sqlite_store.transaction() as session:
        [claimed] = claim_due(session, at=NOON)

    assert send_due(sqlite_store, settings, at=NOON).sent == 0
    assert send_due(sqlite_store, settings, at=NOON + LEASE).sent == 1
    assert box.taken[0]["Message-ID"] == f"<{claimed.message_id}@tracker.example>"
