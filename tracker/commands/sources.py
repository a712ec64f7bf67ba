"""`tracker sources`: check, list and describe sources.yaml."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urljoin, urlsplit

import typer

from tracker import proposing, queries
from tracker.addresses import ALLOWING, canonical_url, on_official_host
from tracker.checkup import check_up
from tracker.commands.looking import Wanted, look
from tracker.commands.shared import (
    Csv,
    Institutions,
    Json,
    WrongInputError,
    institution_keys,
    known_keys,
    open_store,
    print_rows,
)
from tracker.health import Health, HealthState, summary
from tracker.livecheck import Attempt, Checked, judge
from tracker.model import InstitutionKind, Reason, SourceKind
from tracker.settings import load_settings
from tracker.sources import SourceEntry, SourcesFile, load_sources, parse_sources, schema
from tracker.store.crawling import sync_sources

app = typer.Typer(help="Check, list and describe sources.yaml.", no_args_is_help=True)


@app.command("check")
def sources_check(
    keys: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY", help="with --live: institution or institution/source"),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Also fetch each source twice, politely.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check sources.yaml: every problem at once, with line, cause and remedy; exit 1 if one fails live."""
    file = load_sources(load_settings().sources)
    wanted = _wanted(file, keys or [])
    number = sum(len(entry.sources) for entry in file.institutions)
    named = _number(len(file.institutions), "institution"), _number(number, "source")
    said = f"{', '.join(named)}: no problems in the file"
    print(said, file=sys.stderr if as_json or live else sys.stdout)
    if live:
        _check_live(wanted, as_json=as_json)
    elif as_json:
        print(json.dumps({"institutions": len(file.institutions), "sources": number}))


def _wanted(file: SourcesFile, keys: list[str]) -> list[Wanted]:
    """The sources that were asked for; raises WrongInputError naming the nearest key."""
    found = [
        Wanted(f"{entry.key}/{source.key}", entry.hosts, source, times=2)
        for entry in file.institutions
        for source in entry.sources
    ]
    known_keys(keys, [*(entry.key for entry in file.institutions), *(one.id for one in found)])
    return [one for one in found if not keys or {one.id, one.id.partition("/")[0]} & set(keys)]


def _check_live(wanted: list[Wanted], *, as_json: bool) -> None:
    brought = look(wanted, told=lambda url: print(url, file=sys.stderr))
    found = [judge(one.id, one.source, brought.get(one.id, [])) for one in wanted]
    wrong = [one for one in found if one.problems]
    if as_json:
        print(json.dumps([one.to_json() for one in found], ensure_ascii=False, indent=1))
    else:
        for one in found:
            print(f"{'NO' if one.problems else 'ok':3} {one.source}  {_measured(one)}")
            for problem in one.problems:
                print(f"      {problem}")
        print(f"{len(found) - len(wrong)} of {len(found)} sources deliver")
    raise typer.Exit(1 if wrong else 0)


def _measured(one: Checked) -> str:
    lists = one.named or not one.further  # an index of sitemaps names no documents itself
    parts = [
        _number(one.words, "word") if one.words is not None else "",
        f"{_number(one.named, 'document')} named" if one.named is not None and lists else "",
        f"{_number(one.further, 'further list')} named, not looked at" if one.further else "",
        {True: "same text twice", False: "two texts", None: ""}[one.same_text],
        {True: "selector matches", False: "selector matches nothing", None: ""}[one.selector],
    ]
    return ", ".join(filter(None, parts))


def _number(count: int, one: str) -> str:
    return f"{count} {one if count == 1 else f'{one}s'}"


@app.command("add")
def sources_add(
    url: Annotated[str, typer.Argument(help="Of a page, document, feed or sitemap.")],
    write: Annotated[
        bool, typer.Option("--write", help="Put the proposal into sources.yaml.")
    ] = False,
    name: Annotated[str, typer.Option("--name", help="Of a new institution.")] = "",
    key: Annotated[str, typer.Option("--key", help="Of a new institution.")] = "",
    kind: Annotated[
        InstitutionKind | None, typer.Option("--kind", help="Of a new institution.")
    ] = None,
    country: Annotated[str, typer.Option("--country", help="Of a new institution.")] = "",
) -> None:
    """Look at an address and propose an entry for sources.yaml, for a person to confirm."""
    path = load_settings().sources
    file = load_sources(path)
    address = _address(url)
    found, sources, doubts = _proposed(address, file)
    owner = proposing.owner(address, file)
    if not sources:
        raise WrongInputError(f"{address} is declared already, under {owner}")
    rows: list[dict[str, Any]] = sources
    if owner is None:
        given = {"name": name, "key": key, "kind": str(kind or ""), "country": country}
        rows = [proposing.new_institution(found, address, sources, given)]
        print("# a new institution: confirm name, kind, country and hosts")
        if unknown := proposing.guessed(address, given):
            print(
                f"# nothing tells its {' and '.join(unknown)}: what stands here only fills the place"
            )
    else:
        print(f"# under {owner}, `sources:`")
    for doubt in doubts:
        print(f"# {address}: {doubt}")
    print(proposing.as_yaml(rows), end="")
    if write and owner is None and not (kind and country):
        raise WrongInputError(
            "nothing is written: of a new institution say --kind and --country, and --name if it is another"
        )
    if write:
        _write(path, owner, rows)


def _address(url: str) -> str:
    try:
        return canonical_url(url)
    except ValueError as error:
        raise WrongInputError(f"{error}; write it as https://host/path") from None


