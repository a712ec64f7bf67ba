"""Messages to real servers, and what is owed under failures."""

import email
import json
import re
import socket
import threading
from datetime import UTC, datetime, timedelta
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from sqlmodel import select
from standardwebhooks import Webhook as Reference

from tracker.alerts.messages import as_event, compose
from tracker.alerts.outbox import preview, send_due
from tracker.alerts.subscriptions import ChangeFacts, Rule, RuleError, parse_rule
from tracker.alerts.webhook import webhook_key
from tracker.changes import Piece, compare, most_telling, sentence_json
from tracker.model import (
    Cadence,
    Change,
    ChangeClass,
    ChangeKind,
    Channel,
    Delivery,
    DeliveryState,
    Document,
    Institution,
    InstitutionKind,
    Run,
    Source,
    SubscriptionState,
)
from tracker.settings import Settings
from tracker.store.deliveries import claim_due, owe, release_confirmed
from tracker.store.folding import MOVED_TO
from tracker.store.subscriptions import (
    Recipient,
    add_subscription,
    confirm_subscription,
    recipients,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOSTILE = "</p><script>alert(1)</script>\r\nBcc: all@elsewhere.example {{ 7*7 }}"


def fill(store, *, confirmed: bool = True, title: str = "Partnership policy") -> int:
    """One institution with one changed document; returns the change's id."""
    with store.transaction() as session:
        session.add(Run(id=1, verb="crawl", started_at=NOON, tool="t", scope={}))
        session.add(
            Institution(
                id=1,
                key="alder",
                name="Alder Institute",
                kind="university",
                country="GB",
                homepage="http://alder.example/",
            )
        )
        session.flush()
        session.add(
            Source(id=1, institution_id=1, key="s", kind="page", url="http://alder.example/p")
        )
        session.flush()
        session.add(
            Document(
                id=1,
                institution_id=1,
                source_id=1,
                url="http://alder.example/p",
                title=title,
                found_run_id=1,
                found_at=NOON,
            )
        )
        session.flush()
        change = Change(document_id=1, change_class=ChangeClass.MATERIAL, kind=ChangeKind.TEXT_CHANGED, seen_from=NOON - timedelta(days=2), seen_to=NOON, recorded_at=NOON, confirmed=confirmed, added=[HOSTILE], labels=["R1"], summary="1 sentence changed")  # fmt: skip
        session.add(change)
        session.flush()
        return change.id


def subscribe(store, channel: Channel, target: str = "", **fields) -> None:
    with store.transaction() as session:
        made = add_subscription(
            session, channel=channel, target=target, at=NOON, **({"name": "mine"} | fields)
        )
        confirm_subscription(session, made, at=NOON)
        for recipient in recipients(session):
            owe(session, recipient, [1], at=NOON)


def deliveries(store) -> list[Delivery]:
    with store.transaction() as session:
        return list(session.exec(select(Delivery)))


def settings_for(tmp_path, **fields) -> Settings:
    return Settings(data_dir=tmp_path, public_url="https://tracker.example", secret="s", **fields)


class Mailbox:
    def __init__(self, answer: str = "250 OK") -> None:
        self.answer, self.taken = answer, []

    async def handle_DATA(self, _server, _session, envelope) -> str:
        self.taken.append(email.message_from_bytes(envelope.content, policy=default))
        return self.answer


@pytest.fixture
def mail_server():
    running = []

    def start(answer: str = "250 OK") -> tuple[Mailbox, str]:
        box = Mailbox(answer)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        controller = Controller(box, hostname="127.0.0.1", port=port)
        controller.start()
        running.append(controller)
        return box, f"smtp://127.0.0.1:{port}"

    yield start
    for controller in running:
        controller.stop()


def test_mail_says_what_when_and_why_in_plain_text_first(store, tmp_path, mail_server):
    fill(store)
    subscribe(store, Channel.EMAIL, "reader@reader.example")
    box, url = mail_server()

    report = send_due(store, settings_for(tmp_path, smtp_url=url), at=NOON)

    [mail] = box.taken
    assert report.sent == 1
    assert mail["Subject"] == "[Tracker] Alder Institute: 1 sentence changed (Partnership policy)"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    plain = " ".join(mail.get_body(["plain"]).get_content().split())
    assert "Between 28 February 2026, 12:00 UTC and 2 March 2026, 12:00 UTC." in plain
    assert "meaning not assessed; institution not yet asked" in plain
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_mail_quotes_what_touches_coded_text_before_what_stands_above_it(
    sqlite_store, tmp_path, mail_server
):
    fill(sqlite_store)
    subscribe(sqlite_store, Channel.EMAIL, "reader@reader.example")
    scope = [Piece(f"Contact number {n} answers mail.", ("Contacts",)) for n in range(30)]
    rule = Piece("Partners are reviewed.", ("Partners",), frozenset({"R1"}))
    found = compare([], [*scope, rule])
    with sqlite_store.transaction() as session:
        kept = [sentence_json(s) for s in most_telling(found.sentences, 20)]
        session.get_one(Change, 1).difference = kept
    box, url = mail_server()

    send_due(sqlite_store, settings_for(tmp_path, smtp_url=url), at=NOON)

    plain = " ".join(box.taken[0].get_body(["plain"]).get_content().split())
    assert "Partners: [added: Partners are reviewed.] and more: see the change" in plain


@pytest.mark.parametrize("name", ["UK + material", "a>, <b?bcc=all@elsewhere.example\r\nBcc: x"])
def test_a_mail_can_also_be_ended_by_mail_where_a_mailbox_is_set(
    store, tmp_path, mail_server, name
):
    fill(store)
    subscribe(store, Channel.EMAIL, "reader@reader.example", name=name)
    box, url = mail_server()

    send_due(store, settings_for(tmp_path, smtp_url=url, unsubscribe_mail="stop@tracker.example"), at=NOON)  # fmt: skip

    [mail] = box.taken
    web, post = re.fullmatch(r"<(\S+)>, <(\S+)>", "".join(mail["List-Unsubscribe"])).groups()
    assert web.startswith("https://tracker.example/u/")
    assert urlsplit(post).path == "stop@tracker.example"
    assert parse_qs(urlsplit(post).query) == {"subject": [f"unsubscribe {' '.join(name.split())}"]}
    assert mail["Bcc"] is None


def test_the_ways_out_are_written_as_they_are_however_long(sqlite_store, tmp_path):
    fill(sqlite_store)
    subscribe(sqlite_store, Channel.OUTBOX, name="n" * 90)

    send_due(sqlite_store, settings_for(tmp_path, unsubscribe_mail="stop@tracker.example"), at=NOON)

    [file] = (tmp_path / "outbox").glob("*.eml")
    head, _, _ = file.read_bytes().partition(b"\r\n\r\n")
    [ways] = [line for line in head.split(b"\r\n") if line.startswith(b"List-Unsubscribe: ")]
    assert re.fullmatch(rb"List-Unsubscribe: <https://\S+>, <mailto:\S+n{90}>", ways)
    assert max(map(len, head.split(b"\r\n"))) <= 998  # RFC 5322, 2.1.1


def test_crawled_text_is_data_in_every_part_of_a_mail(store, tmp_path, mail_server):
    fill(store, title=HOSTILE)
    subscribe(store, Channel.EMAIL, "reader@reader.example")
    box, url = mail_server()

    send_due(store, settings_for(tmp_path, smtp_url=url), at=NOON)

    [mail] = box.taken
    assert mail["Bcc"] is None
    markup = mail.get_body(["html"]).get_content()
    assert "<script>" not in markup
    assert "{{ 7*7 }}" in markup
    assert "src=" not in markup


def test_a_refused_mail_is_tried_again_under_the_same_id(store, tmp_path, mail_server):
    fill(store)
    subscribe(store, Channel.EMAIL, "reader@reader.example")
    refusing, url = mail_server("451 later")

    report = send_due(store, settings_for(tmp_path, smtp_url=url), at=NOON)
    box, url = mail_server()
    send_due(store, settings_for(tmp_path, smtp_url=url), at=NOON + timedelta(hours=1))

    assert (report.sent, report.failed) == (0, 1)
    assert refusing.taken[0]["Message-ID"] == box.taken[0]["Message-ID"]
    assert [row.state for row in deliveries(store)] == [DeliveryState.SENT]


def test_a_final_refusal_is_a_visible_failure(store, tmp_path, mail_server):
    fill(store)
    subscribe(store, Channel.EMAIL, "reader@reader.example")
    _, url = mail_server("550 no such reader")

    send_due(store, settings_for(tmp_path, smtp_url=url), at=NOON)

    [row] = deliveries(store)
    assert row.state is DeliveryState.FAILED
    assert "550" in row.error


def test_an_unconfirmed_change_waits_for_its_second_read(store, tmp_path):
    fill(store, confirmed=False)
    subscribe(store, Channel.OUTBOX)
    assert send_due(store, settings_for(tmp_path), at=NOON).sent == 0

    with store.transaction() as session:
        session.get_one(Change, 1).confirmed = True
        session.flush()
        release_confirmed(session, at=NOON)

    assert send_due(store, settings_for(tmp_path), at=NOON).sent == 1
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1


@pytest.mark.parametrize(
    ("cadence", "operator", "told"),
    [
        (Cadence.DAILY, "Ops@tracker.example", True),
        (Cadence.DAILY, "other@tracker.example", False),
        (Cadence.DAILY, "", False),
        (Cadence.INSTANT, "ops@tracker.example", False),
    ],
)
def test_only_the_operators_digest_says_how_the_sources_are(
    sqlite_store, tmp_path, cadence, operator, told
):
    fill(sqlite_store)
    subscribe(sqlite_store, Channel.OUTBOX, "ops@tracker.example", cadence=cadence)

    send_due(sqlite_store, settings_for(tmp_path, operator=operator), at=NOON + timedelta(days=1))

    (path,) = (tmp_path / "outbox").glob("*.eml")
    mail = email.message_from_bytes(path.read_bytes(), policy=default)
    line = "1 of 1 sources need a look (1 never read): tracker sources health"
    assert (line in mail.get_body(("plain",)).get_content()) is told
    assert (line in mail.get_body(("html",)).get_content()) is told


def test_a_kill_between_send_and_mark_repeats_the_message_never_renames_it(store, tmp_path):
    fill(store)
    subscribe(store, Channel.OUTBOX)
    with store.transaction() as session:
        [claimed] = claim_due(session, at=NOON)  # and then the sender is killed

    assert send_due(store, settings_for(tmp_path), at=NOON).sent == 0
    assert send_due(store, settings_for(tmp_path), at=NOON + timedelta(minutes=16)).sent == 1
    assert deliveries(store)[0].message_id == claimed.message_id


class Receiver(BaseHTTPRequestHandler):
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((body, dict(self.headers)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def receiver():
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.taken, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_webhook_is_signed_as_the_reference_library_expects(store, tmp_path, receiver):
    fill(store)
    subscribe(store, Channel.WEBHOOK, f"http://127.0.0.1:{receiver.server_port}/hook")
    settings = settings_for(tmp_path, allow_hosts=frozenset({"127.0.0.1"}))

    send_due(store, settings, at=datetime.now(UTC))

    [(body, headers)] = receiver.taken
    with store.transaction() as session:
        token = recipients(session)[0].token
    headers = {name.lower(): value for name, value in headers.items()}
    assert (
        Reference(webhook_key("s", token)).verify(body, headers)["data"]["changes"][0][
            "institution"
        ]
        == "alder"
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [(500, DeliveryState.DUE), (429, DeliveryState.DUE), (410, DeliveryState.FAILED)],
)
def test_a_webhooks_answer_decides_whether_to_try_again(store, tmp_path, receiver, status, state):
    fill(store)
    receiver.status = status
    subscribe(store, Channel.WEBHOOK, f"http://127.0.0.1:{receiver.server_port}/hook")

    send_due(store, settings_for(tmp_path, allow_hosts=frozenset({"127.0.0.1"})), at=NOON)

    assert deliveries(store)[0].state is state


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:1/x", "https://127.0.0.1:1/x", "ftp://a.example/"]
)
def test_a_webhook_to_a_private_or_plain_address_is_refused(sqlite_store, tmp_path, target):
    fill(sqlite_store)
    subscribe(sqlite_store, Channel.WEBHOOK, target)

    send_due(sqlite_store, settings_for(tmp_path), at=NOON)

    assert deliveries(sqlite_store)[0].state is DeliveryState.FAILED


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({}, 1),
        ({"countries": ["GB"]}, 1),
        ({"countries": ["DE"]}, 0),
        ({"recommendations": ["R1"]}, 1),
        ({"kinds": ["funder"]}, 0),
    ],
)
def test_a_back_test_lists_what_a_rule_would_have_sent(sqlite_store, rule, told):
    fill(sqlite_store)

    with sqlite_store.transaction() as session:
        found = preview(
            session,
            Rule.model_validate(rule),
            since=NOON - timedelta(days=90),
            until=NOON + timedelta(days=1),
        )

    assert len(found) == told


