"""Asking and answering as people do it: `tracker notices`, `tracker replies`, and the private page."""

import json
import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from builders import NOON, read_page
from routing import routes_served
from sqlmodel import col, update
from typer.testing import CliRunner

from tracker.alerts.asking import GOOD_FOR, private_link
from tracker.alerts.facts import facts_between, newest_facts
from tracker.cli import app
from tracker.model import ChangeKind, Channel, Delivery, DeliveryState, Finding, Role
from tracker.replies import ReplyError
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.notices import notice_rows
from tracker.store.people import set_role
from tracker.store.subscriptions import add_subscription

BODY = """<main><h1>Position &lt;script&gt;alert(1)&lt;/script&gt;</h1><p>We condemn the mass surveillance of Uyghurs in
Xinjiang by the Chinese government, an abuse of human rights. &lt;script&gt;alert(2)&lt;/script&gt;</p></main>"""
REPLY = "We never said so. <script>alert(3)</script>"


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TRACKER_CONTACT", "desk@tracker.example")
    monkeypatch.setenv("TRACKER_PUBLIC_URL", "https://tracker.example")
    monkeypatch.setenv("TRACKER_SECRET", "s")
    monkeypatch.setenv("COLUMNS", "240")
    opened = Store.open(Settings().store_url)
    read_page(opened, BODY, at=NOON)
    yield opened
    opened.close()


def run(*words: str, code: int = 0, given: str | None = None) -> str:
    done = CliRunner().invoke(app, list(words), input=given)
    if isinstance(done.exception, ReplyError):
        assert code == 2, done.exception
        return str(done.exception)
    assert done.exit_code == code, done.output
    return done.output


def add_reply(**how) -> str:
    return run(
        "replies", "add", "alder", "--address", "press@alder.example", "--text", "-", "--by", "ada",
        "--received", "2026-03-05", "--question", "spoken", "--disputes", "spoken", given=REPLY, **how
    )  # fmt: skip


def test_a_notice_is_read_before_it_is_logged_and_waits_for_the_next_send(store):
    shown = run("notices", "send", "alder", "--address", "press@alder.example", "--by", "ada", "--dry-run")  # fmt: skip
    before = json.loads(run("notices", "list", "--json"))
    run("notices", "send", "alder", "--address", "press@alder.example", "--by", "ada")
    [logged] = json.loads(run("notices", "list", "--json"))

    assert "condemned" in shown
    assert before == []
    assert (logged["state"], logged["by"], logged["institution"]) == ("waits", "ada", "alder")


def test_everything_wrong_with_a_notice_is_said_at_once(store):
    assert "elsewhere.example" in run("notices", "send", "alder", "--address", "x@elsewhere.example", "--by", "ada", code=2)  # fmt: skip
    assert 'no institution has the key "aldr"' in run("notices", "send", "aldr", "--address", "x@alder.example", "--by", "ada", code=2)  # fmt: skip


def test_a_reply_is_entered_confirmed_disputed_and_settled(store):
    add_reply()
    assert [row["state"] for row in json.loads(run("replies", "list", "--json"))] == ["waits for an admin"]  # fmt: skip
    assert not spoken()["replies"]
    run("replies", "confirm", "1", "--by", "ada")
    disputed = spoken()
    run("replies", "settle", "1", "--by", "ada", "--note", "they agree now")

    assert (disputed["disputed"], disputed["replies"][0]["text"]) == (True, REPLY)
    assert spoken()["disputed"] is False
    assert "there is no reply 7" in run("replies", "confirm", "7", "--by", "ada", code=2)


def spoken() -> dict:
    return json.loads(run("spoken", "--json"))[0]


def test_a_notice_sent_by_hand_starts_the_time_to_reply(store):
    by_letter()

    assert spoken()["asked_at"].startswith("2026-03-04")
    assert spoken()["reply_due"].startswith("2026-03-18")


def test_what_was_last_heard_of_an_institution_stands_beside_its_changes(store):
    read_page(store, BODY.replace("an abuse", "a grave abuse"), at=NOON + timedelta(days=1))
    said = []
    for do in (
        lambda: None,
        by_letter,
        add_reply,
        lambda: run("replies", "confirm", "1", "--by", "ada"),
    ):
        do()
        with store.transaction() as session:
            said.append(facts_between(session, NOON, NOON + timedelta(days=9))[-1].dealing)

    assert said == [
        "institution not yet asked",
        *["institution asked about our findings on 2026-03-04"]
        * 2,  # nothing is heard before an admin confirms it
        "institution disputes a finding of ours since 2026-03-05",
    ]


def by_letter():
    run("notices", "log", "alder", "--address", "by letter", "--by", "ada", "--sent", "2026-03-04")


def test_a_correction_is_public(store):
    run("replies", "correct", "alder", "spoken", "--note", "We had quoted a visitor.", "--by", "ada")  # fmt: skip

    assert [row["note"] for row in spoken()["corrections"]] == ["We had quoted a visitor."]


def test_only_admins_confirm_where_people_have_roles(store):
    with store.transaction() as session:
        set_role(session, email="rev@tracker.example", issuer="https://id.example", role=Role.REVIEWER, at=NOON)  # fmt: skip

    assert "is not a reviewer or an admin" in add_reply(code=2)


