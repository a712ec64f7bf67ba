"""Institutions are asked, they reply, they dispute; who may do what, and what the public sees of it."""

import email
import io
import json
import socket
import subprocess
import sys
from datetime import timedelta
from email.policy import default

import pytest
import zstandard
from aiosmtpd.controller import Controller
from builders import NOON, an_institution, read_page
from sqlmodel import col, select, update

from tracker import queries, replies
from tracker.addresses import is_official_mail
from tracker.alerts.asking import GOOD_FOR, notice_behind, private_link, send_notices
from tracker.alerts.channels import is_address
from tracker.alerts.facts import newest_facts
from tracker.alerts.messages import compose
from tracker.coding.codebook import question_title
from tracker.export import freeze, write
from tracker.model import (
    SPOKEN,
    Change,
    ChangeKind,
    Channel,
    Delivery,
    DeliveryState,
    Finding,
    Institution,
    ReplyDecision,
    ReplyVerdict,
    Role,
)
from tracker.settings import Settings
from tracker.standing import Asked, Gate, Said, Subject, plain, standing
from tracker.store.backup import dump
from tracker.store.heard import heard
from tracker.store.notices import notice_rows
from tracker.store.people import set_role
from tracker.store.replies import reply_rows
from tracker.store.subscriptions import add_subscription, recipients
from tracker.views import changed, findings, hearing, profile
from tracker.views.addresses import PRINTED
from tracker.views.html import finding_badge

DAY = timedelta(days=1)
BODY = """<main><h1>Position</h1><p>We condemn the mass surveillance of Uyghurs in Xinjiang by the Chinese government,
which is an abuse of human rights that no researcher of ours may take part in.</p></main>"""
EVIL = (
    "We disagree. <script>alert(1)</script> ![x](http://elsewhere.example/y.png) \u202eevil\n\nשלום"
)
SETTINGS = Settings(contact="desk@tracker.example", public_url="https://tracker.example", secret="s")  # fmt: skip


def asked(days=0, *, result="criticised", deeds=()):
    return Asked(NOON + days * DAY, {SPOKEN: {"result": result, "deeds": list(deeds)}})


def said(*, result="criticised", disputes=()):
    return Said(1, "alder", NOON + DAY, "alder.example", "No.", {SPOKEN: result}, tuple(disputes))


DEED = {"what": "ended", "partner": "Lab X", "reviewed": "one"}


@pytest.mark.parametrize(
    ("finding", "notices", "answers", "days", "overlays"),
    [
        (("criticised", "one"), [], [], 0, {"withheld"}),  # never asked
        (("criticised", "one"), [asked()], [], 13, {"under_reply", "withheld"}),
        (("criticised", "one"), [asked()], [], 14, set()),
        (("criticised", "one"), [asked()], [said()], 1, set()),  # a reply opens it
        (("criticised", "one"), [], [said()], 1, set()),
        (("criticised", "one"), [asked(result="discussed")], [], 20, {"withheld"}),  # of another result
        (("criticised", "one"), [], [said(result="discussed")], 1, {"withheld"}),
        (("criticised", "one"), [asked()], [said(disputes=[SPOKEN])], 1, {"disputed"}),
        (("discussed", "one"), [], [said(disputes=[SPOKEN])], 1, set()),  # it disputed another result
        (("criticised", "none"), [], [], 0, set()),  # the machine's own is shown at once
        (("criticised", "none"), [asked()], [], 1, {"under_reply"}),
        (("condemned", "two"), [], [], 0, set()),
        (("none_found", "one"), [], [], 0, {"withheld"}),
        (("declined", "two"), [], [], 0, {"withheld"}),
        (("condemned", "one", [DEED]), [], [], 0, {"withheld"}),
        (("condemned", "one", [DEED]), [asked(result="condemned", deeds=["ended: Lab X"])], [], 14, set()),
        (("condemned", "one", [DEED]), [asked(result="condemned")], [], 14, {"withheld"}),
        (("condemned", "one", [{**DEED, "reviewed": "none"}]), [], [], 0, set()),
    ],
)  # fmt: skip
def test_what_waits_for_an_institution_follows_from_notice_time_and_reply(
    finding, notices, answers, days, overlays
):
    found = standing(
        Subject(SPOKEN, *finding),
        asked=notices,
        said=answers,
        gate=Gate(withhold=True),
        at=NOON + days * DAY,
    )

    assert set(found.overlays) == overlays


