"""Keeps the index of words: SQLite's must be told of new passages, PostgreSQL keeps its own.

Only coded passages can be found: what says nothing on the subject is nobody's business here.
"""

from sqlalchemy import text
from sqlmodel import Session

_LAST = text("SELECT (SELECT coding_id FROM passage_search_to), (SELECT max(id) FROM coding)")
_ADD = text(
    "INSERT INTO passage_search (rowid, text) SELECT id, text FROM passage WHERE id IN "
    "(SELECT passage_id FROM coding WHERE id > :since AND (china OR surveillance OR human_rights "
    "OR partnership OR R1 OR R2 OR R3 OR R4 OR R5 OR R6)) "
    "AND id NOT IN (SELECT id FROM passage_search_docsize)"
)


def index_coded(session: Session) -> None:
    """Make the passages searchable that were coded since the last time; repeatable."""
    if session.get_bind().dialect.name != "sqlite":
        return
    connection = session.connection()
    since, last = connection.execute(_LAST).one()
    if last is not None and last > since:
        connection.execute(_ADD, {"since": since})
        connection.execute(text("UPDATE passage_search_to SET coding_id = :last"), {"last": last})
