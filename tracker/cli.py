"""The `tracker` command: parse, call, print, exit code. Knows no rule and no SQL."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from tracker import queries
from tracker.coding import evaluation
from tracker.coding.codebook import load_codebook
from tracker.export import cell
from tracker.model import (
    SPOKEN,
    Cadence,
    ChangeClass,
    Channel,
    CoverageResult,
    InstitutionKind,
    Recommendation,
    SpokenResult,
)
from tracker.settings import Settings
from tracker.sources import SourcesError, load_sources, nearest, schema
from tracker.store import Store, StoreError, upgrade
from tracker.store.integrity import damage

WRONG_INPUT = 2
INTERRUPTED = 130
ROOT = Path(__file__).resolve().parent.parent

app = typer.Typer(
    help="Watch what institutions publish on China, surveillance and research partnerships.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
sources_app = typer.Typer(help="Check, list and describe sources.yaml.", no_args_is_help=True)
alerts_app = typer.Typer(help="Subscriptions and deliveries.", no_args_is_help=True)
db_app = typer.Typer(help="The database's schema.", no_args_is_help=True)
app.add_typer(sources_app, name="sources")
app.add_typer(alerts_app, name="alerts")
app.add_typer(db_app, name="db")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
Institutions = Annotated[list[str] | None, typer.Option("--institution", help="Only this key.")]
Kinds = Annotated[list[InstitutionKind] | None, typer.Option("--kind", help="Only this kind.")]


class WrongInputError(Exception):
    """A person asked for something that cannot be; the message says what and what to do."""


def main() -> None:
    """Run the command; wrong input is one message and exit code 2."""
    try:
        app()
    except (
        WrongInputError,
        SourcesError,
        StoreError,
        evaluation.InputError,
    ) as error:
        print(error, file=sys.stderr)
        sys.exit(WRONG_INPUT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open() -> Store:
    return Store.open(Settings().store_url)


def _print(
    rows: Sequence[dict[str, Any]],
    columns: Sequence[str],
    *,
    as_json: bool,
    as_csv: bool,
    title: str,
) -> None:
    """Print rows as JSON, as CSV with every column, or as a table of some columns."""
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    elif as_csv:
        names = list(rows[0]) if rows else list(columns)
        writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: cell(v) for k, v in row.items()} for row in rows)
    else:
        _table(rows, columns, title)


def _table(rows: Sequence[dict[str, Any]], columns: Sequence[str], title: str) -> None:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415  (slow to import)
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console()
    if not rows:
        console.print(
            f"{title}: nothing yet. `tracker run` reads your sources; `make demo` shows an example."
        )
        return
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        last = column == columns[-1]
        table.add_column(column.replace("_", " "), overflow="fold", no_wrap=not last)
    for row in rows:
        table.add_row(*[Text(_words(row.get(column))) for column in columns])
    console.print(table)


def _words(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    text = str(value)
    if not _MOMENT.match(text):
        return text
    return text[:10] if text[11:16] == "00:00" else text[:16].replace("T", " ")


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def _known(keys: Iterable[str] | None, known: Sequence[str]) -> list[str]:
    """Return the keys that were asked for; raises WrongInputError naming the nearest."""
    problems = []
    for key in keys or []:
        if key not in known:
            guess = nearest(key, known)
            hint = (
                f'; did you mean "{guess}"?' if guess else "; `tracker sources list` names them all"
            )
            problems.append(f'no institution has the key "{key}"{hint}')
    if problems:
        raise WrongInputError("\n".join(problems))
    return list(keys or [])


# Fetching


def _crawl(arguments: Sequence[str], *, capture: bool = False) -> subprocess.CompletedProcess[str]:
    """Start the crawler in a process of its own; its progress goes to our standard error."""
    command = [sys.executable, "-m", "crawler", "crawl", *arguments]
    return subprocess.run(  # noqa: S603  (our own program; arguments are a list, not a shell line)
        command, check=False, text=True, stdout=subprocess.PIPE if capture else None
    )


def _crawl_arguments(
    keys: Sequence[str] | None, kind: InstitutionKind | None, max_pages: int | None, *, due: bool
) -> list[str]:
    arguments = [*(keys or []), "--json"]
    arguments += ["--kind", kind] if kind else []
    arguments += ["--max-pages", str(max_pages)] if max_pages is not None else []
    return arguments + (["--due"] if due else [])


Keys = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY]...", help="institution or institution/source")
]
Kind = Annotated[
    InstitutionKind | None, typer.Option("--kind", help="Only institutions of this kind.")
]
MaxPages = Annotated[
    int | None, typer.Option("--max-pages", min=1, help="Most documents of a source.")
]
Due = Annotated[bool, typer.Option("--due", help="Only documents that are new or due.")]


@app.command()
def crawl(
    keys: Keys = None,
    kind: Kind = None,
    max_pages: MaxPages = None,
    due: Due = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be read.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch what sources.yaml declares and what is known from it."""
    arguments = _crawl_arguments(keys, kind, max_pages, due=due)
    if dry_run:
        arguments.append("--dry-run")
    if not as_json:
        arguments.remove("--json")
    raise typer.Exit(_crawl(arguments).returncode)