def test_without_the_setting_nothing_is_withheld():
    found = standing(Subject(SPOKEN, "declined", "two"), asked=[], said=[], gate=Gate(), at=NOON)

    assert found.overlays == ()


def test_text_of_others_keeps_its_lines_and_loses_control_characters():
    assert plain(" a\x00b\r\nc\x1b[31m\ud800 \n") == "ab\nc[31m"


@pytest.mark.parametrize(
    ("address", "official"),
    [
        ("press@alder.example", True),
        ("press@mail.ALDER.example", True),
        ("press@alder.example.evil.example", False),
        ("press@notalder.example", False),
        ("alder.example", False),
        ("a@b@alder.example", True),  # no address at all, which is checked apart
    ],
)
def test_mail_counts_from_official_hosts_alone(address, official):
    assert is_official_mail(address, ["www.alder.example:8080/unit"]) is official


def test_two_at_signs_are_no_address():
    assert not is_address("a@b@alder.example")


def test_a_subdomain_of_www_is_not_asked_for():
    assert is_official_mail("a@alder.example", an_institution().hosts)


@pytest.fixture
def told(store):
    """A store where a person confirmed that Alder criticised, and somebody was told of its text."""
    read_page(store, BODY)
    with store.transaction() as session:
        session.exec(
            update(Finding)
            .where(col(Finding.question) == SPOKEN)
            .values(result="criticised", reviewed="one", possible=None)
        )
    return store


def spoken(store, *, gate=None, at=NOON):
    with store.transaction() as session:
        (row,) = queries.finding_rows(session, questions=[SPOKEN], gate=gate, at=at)
    return row


def enter(session, **fields):
    given = {"address": "press@alder.example", "text": "No.", "questions": [SPOKEN], "by": "ada",
             "received_at": NOON, "at": NOON}  # fmt: skip
    return replies.enter(session, "alder", **(given | fields))


def decide(session, reply, verdict=ReplyVerdict.CONFIRMED, **fields):
    return replies.decide(session, reply, verdict=verdict, **({"by": "ada", "at": NOON} | fields))


@pytest.fixture
def mailbox():
    """A mail server on loopback: what it took, its address, and what it answers."""

    class Taking:
        def __init__(self):
            self.taken, self.answer = [], "250 OK"

        async def handle_DATA(self, server, session, envelope):
            if self.answer.startswith("250"):
                self.taken.append(email.message_from_bytes(envelope.content, policy=default))
            return self.answer

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    handler = Taking()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    handler.url = f"smtp://127.0.0.1:{port}"
    yield handler
    controller.stop()


def ask(store, settings, **fields):
    given = {"address": "press@alder.example", "questions": [SPOKEN], "by": "ada", "at": NOON}
    with store.transaction() as session:
        replies.ask(session, "alder", settings=settings, **(given | fields))


def test_a_notice_goes_out_once_and_starts_the_clock(told, mailbox):
    settings = SETTINGS.model_copy(update={"smtp_url": mailbox.url})
    ask(told, settings)
    assert spoken(told).standing.asked_at is None  # not sent yet

    assert send_notices(told, settings, at=NOON) == (1, 0)
    assert send_notices(told, settings, at=NOON) == (0, 0)
    (mail,) = mailbox.taken
    (notice,) = rows(told)
    text = mail.get_content()
    assert mail["To"] == "press@alder.example"
    assert mail["Reply-To"] == "desk@tracker.example"
    assert private_link(notice, settings) in text
    assert "criticised (confirmed by a person)" in text
    assert "no reply by 16 March 2026" in text
    assert "/reply/" not in notice.text  # what is kept opens nothing
    found = spoken(told, at=NOON + DAY).standing
    assert (found.asked_at, found.due_at) == (NOON, NOON + 14 * DAY)
    assert found.under_reply


