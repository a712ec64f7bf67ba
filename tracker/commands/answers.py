"""The answers as tables: who has spoken, coverage, changes, one institution, one difference."""

import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from tracker import queries
from tracker.commands.shared import (
    Csv,
    Institutions,
    Json,
    Kinds,
    Labels,
    WrongInputError,
    institution_keys,
    known_countries,
    known_keys,
    known_labels,
    none_of,
    open_store,
    print_rows,
    print_table,
    with_standing,
)
from tracker.model import SPOKEN, ChangeClass, CoverageResult, Recommendation, SpokenResult
from tracker.shares import shares as denominators

app = typer.Typer()
POSSIBLE = "possible: found by machine, reviewed by nobody"


State = Annotated[
    list[str] | None, typer.Option("--state", help="Only these: confirmed (by people) or possible.")
]
Countries = Annotated[
    list[str] | None,
    typer.Option("--country", help="Only there: ISO 3166-1, such as GB, or EU."),
]


def _of_state(
    rows: Sequence[queries.FindingRow], states: Sequence[str] | None
) -> list[dict[str, Any]]:
    """The rows of findings in these states; raises WrongInputError where there is no such state."""
    if unknown := sorted({*(states or ())} - {*queries.STATES}):
        raise WrongInputError(
            f"no such state: {', '.join(unknown)}; there are {', '.join(queries.STATES)}"
        )
    return [row.to_json() for row in rows if not states or row.state in states]


