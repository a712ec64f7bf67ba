"""What the verbs share: options, opening the store, tables, keys that people mistype."""

import csv
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tracker import queries
from tracker.addresses import canonical_url
from tracker.clock import Clock, system_time
from tracker.countries import COUNTRIES
from tracker.export import cell
from tracker.flat import flat
from tracker.model import InstitutionKind
from tracker.nearness import did_you_mean, nearest
from tracker.settings import load_settings
from tracker.store import Store
from tracker.store.crawling import last_moment

WRONG_INPUT = 2
WIDEST = 100_000  # columns of a table that goes into a file or another program
NOTHING = "nothing yet. `tracker run` reads your sources; `make demo` shows an example"

NO_MATCH = "nothing matches what was asked for; leave out an option"

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
Institutions = Annotated[list[str] | None, typer.Option("--institution", help="Only this key.")]
LABELS = ", ".join(queries.LABELS)
Labels = Annotated[
    list[str] | None, typer.Option("--label", help=f"Only with this label: {LABELS}.")
]
Kinds = Annotated[list[InstitutionKind] | None, typer.Option("--kind", help="Only this kind.")]


class WrongInputError(Exception):
    """A person asked for something that cannot be; the message says what and what to do."""


def moment(store: Store, at: datetime | None = None) -> datetime:
    """Return the time, or the one given, and in any case one after what runs wrote down."""
    with store.transaction() as session:
        return Clock(system_time(at), after=last_moment(session))()


def open_store() -> Store:
    settings = load_settings()
    return Store.open(settings.store_url, gate=settings.gate)


def print_rows(
    rows: Sequence[dict[str, Any]],
    columns: Sequence[str],
    *,
    as_json: bool,
    as_csv: bool,
    title: str,
    none: str = NOTHING,
) -> None:
    """Print rows as JSON, as CSV with every column, or as a table of some columns."""
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    elif as_csv:
        plain = [flat(row) for row in rows]
        names = list(plain[0]) if plain else list(columns)
        writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: cell(v) for k, v in row.items()} for row in plain)
    else:
        print_table(rows, with_standing(rows, columns), title, none)


def with_standing(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> list[str]:
    """Return a table's columns, with what is said beside results where something is."""
    said = any(row.get("standing") for row in rows)
    at = columns.index("result") + 1 if "result" in columns else len(columns)
    return [*columns[:at], *(["standing"] if said else []), *columns[at:]]


def print_table(
    rows: Sequence[dict[str, Any]], columns: Sequence[str], title: str, none: str = NOTHING
) -> None:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415  (slow to import)
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDEST)  # nobody looks at it in 80 columns: one row, one line
    if not rows:
        console.print(f"{title}: {none}.")
        return
    box = SIMPLE_HEAD if console.is_terminal else None
    table = Table(title=title, title_justify="left", box=box, pad_edge=False)
    for column in columns:
        # Folded, never cut: a key or an address must be whole to be copied.
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        shown = {**row, "result": _result(row)} if "at_least" in row else row
        table.add_row(*[Text(_words(shown.get(column))) for column in columns])
    with console.capture() as drawn:
        console.print(table)
    for line in drawn.get().splitlines():
        print(line.rstrip())


def _result(row: Mapping[str, Any]) -> str:
    """A result as people read it; programs take the code from JSON and CSV."""
    return queries.result_said(row["result"], state=row["state"], least=row["at_least"])


def _words(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)  # as it is typed
    # Crawled text must not drive the terminal.
    text = "".join(c if c.isprintable() else " " for c in str(value))
    if not _MOMENT.match(text):
        return text
    return text[:10] if text[11:16] == "00:00" else text[:16].replace("T", " ")


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def known_keys(keys: Iterable[str] | None, known: Sequence[str]) -> list[str]:
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


def known_documents(session: Any, urls: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses as documents have them; raises WrongInputError naming every unknown one."""
    known = queries.document_urls(session) if urls else set()
    named = {url: _canonical(url) for url in urls}
    if unknown := [url for url, spelled in named.items() if spelled not in known]:
        lines = [
            f"no document is known as {url}{did_you_mean(url, known)}; `tracker institution KEY` lists them"
            for url in unknown
        ]
        raise WrongInputError("\n".join(lines))
    return tuple(named.values())


def _canonical(url: str) -> str:
    try:
        return canonical_url(url)
    except ValueError:
        return url  # no document has it for an address, which is what is said of it


def known_countries(countries: Iterable[str] | None) -> list[str]:
    """Return the countries that were asked for; raises WrongInputError naming each that is none."""
    asked = list(countries or [])
    if unknown := [code for code in asked if code not in COUNTRIES]:
        raise WrongInputError(
            f"not a country: {', '.join(unknown)}; use ISO 3166-1 codes such as GB, or EU"
        )
    return asked


def none_of(*filters: object) -> str:
    """Return what to say of a table without rows, by whether anything narrowed it."""
    return NO_MATCH if any(filters) else NOTHING


def known_labels(labels: Iterable[str] | None) -> list[str]:
    """Return the labels that were asked for; raises WrongInputError where the codebook has none such."""
    asked = list(labels or [])
    if unknown := sorted(set(asked) - set(queries.LABELS)):
        raise WrongInputError(f"no such label: {', '.join(unknown)}; there are {LABELS}")
    return asked


@contextmanager
def writing_to(place: Path) -> Iterator[None]:
    """Let a place that a person named, and that cannot be written, be wrong input."""
    try:
        yield
    except (
        FileNotFoundError,
        FileExistsError,
        NotADirectoryError,
        IsADirectoryError,
        PermissionError,
    ) as error:
        raise WrongInputError(
            f"{place} cannot be written ({error.strerror}); name another place"
        ) from None


def institution_keys(session: Any) -> list[str]:
    return [row.key for row in queries.institution_rows(session)]