def rows(store):
    with store.transaction() as session:
        return notice_rows(session)


@pytest.mark.parametrize(("answer", "final"), [("451 later", False), ("550 no", True)])
def test_a_notice_that_is_not_taken_starts_no_clock(told, mailbox, answer, final):
    settings = SETTINGS.model_copy(update={"smtp_url": mailbox.url})
    ask(told, settings)
    mailbox.answer = answer

    assert send_notices(told, settings, at=NOON) == (0, 1)
    assert rows(told)[0].error.startswith(answer[:3])
    assert spoken(told).standing.asked_at is None
    mailbox.answer = "250 OK"
    assert send_notices(told, settings, at=NOON + DAY) == ((0, 0) if final else (1, 0))


def test_a_link_is_its_notices_own_and_ends(told):
    ask(told, SETTINGS)
    with told.transaction() as session:
        notices = notice_rows(session)
    signed = private_link(notices[0], SETTINGS).rpartition("/")[2]

    assert notice_behind(notices, signed, "s", at=NOON + GOOD_FOR) == notices[0]
    assert notice_behind(notices, signed, "s", at=NOON + GOOD_FOR + DAY) is None
    assert notice_behind(notices, signed, "other", at=NOON) is None
    for forged in (signed[:-1], signed.replace("1.", "2.", 1), "", "x", "1", "1.9.é"):
        assert notice_behind(notices, forged, "s", at=NOON) is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"address": "eve@elsewhere.example"}, "none of the official hosts"),
        ({"address": "nobody"}, "not an e-mail address"),
        ({"questions": ["R9"]}, "question: R9"),
        ({"by": " "}, "say who you are"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_leaves_nothing(told, fields, words):
    with pytest.raises(replies.ReplyError, match=words):
        ask(told, SETTINGS, **fields)

    assert rows(told) == []


def test_nobody_is_asked_without_an_address_for_the_reply(told):
    with pytest.raises(replies.ReplyError, match="TRACKER_CONTACT"):
        ask(told, Settings())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"address": "eve@elsewhere.example"}, "official hosts"),
        ({"text": " \x00 "}, "has words"),
        ({"text": "x" * 20_001}, "longer than"),
        ({"received_at": NOON + DAY}, "future"),
        ({"disputes": ["R7"]}, "R7"),
    ],
)
def test_a_reply_that_cannot_be_one_is_refused(told, fields, words):
    with told.transaction() as session, pytest.raises(replies.ReplyError, match=words):
        enter(session, **fields)


def test_a_reply_is_public_once_an_admin_confirmed_it_and_its_past_stays(told):
    with told.transaction() as session:
        reply = enter(session, disputes=[SPOKEN])
    assert spoken(told).standing.replies == ()
    with told.transaction() as session:
        decide(session, reply)
    assert spoken(told).overlays == ("disputed",)
    with told.transaction() as session:
        decide(session, reply, ReplyVerdict.SETTLED, note="corrected", by="bob")
    settled = spoken(told)
    assert settled.overlays == ()
    assert [r.text for r in settled.standing.replies] == ["No."]
    with told.transaction() as session:
        decide(session, reply, ReplyVerdict.REFUSED)
    assert spoken(told).standing.replies == ()
    with told.transaction() as session:
        decisions = session.exec(select(ReplyDecision).order_by(col(ReplyDecision.id))).all()
        assert [(d.verdict, d.by) for d in decisions] == [
            (ReplyVerdict.CONFIRMED, "ada"),
            (ReplyVerdict.SETTLED, "bob"),
            (ReplyVerdict.REFUSED, "ada"),
        ]


