"""`tracker sources`: check, list and describe sources.yaml."""

import json
import sys
from datetime import UTC, datetime

import typer

from tracker import queries
from tracker.checkup import check_up
from tracker.commands.shared import (
    Csv,
    Institutions,
    Json,
    institution_keys,
    known_keys,
    open_store,
    print_rows,
)
from tracker.health import HealthState, summary
from tracker.settings import Settings
from tracker.sources import load_sources, schema

app = typer.Typer(help="Check, list and describe sources.yaml.", no_args_is_help=True)


@app.command("check")
def sources_check() -> None:
    """Check sources.yaml: every problem at once, with line, cause and remedy."""
    file = load_sources(Settings().sources)
    number = sum(len(entry.sources) for entry in file.institutions)
    print(f"{len(file.institutions)} institutions, {number} sources: no problems")


@app.command("list")
def sources_list(as_json: Json = False, as_csv: Csv = False) -> None:
    """List the sources and how the last read of each ended."""
    with open_store().transaction() as session:
        rows = [row.to_json() for row in queries.source_rows(session)]
    columns = ["institution", "key", "kind", "state", "reason", "documents", "url"]
    print_rows(rows, columns, as_json=as_json, as_csv=as_csv, title="Sources")


@app.command("health")
def sources_health(
    institution: Institutions = None, as_json: Json = False, as_csv: Csv = False
) -> None:
    """Say how each source is doing, why, and what to do; exit 1 where one needs a look."""
    with open_store().transaction() as session:
        keys = known_keys(institution, institution_keys(session))
        found = check_up(session, at=datetime.now(UTC), institutions=keys)
    rows = [one.to_json() for one in found]
    columns = ["institution", "key", "state", "last_good_at", "success", "cause", "remedy"]
    print_rows(rows, columns, as_json=as_json, as_csv=as_csv, title="Health of the sources")
    wrong = summary(one for one in found if one.state is not HealthState.NEVER_READ)
    if wrong:
        print(wrong, file=sys.stderr)
    raise typer.Exit(1 if wrong else 0)


@app.command("schema")
def sources_schema() -> None:
    """Print the JSON Schema of sources.yaml, for editors."""
    print(json.dumps(schema(), indent=1))
