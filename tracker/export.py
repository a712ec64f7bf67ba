"""The public data as files: CSV and JSON of findings, changes, sources and documents."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlmodel import Session

from tracker import queries
from tracker.model import SPOKEN, Recommendation

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(session: Session, folder: Path) -> Iterator[tuple[Path, int]]:
    """Write one CSV and one JSON file a table into a folder; yield each path with its rows."""
    folder.mkdir(parents=True, exist_ok=True)
    coverage = queries.finding_rows(session, questions=[str(code) for code in Recommendation])
    tables = {
        "spoken": [row.to_json() for row in queries.finding_rows(session, questions=[SPOKEN])],
        "coverage": [row.to_json() for row in coverage],
        "changes": [row.to_json() for row in queries.change_rows(session, folded=True)],
        "sources": [row.to_json() for row in queries.source_rows(session)],
        "documents": [row.to_json() for row in queries.document_rows(session)],
    }
    for name, rows in tables.items():
        yield _write_json(folder / f"{name}.json", rows), len(rows)
        yield _write_csv(folder / f"{name}.csv", rows), len(rows)


def _write_json(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def _write_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else [])
        writer.writeheader()
        writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    return path


def cell(value: Any) -> Any:
    """Return a CSV cell: lists as JSON, and nothing that a spreadsheet would run as a formula."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA) else text