def test_reviewers_enter_and_only_admins_confirm_and_correct(told):
    with told.transaction() as session:
        for who, role in (("rev@t.example", Role.REVIEWER), ("adm@t.example", Role.ADMIN)):
            set_role(session, email=who, issuer="https://a.example", role=role, at=NOON)
    with told.transaction() as session:
        reply = enter(session, by="rev@t.example")
        with pytest.raises(replies.ReplyError, match="is not a reviewer or an admin"):
            enter(session, by="ada")
        with pytest.raises(replies.ReplyError, match="is not an admin"):
            decide(session, reply, by="rev@t.example")
        with pytest.raises(replies.ReplyError, match="is not an admin"):
            replies.correct(session, "alder", SPOKEN, note="x", by="rev@t.example", at=NOON)
        decide(session, reply, by="ADM@t.example")
    assert len(spoken(told).standing.replies) == 1


def test_a_confirmed_reply_is_a_change_of_the_record_that_followers_get(told):
    with told.transaction() as session:
        add_subscription(session, name="all", channel=Channel.OUTBOX, at=NOON)
        told_of_it = decide(session, enter(session, disputes=[SPOKEN]))
    with told.transaction() as session:
        (change,) = session.exec(select(Change).where(Change.kind == ChangeKind.REPLY)).all()
    assert told_of_it == 1
    assert "disputes who has spoken" in change.summary


def test_a_correction_reaches_those_who_were_told_and_stops_what_waits(told):
    read_page(told, BODY.replace("may take part in", "shall take part in"), at=NOON + DAY)
    with told.transaction() as session:
        for name in ("told", "waiting", "stranger"):
            add_subscription(session, name=name, channel=Channel.OUTBOX, at=NOON)
        (change,) = session.exec(select(Change)).all()
        for subscription, state in ((1, DeliveryState.SENT), (2, DeliveryState.DUE)):
            session.add(Delivery(subscription_id=subscription, change_id=change.id, message_id=f"m{subscription}", state=state))  # fmt: skip
        session.flush()
        assert "china" in change.labels
        found = replies.correct(session, "alder", SPOKEN, note="It was their\nunit.", by="ada", at=NOON + 2 * DAY)  # fmt: skip
    assert (found.number, found.told, found.dropped) == (1, 1, 1)
    (correction,) = spoken(told, at=NOON + 3 * DAY).standing.corrections
    assert correction.note == "It was their\nunit."


@pytest.mark.parametrize("result", ["criticised", "declined"])
def test_what_is_withheld_shows_neither_result_nor_who_confirmed_it(told, result):
    with told.transaction() as session:
        session.exec(update(Finding).where(col(Finding.question) == SPOKEN).values(result=result))
    row = spoken(told, gate=Gate(withhold=True))

    assert (row.result, row.reviewed, row.basis) == ("not_checked", "none", "machine")
    assert result not in str(row.to_json())
    told.gate = Gate(withhold=True)
    with told.transaction() as session:
        (cell,) = [c for c in queries.cells(session) if c.question == SPOKEN]
        frozen = freeze(session, codebook={}, at=NOON)
        assert [r.question for r in replies.due_for_notice(session, at=NOON)] == [SPOKEN]
    assert (cell.result, cell.reviewed, cell.overlays) == ("not_checked", "none", ("withheld",))
    assert frozen["tables"]["spoken"][0]["result"] == "not_checked"


