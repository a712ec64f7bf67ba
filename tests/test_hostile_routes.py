"""Requests that mean harm: nothing changes but by a button and its token, and nobody is led away."""

import hmac
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection

import pytest
from routing import routes_served
from test_alerts import HOSTILE, fill

from tracker.alerts.consent import GOOD_FOR, consent_path, consents
from tracker.model import Channel, SubscriptionState
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.subscriptions import add_subscription, recipients
from tracker.views.routes import ROUTES

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TRACKER_PUBLIC_URL", "https://tracker.example")
    monkeypatch.setenv("TRACKER_SECRET", "s")
    opened = Store.open(Settings().store_url)
    fill(opened, title=HOSTILE)
    with opened.transaction() as session:
        add_subscription(session, name="mine", channel=Channel.EMAIL, target="a@b.example", at=NOON)
        add_subscription(session, name="feed", channel=Channel.OUTBOX, at=NOON)
    yield opened
    opened.close()


@pytest.fixture
def ask(store):
    def asked(method: str, path: str, body: str | None = None, **headers: str):
        connection = HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request(method, path, body, {"Host": "tracker.example", **headers})
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    with routes_served() as port:
        yield asked


def states(store) -> dict[str, SubscriptionState]:
    with store.transaction() as session:
        return {one.name: one.state for one in recipients(session)}


def ways(store) -> dict[str, str]:
    with store.transaction() as session:
        both = {one.name: one for one in recipients(session)}
    return {
        "in": consent_path(both["mine"], "s", at=datetime.now(UTC)),
        "out": f"/u/{both['feed'].token}",
    }


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "post"])
def test_only_a_post_changes_anything(ask, store, method):
    """Scanners of mails follow links, often with HEAD, which once ended a subscription."""
    before = states(store)

    for path in ways(store).values():
        assert ask(method, path).status in {200, 405}

    assert states(store) == before


def test_a_post_without_the_token_changes_nothing(ask, store):
    before = states(store)
    way = ways(store)
    wrong = [f"{way['in'][:-1]}{'A' if way['in'][-1] != 'A' else 'B'}", way["in"].rpartition(".")[0], "/confirm/", "/confirm/1", "/confirm/1.1.",
             f"{way['out'][:-1]}", f"{way['out']}%00", "/u/", "/u/%", "/u/' OR 1=1 --".replace(" ", "%20"), "/u/..%2f..%2f"]  # fmt: skip

    for path in wrong:
        for origin in ("https://elsewhere.example", "null"):
            assert ask("POST", path, "List-Unsubscribe=One-Click", Origin=origin).status in {
                404,
                405,
            }

    assert states(store) == before


def test_every_other_route_takes_no_post():
    ways_to_change = {"/confirm/{signed}", "/u/{token}"}

    taking = {route.path for route in ROUTES if "POST" in (route.methods or ())}

    assert taking == ways_to_change


def test_a_link_to_agree_is_good_for_its_subscription_its_secret_and_its_time(store):
    with store.transaction() as session:
        mine, feed = recipients(session)
    signed = consent_path(mine, "s", at=NOON).removeprefix("/confirm/")
    head, _, signature = signed.rpartition(".")
    later = head.replace(str(int(NOON.timestamp())), str(int(NOON.timestamp()) + 86_400 * 30))

    assert consents(mine, signed, "s", at=NOON)
    assert consents(mine, signed, "s", at=NOON + GOOD_FOR)
    assert not consents(mine, signed, "s", at=NOON + GOOD_FOR + timedelta(seconds=1))
    assert not consents(mine, signed, "s", at=NOON - timedelta(seconds=1))
    assert not consents(mine, f"{later}.{signature}", "s", at=NOON + timedelta(days=30))
    assert not consents(feed, signed, "s", at=NOON)
    assert not consents(mine, signed, "t", at=NOON)
    for nothing in (
        "",
        ".",
        "..",
        "1",
        "1.x.y",
        f"{head}.",
        f"{head}.ü",
        "1.9999999999999999999999.x",
    ):
        assert not consents(mine, nothing, "s", at=NOON)


def test_signatures_are_compared_in_constant_time(store, monkeypatch):
    compared = []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append(a) or real(a, b))
    with store.transaction() as session:
        [mine, _] = recipients(session)

    consents(mine, "1.1.x", "s", at=NOON)

    assert len(compared) == 1


def test_a_token_cannot_be_guessed(store):
    with store.transaction() as session:
        tokens = {one.token for one in recipients(session)}

    assert len(tokens) == 2
    assert all(len(token) * 6 >= 128 for token in tokens)  # url-safe base64: six bits a character


ELSEWHERE = ["//elsewhere.example/", "/\\elsewhere.example", "/p//elsewhere.example", "/p/%2f%2felsewhere.example", "/u/x?next=//elsewhere.example",
             "/p/institution/https:%2f%2felsewhere.example", "/data/?url=https://elsewhere.example", "/p/%0d%0aLocation:%20https://elsewhere.example"]  # fmt: skip


@pytest.mark.parametrize("path", ELSEWHERE)
def test_no_address_of_ours_leads_elsewhere(ask, path):
    answer = ask("GET", path)

    assert not answer.getheader("Location")
    assert answer.status in {200, 404}
    assert "location" not in {name.lower() for name, _ in answer.getheaders()}


def test_the_host_that_a_request_names_is_not_believed(ask):
    for path in ("/p/", "/data/", "/robots.txt", "/sitemap.xml", "/feeds/all.atom"):
        answer = ask("GET", path, Host="elsewhere.example", **{"X-Forwarded-Host": "elsewhere.example"})  # fmt: skip

        assert answer.status == 200
        assert "elsewhere.example" not in answer.text.replace("all@elsewhere.example", "")


@pytest.mark.parametrize(
    "path", ["/p/../../etc/passwd", "/p/%2e%2e/%2e%2e/etc/passwd", "/p/..%2f..%2fetc%2fpasswd", "/data/..%2f..%2fetc.csv",
             "/data/release/..%2f..%2fetc.json", "/feeds/institution/..%2f..%2fetc.atom", "/data/institution.csv%00.json", "/p/document/1%00"],
)  # fmt: skip
def test_no_path_leads_out_of_the_program(ask, path):
    answer = ask("GET", path)

    assert answer.status == 404
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    "path", [f"/p/{'a' * 20_000}", f"/p/document/{'9' * 5000}", f"/feeds/all.atom?page={'9' * 5000}", f"/data/spoken.csv?country={'x' * 20_000}",
             "/feeds/all.atom?page=-1", "/feeds/all.atom?page=%C2%B2", "/p/change/1e9"],
)  # fmt: skip
def test_an_oversized_or_odd_request_is_answered(ask, path):
    assert ask("GET", path).status in {200, 400, 404, 414}


def test_every_page_without_script_forbids_script_and_frames(ask, store):
    for path in ("/p/", "/data/", "/p/nowhere", *ways(store).values(), "/u/x", "/feeds/none.atom"):
        answer = ask("GET", path)
        policy = answer.getheader("Content-Security-Policy")

        assert policy.startswith("default-src 'none'")
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
        assert answer.getheader("Referrer-Policy") == "no-referrer"