def test_a_rule_with_mistakes_names_all_of_them():
    with pytest.raises(RuleError) as caught:
        parse_rule(
            json.loads('{"topic": [], "kinds": ["universty"], "institutions": ["alde"]}'),
            institutions=["alder"],
        )

    assert 'did you mean "topics"' in str(caught.value)
    assert 'did you mean "university"' in str(caught.value)
    assert 'did you mean "alder"' in str(caught.value)


@pytest.mark.parametrize(
    ("countries", "said"),
    [(["UK"], '"UK" is not an ISO 3166-1 code'), ("GB", '"GB" is no list; write ["GB"]')],
)
def test_a_country_that_no_institution_can_have_is_refused_in_a_rule(countries, said):
    with pytest.raises(RuleError, match=re.escape(said)):
        parse_rule({"countries": countries}, institutions=[], entities=[])


MOVE = {
    "institution": "alder", "institution_name": "Alder", "institution_kind": InstitutionKind.UNIVERSITY,
    "country": "GB", "url": "http://alder.example/old", "title": "Policy", "seen_from": None,
    "seen_to": NOON, "recorded_at": NOON,
}  # fmt: skip


@pytest.mark.parametrize("moved", [
    "http://alder.example/policies/new",
    'http://alder.example/"><img/src=x>',
])  # fmt: skip
def test_a_mail_about_a_move_links_the_new_address_and_the_old_one_as_text(moved):
    change = ChangeFacts(
        id=4, change_class=ChangeClass.MATERIAL, kind=ChangeKind.MOVED, summary=f"{MOVED_TO}{moved}", **MOVE
    )  # fmt: skip
    recipient = Recipient(
        1, "mine", Channel.EMAIL, "you@your.example", Cadence.INSTANT, "UTC", {}, SubscriptionState.ACTIVE, "t"
    )  # fmt: skip
    message = compose("m", recipient, [change], public_url="https://tracker.example", at=NOON)
    safe = moved.replace('"', "%22").replace("<", "%3C").replace(">", "%3E")

    assert f"Now at: {safe}" in message.text
    assert "Before: http://alder.example/old" in message.text
    assert f'<a href="{safe}" rel="noreferrer">{safe}</a>' in message.html
    assert '<a href="http://alder.example/old" rel="noreferrer">http://alder.example/old</a>' in message.html  # fmt: skip
    assert message.subject == "[Tracker] Alder: the document moved to another address (Policy)"
    assert as_event(message)["data"]["changes"][0]["moved_to"] == safe


def test_a_rule_in_words_says_what_its_classes_are():
    said = str(Rule(kinds=(InstitutionKind.UNIVERSITY,)))

    assert said.startswith("classes: material, record (our own record: a reply, a correction, ")
    assert said.endswith("; kinds: university")