@app.command()
def update(
    recode: Annotated[bool, typer.Option("--recode", help="Assess everything anew.")] = False,
    at: Annotated[datetime | None, typer.Option(hidden=True)] = None,
    as_json: Json = False,
) -> None:
    """Derive what is missing: versions, passages, codings, changes, findings, deliveries."""
    from tracker.update import update as derive  # noqa: PLC0415  (loads the extractors)

    now = datetime.now(UTC) if at is None else at.replace(tzinfo=at.tzinfo or UTC)
    made = derive(_open(), Settings(), at=now, recode=recode, told=_told)
    if as_json:
        print(json.dumps({name: getattr(made, name) for name in made.__dataclass_fields__}))
    else:
        print(
            f"{made.new_versions} new versions, {made.quarantined} captures set aside, "
            f"{made.coded} passages coded, {made.changes} changes, {made.owed} deliveries owed",
            file=sys.stderr,
        )


def _told(stage: str, done: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{stage}: {done}   ", end="", file=sys.stderr, flush=True)


@app.command()
def run(
    keys: Keys = None,
    kind: Kind = None,
    max_pages: MaxPages = None,
    due: Due = False,
    as_json: Json = False,
) -> None:
    """Crawl, update and send once; for cron."""
    from tracker.alerts.outbox import send_due  # noqa: PLC0415
    from tracker.update import update as derive  # noqa: PLC0415

    crawled = _crawl(_crawl_arguments(keys, kind, max_pages, due=due), capture=True)
    if crawled.returncode not in {0, INTERRUPTED}:
        raise typer.Exit(crawled.returncode)
    store, settings, now = _open(), Settings(), datetime.now(UTC)
    made = derive(store, settings, at=now, told=_told)
    sent = send_due(store, settings, at=now)
    counts = json.loads(crawled.stdout or "{}")
    counts |= {"new_versions": made.new_versions, "changes": made.changes, "sent": sent.sent}
    print(
        f"{made.new_versions} new versions, {made.changes} changes, {sent.sent} messages sent, "
        f"{sent.failed} failed",
        file=sys.stderr,
    )
    if not counts.get("fetched", 0) + counts.get("not_modified", 0):
        print(
            "nothing could be read; without a network, `make demo` shows an example",
            file=sys.stderr,
        )
    if as_json:
        print(json.dumps(counts))
    raise typer.Exit(crawled.returncode)


# Answers


def _institution_keys(session: Any) -> list[str]:
    return [row.key for row in queries.institution_rows(session)]


@app.command()
def spoken(
    institution: Institutions = None,
    kind: Kinds = None,
    result: Annotated[list[SpokenResult] | None, typer.Option("--result")] = None,
    country: Annotated[list[str] | None, typer.Option("--country")] = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Say which institutions have spoken, with quotes, and what was searched where none was found."""
    with _open().transaction() as session:
        rows = queries.finding_rows(
            session,
            questions=[SPOKEN],
            institutions=_known(institution, _institution_keys(session)),
            kinds=kind or (),
            results=result or (),
            countries=country or (),
        )
    columns = ["institution", "result", "reviewed", "since", "rule"]
    _print(
        [row.to_json() for row in rows],
        columns,
        as_json=as_json,
        as_csv=as_csv,
        title="Who has spoken",
    )


@app.command()
def coverage(
    institution: Institutions = None,
    kind: Kinds = None,
    recommendation: Annotated[list[Recommendation] | None, typer.Option("--recommendation")] = None,
    result: Annotated[list[CoverageResult] | None, typer.Option("--result")] = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Say how institutions' policies stand to each recommendation."""
    with _open().transaction() as session:
        rows = queries.finding_rows(
            session,
            questions=[str(code) for code in recommendation or Recommendation],
            institutions=_known(institution, _institution_keys(session)),
            kinds=kind or (),
            results=result or (),
        )
    columns = ["institution", "recommendation", "result", "reviewed", "rule"]
    _print(
        [row.to_json() for row in rows],
        columns,
        as_json=as_json,
        as_csv=as_csv,
        title="Recommendations",
    )


@app.command()
def changes(
    institution: Institutions = None,
    change_class: Annotated[list[ChangeClass] | None, typer.Option("--class")] = None,
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
    with _open().transaction() as session:
        rows = queries.change_rows(
            session,
            institutions=_known(institution, _institution_keys(session)),
            classes=change_class or (),
            since=since.replace(tzinfo=UTC) if since else None,
            folded=folded,
        )
    columns = ["id", "seen_to", "institution", "kind", "summary"]
    _print(
        [row.to_json() for row in rows], columns, as_json=as_json, as_csv=as_csv, title="Changes"
    )


@app.command()
def institution(key: str, as_json: Json = False) -> None:
    """Show everything about one institution."""
    with _open().transaction() as session:
        _known([key], _institution_keys(session))
        documents = [row.to_json() for row in queries.document_rows(session, institution=key)]
        questions = [SPOKEN, *map(str, Recommendation)]
        findings = queries.finding_rows(session, questions=questions, institutions=[key])
        sources = [row.to_json() for row in queries.source_rows(session, institutions=[key])]
    if as_json:
        rows = [{"question": row.question, **row.to_json()} for row in findings]
        print(
            json.dumps(
                {"institution": key, "findings": rows, "documents": documents, "sources": sources},
                indent=1,
            )
        )
        return
    shown = [{"question": row.question, **row.to_json()} for row in findings]
    _table(
        shown,
        ["question", "result", "reviewed", "possible", "rule"],
        f"{findings[0].name}: findings",
    )
    _table(
        documents,
        ["title", "url", "state", "versions", "words", "stated_date", "last_good_at"],
        "Documents",
    )
    _table(sources, ["key", "kind", "state", "reason", "documents"], "Sources")


@app.command()
def diff(
    document: Annotated[str, typer.Argument(help="URL or id of the document.")],
    before: Annotated[int | None, typer.Option("--from", help="Version number.")] = None,
    after: Annotated[int | None, typer.Option("--to", help="Version number.")] = None,
    as_json: Json = False,
) -> None:
    """Show what differs between two versions of a document (default: the last two)."""
    from tracker.changes import Piece, as_text, classify, compare, summary  # noqa: PLC0415

    with _open().transaction() as session:
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
                },
                indent=1,
            )
        )
        return
    print(
        f"{found[0].title}\n{found[0].url}\nversion {pair[0]} → {pair[1]}: {summary(comparison) or 'no difference'}\n"
    )
    print(as_text(comparison))


