"""sources.yaml as checked objects. Knows no network and no database."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, model_validator

from tracker.model import InstitutionKind, SourceKind

Key = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class SourceEntry(BaseModel):
    """One declared place to look."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Key = ""
    kind: SourceKind
    url: str
    title: str = ""
    select: str | None = None
    remove: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    follow: str | None = None
    pages: Annotated[int, Field(ge=1, le=100)] = 1
    max_documents: Annotated[int, Field(ge=1, le=100_000)] = 200
    at_least_words: Annotated[int, Field(ge=0)] = 0
    render: bool = False
    unverified: bool = False
    interval: str | None = None
    languages: tuple[str, ...] = ()
    valid_until: date | None = None


class Attributed(BaseModel):
    """A joint or elsewhere-hosted statement that counts for the institution."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    role: str
    proof_url: str
    confirmed_by: str


class InstitutionEntry(BaseModel):
    """One institution and where it is watched."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Key
    name: str
    kind: InstitutionKind
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    homepage: str
    hosts: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    parent: str | None = None
    group: Literal["core", "adjacent"] = "core"
    why_in_scope: str = ""
    found_by: Literal["census", "topic_search"] = "census"
    languages: tuple[str, ...] = ()
    attributed: tuple[Attributed, ...] = ()
    sources: tuple[SourceEntry, ...] = ()


class SourcesFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    institutions: tuple[InstitutionEntry, ...]


class SourcesError(Exception):
    """sources.yaml cannot be used; `problems` lists everything wrong, one line each."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.path = path
        self.problems = problems
        super().__init__("\n".join([f"{path} cannot be used:", *(f"  {p}" for p in problems)]))


def load_sources(path: Path) -> SourcesFile:
    """Read and check sources.yaml; raises SourcesError with every problem at once."""
    raise NotImplementedError