@pytest.fixture
def site(store):
    with routes_served() as port:
        yield f"http://127.0.0.1:{port}"


def get(address, method="GET"):
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method=method)) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def test_the_private_page_shows_what_was_told_as_text_and_changes_nothing(store, site):
    run("notices", "send", "alder", "--address", "press@alder.example", "--by", "ada")
    with store.transaction() as session:
        [notice] = notice_rows(session)
    path = private_link(notice, Settings()).removeprefix("https://tracker.example")
    status, page, headers = get(site + path)

    assert status == get(site + path, "HEAD")[0] == 200
    assert "We condemn the mass surveillance" in page
    assert "desk@tracker.example" in page
    assert "<script>alert" not in page
    assert (headers["Cache-Control"], headers["X-Robots-Tag"].split(",")[0]) == ("no-store", "noindex")  # fmt: skip
    assert get(site + path, "POST")[0] == 405
    with store.transaction() as session:
        assert notice_rows(session) == [notice]


def test_a_forged_or_ended_link_shows_nothing(store, site):
    run("notices", "send", "alder", "--address", "press@alder.example", "--by", "ada")
    with store.transaction() as session:
        [notice] = notice_rows(session)
    path = private_link(notice, Settings()).removeprefix("https://tracker.example")
    old = private_link(
        type(notice)(**{n: getattr(notice, n) for n in notice.__slots__} | {"at": notice.at - GOOD_FOR - timedelta(days=1)}), Settings()
    ).removeprefix("https://tracker.example")  # fmt: skip

    for wrong in (path[:-2] + "xx", old, "/reply/1", "/reply/x.y.z", "/reply/99.1.a"):
        status, page, _ = get(site + wrong)
        assert status == 404
        assert "not good" in page
        assert "condemn" not in page


def test_robots_are_asked_to_stay_out(store, site):
    assert "Disallow: /reply/" in get(f"{site}/robots.txt")[1]


def test_a_notice_is_withdrawn_and_a_dry_run_refuses_what_a_real_one_would(store):
    wrong = run("notices", "send", "alder", "--address", "eve@oak.example", "--by", "ada", "--dry-run", code=2)  # fmt: skip
    assert "oak.example is none of the official hosts of alder" in wrong
    run("notices", "send", "alder", "--address", "press@alder.example", "--by", "ada")
    assert run("notices", "withdraw", "1", "--by", "ada") == "notice 1 will not be sent\n"
    assert json.loads(run("notices", "list", "--json"))[0]["state"] == "withdrawn by ada"


def test_sending_says_which_notice_it_withdrew_and_why(store):
    run("notices", "send", "alder", "--address", "press@alder.example", "--by", "ada")
    run("replies", "correct", "alder", "spoken", "--note", "It was their unit.", "--by", "ada")

    sent = run("alerts", "send")

    assert "withdrawn: notice 1 to alder: correction 1 of spoken came since" in sent
    assert json.loads(run("notices", "list", "--json"))[0]["sent_at"] is None


def test_every_table_says_what_is_disputed_and_corrected(store):
    add_reply()
    run("replies", "confirm", "1", "--by", "ada")
    run("replies", "correct", "alder", "spoken", "--note", "It was their unit.", "--by", "ada")

    for words in (["spoken"], ["institution", "alder"], ["search", "uyghurs"]):
        assert "disputed, corrected" in " ".join(run(*words).split()), words
    explained = run("explain", "alder", "spoken")
    assert "Beside: disputed by the institution; corrected, see the correction" in explained
    assert "reply 1 of 5 Mar 2026, from alder.example: We never said so." in explained
    assert "of “condemned”: It was their unit." in explained
    assert json.loads(run("explain", "alder", "spoken", "--json"))["standing"] == [
        "disputed",
        "corrected",
    ]
    assert "standing" not in run("coverage")  # nothing is said beside these


def test_what_counts_as_against_an_institution_is_said_where_it_is_asked_for(store):
    with store.transaction() as session:
        session.exec(
            update(Finding)
            .where(col(Finding.question) == "spoken")
            .values(result="criticised", reviewed="one", possible=None)
        )
    said = [" ".join(run("notices", "due", *how).split()) for how in ((), ("--help",))]

    for text in said:
        assert "against it: criticised, declined, none found, or that it ended, suspended" in text


def test_a_reply_that_is_taken_back_says_who_learns_of_it(store):
    with store.transaction() as session:
        add_subscription(session, name="all", channel=Channel.OUTBOX, at=NOON)
    add_reply()
    run("replies", "confirm", "1", "--by", "ada")
    with store.transaction() as session:
        session.exec(update(Delivery).values(state=DeliveryState.SENT))

    assert "1 who were told of it will get the correction" in run("replies", "refuse", "1", "--by", "ada")  # fmt: skip


def test_the_printed_page_of_a_reply_links_to_where_it_stands(store, site):
    add_reply()
    run("replies", "confirm", "1", "--by", "ada")
    with store.transaction() as session:
        [fact] = [f for f in newest_facts(session) if f.kind is ChangeKind.REPLY]
    status, page, _ = get(f"{site}/p/change/{fact.id}")

    assert status == 200
    assert "We never said so. &lt;script&gt;" in page
    assert 'href="/p/institution/alder"' in page
    assert "No sentence differs" not in page