def test_a_reply_is_shown_in_full_as_text_wherever_the_finding_is(told):
    with told.transaction() as session:
        decide(session, enter(session, text=EVIL, disputes=[SPOKEN]))
    with told.transaction() as session:
        found = profile.load(session, "alder")
    row = found.findings[0]
    shown = {
        "institution": profile.summary(found) + hearing.of_institution(found.findings),
        "drawer and statements": findings.block(row, found.around, most=3),
    }

    for text in shown.values():
        assert "<script" not in text
        assert "<img" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; ![x]" in text
        assert "שלום" in text
        assert 'blockquote dir="auto"' in text
        assert "⇄</span> disputed by the institution" in text
        assert "press@" not in text


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "a reply is awaited until 16 Mar 2026"), (20, "Asked on 2 Mar 2026, no reply by 16 Mar 2026")],
)  # fmt: skip
def test_silence_is_said_with_its_dates(told, days, words):
    with told.transaction() as session:
        replies.log_notice(session, "alder", address="a letter", questions=[SPOKEN], by="ada",
                           settings=SETTINGS, sent_at=NOON, at=NOON)  # fmt: skip

    assert words in hearing.line(spoken(told, at=NOON + days * DAY))


def test_every_overlay_has_words_and_a_shape():
    shown = finding_badge("criticised", "one", ("disputed", "under_reply", "withheld"))

    assert all(word in shown for word in ("disputed", "under reply", "waits for"))
    assert shown.count('aria-hidden="true"') == 4


def test_what_was_heard_keeps_addresses_to_itself(told):
    with told.transaction() as session:
        decide(session, enter(session))
        assert reply_rows(session)[0].address == "press@alder.example"
        assert "press@" not in str(heard(session)["alder"].said[0].to_json())


def test_a_backup_without_subscribers_has_no_address_and_opens_no_private_page(told):
    ask(told, SETTINGS)
    with told.transaction() as session:
        enter(session)
        token = notice_rows(session)[0].token
    whole, public = io.BytesIO(), io.BytesIO()
    for file, subscribers in ((whole, True), (public, False)):
        with told.transaction() as session:
            dump(session, file, at=NOON, subscribers=subscribers)
    shown = [zstandard.ZstdDecompressor().stream_reader(b.getvalue()).read().decode() for b in (whole, public)]  # fmt: skip

    assert [("press@alder.example" in text, token in text) for text in shown] == [(True, True), (False, False)]  # fmt: skip
    assert "@alder.example" in shown[1]  # whose host the public sees


def test_where_a_finding_waits_no_page_says_that_nothing_was_found(told):
    told.gate = Gate(withhold=True)
    with told.transaction() as session:
        found = profile.load(session, "alder")

    assert "What a person found waits for the institution’s reply" in profile.no_quote(found)


def test_the_log_of_corrections_says_what_and_when_and_names_nobody(told):
    with told.transaction() as session:
        empty = hearing.log(session)
        reply = enter(session)
        decide(session, reply)
        replies.correct(session, "alder", SPOKEN, note=EVIL, by="ada", reply_id=reply, at=NOON)
        replies.correct(
            session, "alder", "R1", note="It was\nanother page.", by="ada", at=NOON + DAY
        )
        shown = hearing.log(session)

    assert "Nothing has been corrected so far" in empty
    assert shown.index("another page") < shown.index("We disagree")  # newest first
    assert "an admin, after the institution’s reply 1" in shown
    assert "Who has spoken: criticised" in shown
    assert "2 Mar 2026" in shown
    assert "<script" not in shown
    assert "ada" not in shown


