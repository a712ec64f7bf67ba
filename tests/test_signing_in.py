"""Reviewers sign in through a real OpenID Connect provider; our own table says what they may do."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from browsing import ARGUMENTS, CHROMIUM, READY, free_port, open_at, serving
from builders import NOON, read_page
from oidc import CLIENT, SECRET, provider
from playwright.sync_api import sync_playwright
from sqlmodel import select

from tracker.model import Review, Role
from tracker.settings import SettingsError
from tracker.store import Store
from tracker.store.people import end_role, people, role_of, set_role
from tracker.views.people import secrets
from tracker.warc import WarcReader

ADA = "ada@reviewers.example"
BODY = """<main><h1>A question to Dr Rowan Thistlewood</h1><p>We condemn the mass surveillance of Uyghurs in Xinjiang by the Chinese government,
which is an abuse of human rights that no researcher of ours may take part in, said Rowan Thistlewood.</p></main>"""


def test_a_role_belongs_to_an_address_at_one_provider(store):
    with store.transaction() as session:
        set_role(session, email="Ada@Reviewers.example", issuer="https://a.example", role=Role.REVIEWER, at=NOON)  # fmt: skip
        set_role(session, email=ADA, issuer="https://a.example", role=Role.ADMIN, at=NOON)
    with store.transaction() as session:
        assert role_of(session, email=ADA, issuer="https://a.example") is Role.ADMIN
        assert role_of(session, email=ADA, issuer="https://b.example") is None
        assert len(people(session)) == 1
        assert end_role(session, email=ADA, issuer="https://a.example")
        assert not end_role(session, email=ADA, issuer="https://a.example")


def test_half_a_set_up_of_signing_in_is_refused_at_the_start(monkeypatch):
    monkeypatch.setenv("TRACKER_OIDC_CLIENT_ID", "x")

    with pytest.raises(SettingsError, match="TRACKER_SECRET"):
        secrets()


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """An app that people sign in to, its provider and its store."""
    folder = tmp_path_factory.mktemp("signing")
    store = Store.open(f"sqlite:///{folder / 'tracker.db'}")
    read_page(store, BODY)
    port = free_port()
    with provider() as server:
        with store.transaction() as session:
            set_role(session, email=ADA, issuer=server.issuer, role=Role.REVIEWER, at=datetime.now(UTC))  # fmt: skip
        settings = {
            "TRACKER_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "TRACKER_OIDC_METADATA_URL": f"{server.issuer}/.well-known/openid-configuration",
            "TRACKER_OIDC_CLIENT_ID": CLIENT,
            "TRACKER_OIDC_CLIENT_SECRET": SECRET,
            "TRACKER_SECRET": "long and random, for this test only",
        }
        with serving(folder, port=port, **settings) as (base, _), sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            yield base, server, store, browser
            browser.close()
    store.close()


def sign_in(browser, base):
    page = browser.new_context().new_page()
    open_at(page, f"{base}/review")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{base}/")  # where the provider's answer leads
    page.wait_for_function(READY)
    open_at(page, f"{base}/review")
    page.get_by_role("button", name="Sign out").wait_for()
    return page


@pytest.mark.browser
def test_a_person_with_a_role_reviews_under_the_verified_address(signed):
    base, server, store, browser = signed
    server.claims = {"sub": "1", "email": ADA, "email_verified": True}
    page = sign_in(browser, base)

    page.get_by_text(f"Signed in as {ADA}, reviewer").wait_for()
    page.get_by_text("Confirm: the machine").click()
    page.get_by_role("button", name="Keep my verdict").click()
    page.get_by_text("The queue is empty").wait_for()
    with store.transaction() as session:
        assert [row.reviewer for row in session.exec(select(Review))] == [ADA]


@pytest.mark.browser
@pytest.mark.parametrize(
    "claims",
    [{"email": "eve@elsewhere.example", "email_verified": True}, {"email": ADA, "email_verified": False}, {"email": ADA}],
)  # fmt: skip
def test_without_a_role_or_a_verified_address_nothing_can_be_reviewed(signed, claims):
    base, server, _, browser = signed
    server.claims = {"sub": "2", **claims}
    page = sign_in(browser, base)

    page.get_by_text(re.compile("has no role here")).wait_for()
    assert page.get_by_role("button", name="Keep my verdict").count() == 0


@pytest.mark.browser
def test_only_a_signed_in_admin_decides_on_replies(signed):
    base, server, store, browser = signed
    server.claims = {"sub": "1", "email": ADA, "email_verified": True}
    tabs = []
    for role in (Role.REVIEWER, Role.ADMIN, Role.REVIEWER):
        with store.transaction() as session:
            set_role(session, email=ADA, issuer=server.issuer, role=role, at=datetime.now(UTC))
        page = sign_in(browser, base)
        page.get_by_text(f"Signed in as {ADA}, {role}").wait_for()
        page.wait_for_function(READY)
        tabs.append(page.get_by_role("tab").all_inner_texts())

    reviewing = ["Judge", "My verdicts", "Agreement"]
    assert tabs == [reviewing, [*reviewing, "Replies and notices"], reviewing]


@pytest.mark.browser
def test_everything_else_needs_no_sign_in(signed):
    base, _, _, browser = signed
    page = browser.new_context().new_page()
    open_at(page, f"{base}/statements")

    assert "Alder Institute" in page.inner_text("body")


@pytest.mark.browser
def test_the_public_sees_neither_whole_captures_nor_people_without_an_office(signed):
    base, _, _, browser = signed
    page = browser.new_context().new_page()
    open_at(page, f"{base}/search?q=surveillance")
    found = page.inner_text("body")
    open_at(page, f"{base}/document?id=1")

    assert "take part in, said ▒▒▒" in found
    assert "A question to Dr ▒▒▒" in found  # the title, and the heading
    assert "Thistlewood" not in found
    assert page.get_by_role("button", name="Its text").count() == 0


@pytest.mark.browser
def test_a_reviewer_takes_away_the_capture_as_bytes_and_as_text(signed, tmp_path):
    base, server, _, browser = signed
    server.claims = {"sub": "1", "email": ADA, "email_verified": True}
    page = sign_in(browser, base)
    open_at(page, f"{base}/document?id=1")
    with page.expect_download() as bytes_:
        page.get_by_role("button", name="Its bytes and headers (WARC)").click()
    with page.expect_download() as text:
        page.get_by_role("button", name="Its text").click()
    reader = WarcReader(Path(bytes_.value.path()), originals={}, largest=1_000_000)

    assert [b"Thistlewood" in capture.body for capture in reader.captures()] == [True]
    assert "Thistlewood" in Path(text.value.path()).read_text("utf-8")
