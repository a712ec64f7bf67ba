"""Keeps the index of words: SQLite's must be told of new passages, PostgreSQL keeps its own.

Only coded passages can be found: what says nothing on the subject is nobody's business here.
"""

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from tracker.model import Coding, Fact

MARK = "searchable_to"  # the last coding whose passage is in the index
_LABELS = "china OR surveillance OR human_rights OR partnership OR R1 OR R2 OR R3 OR R4 OR R5 OR R6"
_ADD = text(
    "INSERT INTO passage_search (rowid, text) SELECT id, text FROM passage WHERE id IN "  # noqa: S608  (no value of a person)
    f"(SELECT passage_id FROM coding WHERE id > :since AND ({_LABELS})) "
    "AND id NOT IN (SELECT id FROM passage_search_docsize)"
)


def index_coded(session: Session) -> None:
    """Make the passages searchable that were coded since the last time; repeatable."""
    if session.get_bind().dialect.name != "sqlite":
        return
    mark = session.get(Fact, MARK) or Fact(key=MARK, value="0")
    last = session.exec(select(func.max(col(Coding.id)))).one() or 0
    if last > int(mark.value):
        session.connection().execute(_ADD, {"since": int(mark.value)})
        mark.value = str(last)
        session.add(mark)
