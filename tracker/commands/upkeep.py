"""Upkeep and the app: verify, export, db upgrade, serve, demo."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tracker.commands.archives import day, midnight
from tracker.commands.shared import (
    Institutions,
    Json,
    WrongInputError,
    institution_keys,
    known_keys,
    open_store,
)
from tracker.settings import Settings
from tracker.store import Store, upgrade
from tracker.store.integrity import damage

ROOT = Path(__file__).resolve().parent.parent.parent

app = typer.Typer()
db_app = typer.Typer(help="The database's schema.", no_args_is_help=True)
app.add_typer(db_app, name="db")


@app.command()
def verify(as_json: Json = False) -> None:
    """Check that payloads, texts and the chain of runs are what was recorded; exit 1 if not."""
    with open_store().transaction() as session:
        found = list(damage(session))
    if as_json:
        print(json.dumps({"damaged": found}))
    else:
        print(
            "\n".join(found) if found else "clean: every payload, text and run is what was recorded"
        )
    raise typer.Exit(1 if found else 0)


@app.command()
def export(
    folder: Path,
    warc: Annotated[bool, typer.Option("--warc", help="The evidence, as WARC files.")] = False,
    institution: Institutions = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DATE")] = None,
) -> None:
    """Write findings, changes, sources and documents as CSV and JSON; or the evidence as WARC."""
    from tracker.export import write  # noqa: PLC0415

    if warc:
        _export_warc(folder, institution, since)
        return
    if institution or since:
        raise WrongInputError("--institution and --since go with --warc; leave them out")
    with open_store().transaction() as session:
        for path, number in write(session, folder):
            print(f"{path}: {number} rows")


def _export_warc(folder: Path, institutions: list[str] | None, since: str | None) -> None:
    from tracker.warc_export import write_warc  # noqa: PLC0415

    first, now = midnight(day(since, "--since")), datetime.now(UTC)
    with open_store().transaction() as session:
        keys = known_keys(institutions, institution_keys(session))
        for written in write_warc(session, folder, institutions=keys, since=first, at=now):
            print(f"{written.path}: {written.captures} captures")


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Bring the database's schema to this program's."""
    store = Store.open(Settings().store_url, migrate=False)
    upgrade(store.engine)
    print("the schema is up to date")


@app.command()
def serve(
    port: Annotated[int, typer.Option("--port")] = 8501,
    address: Annotated[str, typer.Option("--address")] = "127.0.0.1",
) -> None:
    """Open the app."""
    _serve(port, address, os.environ.copy())


def _serve(port: int, address: str, environment: dict[str, str]) -> None:
    """Become the app's server; paths in the environment are made to hold from its folder."""
    settings = Settings()
    environment["TRACKER_DATA_DIR"] = str(
        Path(environment.get("TRACKER_DATA_DIR", settings.data_dir)).resolve()
    )
    environment["TRACKER_SOURCES"] = str(settings.sources.resolve())
    os.chdir(ROOT)
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    options = {
        "server.address": address,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    command += [f"--{name}={value}" for name, value in options.items()]
    print(f"the app is at http://{address}:{port}", file=sys.stderr)
    os.execve(sys.executable, command, environment)  # noqa: S606  (our own program)


@app.command()
def demo(
    no_app: Annotated[bool, typer.Option("--no-app", help="Play only.")] = False,
    port: Annotated[int, typer.Option("--port")] = 8501,
) -> None:
    """Play the whole chain on invented institutions, then open the app."""
    from tracker.demo.play import DemoRefusedError, demo_environment, play  # noqa: PLC0415

    try:
        play(lambda line: print(line, flush=True))
    except DemoRefusedError as error:
        raise WrongInputError(str(error)) from None
    if not no_app:
        _serve(port, "127.0.0.1", {**os.environ, **demo_environment()})
