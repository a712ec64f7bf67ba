"""The names a document goes by: spellings, redirects, canonical links. Knows no text."""

from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import Session, col, insert, select

from tracker.addresses import identity, is_home
from tracker.archive import Fetched
from tracker.model import Address, Document
from tracker.store.rows import portions


def known_as(session: Session, keys: Iterable[str]) -> dict[str, int]:
    """Return the document that is known under each of these identities."""
    found: dict[str, int] = {}
    wanted = list(dict.fromkeys(keys))
    for some in portions(wanted):
        rows = session.exec(select(Address).where(col(Address.key).in_(some)))
        found |= {row.key: row.document_id for row in rows}
    return found


def name(session: Session, keys: Mapping[str, int]) -> None:
    """Let documents be known under identities that nobody holds."""
    if keys:
        rows = [{"key": key, "document_id": document_id} for key, document_id in keys.items()]
        session.exec(insert(Address), params=rows)


def note_addresses(session: Session, document: Document, result: Fetched) -> None:
    """Write down where a read was led: a redirect is another name of the document.

    A redirect to a front page names nothing, for that is where sites send what they have lost.
    """
    if result.canonical:
        document.canonical_url = result.canonical
    if result.final_url == result.url or (is_home(result.final_url) and not is_home(document.url)):
        return
    key = identity(result.final_url)
    holder = known_as(session, [key]).get(key)
    if holder is None and document.id is not None:
        name(session, {key: document.id})
    if result.moved_for_good:
        document.address = result.final_url


def merge(session: Session, document: Document, into: Document) -> None:
    """Make a document another's: it is not asked for again, and its names lead to the other."""
    document.moved_to_id = into.id
    names: Sequence[Address] = session.exec(
        select(Address).where(Address.document_id == document.id)
    ).all()
    for row in names:
        row.document_id = into.id or 0
