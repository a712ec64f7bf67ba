"""What follows for institutions, and releases of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from tracker.model.choices import choice


class SpokenResult(StrEnum):
    """Who has spoken: the codebook's results, strongest first."""

    CONDEMNED = "condemned"
    CRITICISED = "criticised"
    MENTIONED_CRITICALLY = "mentioned_critically"
    SECURITY_CONCERN = "security_concern"
    DEFENDS_ENGAGEMENT = "defends_engagement"
    DISCUSSED = "discussed"
    NONE_FOUND = "none_found"
    NOT_CHECKED = "not_checked"
    UNREACHABLE = "unreachable"


class CoverageResult(StrEnum):
    """Institution × recommendation: the codebook's results."""

    STATED = "stated"
    PARTIAL = "partial"
    DECLINED = "declined"
    NONE_FOUND = "none_found"
    NOT_CHECKED = "not_checked"
    UNREACHABLE = "unreachable"
    NOT_APPLICABLE = "not_applicable"


class Reviewed(StrEnum):
    """How many people stand behind a finding."""

    NONE = "none"
    ONE = "one"
    TWO = "two"


class Basis(StrEnum):
    MACHINE = "machine"
    REVIEWED = "reviewed"


#: The question a finding answers: who has spoken, or one recommendation.
SPOKEN = "spoken"


class Finding(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("institution_id", "question"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id")
    question: str  # "spoken" or "R1" … "R6"
    result: str
    basis: Basis = Field(default=Basis.MACHINE, sa_type=choice(Basis))
    reviewed: Reviewed = Field(default=Reviewed.NONE, sa_type=choice(Reviewed))
    possible: str | None = None  # what the machine's unreviewed codings would make it
    possible_quotes: int = 0
    rule: str = ""  # the rule that decided, in words
    since: datetime | None = None  # by stated date only
    latest: datetime | None = None
    undated: int = 0
    count: int = 0  # passages that the result rests on
    by_report: int = 0  # of them stated up to 8 December 2025
    after_report: int = 0
    status: str | None = None  # of a public rule: proposed, in force, superseded, withdrawn
    elements: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    acted: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    evidence: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    search_record: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class Release(SQLModel, table=True):
    """The public data as it was at a moment, frozen under an id that can be cited."""

    id: str = Field(primary_key=True)  # such as 2026.11.1
    at: datetime
    note: str = ""
    sha256: str
    body: bytes = Field(sa_type=LargeBinary)  # JSON, zstd
