"""Upkeep and the app: verify, export, db upgrade, serve, demo."""

import errno
import json
import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from tracker.commands.archives import export_warc
from tracker.commands.releases import export_package
from tracker.commands.shared import Institutions, Json, WrongInputError, open_store, writing_to
from tracker.settings import load_settings
from tracker.store import Store, jobs, upgrade
from tracker.store.integrity import damage
from tracker.wording import number

ROOT = Path(__file__).resolve().parent.parent.parent

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="On which the app is reached.")]

app = typer.Typer()
db_app = typer.Typer(help="The database's schema.", no_args_is_help=True)
app.add_typer(db_app, name="db")


@app.command()
def verify(as_json: Json = False) -> None:
    """Check that payloads, texts and the chain of runs are what was recorded; exit 1 if not."""
    with open_store().transaction() as session:
        found = list(damage(session))
    if as_json:
        print(json.dumps({"damaged": [one.to_json() for one in found]}))
    else:
        print(
            "\n".join(map(str, found))
            if found
            else "clean: every payload, text and run is what was recorded"
        )
    raise typer.Exit(1 if found else 0)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where to write; made if it is not there.")],
    release: Annotated[str | None, typer.Option("--release", help="The id of a release.")] = None,
    warc: Annotated[bool, typer.Option("--warc", help="The evidence instead, as WARC.")] = False,
    institution: Institutions = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="Of --warc.")] = None,
) -> None:
    """Write the public data: a Frictionless Data Package with CSV, Parquet, JSON and a citation.

    With --warc: the captures themselves, as files that web-archive players open.
    """
    if warc:
        export_warc(folder, institution, since)
    elif institution or since:
        raise WrongInputError("--institution and --since go with --warc; leave them out")
    else:
        export_package(folder, release)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A new file, such as tracker.backup.")],
    subscribers: Annotated[
        bool,
        typer.Option("--subscribers/--without-subscribers", help="Addresses and deliveries, too."),
    ] = True,
) -> None:
    """Write the whole store into one file, from which either database can be restored."""
    from tracker.store.backup import dump  # noqa: PLC0415

    if file.exists():
        raise WrongInputError(f"{file} exists already; choose another name")
    part = file.with_name(f"{file.name}.part")
    with open_store().transaction() as session, writing_to(file), part.open("wb") as out:
        rows = dump(session, out, at=datetime.now(UTC), subscribers=subscribers)
    part.replace(file)
    print(f"{file}: {number(rows, 'row')}, {_size(file)}")
    if subscribers:
        print("It holds subscribers' addresses: keep it as safe as the store.", file=sys.stderr)


def _size(file: Path) -> str:
    """Return a file's size as people read it."""
    return f"{file.stat().st_size / 1e6:.1f} MB"


@app.command()
def restore(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="What `tracker backup` wrote.")
    ],
    damaged: Annotated[
        bool, typer.Option("--damaged", help="Only what is damaged in this store, which is kept.")
    ] = False,
) -> None:
    """Fill an empty store from a backup, all or nothing, and check the evidence."""
    from tracker.store.backup import BackupError, load  # noqa: PLC0415
    from tracker.store.mending import mend  # noqa: PLC0415

    store = open_store()
    try:
        if damaged:
            with store.transaction() as session:
                mended, missing = mend(session, file)
            print(
                f"{mended} brought back; {missing} still damaged, which this backup does not hold whole"
            )
            raise typer.Exit(1 if missing else 0)
        with store.transaction() as session, file.open("rb") as given:
            rows = load(session, given)
            found = list(damage(session))
    except BackupError as error:
        raise WrongInputError(f"{file}: {error}") from None
    print(
        f"{number(rows, 'row')} restored; "
        + ("\n".join(map(str, found)) or "the evidence is clean")
    )
    raise typer.Exit(1 if found else 0)


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Bring the database's schema to this program's."""
    store = Store.open(load_settings().store_url, migrate=False)
    upgrade(store.engine)
    if store.engine.dialect.name == "postgresql" and jobs.has_engine():
        jobs.install(store.engine)
    print("the schema is up to date")


@app.command()
def serve(
    port: Port = 8501,
    address: Annotated[
        str, typer.Option("--address", help="0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
) -> None:
    """Open the app; its own links name this port, unless TRACKER_PUBLIC_URL says otherwise."""
    _can_listen(port, address)
    _serve(port, address, os.environ.copy())


def _can_listen(port: int, address: str) -> None:
    """Raise WrongInputError where nobody can listen there: it is said before anything is announced."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server itself does
            trial.bind((address, port))
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "is in use by another program" if taken else f"cannot be used ({error.strerror})"
        said = f"port {port} of {address} {why}; "
        raise WrongInputError(f"{said}choose another, such as --port {_next(port)}") from None


def _next(port: int) -> int:
    return port + 1 if 1024 <= port < 65535 else 8501


def _own_url(port: int, address: str) -> str:
    """Return how a browser on this machine reaches the app."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(address, address)  # noqa: S104  (compared, not bound)
    return f"http://[{host}]:{port}" if ":" in host and "[" not in host else f"http://{host}:{port}"


def _serve(port: int, address: str, environment: dict[str, str]) -> None:
    """Become the app's server; paths in the environment are made to hold from its folder."""
    settings = load_settings()
    environment["TRACKER_DATA_DIR"] = str(
        Path(environment.get("TRACKER_DATA_DIR", settings.data_dir)).resolve()
    )
    environment["TRACKER_SOURCES"] = str(settings.sources.resolve())
    own = _own_url(port, address)
    if not environment.get("TRACKER_PUBLIC_URL"):
        environment["TRACKER_PUBLIC_URL"] = own
        if own != settings.public_url:
            print(
                f"for mail and feeds with links to it, set TRACKER_PUBLIC_URL={own}",
                file=sys.stderr,
            )
    os.chdir(ROOT)
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    options = {
        "server.address": address,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        # Unset, Streamlit asks a service of a third party what this machine's public address is.
        "browser.serverAddress": urlsplit(environment["TRACKER_PUBLIC_URL"]).hostname,
        "browser.gatherUsageStats": "false",
    }
    command += [f"--{name}={value}" for name, value in options.items()]
    print(f"the app is at {own}", file=sys.stderr)
    os.execve(sys.executable, command, environment)  # noqa: S606  (our own program)


@app.command()
def demo(
    no_app: Annotated[bool, typer.Option("--no-app", help="Play only.")] = False,
    port: Port = 8501,
) -> None:
    """Play the whole chain on invented institutions, then open the app."""
    from tracker.demo.play import DemoRefusedError, demo_environment, play  # noqa: PLC0415

    if not no_app:
        _can_listen(port, "127.0.0.1")
    public_url = os.environ.get("TRACKER_PUBLIC_URL") or _own_url(port, "127.0.0.1")
    try:
        play(lambda line: print(line, flush=True), public_url=public_url)
    except DemoRefusedError as error:
        raise WrongInputError(str(error)) from None
    if not no_app:
        environment = {**os.environ, **demo_environment(), "TRACKER_PUBLIC_URL": public_url}
        _serve(port, "127.0.0.1", environment)
