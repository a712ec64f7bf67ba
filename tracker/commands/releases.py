"""Data out: releases that can be cited, and their files."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import Session

from tracker.coding.codebook import load_codebook
from tracker.commands.shared import Json, WrongInputError, open_store, print_rows, writing_to
from tracker.export import content_hash, freeze, since, write
from tracker.nearness import nearest
from tracker.store.releases import ReleaseRow, frozen_data, record_release, releases
from tracker.wording import number

app = typer.Typer()
UNRELEASED = "unreleased"


@app.command()
def release(
    note: Annotated[str, typer.Option("--note", help="Why, for those who cite it.")] = "",
    listed: Annotated[bool, typer.Option("--list", help="List the releases.")] = False,
    as_json: Json = False,
) -> None:
    """Freeze findings, codebook, sources, denominators and review state under one id."""
    with open_store().transaction() as session:
        known = releases(session)
        if not listed:
            known = [*known, _release(session, known, note)]
    if listed:
        columns = ["id", "at", "note", "sha256"]
        rows = [_row(found) for found in known]
        none = "none is made yet; `tracker release` makes one"
        print_rows(rows, columns, as_json=as_json, as_csv=False, title="Releases", none=none)
    elif as_json:
        print(json.dumps(_row(known[-1])))
    else:
        made = known[-1]
        print(f"release {made.id}: sha256 {made.sha256}; `tracker export DIR --release {made.id}`")


def _release(session: Session, known: Sequence[ReleaseRow], note: str) -> ReleaseRow:
    now = datetime.now(UTC)
    frozen = freeze(session, codebook=_codebook(), at=now)
    if not frozen["denominators"]["documents_read"]:
        raise WrongInputError("nothing has been read yet, so there is nothing to release")
    frozen["changelog"] = _since_last(session, known, frozen)
    return record_release(session, frozen, sha256=content_hash(frozen), note=note, at=now)


def _since_last(
    session: Session, known: Sequence[ReleaseRow], frozen: Mapping[str, Any]
) -> list[str]:
    last = frozen_data(session, known[-1].id) if known else None
    return since(last, known[-1].id if known else "", frozen)


def _row(found: ReleaseRow) -> dict[str, Any]:
    return {
        "id": found.id,
        "at": found.at.isoformat(),
        "note": found.note,
        "sha256": found.sha256,
    }


def _codebook() -> dict[str, Any]:
    codebook = load_codebook()
    return {
        "version": codebook.version,
        "coder": codebook.coder_name,
        "recommendations": {
            str(code): entry.model_dump(mode="json")
            for code, entry in codebook.recommendations.items()
        },
    }


def export_package(folder: Path, release_id: str | None) -> None:
    """Write a release's files, or without one those of the store as it is."""
    with open_store().transaction() as session:
        if release_id is None:
            frozen = freeze(session, codebook=_codebook(), at=datetime.now(UTC))
            name, changelog = UNRELEASED, _since_last(session, releases(session), frozen)
        else:
            frozen, name = _frozen(session, release_id), release_id
            changelog = frozen.get("changelog", [])
    _of_no_other(folder, name)
    with writing_to(folder):
        written = list(write(frozen, folder, release=name, changelog=changelog))
    for path, rows in written:
        print(f"{path}: {number(rows, 'row')}" if rows else path)
    print(f"content hash sha256:{content_hash(frozen)}")
    if release_id is None:
        print("Not a release: it cannot be cited. `tracker release` freezes one.", file=sys.stderr)


def _of_no_other(folder: Path, name: str) -> None:
    """Refuse a folder that holds another release: what was cited must not change under its name."""
    package = folder / "datapackage.json"
    if not package.exists():
        return
    there = json.loads(package.read_text(encoding="utf-8")).get("version")
    if there not in {name, UNRELEASED}:
        raise WrongInputError(f"{folder} holds release {there}; choose another folder")


def _frozen(session: Session, release_id: str) -> dict[str, Any]:
    known = [row.id for row in releases(session)]
    if release_id not in known:
        guess = nearest(release_id, known)
        hint = f'did you mean "{guess}"?' if guess else "`tracker release --list` names them"
        raise WrongInputError(f'there is no release "{release_id}"; {hint}')
    return frozen_data(session, release_id)