# Reading and coding single files


@app.command()
def extract(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    url: str = "",
    as_json: Json = False,
) -> None:
    """Show the text of one saved HTML, PDF or DOCX file as the tracker reads it."""
    from tracker.extraction.passages import split  # noqa: PLC0415
    from tracker.extraction.reader import read  # noqa: PLC0415
    from tracker.extraction.text import Unreadable  # noqa: PLC0415

    found = read(file.read_bytes(), media_type="text/html", url=url)
    if isinstance(found, Unreadable):
        raise WrongInputError(f"{file} {found.reason}")
    if not as_json:
        print(found.text)
        return
    passages = [
        {"text": p.text, "heading_path": list(p.heading_path), "start": p.start, "end": p.end}
        for p in split(found)
    ]
    stated = found.stated_date.isoformat() if found.stated_date else None
    print(
        json.dumps(
            {
                "title": found.title,
                "language": found.language,
                "stated_date": stated,
                "stated_basis": str(found.stated_basis),
                "genre": str(found.genre),
                "voice": str(found.voice),
                "voice_because": found.voice_because,
                "extractor": found.extractor,
                "choice": found.choice,
                "coverage": found.coverage,
                "text": found.text,
                "passages": passages,
            },
            ensure_ascii=False,
        )
    )


@app.command()
def code(file: Annotated[Path, typer.Argument(help="One {id, text} object a line.")]) -> None:
    """Code passages with the codebook: one JSON line each."""
    try:
        with file.open(encoding="utf-8") as lines:
            for row in evaluation.code_lines(lines, load_codebook()):
                print(json.dumps(row, ensure_ascii=False))
    except (OSError, UnicodeDecodeError) as error:
        raise WrongInputError(f"{file} cannot be read: {error}") from None