def _proposed(
    url: str, file: SourcesFile
) -> tuple[proposing.Leads, list[dict[str, Any]], Sequence[str]]:
    """Look at a page, then at what it announces: only what answers is proposed, with doubts about the page."""
    hosts = (urlsplit(url).netloc,)
    robots = urljoin(url, "/robots.txt")
    first = _look_at([(SourceKind.PAGE, url), (SourceKind.PAGE, robots)], hosts)
    page = first[url]
    if page.body is None:
        said = f"{page.reason or 'nothing came'} {page.detail}".replace("_", " ").strip()
        remedy = f"; {ALLOWING}" if page.reason == Reason.PRIVATE_ADDRESS else ""
        raise WrongInputError(f"{url} cannot be read ({said}); nothing is proposed{remedy}")
    found = proposing.leads(page.body, url=page.final_url, media_type=page.media_type)
    places = [(SourceKind.FEED, feed) for feed in found.feeds]
    if found.kind is SourceKind.PAGE:
        named = proposing.sitemaps(first[robots].body, url=url)
        places += [(SourceKind.SITEMAP, sitemap) for sitemap in named]
    places = [(kind, place) for kind, place in places if on_official_host(place, hosts)]
    brought = _look_at(places, hosts) if places else {}
    delivering = [(kind, place) for kind, place in places if brought[place].names_some]
    declared = {source.url for entry in file.institutions for source in entry.sources}
    rows = [
        proposing.entry(kind, place, found.title)
        for kind, place in [(found.kind, canonical_url(page.final_url)), *delivering]
        if place not in declared
    ]
    return found, rows, _doubts(found.kind, page)


def _doubts(kind: SourceKind, page: Attempt) -> Sequence[str]:
    """What a live check would say against an address by the one look at it."""
    if kind not in {SourceKind.PAGE, SourceKind.DOCUMENT}:
        return ()  # what it names was not counted in a look at a page
    return judge(page.url, SourceEntry(kind=kind, url=page.url), [page]).problems


def _look_at(places: list[tuple[SourceKind, str]], hosts: tuple[str, ...]) -> dict[str, Attempt]:
    wanted = [Wanted(url, hosts, SourceEntry(kind=kind, url=url)) for kind, url in places]
    brought = look(wanted)
    nothing = {url: Attempt(url, url, detail="no answer") for _, url in places}
    return nothing | {url: attempts[0] for url, attempts in brought.items()}


def _write(path: Path, owner: str | None, rows: list[dict[str, Any]]) -> None:
    """Put rows into the file, if it is right with them; a kill leaves the old file."""
    try:
        text = proposing.inserted(path.read_text(encoding="utf-8"), owner, rows)
    except proposing.CannotInsertError as error:
        raise WrongInputError(f"{path}: {error}") from None
    parse_sources(text, path)
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
    print(f"written to {path}", file=sys.stderr)


@app.command("sync")
def sources_sync(
    yes: Annotated[
        bool, typer.Option("--yes", help="Even where more than half of the institutions leave.")
    ] = False,
) -> None:
    """Let the store watch what sources.yaml says, as each crawl does before it reads."""
    file = load_sources(load_settings().sources)
    with open_store().transaction() as session:
        sync_sources(session, file, letting_go=yes)
    print(f"the store watches what the file says: {_number(len(file.institutions), 'institution')}")


@app.command("list")
def sources_list(as_json: Json = False, as_csv: Csv = False) -> None:
    """List the sources and how each is doing."""
    with open_store().transaction() as session:
        rows = [row.to_json() for row in queries.source_rows(session, at=datetime.now(UTC))]
    columns = ["institution", "key", "kind", "state", "cause", "documents", "url"]
    print_rows(rows, columns, as_json=as_json, as_csv=as_csv, title="Sources")


@app.command("health")
def sources_health(
    keys: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY", help="institution or institution/source"),
    ] = None,
    institution: Institutions = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Say how each source is doing, why, and what to do; exit 1 where one needs a look."""
    wanted = {*(institution or []), *(keys or [])}
    with open_store().transaction() as session:
        judged = {_id(one): one for one in check_up(session, at=datetime.now(UTC))}
        known_keys(sorted(wanted), [*institution_keys(session), *judged])
    found = [
        one for id_, one in judged.items() if not wanted or wanted & {id_, one.source.institution}
    ]
    if as_json or as_csv:
        rows = [one.to_json() for one in found]
        print_rows(rows, [], as_json=as_json, as_csv=as_csv, title="")
    else:
        for one in sorted(found, key=lambda one: one.state is HealthState.OK):
            print(_judgement(one))
    wrong = summary(one for one in found if one.state is not HealthState.NEVER_READ)
    if wrong:
        print(wrong, file=sys.stderr)
    raise typer.Exit(1 if wrong else 0)


def _id(one: Health) -> str:
    return f"{one.source.institution}/{one.source.key}"


def _judgement(one: Health) -> str:
    last = f"{one.last_good_at:%Y-%m-%d %H:%M}" if one.last_good_at else "never"
    share = "" if one.success is None else f", {one.success:.0%} of {one.reads} reads in 14 days"
    lines = [f"{one.state:16} {_id(one)}", f"{'':17}{one.cause}; last good read {last}{share}"]
    return "\n".join([*lines, *([f"{'':17}→ {one.remedy}"] if one.remedy else [])])


@app.command("schema")
def sources_schema() -> None:
    """Print the JSON Schema of sources.yaml, for editors."""
    print(json.dumps(schema(), indent=1))
