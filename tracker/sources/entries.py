"""What a person may write in sources.yaml, as checked objects. Knows no file and no network."""

import re
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from tracker.addresses import canonical_url
from tracker.countries import COUNTRIES
from tracker.model import InstitutionKind, SourceKind


def _url(value: str) -> str:
    try:
        return canonical_url(value)
    except ValueError:
        raise ValueError(f'not a URL ("{value}"); write it as https://host/path') from None


def _country(value: str) -> str:
    if value not in COUNTRIES:
        raise ValueError(f'not a country ("{value}"); use an ISO 3166-1 code such as GB, or EU')
    return value


def _host(value: str) -> str:
    if not _HOST.match(value):
        raise ValueError(
            f'not a host ("{value}"); write it as alder.example, or alder.example/unit for a path'
        )
    return value.rstrip("/")


_HOST = re.compile(r"^[a-z0-9][a-z0-9.-]*(:\d{1,5})?(/[^\s?#]*)?$")


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
Host = Annotated[str, AfterValidator(_host)]
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
    render: bool | Literal["if_empty"] = False
    unverified: bool = False
    interval: Annotated[str, Field(pattern=r"^[1-9]\d{0,3}[hdw]$")] | None = None
    languages: tuple[Language, ...] = ()
    valid_until: date | None = None

    @model_validator(mode="before")
    @classmethod
    def _name_itself(cls, given: Any) -> Any:
        if isinstance(given, dict) and not given.get("key") and isinstance(given.get("url"), str):
            return {**given, "key": source_key(str(given.get("kind", "")), given["url"])}
        return given

    @property
    def is_whole_site(self) -> bool:
        """Tell whether it names all that a site has: a sitemap that nobody narrowed or gave a budget."""
        narrowed = self.include or "max_documents" in self.model_fields_set
        return self.kind is SourceKind.SITEMAP and not narrowed

    def asks_for(self, url: str) -> bool:
        """Tell whether an address is among those that `include` and `exclude` leave."""
        wanted = not self.include or any(part in url for part in self.include)
        return wanted and not any(part in url for part in self.exclude)


class Attributed(Entry):
    """A joint or elsewhere-hosted statement that counts for the institution."""

    url: Url
    role: Literal["joint", "hosted"]
    partner: str = ""  # with whom, or by whom it is hosted; default: the address's host
    proof_url: Url
    confirmed_by: str = ""  # it counts only once a person stands here

    @property
    def shown(self) -> str:
        """How the statement is named beside its quote (codebook, "Who is speaking")."""
        partner = self.partner or urlsplit(self.url).netloc.removeprefix("www.")
        return f"{'jointly with' if self.role == 'joint' else 'hosted by'} {partner}"


class InstitutionEntry(Entry):
    """One institution and where it is watched."""

    key: Key
    name: Annotated[str, Field(min_length=1)]
    kind: InstitutionKind
    country: Country
    homepage: Url
    #: Official hosts, each with the path under which it is the institution's, if not the whole host.
    hosts: tuple[Host, ...] = ()
    apart: tuple[Host, ...] = ()  # on its hosts, but not its own: student media, repositories
    aliases: tuple[str, ...] = ()
    parent: str | None = None
    group: Literal["core", "adjacent"] = "core"
    why_in_scope: str = ""
    found_by: Literal["census", "topic_search"] = "census"
    languages: tuple[Language, ...] = ()
    attributed: tuple[Attributed, ...] = ()
    sources: tuple[SourceEntry, ...] = ()

    @property
    def attributed_sources(self) -> tuple[SourceEntry, ...]:
        """The statements at others' addresses, as sources to read."""
        return tuple(
            SourceEntry(
                key=f"attributed-{source_key('', item.url)}"[:120].rstrip("-"),
                kind=SourceKind.PAGE,
                url=item.url,
                title=item.shown,
            )
            for item in self.attributed
        )

    @model_validator(mode="before")
    @classmethod
    def _own_the_homepage(cls, given: Any) -> Any:
        if isinstance(given, dict) and not given.get("hosts"):
            host = urlsplit(str(given.get("homepage", ""))).netloc.lower().removeprefix("www.")
            return {**given, "hosts": [host] if host else []}
        return given


class SourcesFile(Entry):
    institutions: tuple[InstitutionEntry, ...]


def source_key(kind: str, url: str) -> str:
    """Return a source's default key: kind and path in kebab case."""
    parts = urlsplit(url)
    words = re.sub(r"[^a-z0-9]+", "-", f"{kind} {parts.path} {parts.query}".lower())
    return words.strip("-")[:120].strip("-") or "source"
