"""Admins decide on replies and ask institutions on the Review screen, by the deeds of the command line."""

import urllib.request
from datetime import UTC, datetime

import pytest
import streamlit as st
from browsing import ARGUMENTS, CHROMIUM, READY, open_at, serving
from builders import NOON, read_page
from playwright.sync_api import sync_playwright
from routing import routes_served
from sqlmodel import col, select, update
from streamlit import config
from streamlit.testing.v1 import AppTest
from test_app import violations

from tracker import replies
from tracker.model import SPOKEN, Change, ChangeKind, Finding, Institution, ReplyVerdict, Role
from tracker.queries import finding_rows
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.corrections import corrections
from tracker.store.notices import notice_rows
from tracker.store.people import set_role
from tracker.store.replies import reply_rows

BODY = """<main><h1>Position</h1><p>We condemn the mass surveillance of Uyghurs in Xinjiang by the Chinese government,
which is an abuse of human rights that no researcher of ours may take part in.</p></main>"""
EVIL = "We disagree. <script>alert(1)</script> ![x](http://elsewhere.example/y.png) $x$ :red[y]"


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store where Alder was found to criticise, by a person, and wrote a reply that waits."""
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TRACKER_CONTACT", "desk@tracker.example")
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    opened = Store.open(Settings().store_url)
    read_page(opened, BODY)
    with opened.transaction() as session:
        session.exec(
            update(Finding)
            .where(col(Finding.question) == SPOKEN)
            .values(result="criticised", reviewed="one", possible=None)
        )
        replies.enter(
            session, "alder", address="press@alder.example", text=EVIL, questions=[SPOKEN], disputes=[SPOKEN],
            by="ada", received_at=NOON, at=NOON,
        )  # fmt: skip
    st.cache_resource.clear()
    yield opened
    opened.close()
    config.set_option("server.address", before)


def review() -> None:
    from tracker.views import review as screen  # noqa: PLC0415  (runs as a script of its own)

    screen.render()


def opened(name: str = "ada", part: str = "Replies and notices") -> AppTest:
    app = AppTest.from_function(review, default_timeout=30)
    app.session_state["reviewer"] = name
    app.session_state["part"] = part
    return app.run()


def shown(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(element.proto.body for element in app.get("html"))


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def field(app: AppTest, kind: str, label: str):
    return next(widget for widget in app.get(kind) if widget.label.startswith(label))


def standing(store):
    with store.transaction() as session:
        [row] = finding_rows(session, questions=[SPOKEN])
    return row.standing


def test_a_waiting_reply_is_read_in_full_as_text_with_the_check_of_its_host(store):
    text = shown(opened())

    assert "&lt;script&gt;alert(1)&lt;/script&gt; ![x](http://elsewhere.example/y.png)" in text
    assert "<script>alert" not in text
    assert "From press@alder.example: <b>✓ an official host of the institution</b>" in text


def test_an_address_on_a_host_that_is_official_no_more_is_marked(store):
    with store.transaction() as session:
        session.exec(update(Institution).values(hosts=["oak.example"]))

    assert "✕ none of its official hosts (oak.example)" in shown(opened())


def of_change() -> None:
    from tracker.views import change as screen  # noqa: PLC0415  (runs as a script of its own)

    screen.render()


def test_the_screen_of_a_published_reply_shows_it_in_full_and_no_versions(store):
    with store.transaction() as session:
        replies.decide(session, 1, verdict=ReplyVerdict.CONFIRMED, by="ada", at=NOON)
        [number] = session.exec(select(Change.id).where(Change.kind == ChangeKind.REPLY)).all()
    app = AppTest.from_function(of_change, default_timeout=30)
    app.query_params["id"] = str(number)
    text = shown(app.run())

    assert "&lt;script&gt;alert(1)&lt;/script&gt; ![x](http://elsewhere.example/y.png)" in text
    assert 'href="/institution?institution=alder"' in text
    assert not [words for words in ("No sentence differs", "no version", "sha256") if words in text]


def test_nothing_is_decided_before_a_choice(store):
    app = press(opened(), "Keep my decision")

    assert "Choose what you decide first" in shown(app)
    assert not standing(store).replies


def test_an_admin_confirms_settles_corrects_and_takes_back(store):
    app = opened()
    field(app, "radio", "Decide on reply 1").set_value("confirmed")
    app = press(app, "Keep my decision")
    assert "Reply 1 is public" in shown(app)
    assert "No waiting reply" in shown(app)
    assert standing(store).disputed

    app.session_state["shelf"] = "Published"
    app = app.run()
    field(app, "text_area", "What was wrong").input("It was their unit.")
    app = press(app, "Publish the correction")
    assert "Correction 1 is public" in shown(app)
    assert "The finding still reads “criticised”: a correction changes no result" in shown(app)
    with store.transaction() as session:
        assert [(c.question, c.note) for c in corrections(session)] == [(SPOKEN, "It was their unit.")]  # fmt: skip

    field(app, "radio", "Decide on reply 1").set_value("settled")
    app = press(app, "Keep my decision")
    assert not standing(store).disputed
    field(app, "radio", "Decide on reply 1").set_value("refused")
    app = press(app, "Keep my decision")
    assert not standing(store).replies
    with store.transaction() as session:
        [reply] = reply_rows(session)
    assert [(str(d.verdict), d.by) for d in reply.decisions] == [
        ("confirmed", "ada"),
        ("settled", "ada"),
        ("refused", "ada"),
    ]


def test_the_method_page_lists_corrections_and_so_does_its_page_without_script(store):
    def method() -> None:
        from tracker.views import method as screen  # noqa: PLC0415  (runs as a script of its own)

        screen.render()

    assert "Nothing has been corrected so far" in shown(AppTest.from_function(method).run(timeout=30))  # fmt: skip
    with store.transaction() as session:
        replies.correct(session, "alder", SPOKEN, note="It was their unit.", by="ada", at=NOON)
    with routes_served() as port, urllib.request.urlopen(f"http://127.0.0.1:{port}/data/") as page:
        assert "It was their unit." in page.read().decode()
    assert "It was their unit." in shown(AppTest.from_function(method).run(timeout=30))


def test_what_cannot_be_entered_is_said_with_the_reason_and_leaves_nothing(store):
    app = opened()
    field(app, "selectbox", "Institution").set_value("alder")
    field(app, "text_input", "From which address").input("eve@elsewhere.example")
    app = press(app, "Enter it")
    assert "elsewhere.example is none of the official hosts of alder" in shown(app)
    assert "a reply has words" in shown(app)

    field(app, "text_input", "From which address").input("press@alder.example")
    field(app, "text_area", "Its words").input("A second letter.")
    app = press(app, "Enter it")
    assert "Reply 2 waits for an admin" in shown(app)
    with store.transaction() as session:
        assert [row.text for row in reply_rows(session)] == [EVIL, "A second letter."]


def test_a_notice_is_read_before_it_is_logged_and_then_nobody_is_to_be_asked(store):
    app = opened()
    assert "What a notice would say" in shown(app)
    field(app, "text_input", "To which address").input("by letter to the rectorate")
    app = press(app, "Log that I sent it by hand")

    assert "Notice 1 is logged" in shown(app)
    assert "Nobody is to be asked now" in shown(app)
    with store.transaction() as session:
        [notice] = notice_rows(session)
    today = datetime.now(UTC).date()
    assert (notice.address, notice.questions, notice.state) == ("by letter to the rectorate", (SPOKEN,), "sent")  # fmt: skip
    assert notice.sent_at is not None
    assert notice.sent_at.date() == today


def test_a_notice_by_mail_waits_for_the_next_send(store):
    app = opened()
    field(app, "text_input", "To which address").input("press@alder.example")
    app = press(app, "Mail it with the next alerts")

    assert "Notice 1 waits" in shown(app)
    with store.transaction() as session:
        assert [notice.waits for notice in notice_rows(session)] == [True]


def test_a_notice_that_waits_is_withdrawn_on_the_screen(store):
    with store.transaction() as session:
        replies.ask(session, "alder", address="press@alder.example", questions=[SPOKEN], by="ada", settings=Settings(), at=NOON)  # fmt: skip
    app = press(opened(), "Withdraw it: it will not be sent")

    assert "Notice 1 will not be sent." in shown(app)
    assert "withdrawn by ada" in shown(app)


def test_a_reviewer_mends_a_slip_on_the_screen(store):
    app = opened(part="Judge")
    field(app, "radio", "Verdict").set_value("reject")
    app = press(app, "Keep my verdict")
    app = opened(part="My verdicts")
    assert "You said <b>reject</b>" in shown(app)
    field(app, "radio", "Verdict").set_value("confirm")
    app = press(app, "Keep my verdict")

    assert "You said <b>confirm</b>" in shown(app)


def test_where_people_have_roles_only_admins_see_the_part(store):
    with store.transaction() as session:
        for who, role in (("rev@t.example", Role.REVIEWER), ("adm@t.example", Role.ADMIN)):
            set_role(session, email=who, issuer="https://a.example", role=role, at=NOON)

    assert [tab.label for tab in opened("rev@t.example", "Judge").tabs] == [
        "Judge",
        "My verdicts",
        "Agreement",
    ]
    assert "Replies and notices" in [tab.label for tab in opened("adm@t.example").tabs]


def test_who_gives_no_name_sees_no_reply(store):
    assert "We disagree" not in shown(opened("", "Judge"))


@pytest.mark.browser
def test_in_a_browser_an_admin_publishes_a_reply_that_then_stands_beside_the_finding(store, tmp_path):  # fmt: skip
    wrong: list[str] = []
    with serving(tmp_path) as (base, _), sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_context(color_scheme="dark", reduced_motion="reduce").new_page()
        page.on("request", lambda r: r.url.startswith(("http", "//")) and not r.url.startswith(base) and wrong.append(r.url))  # fmt: skip
        open_at(page, f"{base}/review")
        page.get_by_label("Your name or initials").fill("ada")
        page.get_by_label("Your name or initials").press("Enter")
        page.get_by_role("tab", name="Replies and notices").click()
        page.get_by_text("![x](http://elsewhere.example/y.png) $x$ :red[y]").wait_for()
        for more in ("Enter a reply that came by mail", "What a notice would say"):
            page.get_by_text(more).click()
        page.get_by_label("Received on").first.wait_for()
        page.wait_for_function(READY)
        assert violations(page) == []
        page.get_by_text("Confirm: it is theirs").click()
        page.get_by_role("button", name="Keep my decision").click()
        page.get_by_text("Reply 1 is public").wait_for()
        page.wait_for_function(READY)
        open_at(page, f"{base}/institution?inst=alder")
        public = page.inner_text("body")

    assert "We disagree. <script>alert(1)</script>" in public
    assert "disputed by the institution" in public
    assert "press@alder.example" not in public
    assert wrong == []
