"""The public data frozen under one id, and as files: a Frictionless Data Package and its companions.

No personal data, no reviewer's name, quotes of at most 300 characters: what is said here may be cited.
"""

import csv
import hashlib
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from sqlmodel import Session

from tracker import queries
from tracker.differing import differences
from tracker.model import SPOKEN, Recommendation
from tracker.package import SEARCHED, TABLES, Table
from tracker.store.corrections import corrections
from tracker.store.heard import heard

FORMULA = ("=", "+", "-", "@", "\t", "\r")
QUOTE_LENGTH = 300
NAME = "policy-ethics-statements"
TITLE = "Policy & Ethics-Statement Tracker: findings"
DISCLAIMER = "Published text only; not a risk rating, sanctions check or clearance."
LICENCE = {
    "name": "CC-BY-4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
    "title": "Creative Commons Attribution 4.0; quotes belong to their publishers",
}

Row = dict[str, Any]


def freeze(session: Session, *, codebook: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Return the public data of the store as plain values, the same for the same store."""
    rows = _rows(session, at)
    tables = {
        table.name: [{name: row.get(name) for name in table.names} for row in rows[table.name]]
        for table in TABLES
    }
    return {
        "at": at.isoformat(),
        "demonstration": queries.overview(session).demonstration,
        "codebook": dict(codebook),
        "denominators": _denominators(session, tables),
        "tables": tables,
    }


def _rows(session: Session, at: datetime) -> dict[str, list[Row]]:
    spoken = queries.finding_rows(session, questions=[SPOKEN], at=at)
    asked = [str(code) for code in Recommendation]
    coverage = queries.finding_rows(session, questions=asked, at=at)
    institutions = queries.institution_rows(session)
    listed = {row.key for row in institutions}
    changes = [row.to_json() for row in queries.change_rows(session, folded=True)]
    documents = [row.to_json() for row in queries.document_rows(session)]
    return {
        "institutions": [{n: getattr(r, n) for n in TABLES[0].names} for r in institutions],
        "sources": [row.to_json() for row in queries.source_rows(session)],
        "documents": [row for row in documents if row["institution"] in listed],
        "spoken": [_with_search(row.to_json()) for row in spoken],
        "coverage": [_with_search(row.to_json()) for row in coverage],
        "replies": _replies(session, listed),
        "corrections": [c.to_json() for c in corrections(session) if c.institution in listed],
        "evidence": [row for finding in [*spoken, *coverage] for row in _evidence(finding)],
        "changes": [_change(row) for row in changes if row["institution"] in listed],
    }


def _replies(session: Session, listed: Collection[str]) -> list[Row]:
    rows = [
        {"institution": key, **said.to_json()}
        for key, one in heard(session).items()
        if key in listed
        for said in one.said
    ]
    return sorted(rows, key=lambda row: row["id"])


def _with_search(row: Row) -> Row:
    return {**{name: row["search_record"].get(name) for name, *_ in SEARCHED[:-1]}, **row}


def _evidence(finding: queries.FindingRow) -> Iterator[Row]:
    for row in finding.quotes():
        yield {**row, "quote": _short(row["quote"])}


def _change(row: Row) -> Row:
    quotes = {name: [_short(quote) for quote in row[name]] for name in ("added", "removed")}
    flags = {"folded": row["folded_into"], "superseded": row["superseded_at"]}
    return {**row, **quotes, **{name: value is not None for name, value in flags.items()}}


def _short(quote: str) -> str:
    return quote if len(quote) <= QUOTE_LENGTH else f"{quote[: QUOTE_LENGTH - 2].rstrip()} …"


def _denominators(session: Session, tables: Mapping[str, Sequence[Row]]) -> dict[str, int]:
    spoken, figures = tables["spoken"], queries.overview(session)
    unchecked = {"not_checked", "unreachable"}
    return {
        "institutions": len(spoken),
        "checked": sum(row["result"] not in unchecked for row in spoken),
        "confirmed_findings": sum(row["basis"] == "reviewed" for row in spoken),
        "documents_known": figures.documents_known,
        "documents_read": figures.documents_read,
    }


def content_hash(frozen: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the frozen data, whatever it is written as."""
    text = json.dumps(frozen, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def since(before: Mapping[str, Any] | None, release: str, after: Mapping[str, Any]) -> list[str]:
    """Return a change log: what differs from an earlier release, or that there is none or no difference."""
    if before is None:
        return ["The first release: there is nothing earlier to compare with."]
    found = differences(before, after)
    if not found:
        return [f"Nothing differs from release {release}."]
    return [f"Compared with release {release} of {before['at'][:10]}:", *found]


def write(
    frozen: Mapping[str, Any], folder: Path, *, release: str, changelog: Sequence[str] = ()
) -> Iterator[tuple[Path, int]]:
    """Write the package into a folder; yield each file with its rows (0 where it has none).

    What an older release did not freeze is empty.
    """
    folder.mkdir(parents=True, exist_ok=True)
    resources = []
    for table in TABLES:
        frozen_rows = frozen["tables"].get(table.name, [])
        rows = [{name: row.get(name) for name in table.names} for row in frozen_rows]
        body = _csv(table, rows)
        (folder / f"{table.name}.csv").write_bytes(body)
        resources.append(_resource(table, body))
        yield folder / f"{table.name}.csv", len(rows)
        _write_json(folder / f"{table.name}.json", rows)
        yield folder / f"{table.name}.json", len(rows)
        _write_parquet(folder / f"{table.name}.parquet", table, rows)
        yield folder / f"{table.name}.parquet", len(rows)
    described = _package(frozen, release, resources)
    yield _write_json(folder / "datapackage.json", described), 0
    yield _write_json(folder / "dataset.jsonld", _json_ld(frozen, release)), 0
    yield _write_text(folder / "CITATION.cff", _citation(frozen, release)), 0
    yield _write_text(folder / "codebook.yaml", _yaml(frozen["codebook"])), 0
    lines = changelog or ["What differs from the release before was not recorded."]
    text = f"# Release {release}\n\n" + "\n".join(f"* {line}" for line in lines) + "\n"
    yield _write_text(folder / "DATA-CHANGELOG.md", text), 0


def cell(value: Any) -> Any:
    """Return a CSV cell: lists as JSON, and nothing that a spreadsheet would run as a formula."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA) else text


def _csv(table: Table, rows: Sequence[Row]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, table.names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _csv_cell(kind, row[name]) for name, kind, _ in table.columns})
    return out.getvalue().encode()


def _csv_cell(kind: str, value: Any) -> Any:
    if kind == "boolean" and value is not None:
        return "true" if value else "false"
    return cell(value)


def _write_parquet(path: Path, table: Table, rows: Sequence[Row]) -> None:
    import pandas as pd  # noqa: PLC0415  (half a second to import)

    frame = pd.DataFrame(
        {
            name: pd.Series([_column(kind, row[name]) for row in rows], dtype=_DTYPES[kind])
            for name, kind, _ in table.columns
        }
    )
    frame.to_parquet(path, index=False)


_DTYPES = {
    "string": "str",
    "integer": "Int64",
    "boolean": "boolean",
    "date": "str",
    "datetime": "datetime64[us, UTC]",
    "array": "object",
    "object": "str",
}


def _column(kind: str, value: Any) -> Any:
    if kind == "object":
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return datetime.fromisoformat(value) if kind == "datetime" and value else value


def _resource(table: Table, body: bytes) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [
            {"name": name, "type": kind, "description": said}
            | ({"format": "any"} if kind == "datetime" else {})
            for name, kind, said in table.columns
        ]
    }
    if table.key:
        schema["primaryKey"] = list(table.key)
    if table.refers:
        schema["foreignKeys"] = [
            {
                "fields": ["institution"],
                "reference": {"resource": "institutions", "fields": ["key"]},
            }
        ]
    return {
        "name": table.name,
        "title": table.title,
        "path": f"{table.name}.csv",
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(body),
        "hash": f"sha256:{hashlib.sha256(body).hexdigest()}",
        "schema": schema,
    }


def _package(
    frozen: Mapping[str, Any], release: str, resources: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": NAME,
        "title": _title(frozen),
        "description": DISCLAIMER,
        "version": release,
        "created": frozen["at"],
        "licenses": [LICENCE],
        "contentHash": f"sha256:{content_hash(frozen)}",
        "codebookVersion": frozen["codebook"].get("version"),
        "denominators": frozen["denominators"],
        "resources": list(resources),
    }


def _title(frozen: Mapping[str, Any]) -> str:
    return f"DEMONSTRATION, invented institutions. {TITLE}" if frozen["demonstration"] else TITLE


def _json_ld(frozen: Mapping[str, Any], release: str) -> dict[str, Any]:
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": _title(frozen),
        "description": (
            "What institutions publish on China, surveillance and safeguards in research "
            f"partnerships, with quotes, dates and search records. {DISCLAIMER}"
        ),
        "version": release,
        "dateModified": frozen["at"],
        "license": LICENCE["path"],
        "isAccessibleForFree": True,
        "distribution": [
            {
                "@type": "DataDownload",
                "name": f"{table.title} ({form})",
                "encodingFormat": media,
                "contentUrl": f"{table.name}.{form}",
            }
            for table in TABLES
            for form, media in (
                ("csv", "text/csv"),
                ("parquet", "application/vnd.apache.parquet"),
            )
        ],
    }


def _citation(frozen: Mapping[str, Any], release: str) -> str:
    return _yaml(
        {
            "cff-version": "1.2.0",
            "message": "If you use this data, please cite it as below.",
            "type": "dataset",
            "title": _title(frozen),
            "version": release,
            "date-released": frozen["at"][:10],
            "license": LICENCE["name"],
            "authors": [{"name": "Policy & Ethics-Statement Tracker"}],
            "abstract": DISCLAIMER,
        }
    )


def _yaml(value: Any) -> str:
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100))


def _write_json(path: Path, value: Any) -> Path:
    return _write_text(path, json.dumps(value, ensure_ascii=False, indent=1))


def _write_text(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
