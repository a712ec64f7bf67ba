"""Whose a document is: the most specific institution's, whoever's source found it (codebook)."""

from collections import defaultdict
from urllib.parse import urlsplit

from sqlmodel import Session, col, select

from tracker.addresses import Owners, bare_host, suffixes
from tracker.model import Document, Institution, Source

#: What stands on an institution's hosts without being its own: student media, repositories.
APART = ""


class Ownership:
    """The listed institutions' hosts, and the row of each."""

    def __init__(self, session: Session) -> None:
        listed = session.exec(select(Institution).where(col(Institution.listed))).all()
        self.ids = {row.key: row.id for row in listed}
        apart = [host for row in listed for host in row.apart]
        self.owners = Owners({row.key: row.hosts for row in listed} | {APART: apart})

    def of(self, url: str, found_for: int) -> int | None:
        """Return the id of the institution that a document belongs to; None where it is apart.

        What nobody's hosts name belongs to the institution whose source it is.
        """
        key = self.owners.of(url)
        return None if key == APART else self.ids.get(key or "") or found_for


def assign_documents(session: Session) -> None:
    """Give documents known from before to the institution whose hosts name them most closely."""
    ownership = Ownership(session)
    above = {
        key
        for inner in session.exec(select(Institution).where(col(Institution.listed)))
        for host in inner.hosts
        for _, key in ownership.owners.by_closeness(f"http://{host}")
        if key not in {APART, inner.key}
    }
    outer = [ownership.ids[key] for key in above]
    for document in session.exec(select(Document).where(col(Document.institution_id).in_(outer))):
        owner = ownership.of(document.url, document.institution_id)
        document.institution_id = owner or document.institution_id


def neighbours(session: Session) -> dict[str, str]:
    """Return the name of the group of each listed institution: who shares hosts is in one group.

    A host and what stands below it are shared, for either's runs may ask both.
    """
    rows = session.exec(select(Source, Institution).join(Institution).where(col(Source.listed)))
    hosts: defaultdict[str, set[str]] = defaultdict(set)
    for source, institution in rows.all():
        hosts[institution.key] |= {bare_host(host) for host in request_hosts(source, institution)}
    group = {key: key for key in hosts}
    first: dict[str, str] = {}
    for key in sorted(hosts):  # a domain that is somebody's host joins all who are at or below it
        for host in hosts[key]:
            first.setdefault(host, key)
            _join(group, key, first[host])
    for key, own in sorted(hosts.items()):
        for domain in {domain for host in own for domain in suffixes(host)} & first.keys():
            _join(group, key, first[domain])
    return {key: _leader(group, key) for key in group}


def _join(group: dict[str, str], one: str, other: str) -> None:
    low, high = sorted((_leader(group, one), _leader(group, other)))
    group[high] = low


def _leader(group: dict[str, str], key: str) -> str:
    while group[key] != key:
        key = group[key]
    return key


def request_hosts(source: Source, institution: Institution) -> tuple[str, ...]:
    """Return where a source's requests may go: official hosts, or the one of an attributed statement."""
    elsewhere = {item["url"] for item in institution.attributed}
    if source.url in elsewhere:
        return (urlsplit(source.url).netloc,)
    return tuple(institution.hosts)