def test_the_data_package_holds_replies_and_corrections_without_addresses(told, tmp_path):
    folder = tmp_path / "package"
    with told.transaction() as session:
        decide(session, enter(session, text="=cmd() We never said so.", disputes=[SPOKEN]))
        replies.correct(session, "alder", SPOKEN, note="A visitor's words.", by="ada", at=NOON)
        frozen = freeze(session, codebook={"version": "1"}, at=NOON)
    list(write(frozen, folder, release="2026.3.2"))
    done = subprocess.run(
        [sys.executable, "-m", "frictionless", "validate", "--json", "datapackage.json"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert json.loads(done.stdout)["valid"], done.stdout
    assert [row["disputed"] for row in frozen["tables"]["spoken"]] == [True]
    assert "'=cmd() We never said so." in (folder / "replies.csv").read_text("utf-8")
    assert "A visitor's words." in (folder / "corrections.csv").read_text("utf-8")
    assert not [p for p in folder.iterdir() if b"press@alder.example" in p.read_bytes()]


def test_a_release_from_before_replies_can_still_be_written(told, tmp_path):
    folder = tmp_path / "package"
    with told.transaction() as session:
        frozen = freeze(session, codebook={"version": "1"}, at=NOON)
    for table in ("replies", "corrections"):
        del frozen["tables"][table]
    for row in frozen["tables"]["spoken"]:
        del row["disputed"]
    list(write(frozen, folder, release="2026.3.1"))

    assert (folder / "replies.csv").read_text("utf-8").count("\n") == 1


def test_a_notice_says_until_when_the_texts_were_read_not_when_it_was_written(told):
    with told.transaction() as session:
        letter = replies.draft(session, "alder", [SPOKEN], SETTINGS, at=NOON + 200 * DAY).text

    assert f"what was read until {NOON.day} {NOON:%B %Y}" in " ".join(letter.split())


def test_a_notice_that_waits_can_be_withdrawn_and_is_due_again(told, mailbox):
    settings = SETTINGS.model_copy(update={"smtp_url": mailbox.url})
    ask(told, settings)
    with told.transaction() as session:
        assert replies.due_for_notice(session, at=NOON) == []  # it waits: nobody is to ask twice
        replies.withdraw(session, 1, by="ada", note="wrong\naddress", at=NOON)

    assert send_notices(told, settings, at=NOON) == (0, 0)
    assert mailbox.taken == []
    (notice,) = rows(told)
    assert (notice.waits, notice.state) == (False, "withdrawn by ada: wrong address")
    with told.transaction() as session:
        assert [row.question for row in replies.due_for_notice(session, at=NOON)] == [SPOKEN]
        with pytest.raises(replies.ReplyError, match="does not wait any more: withdrawn by ada"):
            replies.withdraw(session, 1, by="ada", at=NOON)
        with pytest.raises(replies.ReplyError, match="no notice 9"):
            replies.withdraw(session, 9, by="ada", at=NOON)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("reply", "a reply of 2026-03-02 came since"),
        ("correction", "correction 1 of spoken came since"),
        ("review", "the finding on spoken is condemned by now"),
    ],
)
def test_a_notice_that_something_overtook_is_not_sent(told, mailbox, what, why):
    settings = SETTINGS.model_copy(update={"smtp_url": mailbox.url})
    ask(told, settings)
    with told.transaction() as session:
        if what == "reply":
            enter(session, at=NOON + DAY)
        elif what == "correction":
            replies.correct(session, "alder", SPOKEN, note="It was their unit.", by="ada", at=NOON + DAY)  # fmt: skip
        else:
            session.exec(update(Finding).where(col(Finding.question) == SPOKEN).values(result="condemned"))  # fmt: skip

    assert send_notices(told, settings, at=NOON + 2 * DAY) == (0, 0)
    assert mailbox.taken == []
    assert rows(told)[0].state == f"withdrawn: {why}; ask anew if need be"


def test_a_reply_from_a_host_that_is_official_no_more_is_not_confirmed(told):
    with told.transaction() as session:
        reply = enter(session)
        session.exec(update(Institution).values(hosts=["oak.example"]))
        with pytest.raises(replies.ReplyError, match="is none of the official hosts"):
            decide(session, reply)
        decide(session, reply, ReplyVerdict.REFUSED)


def test_a_correction_does_not_drop_the_news_of_the_reply_that_led_to_it(told):
    with told.transaction() as session:
        add_subscription(session, name="all", channel=Channel.OUTBOX, at=NOON)
        assert decide(session, enter(session, disputes=[SPOKEN])) == 1
        found = replies.correct(session, "alder", SPOKEN, note="It was their unit.", by="ada", reply_id=1, at=NOON + DAY)  # fmt: skip
        states = [row.state for row in session.exec(select(Delivery)).all()]

    assert found.dropped == 0
    assert states == [DeliveryState.DUE]


