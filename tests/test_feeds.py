"""Feeds as readers read them: the right entries, a valid document, pages, and 304."""

from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection

import feedparser
import pytest
from lxml import etree
from routing import routes_served
from test_alerts import HOSTILE, NOON, fill

from tracker.alerts.consent import consent_path
from tracker.alerts.feeds import PAGE, feed_address, feed_of_rule
from tracker.alerts.subscriptions import Rule
from tracker.model import Change, ChangeClass, ChangeKind, Channel, SubscriptionState
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.confirming import record_about
from tracker.store.subscriptions import add_subscription, recipients


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TRACKER_PUBLIC_URL", "https://tracker.example")
    monkeypatch.setenv("TRACKER_SECRET", "s")
    opened = Store.open(Settings().store_url)
    yield opened
    opened.close()


class Answer:
    """What the server said."""

    def __init__(self, status: int, headers, content: bytes) -> None:
        self.status_code, self.content, self.text = status, content, content.decode()
        self.headers = {name.lower(): value for name, value in headers}


class Reader:
    """Asks the routes over HTTP on loopback; addresses of the public host lead there too."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self._ask("GET", path, headers or {})

    def post(self, path: str, body: str = "") -> Answer:
        return self._ask("POST", path, {"Content-Type": "application/x-www-form-urlencoded"}, body)

    def _ask(self, method: str, path: str, headers: dict[str, str], body: str = "") -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(
            method, path.removeprefix("https://tracker.example"), body or None, headers
        )
        answer = connection.getresponse()
        found = Answer(answer.status, answer.getheaders(), answer.read())
        connection.close()
        return found


@pytest.fixture
def reader(store):
    fill(store, title=HOSTILE)
    with routes_served() as port:
        yield Reader(port)


def more(store, number: int, **fields) -> None:
    with store.transaction() as session:
        session.add_all(
            Change(
                **(
                    {
                        "document_id": 1,
                        "change_class": ChangeClass.MATERIAL,
                        "kind": ChangeKind.TEXT_CHANGED,
                        "seen_to": NOON + timedelta(hours=at),
                        "recorded_at": NOON + timedelta(hours=at),
                        "confirmed": True,
                        "summary": f"edit {at}",
                    }
                    | fields
                )
            )
            for at in range(1, number + 1)
        )


# RFC 4287, appendix B, as far as our feeds use it; the schema forbids everything else.
SCHEMA = """<grammar xmlns="http://relaxng.org/ns/structure/1.0" ns="http://www.w3.org/2005/Atom"
 datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
<start><element name="feed"><interleave>
 <element name="id"><ref name="uri"/></element><element name="title"><text/></element>
 <element name="updated"><ref name="date"/></element>
 <oneOrMore><element name="author"><element name="name"><data type="string"><param name="minLength">1</param></data></element></element></oneOrMore>
 <zeroOrMore><ref name="link"/></zeroOrMore><zeroOrMore><ref name="entry"/></zeroOrMore>
</interleave></element></start>
<define name="entry"><element name="entry"><interleave>
 <element name="id"><ref name="uri"/></element><element name="title"><text/></element>
 <element name="published"><ref name="date"/></element><element name="updated"><ref name="date"/></element>
 <element name="summary"><text/></element>
 <element name="content"><attribute name="type"><value>html</value></attribute><text/></element>
 <oneOrMore><ref name="link"/></oneOrMore>
 <zeroOrMore><element name="category"><attribute name="term"/></element></zeroOrMore>
</interleave></element></define>
<define name="link"><element name="link"><attribute name="href"><ref name="uri"/></attribute>
 <attribute name="rel"><choice><value>self</value><value>alternate</value><value>related</value><value>via</value><value>first</value><value>next</value><value>previous</value></choice></attribute>
 <optional><attribute name="type"><data type="string"><param name="pattern">.+/.+</param></data></attribute></optional></element></define>