@app.command()
def spoken(
    institution: Institutions = None,
    kind: Kinds = None,
    result: Annotated[
        list[SpokenResult] | None, typer.Option("--result", help="Only this result.")
    ] = None,
    country: Countries = None,
    state: State = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Say which institutions have spoken, with quotes, and what was searched where none was found."""
    with open_store().transaction() as session:
        rows = queries.finding_rows(
            session,
            questions=[SPOKEN],
            institutions=known_keys(institution, institution_keys(session)),
            kinds=kind or (),
            results=result or (),
            countries=known_countries(country),
        )
    columns = ["institution", "result", "reviewed", "since", "rule"]
    print_rows(
        _of_state(rows, state),
        columns,
        as_json=as_json,
        as_csv=as_csv,
        title=f"Who has spoken ({POSSIBLE})",
        none=none_of(institution, kind, result, country, state),
    )


@app.command()
def shares(as_json: Json = False, as_csv: Csv = False) -> None:
    """Say how many have spoken out of how many: core and with adjacent ones, over the census."""
    with open_store().transaction() as session:
        found = denominators(queries.finding_rows(session, questions=[SPOKEN]))
    rows = [share.to_json() for share in found]
    columns = ["kind", "scope", "census", "checked", "spoken", "possible", "share_of_checked"]
    print_rows(rows, columns, as_json=as_json, as_csv=as_csv, title="Who has spoken, out of whom")


@app.command()
def coverage(
    institution: Institutions = None,
    kind: Kinds = None,
    recommendation: Annotated[
        list[Recommendation] | None, typer.Option("--recommendation", help="Only this one.")
    ] = None,
    result: Annotated[
        list[CoverageResult] | None, typer.Option("--result", help="Only this result.")
    ] = None,
    country: Countries = None,
    state: State = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Say how institutions' policies stand to each recommendation."""
    with open_store().transaction() as session:
        rows = queries.finding_rows(
            session,
            questions=[str(code) for code in recommendation or Recommendation],
            institutions=known_keys(institution, institution_keys(session)),
            kinds=kind or (),
            results=result or (),
            countries=known_countries(country),
        )
    columns = ["institution", "recommendation", "result", "reviewed", "rule"]
    print_rows(
        _of_state(rows, state),
        columns,
        as_json=as_json,
        as_csv=as_csv,
        title=f"Recommendations ({POSSIBLE})",
        none=none_of(institution, kind, recommendation, result, country, state),
    )


@app.command()
def changes(
    institution: Institutions = None,
    change_class: Annotated[
        list[ChangeClass] | None, typer.Option("--class", help="Only of this class.")
    ] = None,
    label: Labels = None,
    since: Annotated[
        datetime | None, typer.Option("--since", help="Seen on or after this day.")
    ] = None,
    folded: Annotated[
        bool, typer.Option("--folded", help="Also flip-flops and repeats of one edit.")
    ] = False,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """List what changed, newest first."""
    with open_store().transaction() as session:
        rows = queries.change_rows(
            session,
            institutions=known_keys(institution, institution_keys(session)),
            classes=change_class or (),
            labels=known_labels(label),
            since=since.replace(tzinfo=UTC) if since else None,
            folded=folded,
        )
    columns = ["id", "seen_to", "institution", "class", "kind", "summary"]
    print_rows(
        [row.to_json() for row in rows],
        columns,
        as_json=as_json,
        as_csv=as_csv,
        title="Changes",
        none=none_of(institution, change_class, label, since),
    )


@app.command()
def institution(
    key: Annotated[str, typer.Argument(help="Its key, such as `tracker spoken` lists.")],
    as_json: Json = False,
) -> None:
    """Show everything about one institution."""
    with open_store().transaction() as session:
        known_keys([key], institution_keys(session))
        documents = [row.to_json() for row in queries.document_rows(session, institution=key)]
        questions = [SPOKEN, *map(str, Recommendation)]
        findings = queries.finding_rows(session, questions=questions, institutions=[key])
        sources = [row.to_json() for row in queries.source_rows(session, institutions=[key])]
        units = [row.to_json() for row in queries.units_that_have_spoken(session, key)]
    if as_json:
        rows = [{"question": row.question, **row.to_json()} for row in findings]
        print(
            json.dumps(
                {
                    "institution": key,
                    "findings": rows,
                    "units_that_have_spoken": units,
                    "documents": documents,
                    "sources": sources,
                },
                indent=1,
            )
        )
        return
    shown = [{"question": row.question, **row.to_json()} for row in findings]
    print_table(
        shown,
        with_standing(shown, ["question", "result", "reviewed", "possible", "rule"]),
        f"{findings[0].name}: findings",
    )
    print_table(
        documents,
        ["title", "url", "state", "versions", "words", "stated_date", "last_good_at"],
        "Documents",
    )
    print_table(sources, ["key", "kind", "state", "cause", "documents"], "Sources")
    if units:
        columns = with_standing(units, ["institution", "result", "reviewed", "since"])
        print_table(units, columns, "Units that have spoken")


@app.command()
def diff(
    document: Annotated[str, typer.Argument(help="URL or id of the document.")],
    before: Annotated[int | None, typer.Option("--from", help="Version number.")] = None,
    after: Annotated[int | None, typer.Option("--to", help="Version number.")] = None,
    as_json: Json = False,
) -> None:
    """Show what differs between two versions of a document (default: the last two)."""
    from tracker.changes import Piece, as_ansi, as_text, classify, compare, sentence_json, summary  # noqa: PLC0415

    with open_store().transaction() as session:
        wanted = {"document_id": int(document)} if document.isdigit() else {"url": document}
        found = queries.document_rows(session, **wanted)
        if not found:
            raise WrongInputError(
                f"no document is known as {document}; `tracker institution KEY` lists them"
            )
        versions = {row.number: row for row in queries.version_rows(session, found[0].id)}
        last = max(versions, default=0)
        pair = [before if before is not None else last - 1, after if after is not None else last]
        if missing := [number for number in pair if number not in versions]:
            has = ", ".join(map(str, versions)) or "none"
            raise WrongInputError(f"no version {missing[0]} of {found[0].url}; it has {has}")
        sides = [
            [
                Piece(p.text, tuple(p.heading_path.split(" › ")))
                for p in queries.passages_of(session, versions[n].id)
            ]
            for n in pair
        ]
    comparison = compare(*sides)
    if as_json:
        typed = classify(comparison)
        kind = str(typed[1]) if typed else None
        print(
            json.dumps(
                {
                    "url": found[0].url,
                    "from": pair[0],
                    "to": pair[1],
                    "kind": kind,
                    "added": comparison.added,
                    "removed": comparison.removed,
                    "changed_words": comparison.changed_words,
                    "sentences": [sentence_json(sentence) for sentence in comparison.sentences],
                },
                indent=1,
            )
        )
        return
    print(
        f"{found[0].title}\n{found[0].url}\nversion {pair[0]} → {pair[1]}: {summary(comparison) or 'no difference'}\n"
    )
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    print(as_ansi(comparison) if coloured else as_text(comparison))
