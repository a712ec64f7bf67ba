"""The public data frozen under one id, and as files: a Frictionless Data Package and its companions.

No personal data, no reviewer's name, quotes of at most 300 characters: what is said here may be cited.
"""

import csv
import hashlib
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from sqlmodel import Session

from tracker import queries
from tracker.model import SPOKEN, Recommendation
from tracker.store.replies import corrections, heard

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


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the package: its columns as (name, Table Schema type, what it says)."""

    name: str
    title: str
    columns: tuple[tuple[str, str, str], ...]
    key: tuple[str, ...]
    refers: bool = True  # to institutions, by the column "institution"

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [name for name, *_ in self.columns]


_INSTITUTION = ("institution", "string", "key of the institution")
_FINDING = (
    ("result", "string", "result code of the codebook"),
    ("basis", "string", "machine or reviewed"),
    ("reviewed", "string", "how many people confirmed it: none, one or two"),
    ("possible", "string", "what unreviewed machine codings would make it"),
    ("possible_quotes", "integer", "machine quotes awaiting review"),
    ("rule", "string", "the rule that decided"),
    ("disputed", "boolean", "the institution disputes it; its reply is in the table of replies"),
    ("under_reply", "boolean", "the institution was asked and its time to reply runs"),
    ("withheld", "boolean", "the confirmed result waits for the institution's reply"),
    ("asked_at", "datetime", "when the institution was asked about it"),
    ("reply_due", "datetime", "until when its reply stands beside the finding from the start"),
)
_SEARCHED = (
    ("documents_read", "integer", "documents read"),
    ("documents_known", "integer", "documents known"),
    ("sources_failed", "integer", "starting points that failed"),
    ("period_from", "date", "earliest stated date among what was read"),
    ("period_to", "date", "latest stated date among what was read"),
    ("search_record", "object", "all that was looked at, and what was not"),
)
TABLES = (
    Table(
        "institutions",
        "Institutions in scope",
        (
            ("key", "string", "permanent key"),
            ("name", "string", "name"),
            ("kind", "string", "kind of institution"),
            ("country", "string", "ISO 3166-1 code, or EU"),
            ("homepage", "string", "homepage"),
            ("group", "string", "core or adjacent"),
            ("parent", "string", "key of the institution it belongs to"),
        ),
        ("key",),
        refers=False,
    ),
    Table(
        "sources",
        "Declared places to look, and how each is doing",
        (
            _INSTITUTION,
            ("key", "string", "key of the source"),
            ("kind", "string", "feed, sitemap, listing, page or document"),
            ("url", "string", "address"),
            ("state", "string", "how it is doing, as of the last read"),
            ("cause", "string", "what that rests on"),
            ("reason", "string", "why it failed"),
            ("last_good_at", "datetime", "last good read"),
            ("documents", "integer", "documents held from it"),
        ),
        ("institution", "key"),
    ),
    Table(
        "documents",
        "Documents known, with the hashes of what was read",
        (
            _INSTITUTION,
            ("url", "string", "canonical address"),
            ("title", "string", "title"),
            ("state", "string", "whether it can be read"),
            ("genre", "string", "sort of text"),
            ("voice", "string", "who speaks"),
            ("versions", "integer", "versions seen"),
            ("words", "integer", "words of the latest version"),
            ("language", "string", "ISO 639-1 code"),
            ("stated_date", "datetime", "the date it states"),
            ("stated_basis", "string", "stated, inferred or unknown"),
            ("first_seen", "datetime", "first capture"),
            ("last_good_at", "datetime", "last good read"),
            ("text_sha256", "string", "hash of the latest text"),
            ("payload_sha256", "string", "hash of the bytes it was read from"),
        ),
        ("url",),
    ),
    Table(
        "spoken",
        "Who has spoken",
        (
            _INSTITUTION,
            *_FINDING,
            ("since", "datetime", "earliest stated date of a statement"),
            ("latest", "datetime", "latest stated date"),
            ("undated", "integer", "statements without a stated date"),
            *_SEARCHED,
        ),
        ("institution",),
    ),
    Table(
        "coverage",
        "Institutions and recommendations",
        (
            _INSTITUTION,
            ("recommendation", "string", "R1 to R6"),
            *_FINDING,
            *_SEARCHED,
        ),
        ("institution", "recommendation"),
    ),
    Table(
        "evidence",
        "The quotes that findings rest on",
        (
            _INSTITUTION,
            ("question", "string", "spoken, or R1 to R6"),
            ("number", "integer", "its place among the finding's quotes"),
            ("quote", "string", "exact words, at most 300 characters"),
            ("url", "string", "document"),
            ("title", "string", "title of the document"),
            ("heading_path", "string", "headings above it"),
            ("stated_date", "datetime", "the date the document states"),
            ("version", "integer", "version of the document"),
            ("labels", "array", "labels of the codebook"),
            ("reviewed", "string", "none, one or two"),
            ("earlier_wording", "boolean", "people judged words that have since been edited"),
            ("on_page", "boolean", "whether the document could be read at the last check"),
        ),
        ("institution", "question", "number"),
    ),
    Table(
        "replies",
        "What institutions say of findings, in full",
        (
            _INSTITUTION,
            ("id", "integer", "number of the reply"),
            ("received_at", "datetime", "when it was received"),
            ("host", "string", "official host that it came from"),
            ("questions", "array", "findings that it is about"),
            ("disputes", "array", "findings that it disputes, as far as the dispute is open"),
            ("text", "string", "its words"),
        ),
        ("id",),
    ),
    Table(
        "corrections",
        "Public corrections of findings",
        (
            _INSTITUTION,
            ("id", "integer", "number of the correction"),
            ("question", "string", "spoken, or R1 to R6"),
            ("at", "datetime", "when it was corrected"),
            ("result_then", "string", "result of the finding at that time"),
            ("note", "string", "what was wrong, and what is right"),
        ),
        ("id",),
    ),
    Table(
        "changes",
        "What changed, and between which captures",
        (
            ("id", "integer", "number of the change in this store, as in the address of its page"),
            _INSTITUTION,
            ("url", "string", "document"),
            ("title", "string", "title of the document"),
            ("class", "string", "material, minor, availability, record or technical"),
            ("kind", "string", "kind of the change"),
            ("seen_from", "datetime", "last capture before it"),
            ("seen_to", "datetime", "first capture that shows it"),
            ("added", "array", "sentences as they read now"),
            ("removed", "array", "sentences as they read before"),
            ("labels", "array", "labels of the passages it touches"),
            ("summary", "string", "one sentence about the text"),
            ("confirmed", "boolean", "a second read showed it too"),
            ("imported", "boolean", "from imported history"),
            ("folded", "boolean", "part of another change"),
            ("superseded", "boolean", "an older capture showed that it happened otherwise"),
        ),
        ("id",),
    ),
)


def freeze(session: Session, *, codebook: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Return the public data of the store as plain values, the same for the same store."""
    rows = _rows(session)
    tables = {
        table.name: [{name: row.get(name) for name in table.names} for row in rows[table.name]]
        for table in TABLES
    }
    return {
        "at": at.isoformat(),
        "demonstration": queries.overview(session).demonstration,
        "codebook": dict(codebook),
        "denominators": _denominators(tables),
        "tables": tables,
    }


