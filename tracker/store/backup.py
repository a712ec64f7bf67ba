"""The whole store as one file, and back, from either database to either.

A backup is a zstd stream of JSON lines: a head, then for each table its name and its rows. What
refers to a row of its own table is set once all its rows are there.
"""

import base64
import io
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import zstandard
from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    Table,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import StatementError
from sqlmodel import Session, SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from tracker.migrations import HEAD
from tracker.store.word_index import index_coded

FORMAT = "policy-ethics-tracker backup 1"
SUBSCRIBERS = frozenset({"subscription", "delivery"})
#: Columns that hold an institution's address, or what opens its private page.
ADDRESSES = {"notice": frozenset({"address", "token"}), "reply": frozenset({"address"})}
BATCH = 500

_Own = tuple[Table, str, list[dict[str, Any]]]


class BackupError(Exception):
    """A backup cannot be written or restored; the message says why and what to do."""


def dump(session: Session, file: BinaryIO, *, at: datetime, subscribers: bool = True) -> int:
    """Write every row of the store as of one moment; return how many. Without subscribers, addresses stay out.

    To be called first thing in a transaction.
    """
    _hold_still(session)
    rows = 0
    with zstandard.ZstdCompressor(level=9).stream_writer(file, closefd=False) as packed:
        head = {"format": FORMAT, "schema": HEAD, "at": at.isoformat()}
        packed.write(_line(head))
        for table in _tables():
            if not subscribers and table.name in SUBSCRIBERS:
                continue
            packed.write(_line({"table": table.name}))
            for row in session.connection().execute(select(table).order_by(*table.primary_key)):
                kept = row if subscribers else _without_addresses(table, row)
                packed.write(_line([_plain(value) for value in kept]))
                rows += 1
    return rows


def load(session: Session, file: BinaryIO) -> int:
    """Fill an empty store from a backup; return the rows.

    Raises BackupError for a store that holds anything, a file that is no backup or is damaged, or
    another schema.
    """
    try:
        return _fill(session, file)
    except (LookupError, TypeError, ValueError, RecursionError, StatementError) as error:
        what = type(error).__name__
        raise BackupError(f"damaged: it holds what no store does ({what})") from None


def rows_of(path: Path, model: type[SQLModel]) -> Iterator[dict[str, Any]]:
    """Yield a backup's rows of one table; raises BackupError where it is none or is damaged."""
    with path.open("rb") as file:
        try:
            for table, batch in _batches(_lines(file)):
                if table.name == model.__tablename__:
                    yield from batch
        except (LookupError, TypeError, ValueError, RecursionError) as error:
            what = type(error).__name__
            raise BackupError(f"damaged: it holds what no store does ({what})") from None


def _fill(session: Session, file: BinaryIO) -> int:
    if held := [table.name for table in _tables() if _holds(session, table)]:
        raise BackupError(f"the store is not empty ({', '.join(held[:3])}): restore into a new one")
    rows, own = 0, []
    for table, batch in _batches(_lines(file)):
        own += _insert(session, table, batch)
        rows += len(batch)
    for table, name, given in own:
        _refer(session, table, name, given)
    if session.get_bind().dialect.name == "postgresql":
        _continue_counting(session)
    index_coded(session)
    return rows


def _hold_still(session: Session) -> None:
    """Show this transaction the store as it is now, whatever others write while we read it."""
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("BEGIN")  # its driver begins none for reading
    else:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def head_of(path: Path) -> dict[str, Any]:
    """Return what a backup says of itself; raises BackupError where it is none."""
    with path.open("rb") as file:
        return next(_read(file))


def _tables() -> list[Table]:
    return list(SQLModel.metadata.sorted_tables)


def _holds(session: Session, table: Table) -> bool:
    return bool(session.connection().execute(select(func.count()).select_from(table)).scalar())


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _without_addresses(table: Table, row: Sequence[Any]) -> list[Any]:
    """The row with its addresses cut to their hosts, and a token that opens nothing."""
    hidden = ADDRESSES.get(table.name, frozenset())
    cut = {"token": f"withheld {row[0]}", "address": ""}
    return [
        f"@{value.rpartition('@')[2]}"
        if name == "address" and name in hidden and "@" in value
        else cut[name]
        if name in hidden
        else value
        for name, value in zip(table.columns.keys(), row, strict=True)
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, datetime) else value


#: A file that was cut early has no first line to know it by.
TORN = "not a backup of this program, or a torn one: take another, or make it anew"


def _read(file: BinaryIO) -> Iterator[Any]:
    stream = zstandard.ZstdDecompressor().stream_reader(file)
    try:
        for line in io.TextIOWrapper(stream, encoding="utf-8"):
            yield json.loads(line)
    except (zstandard.ZstdError, UnicodeDecodeError, json.JSONDecodeError):
        raise BackupError(TORN) from None


def _lines(file: BinaryIO) -> Iterator[Any]:
    lines = _read(file)
    head = next(lines, None)
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise BackupError(TORN)
    if head["schema"] != HEAD:
        raise BackupError(
            f"the backup has schema {head['schema']}, this program {HEAD}: restore it with the "
            "version that wrote it, then upgrade"
        )
    return lines


def _batches(lines: Iterator[Any]) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    tables = {table.name: table for table in _tables()}
    table: Table | None = None
    batch: list[dict[str, Any]] = []
    for line in lines:
        if isinstance(line, dict):
            if table is not None and batch:
                yield table, batch
            table, batch = tables[line["table"]], []
        elif table is not None:
            columns = list(table.columns)
            batch.append({c.name: _value(c, v) for c, v in zip(columns, line, strict=True)})
            if len(batch) == BATCH:
                yield table, batch
                batch = []
    if table is not None and batch:
        yield table, batch


def _value(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value)
    return datetime.fromisoformat(value) if isinstance(column.type, UTCDateTime) else value


def _insert(session: Session, table: Table, rows: list[dict[str, Any]]) -> list[_Own]:
    """Insert rows without what refers to their own table, and return that for later."""
    own = [c.name for c in table.columns if any(k.column.table is table for k in c.foreign_keys)]
    session.connection().execute(insert(table), [{**row, **dict.fromkeys(own)} for row in rows])
    return [
        (table, name, [{"key": r["id"], "to": r[name]} for r in rows if r[name] is not None])
        for name in own
    ]


def _refer(session: Session, table: Table, name: str, given: list[dict[str, Any]]) -> None:
    if given:
        change = update(table).where(table.c.id == bindparam("key")).values({name: bindparam("to")})
        session.connection().execute(change, given)


def _continue_counting(session: Session) -> None:
    """PostgreSQL's counters know nothing of rows that came with their ids."""
    for table in _tables():
        if "id" in table.columns and isinstance(table.columns["id"].type, Integer):
            session.connection().execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('\"{table.name}\"', 'id'), "  # noqa: S608  (names of our own tables)
                    f'greatest(1, (SELECT max(id) FROM "{table.name}")))'
                )
            )