def record_page(store, kind):
    """What the page of the newest change of that kind says, as the app and the print show it."""
    with store.transaction() as session:
        number = session.exec(select(Change.id).where(Change.kind == kind).order_by(col(Change.id).desc())).first()  # fmt: skip
        found = changed.load(session, number)
    return changed.sheet(found, PRINTED, "https://tracker.example/p/change/1")


NO_VERSIONS = ("No sentence differs", "no version", "sha256", "first seen", "by machine")


def test_the_page_of_a_published_reply_shows_it_in_full_and_no_versions(told):
    with told.transaction() as session:
        decide(session, enter(session, text=EVIL, disputes=[SPOKEN]))
    shown = record_page(told, ChangeKind.REPLY)

    assert "&lt;script&gt;alert(1)&lt;/script&gt; ![x]" in shown
    assert 'href="/p/institution/alder"' in shown
    assert "on 2 Mar 2026" in shown
    assert not [words for words in NO_VERSIONS if words in shown]


def test_the_page_of_a_correction_shows_its_note_and_the_question_it_is_about(told):
    with told.transaction() as session:
        replies.correct(session, "alder", "R4", note="It was\ntheir unit.", by="ada", at=NOON)
    shown = record_page(told, ChangeKind.CORRECTION)

    assert "It was\ntheir unit." in shown
    assert question_title("R4") in shown
    assert 'href="/p/institution/alder"' in shown
    assert not [words for words in NO_VERSIONS if words in shown]


def published(store, *, state=None):
    """Publish a reply that a subscriber follows; its delivery is then in that state."""
    with store.transaction() as session:
        add_subscription(session, name="all", channel=Channel.OUTBOX, at=NOON)
        assert decide(session, enter(session)) == 1
        if state:
            session.exec(update(Delivery).values(state=state))


def deliveries(session):
    rows = session.exec(select(Change.kind, Delivery.state).join(Delivery, col(Delivery.change_id) == Change.id).order_by(col(Delivery.id)))  # fmt: skip
    return [tuple(row) for row in rows]


def test_a_reply_that_was_taken_back_is_announced_no_more(told):
    published(told)
    with told.transaction() as session:
        assert decide(session, 1, ReplyVerdict.REFUSED, at=NOON + DAY) == 0
        assert deliveries(session) == [(ChangeKind.REPLY, DeliveryState.DROPPED)]
        listed = [(row.kind, row.summary) for row in queries.change_rows(session)]
        fed = [fact.kind for fact in newest_facts(session)]
    page = record_page(told, ChangeKind.REPLY)

    assert listed == [("correction", "correction: the reply of 2026-03-02 that we had published was taken back; it is public no more")]  # fmt: skip
    assert fed == [ChangeKind.CORRECTION]
    assert "No.</blockquote>" not in page
    assert "on 3 Mar 2026, the reply was taken back; in its place:" in page


def test_who_was_told_of_a_reply_is_told_that_it_was_taken_back(told):
    published(told, state=DeliveryState.SENT)
    with told.transaction() as session:
        assert decide(session, 1, ReplyVerdict.REFUSED, at=NOON + DAY) == 1
        assert deliveries(session) == [
            (ChangeKind.REPLY, DeliveryState.SENT),
            (ChangeKind.CORRECTION, DeliveryState.DUE),
        ]
        decide(session, 1, at=NOON + 2 * DAY)  # and published after all
        assert [row.kind for row in queries.change_rows(session)] == ["reply", "correction"]
    assert "was taken back" in record_page(told, ChangeKind.CORRECTION)
    assert "No.</blockquote>" in record_page(told, ChangeKind.REPLY)