<define name="uri"><data type="anyURI"><param name="pattern">[a-z]+:.+</param></data></define>
<define name="date"><data type="dateTime"><param name="pattern">.+(Z|[+\\-]\\d\\d:\\d\\d)</param></data></define>
</grammar>"""


def entries(reader: Reader, path: str) -> list:
    answer = reader.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/atom+xml")
    schema = etree.RelaxNG(etree.fromstring(SCHEMA))
    schema.assertValid(etree.fromstring(answer.content))
    found = feedparser.parse(answer.content)
    assert not found.bozo
    return found.entries


def test_a_feed_is_valid_and_crawled_text_in_it_is_data(reader):
    [entry] = entries(reader, "/feeds/all.atom")

    assert entry.id.startswith("tag:tracker.example,2026:change/")
    assert "<script>" not in entry.content[0].value
    assert "[added: " in entry.content[0].value.replace('<span class="t-hide">', "")
    assert {tag.term for tag in entry.tags} == {"material", "text_changed", "alder", "R1"}
    assert {link.rel: link.href for link in entry.links} == {
        "alternate": f"https://tracker.example/change?id={entry.link.rpartition('=')[2]}",
        "via": "http://alder.example/p",
        "related": "https://web.archive.org/web/*/http://alder.example/p",
    }


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("all", 2),
        ("material", 1),
        ("institution/alder", 2),
        ("topic/china", 1),
        ("topic/surveillance", 0),
    ],
)
def test_each_feed_has_its_changes(reader, store, path, number):
    more(store, 1, change_class=ChangeClass.MINOR, kind=ChangeKind.WORDING, labels=["china"])

    assert len(entries(reader, f"/feeds/{path}.atom")) == number


def test_a_rule_is_a_feed_until_its_subscription_ends(reader, store):
    with store.transaction() as session:
        add_subscription(session, name="mine", channel=Channel.ATOM, rule={"recommendations": ["R1"]}, at=NOON)  # fmt: skip
        token = recipients(session)[0].token
    more(store, 3)

    assert len(entries(reader, f"/feeds/rule/{token}.atom")) == 1
    assert reader.post(f"/u/{token}").status_code == 200
    assert reader.get(f"/feeds/rule/{token}.atom").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["x", "institution/none", "topic/none", "rule/none", "all/x/y", "topic", "all.atom?page=0",
     "all.atom?page=x", "all.atom?page=99999999999", "all.atom?page=-1"],
)  # fmt: skip
def test_what_does_not_exist_is_not_found(reader, path):
    address = f"/feeds/{path}" if "?" in path else f"/feeds/{path}.atom"

    assert reader.get(address).status_code == 404


def test_pages_together_hold_every_entry_once(reader, store):
    more(store, 2 * PAGE + 10)
    seen: list[str] = []
    address: str | None = "/feeds/all.atom"
    pages = 0
    while address:
        pages += 1
        seen += [entry.id for entry in entries(reader, address)]
        links = feedparser.parse(reader.get(address).content).feed.links
        address = next((link.href for link in links if link.rel == "next"), None)

    assert pages == 3
    assert len(seen) == len(set(seen)) == 2 * PAGE + 11


def test_a_reader_that_has_it_is_told_so_until_something_changes(reader, store):
    first = reader.get("/feeds/all.atom")
    again = reader.get("/feeds/all.atom", headers={"If-None-Match": first.headers["etag"]})
    more(store, 1)
    changed = reader.get("/feeds/all.atom", headers={"If-None-Match": first.headers["etag"]})

    assert (first.status_code, again.status_code, changed.status_code) == (200, 304, 200)
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]


def test_an_entry_is_updated_only_when_our_record_of_it_changes(reader, store):
    before = entries(reader, "/feeds/all.atom")[0]
    more(store, 1)
    same = entries(reader, "/feeds/all.atom")[-1]
    with store.transaction() as session:
        record_about(session, 1, kind=ChangeKind.CORRECTION, summary="wrong", at=NOON + timedelta(days=1))  # fmt: skip
    after = entries(reader, "/feeds/all.atom")[-1]

    assert (before.id, before.updated) == (same.id, same.updated)
    assert before.id == after.id
    assert after.updated > before.updated
    assert before.published == after.published


def test_an_address_agrees_by_button_never_by_opening_the_link(reader, store):
    with store.transaction() as session:
        add_subscription(session, name="mine", channel=Channel.EMAIL, target="a@b.example", at=NOON)
        [pending] = recipients(session)
    path = consent_path(pending, "s", at=datetime.now(UTC))

    def state() -> SubscriptionState:
        with store.transaction() as session:
            return recipients(session)[0].state

    assert '<form method="post"' in reader.get(path).text
    assert state() is SubscriptionState.PENDING
    assert reader.post(path).status_code == 200
    assert state() is SubscriptionState.ACTIVE
    assert reader.post(path[:-2] + "xx").status_code == 404


def test_opening_the_way_out_ends_nothing(reader, store):
    with store.transaction() as session:
        add_subscription(session, name="mine", channel=Channel.OUTBOX, at=NOON)
        token = recipients(session)[0].token

    opened = reader.get(f"/u/{token}").text
    assert "“mine”" in opened
    assert '<form method="post"' in opened
    with store.transaction() as session:
        assert recipients(session)[0].state is SubscriptionState.ACTIVE
    assert reader.post(f"/u/{token}", "List-Unsubscribe=One-Click").status_code == 200
    with store.transaction() as session:
        assert recipients(session)[0].state is SubscriptionState.ENDED


def test_a_rule_has_a_feed_of_its_own_that_nobody_need_subscribe_to(reader):
    address = feed_address(
        feed_of_rule(Rule(institutions=("alder",), classes=(ChangeClass.MATERIAL,))),
        "https://tracker.example",
    )
    found = feedparser.parse(reader.get(address).content)
    other = feedparser.parse(reader.get("/feeds/rule.atom?kinds=funder").content)

    assert address == "https://tracker.example/feeds/rule.atom?institutions=alder&classes=material"
    assert found.feed.id == address
    assert found.entries
    assert not other.entries


def test_a_feed_of_a_rule_with_mistakes_names_all_of_them(reader):
    answer = reader.get("/feeds/rule.atom?kinds=universty&institution=alder&at_least_words=x")

    assert answer.status_code == 400
    assert 'kinds: "universty" is not known, did you mean "university"?' in answer.text
    assert 'institution: no such field, did you mean "institutions"?' in answer.text
    assert "at_least_words" in answer.text


@pytest.mark.parametrize("path", ["all", "material", "institution/alder", "topic/china", "rule"])
def test_a_feeds_address_without_its_ending_leads_to_the_feed(reader, path):
    found = reader.get(f"/feeds/{path}?page=1")

    assert found.status_code == 308
    assert found.headers["location"] == f"/feeds/{path}.atom?page=1"
    assert reader.get(found.headers["location"]).status_code == 200


@pytest.mark.parametrize("path", ["al", "institution/nobody", "institution", "topic/x", "rule/x"])
def test_no_such_feed_is_said_with_and_without_the_ending(reader, path):
    for ending in ("", ".atom"):
        answer = reader.get(f"/feeds/{path}{ending}")
        assert (answer.status_code, "no such feed" in answer.text) == (404, True)


def test_a_screen_is_found_by_the_menus_word_for_it(reader):
    found = reader.get("/institutions?inst=alder")

    assert (found.status_code, found.headers["location"]) == (308, "/institution?inst=alder")


def test_the_way_out_of_a_subscription_that_is_none_or_has_ended_says_so_at_once(reader, store):
    with store.transaction() as session:
        add_subscription(session, name="mine", channel=Channel.OUTBOX, at=NOON)
        token = recipients(session)[0].token

    reader.post(f"/u/{token}")

    for path in ("/u/nonsense", f"/u/{token}"):
        answer = reader.get(path)
        assert (answer.status_code, "no such subscription" in answer.text) == (404, True)
        assert "<button>" not in answer.text