@app.command()
def evaluate(file: Path, as_json: Json = False) -> None:
    """Measure the coder on passages that people coded."""
    found = evaluation.evaluate(evaluation.read_gold(file), load_codebook())
    if as_json:
        print(json.dumps(found.to_json(), indent=1))
        return
    rows = [
        {"label": s.label, "passages": s.positives, "precision": s.precision, "recall": s.recall,
         "F1": s.f1, "95 % interval": f"{s.f1_low:.2f} to {s.f1_high:.2f}"}
        for s in found.scores
    ]  # fmt: skip
    _table(
        rows, list(rows[0]), f"{found.passages} passages, {found.coder}, macro F1 {found.macro_f1}"
    )
    confusion = [{"people": g, "coder": c, "passages": n} for g, c, n in found.stances]
    _table(confusion, ["people", "coder", "passages"], "Stances")


# Sources


@sources_app.command("check")
def sources_check() -> None:
    """Check sources.yaml: every problem at once, with line, cause and remedy."""
    file = load_sources(Settings().sources)
    number = sum(len(entry.sources) for entry in file.institutions)
    print(f"{len(file.institutions)} institutions, {number} sources: no problems")


@sources_app.command("list")
def sources_list(as_json: Json = False, as_csv: Csv = False) -> None:
    """List the sources and how the last read of each ended."""
    with _open().transaction() as session:
        rows = [row.to_json() for row in queries.source_rows(session)]
    columns = ["institution", "key", "kind", "state", "reason", "documents", "url"]
    _print(rows, columns, as_json=as_json, as_csv=as_csv, title="Sources")


@sources_app.command("schema")
def sources_schema() -> None:
    """Print the JSON Schema of sources.yaml, for editors."""
    print(json.dumps(schema(), indent=1))


# Alerts