def mail_about(store, kind):
    """The text of a mail about the only change of that kind, and its subject."""
    with store.transaction() as session:
        add_subscription(session, name="all", channel=Channel.OUTBOX, at=NOON)
        (recipient,) = recipients(session)
        facts = [fact for fact in newest_facts(session) if fact.kind is kind]
    written = compose("m", recipient, facts, public_url="https://tracker.example", at=NOON)
    return " ".join(written.text.split()), written.subject


@pytest.mark.parametrize("named", [["R4"], []])
def test_a_mail_about_a_reply_says_its_day_and_only_the_questions_that_it_names(told, named):
    with told.transaction() as session:
        decide(session, enter(session, questions=named))
    text, subject = mail_about(told, ChangeKind.REPLY)

    assert "WHEN On 2 March 2026. CONFIDENCE" in text
    assert "first seen" not in text.lower()
    assert "by machine" not in text
    assert ("Concerns: R4 " in text) is bool(named)
    assert "R1" not in text
    assert "Alder Institute. Reply of 2026-03-02, published in full." in text
    assert subject.count("Alder") == 1
    assert "http://alder.example" not in text  # no page of theirs says so


def test_the_subject_of_a_correction_names_the_institution_once(told):
    with told.transaction() as session:
        replies.correct(session, "alder", "R4", note="It was a visitor.", by="ada", at=NOON)
    text, subject = mail_about(told, ChangeKind.CORRECTION)

    assert subject.startswith("[Tracker] Alder Institute: correction of our finding on R4: It was")
    assert subject.count("Alder") == 1
    assert "Alder Institute. Correction of our finding on R4" in text
    assert f"Concerns: {question_title('R4')}." in text


def standing_by(store):
    with store.transaction() as session:
        found = profile.load(session, "alder")
    beside = {row.question for row in found.findings if "Replied on" in hearing.line(row)}
    return beside, hearing.of_institution(found.findings).count("Reply of 2 Mar 2026, in full")


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"questions": ["R4"]}, {"R4"}),
        ({"questions": ["R4"], "disputes": [SPOKEN]}, {"R4", SPOKEN}),
        ({"questions": [], "disputes": [SPOKEN]}, {SPOKEN}),
        ({"questions": []}, set()),  # at the institution only
        ({"questions": ["R1"]}, set()),  # which is not asked of it
    ],
)
@pytest.mark.parametrize("end", [ReplyVerdict.CONFIRMED, ReplyVerdict.SETTLED])
def test_a_reply_stands_beside_the_questions_that_it_names_and_always_at_the_institution(
    told, fields, beside, end
):
    with told.transaction() as session:
        session.exec(update(Finding).where(col(Finding.question) == "R1").values(result="not_applicable"))  # fmt: skip
        reply = enter(session, **fields)
        decide(session, reply)
        if end is ReplyVerdict.SETTLED:
            decide(session, reply, end)

    assert standing_by(told) == (beside, 1)


def test_a_reply_to_everything_opens_what_waited_and_is_no_silence(told):
    with told.transaction() as session:
        replies.log_notice(session, "alder", address="a letter", questions=[SPOKEN], by="ada",
                           settings=SETTINGS, sent_at=NOON, at=NOON)  # fmt: skip
        decide(session, enter(session, questions=[]))
    row = spoken(told, gate=Gate(withhold=True), at=NOON + 20 * DAY)

    assert row.overlays == ()
    assert "the institution’s reply stands with the institution" in hearing.line(row)


def test_a_second_notice_of_the_same_findings_is_refused_while_one_waits(told):
    ask(told, SETTINGS)
    with pytest.raises(replies.ReplyError, match=r"notice 1 of 2026-03-02 waits and tells of who has spoken") as refused:  # fmt: skip
        ask(told, SETTINGS, questions=[SPOKEN, "R4"])
    assert "tracker notices withdraw 1" in str(refused.value)
    ask(told, SETTINGS, questions=["R4"])  # of another finding
    with told.transaction() as session:
        replies.withdraw(session, 1, by="ada", at=NOON)
    ask(told, SETTINGS)

    assert [row.waits for row in rows(told)] == [False, True, True]