def _rows(session: Session) -> dict[str, list[Row]]:
    spoken = queries.finding_rows(session, questions=[SPOKEN])
    coverage = queries.finding_rows(session, questions=[str(code) for code in Recommendation])
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
    return {**{name: row["search_record"].get(name) for name, *_ in _SEARCHED[:-1]}, **row}


def _evidence(finding: queries.FindingRow) -> Iterator[Row]:
    shown = finding.to_json()
    for number, item in enumerate(shown["evidence"], 1):
        place = {"institution": finding.institution, "question": finding.question}
        yield {**item, **place, "number": number, "quote": _short(item["quote"])}


def _change(row: Row) -> Row:
    quotes = {name: [_short(quote) for quote in row[name]] for name in ("added", "removed")}
    flags = {"folded": row["folded_into"], "superseded": row["superseded_at"]}
    return {**row, **quotes, **{name: value is not None for name, value in flags.items()}}


def _short(quote: str) -> str:
    return quote if len(quote) <= QUOTE_LENGTH else f"{quote[: QUOTE_LENGTH - 2].rstrip()} …"


def _denominators(tables: Mapping[str, Sequence[Row]]) -> dict[str, int]:
    spoken = tables["spoken"]
    unchecked = {"not_checked", "unreachable"}
    return {
        "institutions": len(spoken),
        "checked": sum(row["result"] not in unchecked for row in spoken),
        "confirmed_findings": sum(row["basis"] == "reviewed" for row in spoken),
        "documents_known": len(tables["documents"]),
        "documents_read": sum(bool(row["versions"]) for row in tables["documents"]),
    }


def content_hash(frozen: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the frozen data, whatever it is written as."""
    text = json.dumps(frozen, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return, a line each, which results differ between two frozen states."""
    had, have = _results(before), _results(after)
    lines = [
        f"{' '.join(place)}: {had.get(place, 'not in scope')} → {have.get(place, 'not in scope')}"
        for place in sorted(had.keys() | have.keys())
        if had.get(place) != have.get(place)
    ]
    old, new = before["codebook"].get("version"), after["codebook"].get("version")
    return [*([f"codebook: {old} → {new}"] if old != new else []), *lines]


def _results(frozen: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    tables = frozen["tables"]
    return {
        (row["institution"], row.get("recommendation", SPOKEN)): (
            f"{row['result']} (reviewed: {row['reviewed']})"
        )
        for row in [*tables["spoken"], *tables["coverage"]]
    }


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
    lines = changelog or ["Nothing earlier to compare with."]
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
