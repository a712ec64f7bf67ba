"""Where a fault trial keeps its store: a folder of files, or a folder beside a database of a PostgreSQL server."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conftest import _postgres_programs, _server
from sqlalchemy import text
from sqlmodel import create_engine

from tracker.store import upgrade


class Files:
    """Each place is a folder with an SQLite file."""

    def url(self, place: Path) -> str:
        return f"sqlite:///{place / 'tracker.db'}"

    def begin(self, place: Path) -> None:
        place.mkdir()

    def copy(self, place: Path, to: Path) -> None:
        shutil.copytree(place, to)

    def drop(self, place: Path) -> None:
        shutil.rmtree(place)


class Databases(Files):
    """Each place is a folder and the database of its name."""

    def __init__(self, server: str) -> None:
        self.server = server

    def url(self, place: Path) -> str:
        return self.server.replace("/postgres?", f"/{_name(place)}?")

    def begin(self, place: Path) -> None:
        super().begin(place)
        self._ask(f"CREATE DATABASE {_name(place)}")
        engine = create_engine(self.url(place))
        upgrade(engine)
        engine.dispose()

    def copy(self, place: Path, to: Path) -> None:
        super().copy(place, to)
        self._ask(f"CREATE DATABASE {_name(to)} TEMPLATE {_name(place)}")

    def drop(self, place: Path) -> None:
        super().drop(place)
        self._ask(f"DROP DATABASE {_name(place)} WITH (FORCE)")

    def _ask(self, statement: str) -> None:
        engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


def _name(place: Path) -> str:
    return place.name.replace("-", "_")


@contextmanager
def places(*, postgresql: bool) -> Iterator[Files]:
    """Give places of one kind; a server is our own, and ends with them."""
    if not postgresql:
        yield Files()
        return
    programs = _postgres_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as folder, _server(programs, Path(folder)) as server:  # fmt: skip
        yield Databases(server)
