"""What every test may ask for: a real store, and the skips of programs that are not here."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from browsing import CHROMIUM
from crawls import Crawl
from sqlalchemy import text
from sqlmodel import create_engine
from webserver import Site, serving

from tracker.store import Store, upgrade

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, on a loopback socket folder."""
    programs = _postgres_programs()
    if programs is None:
        _skip("PostgreSQL is not installed")
    # Not pytest's folder: that is swept by other runs, and the server's user must reach it.
    made = tempfile.TemporaryDirectory(prefix="pg", dir="/tmp")
    with made as folder, _server(programs, Path(folder)) as url:
        yield url


def _skip(reason: str) -> None:
    """Skip with the reason; in CI a program that is missing is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI must have it")
    pytest.skip(reason)


def _postgres_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if found:
        return found[-1].parent
    on_path = shutil.which("pg_ctl")
    return Path(on_path).resolve().parent if on_path else None


class _server:  # noqa: N801  (reads as a with-statement)
    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder = programs, folder
        # The server refuses to run as root.
        self.prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self.prefix, str(self.programs / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )

    def __enter__(self) -> str:
        if self.prefix:
            shutil.chown(self.folder, "postgres")
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-A", "trust", "-U", "tracker", "--no-sync", "-E", "UTF8")
        options = f"-c listen_addresses='' -k {self.folder} -c fsync=off"
        self._run("pg_ctl", "-D", data, "-w", "-o", options, "-l", f"{self.folder}/log", "start")
        return f"postgresql://tracker@/postgres?host={self.folder}"

    def __exit__(self, *_: object) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        opened = Store.open(f"sqlite:///{tmp_path / 'tracker.db'}")
    else:
        opened = _empty_postgres(request.getfixturevalue("postgres"))
    yield opened
    opened.close()


def _empty_postgres(url: str) -> Store:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    upgrade(engine)
    engine.dispose()
    return Store.open(url)


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An empty store on SQLite, for tests whose subject is not the database."""
    opened = Store.open(f"sqlite:///{tmp_path / 'tracker.db'}")
    yield opened
    opened.close()


@pytest.fixture
def site() -> Iterator[Site]:
    """A server on loopback that answers as scripted."""
    with serving() as opened:
        yield opened


@pytest.fixture
def crawl(tmp_path: Path, site: Site) -> Iterator[Crawl]:
    """Crawls of that server, on a store of their own."""
    made = Crawl(tmp_path, site)
    yield made
    made.store.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests need Debian's chromium."""
    if CHROMIUM or os.environ.get("CI"):
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="chromium is not installed"))
