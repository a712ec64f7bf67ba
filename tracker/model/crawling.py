"""Runs, what they asked for, and the bytes that came."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from tracker.model.choices import choice


class RunState(StrEnum):
    RUNNING = "running"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"


class Outcome(StrEnum):
    """How one attempt to read an address ended."""

    FETCHED = "fetched"
    NOT_MODIFIED = "not_modified"
    FAILED = "failed"


class Reason(StrEnum):
    """Why an attempt to read an address failed."""

    ROBOTS = "robots"
    HTTP_ERROR = "http_error"
    NOT_FOUND = "not_found"
    LOGIN = "login"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECTION = "connection"
    TLS = "tls"
    TOO_LARGE = "too_large"
    FOREIGN_HOST = "foreign_host"
    PRIVATE_ADDRESS = "private_address"
    UNSUPPORTED_TYPE = "unsupported_type"
    UNREADABLE = "unreadable"
    BUDGET = "budget"


class Run(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    verb: str
    state: RunState = Field(default=RunState.RUNNING, sa_type=choice(RunState))
    started_at: datetime
    finished_at: datetime | None = None
    scope: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    tool: str
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    manifest_sha256: str | None = None
    previous_sha256: str | None = None


class Payload(SQLModel, table=True):
    """Untouched bytes, stored once, compressed alone or against another payload."""

    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(unique=True)
    size: int
    base_id: int | None = Field(default=None, foreign_key="payload.id")
    body: bytes = Field(sa_type=LargeBinary)


class KeyFrame(SQLModel, table=True):
    """The payload that a host's first captures are compressed against."""

    __tablename__ = "key_frame"

    host: str = Field(primary_key=True)
    payload_id: int = Field(foreign_key="payload.id")


class RobotsFile(SQLModel, table=True):
    """A site's last robots.txt, kept so that it is asked for once a day at most (RFC 9309 §2.4)."""

    __tablename__ = "robots_file"

    origin: str = Field(primary_key=True)  # scheme://host:port
    fetched_at: datetime
    status: int
    body: bytes = Field(sa_type=LargeBinary)


class Fetch(SQLModel, table=True):
    __table_args__ = (Index("ix_fetch_document_at", "document_id", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="run.id", index=True)
    source_id: int | None = Field(default=None, foreign_key="source.id", index=True)
    document_id: int | None = Field(default=None, foreign_key="document.id")
    url: str = Field(sa_type=Text)
    final_url: str | None = Field(default=None, sa_type=Text)
    at: datetime
    outcome: Outcome = Field(sa_type=choice(Outcome))
    reason: Reason | None = Field(default=None, sa_type=choice(Reason))
    status: int | None = None
    detail: str = ""
    headers: list[list[str]] = Field(default_factory=list, sa_type=JSON)
    signals: list[str] = Field(default_factory=list, sa_type=JSON)  # noarchive, AI preferences
    payload_id: int | None = Field(default=None, foreign_key="payload.id")
