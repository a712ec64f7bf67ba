"""sources.yaml as checked objects. Knows no network and no database."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from rapidfuzz import fuzz, process

from tracker.addresses import canonical_url, on_official_host
from tracker.countries import COUNTRIES
from tracker.model import InstitutionKind, SourceKind

DAILY = timedelta(days=1)
HOURS = {"h": 1, "d": 24, "w": 7 * 24}
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _url(value: str) -> str:
    try:
        return canonical_url(value)
    except ValueError:
        raise ValueError(f'not a URL ("{value}"); write it as https://host/path') from None


def _country(value: str) -> str:
    if value not in COUNTRIES:
        raise ValueError(f'not a country ("{value}"); use an ISO 3166-1 code such as GB, or EU')
    return value


def _selector(value: str) -> str:
    import soupsieve  # noqa: PLC0415  (slow to import, and few sources have a selector)

    try:
        soupsieve.compile(value)
    except soupsieve.SelectorSyntaxError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f'not a CSS selector ("{value}"): {reason}') from None
    return value


Key = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=120)]
Url = Annotated[str, AfterValidator(_url)]
Selector = Annotated[str, AfterValidator(_selector)]
Country = Annotated[str, AfterValidator(_country)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceEntry(Entry):
    """One declared place to look."""

    key: Key = ""
    kind: SourceKind
    url: Url
    title: str = ""
    select: Selector | None = None
    remove: tuple[Selector, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    follow: Selector | None = None
    pages: Annotated[int, Field(ge=1, le=100)] = 1
    max_documents: Annotated[int, Field(ge=1, le=100_000)] = 200
    at_least_words: Annotated[int, Field(ge=0)] = 0
    render: bool = False
    unverified: bool = False
    interval: Annotated[str, Field(pattern=r"^[1-9]\d{0,3}[hdw]$")] | None = None
    languages: tuple[Language, ...] = ()
    valid_until: date | None = None

    @property
    def every(self) -> timedelta:
        """How long after a read the next one is due."""
        if self.interval is None:
            return DAILY
        return timedelta(hours=int(self.interval[:-1]) * HOURS[self.interval[-1]])

    @model_validator(mode="before")
    @classmethod
    def _name_itself(cls, given: Any) -> Any:
        if isinstance(given, dict) and not given.get("key") and isinstance(given.get("url"), str):
            return {**given, "key": source_key(str(given.get("kind", "")), given["url"])}
        return given


class Attributed(Entry):
    """A joint or elsewhere-hosted statement that counts for the institution."""

    url: Url
    role: str
    proof_url: Url
    confirmed_by: str


class InstitutionEntry(Entry):
    """One institution and where it is watched."""

    key: Key
    name: Annotated[str, Field(min_length=1)]
    kind: InstitutionKind
    country: Country
    homepage: Url
    hosts: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    parent: str | None = None
    group: Literal["core", "adjacent"] = "core"
    why_in_scope: str = ""
    found_by: Literal["census", "topic_search"] = "census"
    languages: tuple[Language, ...] = ()
    attributed: tuple[Attributed, ...] = ()
    sources: tuple[SourceEntry, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _own_the_homepage(cls, given: Any) -> Any:
        if isinstance(given, dict) and not given.get("hosts"):
            host = urlsplit(str(given.get("homepage", ""))).netloc.lower().removeprefix("www.")
            return {**given, "hosts": [host] if host else []}
        return given


class SourcesFile(Entry):
    institutions: tuple[InstitutionEntry, ...]


class SourcesError(Exception):
    """sources.yaml cannot be used; `problems` lists everything wrong, one line each."""

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        self.path, self.problems = path, tuple(problems)
        super().__init__("\n".join([f"{path} cannot be used:", *(f"  {p}" for p in problems)]))


def source_key(kind: str, url: str) -> str:
    """Return a source's default key: kind and path in kebab case."""
    parts = urlsplit(url)
    words = re.sub(r"[^a-z0-9]+", "-", f"{kind} {parts.path} {parts.query}".lower())
    return words.strip("-")[:120].strip("-") or "source"


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice that somebody who wrote this word most likely meant, if one is near."""
    found = process.extractOne(word, list(choices), scorer=fuzz.WRatio, score_cutoff=60)
    return found[0] if found else None


def schema() -> dict[str, Any]:
    """Return the JSON Schema of sources.yaml, for editors."""
    return SourcesFile.model_json_schema()


def load_sources(path: Path) -> SourcesFile:
    """Read and check sources.yaml; raises SourcesError with every problem at once."""
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        raise SourcesError(path, ["there is no such file; set TRACKER_SOURCES"]) from None
    except IsADirectoryError:
        raise SourcesError(path, ["is a folder; name the file in it"]) from None
    except UnicodeDecodeError as error:
        problem = f"byte {error.start}: not UTF-8; save the file as UTF-8"
        raise SourcesError(path, [problem]) from None
    return parse_sources(text, path)


def parse_sources(text: str, path: Path) -> SourcesFile:
    """Check the text of a sources.yaml; raises SourcesError with every problem at once."""
    try:
        root = yaml.compose(text, Loader)
        given = yaml.load(text, Loader)  # noqa: S506  (Loader is the safe one)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SourcesError(path, [f"line {line}: not YAML: {error.problem}"]) from None
    except yaml.YAMLError as error:
        raise SourcesError(path, [f"not YAML: {str(error).splitlines()[0]}"]) from None
    lines = _Lines(root)
    problems = [*lines.doubled, *_schema_problems(given, lines)]
    if problems:
        raise SourcesError(path, _in_order(problems))
    file = SourcesFile.model_validate(given)
    if problems := list(_rule_problems(file, lines)):
        raise SourcesError(path, _in_order(problems))
    return file


class _Lines:
    """Where each value of the file stands; `doubled` names keys written twice in one mapping."""

    def __init__(self, root: yaml.Node | None) -> None:
        self.at: dict[tuple[str | int, ...], int] = {}
        self.doubled: list[str] = []
        if root is not None:
            self._walk(root, ())

    def _walk(self, node: yaml.Node, place: tuple[str | int, ...]) -> None:
        self.at.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            names = Counter(key.value for key, _ in node.value)
            for key, value in node.value:
                self.at[(*place, key.value)] = line = key.start_mark.line + 1
                if names.pop(key.value, 1) > 1:
                    self.doubled.append(f'line {line}: "{key.value}" is written twice; keep one')
                self._walk(value, (*place, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                self._walk(value, (*place, number))

    def of(self, place: Sequence[str | int]) -> int:
        """The line of a place, or of the nearest place around it."""
        for length in range(len(place), -1, -1):
            if tuple(place[:length]) in self.at:
                return self.at[tuple(place[:length])]
        return 1


def _schema_problems(given: Any, lines: _Lines) -> Iterator[str]:
    if given is None:
        yield "line 1: the file is empty; it needs a list of institutions"
        return
    try:
        SourcesFile.model_validate(given)
    except ValidationError as error:
        for found in error.errors():
            yield f"line {lines.of(found['loc'])}: {_place(given, found['loc'])}{_cause(found)}"


def _place(given: Any, loc: Sequence[str | int]) -> str:
    """The keys a person would look for: institution/source: field."""
    names, field, value = [], "", given
    for step in loc:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            value = None
        if isinstance(step, int) and isinstance(value, dict):
            names.append(str(value.get("key") or value.get("url") or step + 1))
        elif isinstance(step, str) and step not in {"institutions", "sources"}:
            field = step
    where = "/".join(names)
    return "".join(f"{part}: " for part in (where, field) if part)


def _cause(found: Any) -> str:
    context = found.get("ctx", {})
    match found["type"]:
        case "extra_forbidden":
            return f"unknown field{_did_you_mean(str(found['loc'][-1]), _fields(found['loc']))}"
        case "missing":
            return "is missing"
        case "enum" | "literal_error":
            choices = re.findall(r"'([^']+)'", str(context.get("expected", "")))
            hint = _did_you_mean(str(found["input"]), choices)
            return f'"{found["input"]}" is none of {", ".join(choices)}{hint}'
        case "value_error":
            return str(context["error"])
        case "string_pattern_mismatch":
            return f'"{found["input"]}" is not of the form {_FORMS.get(str(found["loc"][-1]), context["pattern"])}'
        case _:
            return f"{found['msg'][0].lower()}{found['msg'][1:]}"


_FORMS = {
    "key": "lower-case-words-with-hyphens",
    "interval": "12h, 7d or 2w",
    "languages": "en, de …",
}


def _fields(loc: Sequence[str | int]) -> Iterable[str]:
    if "attributed" in loc:
        return Attributed.model_fields
    if "sources" in loc:
        return SourceEntry.model_fields
    return InstitutionEntry.model_fields if "institutions" in loc else SourcesFile.model_fields


def _did_you_mean(word: str, choices: Iterable[str]) -> str:
    guess = nearest(word, choices)
    return f'; did you mean "{guess}"?' if guess else ""


def _rule_problems(file: SourcesFile, lines: _Lines) -> Iterator[str]:
    keys = Counter(entry.key for entry in file.institutions)
    urls: dict[str, str] = {}
    parents = {entry.key: entry.parent for entry in file.institutions}
    for number, entry in enumerate(file.institutions):
        line = lines.of(("institutions", number, "key"))
        if keys[entry.key] > 1:
            yield f"line {line}: {entry.key}: key is used {keys[entry.key]} times; keys are unique"
        if problem := _parent_problem(entry, parents):
            yield f"line {lines.of(('institutions', number, 'parent'))}: {problem}"
        source_keys = Counter(source.key for source in entry.sources)
        for at, source in enumerate(entry.sources):
            where = f"line {lines.of(('institutions', number, 'sources', at, 'url'))}: {entry.key}/{source.key}: "
            if source_keys[source.key] > 1:
                yield f"{where}key is used {source_keys[source.key]} times; set `key` on one of them"
            if source.url in urls:
                yield f"{where}url: {urls[source.url]} has the same URL; keep one"
            urls.setdefault(source.url, f"{entry.key}/{source.key}")
            yield from (f"{where}{problem}" for problem in _source_problems(entry, source))


def _parent_problem(entry: InstitutionEntry, parents: dict[str, str | None]) -> str | None:
    if entry.parent is None:
        return None
    if entry.parent not in parents:
        hint = _did_you_mean(entry.parent, parents)
        return f'{entry.key}: parent: there is no institution "{entry.parent}"{hint}'
    seen, above = {entry.key}, entry.parent
    while above:
        if above in seen:
            return f"{entry.key}: parent: leads back to itself; break the circle"
        seen.add(above)
        above = parents.get(above) or ""
    return None


def _source_problems(entry: InstitutionEntry, source: SourceEntry) -> Iterator[str]:
    if not on_official_host(source.url, entry.hosts):
        host = urlsplit(source.url).netloc
        yield f"url: {host} is none of the official hosts ({', '.join(entry.hosts)}); add it to `hosts` if it is"
    if source.kind is SourceKind.LISTING and source.follow is None:
        yield "follow: is missing; a listing needs the CSS selector of the links to follow"


def _in_order(problems: Iterable[str]) -> list[str]:
    def line(problem: str) -> int:
        found = re.match(r"line (\d+)", problem)
        return int(found[1]) if found else 0

    return sorted(dict.fromkeys(problems), key=line)
