"""Changes as Atom feeds (RFC 4287), in pages (RFC 5005). Knows no subscriber but by the rule."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from lxml import etree
from sqlmodel import Session, col, select

from tracker.alerts.facts import newest_facts
from tracker.alerts.items import Item, domain, item, natural_id, one_line
from tracker.alerts.messages import item_html
from tracker.alerts.subscriptions import ChangeFacts, Rule, matches, parse_rule, sendable
from tracker.coding.lexicon import load_lexicon
from tracker.model import ChangeClass, Institution, SubscriptionState, Topic
from tracker.settings import Settings
from tracker.store.subscriptions import recipients

NAMESPACE = "http://www.w3.org/2005/Atom"
AUTHOR = "Policy and ethics-statement tracker"
TITLE = "Policy & Ethics-Statement Tracker"
PAGE = 50  # entries
EMPTY = datetime(2000, 1, 1, tzinfo=UTC)  # an empty feed was never updated, and must say when


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: where it stands, and which changes it tells of."""

    path: str
    title: str
    wanted: Callable[[ChangeFacts], bool]
    query: str = ""  # of a rule that stands in the address itself


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a feed, ready to be served."""

    body: bytes
    updated: datetime

    @property
    def etag(self) -> str:
        """What changes if and only if the page does."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


def feed_named(session: Session, kind: str, value: str = "") -> Feed | None:
    """Return the feed of that name; None where there is no such topic, institution or rule."""
    match kind:
        case "all" if not value:
            return Feed("all", "all changes", lambda _: True)
        case "material" if not value:
            return Feed("material", "material changes", _is_material)
        case "institution":
            return _of_institution(session, value)
        case "topic" if value in set(Topic):
            shown = value.replace("_", " ")
            return Feed(f"topic/{value}", shown, lambda change: value in change.labels)
        case "rule":
            return _of_rule(session, value)
        case _:
            return None


def _is_material(change: ChangeFacts) -> bool:
    return change.change_class is ChangeClass.MATERIAL


def _of_institution(session: Session, key: str) -> Feed | None:
    found = session.exec(select(Institution).where(col(Institution.key) == key)).first()
    if found is None:
        return None
    return Feed(f"institution/{key}", found.name, lambda change: change.institution == key)


def _of_rule(session: Session, token: str) -> Feed | None:
    theirs = [r for r in recipients(session) if r.token == token]
    if not theirs or theirs[0].state is SubscriptionState.ENDED:
        return None
    rule = Rule.model_validate(theirs[0].rule)
    return Feed(f"rule/{token}", theirs[0].name, lambda change: matches(rule, change))


def feed_of_rule(rule: Rule) -> Feed:
    """Return the feed of a rule that nobody needs to subscribe to: it stands in the address."""
    return Feed(
        "rule",
        f"rule {rule}",
        lambda change: matches(rule, change),
        urlencode(_asked(rule), doseq=True),
    )


def _asked(rule: Rule) -> dict[str, Any]:
    return rule.model_dump(mode="json", exclude_defaults=True)


def rule_in(query: Mapping[str, Sequence[str]], session: Session) -> Rule:
    """Return the rule that an address's query spells; raises RuleError with everything wrong."""
    given: dict[str, Any] = {
        name: values[0] if name in SINGLE else list(values) for name, values in query.items()
    }
    keys = session.exec(select(Institution.key)).all()
    return parse_rule(given, institutions=keys, entities={e.key for e in load_lexicon().entities})


SINGLE = ("at_least_words", "at_most")


def feed_page(session: Session, feed: Feed, number: int, settings: Settings) -> Page:
    """Return a page of a feed, newest first, the first page being number 1."""
    wanted = (fact for fact in newest_facts(session) if sendable(fact) and feed.wanted(fact))
    found = list(islice(wanted, (number - 1) * PAGE, number * PAGE + 1))
    shown = found[:PAGE]
    updated = max((change.updated for change in shown), default=EMPTY)
    address = feed_address(feed, settings.public_url)
    links = {"self": _paged(address, number), "first": address}
    links |= {"previous": _paged(address, number - 1)} if number > 1 else {}
    links |= {"next": _paged(address, number + 1)} if len(found) > PAGE else {}
    body = atom(
        shown,
        title=f"{TITLE}: {feed.title}",
        feed_id=address,
        links=links,
        settings=settings,
        updated=updated,
    )
    return Page(body, updated)


def feed_address(feed: Feed, public_url: str) -> str:
    """Return where a feed's first page stands."""
    query = f"?{feed.query}" if feed.query else ""
    return f"{public_url.rstrip('/')}/feeds/{feed.path}.atom{query}"


def _paged(address: str, number: int) -> str:
    return address if number == 1 else f"{address}{'&' if '?' in address else '?'}page={number}"


def atom(
    changes: Sequence[ChangeFacts],
    *,
    title: str,
    feed_id: str,
    links: dict[str, str],
    settings: Settings,
    updated: datetime,
) -> bytes:
    """Return the changes as a feed document; an entry keeps its id for ever."""
    feed = etree.Element("feed", nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # the stubs forget the default namespace
    _add(feed, "id", feed_id)
    _add(feed, "title", one_line(title))
    _add(feed, "updated", updated.isoformat())
    for relation, address in links.items():
        _add(feed, "link", rel=relation, href=address, type="application/atom+xml")
    _add(feed, "link", rel="alternate", href=settings.public_url)
    _add(etree.SubElement(feed, "author"), "name", AUTHOR)
    for change in changes:
        shown = item(
            change,
            public_url=settings.public_url,
            unreviewed=not settings.meaning_after_review,
        )
        _add_entry(feed, shown, domain(settings.public_url))
    return etree.tostring(feed, xml_declaration=True, encoding="utf-8")


def _add_entry(feed: etree._Element, shown: Item, host: str) -> None:
    change = shown.change
    entry = etree.SubElement(feed, "entry")
    _add(entry, "id", f"tag:{host},{change.seen_to.year}:change/{natural_id(change)}")
    _add(entry, "title", shown.subject)
    _add(entry, "published", change.recorded_at.isoformat())
    _add(entry, "updated", change.updated.isoformat())
    _add(entry, "link", rel="alternate", href=shown.link)
    if shown.live:
        _add(entry, "link", rel="via", href=shown.live)
        _add(entry, "link", rel="related", href=shown.archived)
    for term in (change.change_class, change.kind, change.institution, *shown.labels):
        _add(entry, "category", term=str(term))
    _add(entry, "summary", f"{shown.sentence}. {shown.when} {shown.confidence}")
    _add(entry, "content", item_html(shown), type="html")


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> None:
    etree.SubElement(parent, name, attributes).text = text
