"""The write side: the only part that changes the database. Knows no web and no meaning.

`Store` opens the database and hands out transactions; the modules beside it hold the writes by stage:
`crawling` (what a run fetched), `reading` (what was derived from it), `deliveries` (what is owed to whom),
`integrity` (whether everything still is what it was).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlmodel import Session, create_engine

from tracker.migrations import HEAD
from tracker.standing import Gate

OPEN_GATE = Gate()


class StoreError(Exception):
    """The database cannot be used as it is; the message says what to do."""


#: Exit codes of sysexits.h: the lock was taken or the connection lost, and nothing can be written down.
BUSY, UNWRITABLE = 75, 74
#: What a database says that a person can mend, and how.
_MENDED = {
    "disk is full": "the disk that holds the database is full: make room",
    "could not extend file": "the disk that holds the database is full: make room",
    "No space left on device": "the disk that holds the database is full: make room",
    "readonly database": "the database may not be written: give the right to write its file and folder",
    "read-only transaction": "the database may not be written: connect to a server that takes writes",
    "disk I/O error": "the disk that holds the database fails: look at the system's log",
}
_AGAIN = "Nothing was left half done: run the same command again, it goes on from there"


def loss(error: DBAPIError) -> tuple[str, int]:
    """Return what to tell a person whose database is lost, full or may not be written, and the exit code.

    Raises any other error.
    """
    said = str(error.orig).splitlines()[0]
    for words, remedy in _MENDED.items():
        if words in said:
            return f"{remedy}. {_AGAIN}", UNWRITABLE
    if not error.connection_invalidated:
        raise error
    return f"the connection to the database was lost ({said}). {_AGAIN}", BUSY


class Store:
    """One database, SQLite or PostgreSQL."""

    def __init__(self, engine: Engine, *, gate: Gate = OPEN_GATE) -> None:
        self.engine, self.gate = engine, gate

    @classmethod
    def open(cls, url: str, *, migrate: bool = True, gate: Gate = OPEN_GATE) -> Self:
        """Open the database at that URL, creating or upgrading an SQLite file.

        `gate` says what those who read through this store do not see yet.
        Raises StoreError where it cannot be reached or a server's schema is not the one this
        program knows.
        """
        try:
            return cls._open(url, migrate=migrate, gate=gate)
        except (OperationalError, ArgumentError, NoSuchModuleError, OSError, ImportError) as error:
            said = str(getattr(error, "orig", error)).splitlines()[0]
            raise StoreError(
                f"the database cannot be opened: {said}; look at TRACKER_DATABASE_URL or "
                "TRACKER_DATA_DIR"
            ) from None

    @classmethod
    def _open(cls, url: str, *, migrate: bool, gate: Gate) -> Self:
        engine = _engine(url)
        engine.connect().close()  # what cannot be reached is said here
        if migrate and engine.dialect.name == "sqlite" and _revision(engine) != HEAD:
            upgrade(engine)
        if migrate and (found := _revision(engine)) != HEAD:
            engine.dispose()
            raise StoreError(
                f"{_shown(url)} has schema {found or 'none'}, this program needs {HEAD}: "
                "run `tracker db upgrade`"
            )
        return cls(engine, gate=gate)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a session whose writes are kept together or not at all."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.info["gate"] = self.gate
            yield session

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest revision."""
    # Alembic costs a fifth of a second to import, and nearly every start finds nothing to do.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "tracker:migrations")
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            # Its driver begins no transaction for tables, and a kill would leave half of them.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)  # one lost since is made anew, unseen
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 30})
    event.listen(engine, "connect", _set_pragmas)
    return engine


def _set_pragmas(connection: Any, _record: object) -> None:
    # Passages are about a kilobyte: on pages of 4,096 a fifth of each would stay empty.
    for pragma in ("page_size=8192", "journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _shown(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)
