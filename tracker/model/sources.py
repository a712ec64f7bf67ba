"""Institutions and where their documents are looked for."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, SQLModel

from tracker.model.choices import choice
from tracker.model.crawling import Reason


class InstitutionKind(StrEnum):
    ETHICS_INSTITUTE = "ethics_institute"
    UNIVERSITY = "university"
    FUNDER = "funder"
    GOVERNMENT = "government"
    ASSOCIATION = "association"


class SourceKind(StrEnum):
    FEED = "feed"
    SITEMAP = "sitemap"
    LISTING = "listing"
    PAGE = "page"
    DOCUMENT = "document"


class SourceState(StrEnum):
    """What the last attempt to read a source came to."""

    NEVER_READ = "never_read"
    OK = "ok"
    FAILED = "failed"
    RETIRED = "retired"


class Institution(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    name: str
    kind: InstitutionKind = Field(sa_type=choice(InstitutionKind))
    country: str
    homepage: str
    hosts: list[str] = Field(default_factory=list, sa_type=JSON)
    aliases: list[str] = Field(default_factory=list, sa_type=JSON)
    parent_key: str | None = None
    group: str = "core"
    why_in_scope: str = ""
    found_by: str = "census"
    languages: list[str] = Field(default_factory=list, sa_type=JSON)
    attributed: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    apart: list[str] = Field(default_factory=list, sa_type=JSON)  # on its hosts, not its own
    listed: bool = True  # False once it is no longer in sources.yaml; its past is kept


class Source(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("institution_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    key: str
    kind: SourceKind = Field(sa_type=choice(SourceKind))
    url: str
    title: str = ""
    options: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    unverified: bool = False
    valid_until: datetime | None = None
    listed: bool = True
    state: SourceState = Field(default=SourceState.NEVER_READ, sa_type=choice(SourceState))
    reason: Reason | None = Field(default=None, sa_type=choice(Reason))
    detail: str = ""
    last_tried_at: datetime | None = None
    last_good_at: datetime | None = None
    baseline_run_id: int | None = Field(default=None, foreign_key="run.id")
    known: int = 0  # candidate documents the last good read named
