"""`tracker sources`: check, list and describe sources.yaml."""

import json

import typer

from tracker import queries
from tracker.commands.shared import Csv, Json, open_store, print_rows
from tracker.settings import load_settings
from tracker.sources import load_sources, schema

app = typer.Typer(help="Check, list and describe sources.yaml.", no_args_is_help=True)


@app.command("check")
def sources_check() -> None:
    """Check sources.yaml: every problem at once, with line, cause and remedy."""
    file = load_sources(load_settings().sources)
    number = sum(len(entry.sources) for entry in file.institutions)
    print(f"{len(file.institutions)} institutions, {number} sources: no problems")


@app.command("list")
def sources_list(as_json: Json = False, as_csv: Csv = False) -> None:
    """List the sources and how the last read of each ended."""
    with open_store().transaction() as session:
        rows = [row.to_json() for row in queries.source_rows(session)]
    columns = ["institution", "key", "kind", "state", "reason", "documents", "url"]
    print_rows(rows, columns, as_json=as_json, as_csv=as_csv, title="Sources")


@app.command("schema")
def sources_schema() -> None:
    """Print the JSON Schema of sources.yaml, for editors."""
    print(json.dumps(schema(), indent=1))