@alerts_app.command("add")
def alerts_add(
    name: str,
    channel: Annotated[Channel, typer.Option("--channel")] = Channel.OUTBOX,
    target: Annotated[str, typer.Option("--target", help="Address or URL.")] = "",
    cadence: Annotated[Cadence, typer.Option("--cadence")] = Cadence.INSTANT,
    timezone: Annotated[str, typer.Option("--timezone")] = "UTC",
    rule: Annotated[
        str, typer.Option("--rule", help='JSON, such as {"countries": ["GB"]}.')
    ] = "{}",
) -> None:
    """Add a subscription."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415

    from tracker.store.deliveries import add_subscription, recipients  # noqa: PLC0415

    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise WrongInputError(
            f'"{timezone}" is not a time zone; use one such as Europe/Berlin'
        ) from None
    with _open().transaction() as session:
        if name in {recipient.name for recipient in recipients(session)}:
            raise WrongInputError(f'there is a subscription "{name}" already; choose another name')
        parsed = _rule(rule, session)
        add_subscription(
            session,
            name=name,
            channel=channel,
            target=target,
            cadence=cadence,
            timezone=timezone,
            rule=parsed.model_dump(mode="json"),
            at=datetime.now(UTC),
        )
    print(f'subscription "{name}": {parsed}')


def _rule(text: str, session: Any) -> Any:
    from tracker.alerts.subscriptions import RuleError, parse_rule  # noqa: PLC0415

    try:
        given = json.loads(text)
        if not isinstance(given, dict):
            raise WrongInputError('a rule is a JSON object, such as {"countries": ["GB"]}')
        return parse_rule(given, institutions=_institution_keys(session))
    except json.JSONDecodeError as error:
        raise WrongInputError(f"the rule is not JSON: {error}") from None
    except RuleError as error:
        raise WrongInputError(str(error)) from None


@alerts_app.command("list")
def alerts_list(as_json: Json = False) -> None:
    """List the subscriptions."""
    from tracker.store.deliveries import recipients  # noqa: PLC0415

    with _open().transaction() as session:
        rows = [
            {
                "name": r.name,
                "channel": str(r.channel),
                "cadence": str(r.cadence),
                "state": str(r.state),
                "rule": r.rule,
            }
            for r in recipients(session)
        ]
    _print(
        rows,
        ["name", "channel", "cadence", "state", "rule"],
        as_json=as_json,
        as_csv=False,
        title="Subscriptions",
    )


@alerts_app.command("preview")
def alerts_preview(
    rule: Annotated[str, typer.Option("--rule")] = "{}",
    days: Annotated[int, typer.Option("--days", min=1)] = 90,
    as_json: Json = False,
) -> None:
    """Say what a rule would have sent."""
    from tracker.alerts.outbox import preview  # noqa: PLC0415

    now = datetime.now(UTC)
    with _open().transaction() as session:
        found = preview(session, _rule(rule, session), since=now - timedelta(days=days), until=now)
    rows = [
        {
            "change": f.id,
            "institution": f.institution,
            "title": f.title,
            "seen_to": f.seen_to.isoformat(),
            "summary": f.summary,
        }
        for f in found
    ]
    if not as_json:
        print(f"This rule would have sent {len(rows)} messages in the last {days} days.")
    if rows or as_json:
        columns = ["change", "institution", "title", "seen_to", "summary"]
        _print(rows, columns, as_json=as_json, as_csv=False, title="Messages")


@alerts_app.command("send")
def alerts_send() -> None:
    """Send what is due."""
    from tracker.alerts.outbox import send_due  # noqa: PLC0415

    report = send_due(_open(), Settings(), at=datetime.now(UTC))
    print(f"{report.sent} sent, {report.failed} failed, {report.waiting} waiting")
    raise typer.Exit(1 if report.failed else 0)


# Upkeep


@app.command()
def verify(as_json: Json = False) -> None:
    """Check that payloads, texts and the chain of runs are what was recorded; exit 1 if not."""
    with _open().transaction() as session:
        found = list(damage(session))
    if as_json:
        print(json.dumps({"damaged": found}))
    else:
        print(
            "\n".join(found) if found else "clean: every payload, text and run is what was recorded"
        )
    raise typer.Exit(1 if found else 0)


@app.command()
def export(folder: Path) -> None:
    """Write findings, changes, sources and documents as CSV and JSON."""
    from tracker.export import write  # noqa: PLC0415

    with _open().transaction() as session:
        for path, number in write(session, folder):
            print(f"{path}: {number} rows")


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
