"""Documents and what was known of each when: addresses, snapshots, versions."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from tracker.model.choices import choice
from tracker.model.crawling import Reason


class DocumentState(StrEnum):
    LIVE = "live"
    GONE = "gone"
    MOVED = "moved"
    WALLED = "walled"
    UNREACHABLE = "unreachable"
    NEVER_READ = "never_read"


class SnapshotState(StrEnum):
    """What became of a snapshot when it was read."""

    PENDING = "pending"
    NEW_VERSION = "new_version"
    SAME_TEXT = "same_text"
    QUARANTINED = "quarantined"
    UNREADABLE = "unreadable"


class QuarantineReason(StrEnum):
    BOT_WALL = "bot_wall"
    SOFT_404 = "soft_404"
    LOGIN_WALL = "login_wall"
    EMPTY_SHELL = "empty_shell"
    COLLAPSE = "collapse"
    SCANNED = "scanned"
    WRONG_LANGUAGE = "wrong_language"
    REDIRECTED_HOME = "redirected_home"


class VersionOrigin(StrEnum):
    """Why a version exists: only an observed one can be news."""

    OBSERVED = "observed"
    IMPORTED = "imported"
    TECHNICAL = "technical"


class DateBasis(StrEnum):
    STATED = "stated"
    INFERRED = "inferred"
    UNKNOWN = "unknown"


class Genre(StrEnum):
    """What sort of text a document is (codebook, "Who is speaking")."""

    POLICY = "policy"
    OFFICIAL_STATEMENT = "official_statement"
    LEADERSHIP_LETTER = "leadership_letter"
    REPORT = "report"
    SUBMISSION = "submission"
    NEWS = "news"
    BLOG = "blog"
    EVENT = "event"
    TRANSCRIPT = "transcript"
    PODCAST_NOTES = "podcast_notes"
    TEACHING_RESOURCE = "teaching_resource"
    REPOST = "repost"
    PRESS_COVERAGE = "press_coverage"
    UNKNOWN = "unknown"


class Voice(StrEnum):
    """Who speaks in a document (codebook, "Who is speaking")."""

    INSTITUTION = "institution"
    UNIT = "unit"
    NAMED_STAFF = "named_staff"
    GUEST = "guest"
    THIRD_PARTY = "third_party"
    UNKNOWN = "unknown"


class Document(SQLModel, table=True):
    __table_args__ = (Index("ix_document_title", "title", "url"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    source_id: int = Field(foreign_key="source.id", index=True)
    url: str = Field(unique=True, sa_type=Text)
    title: str = ""
    media_type: str = ""
    state: DocumentState = Field(default=DocumentState.NEVER_READ, sa_type=choice(DocumentState))
    found_run_id: int = Field(foreign_key="run.id")
    found_at: datetime
    hint_title: str = ""  # what the feed, listing or sitemap called it
    hint_date: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    first_payload_id: int | None = Field(default=None, foreign_key="payload.id")
    last_payload_id: int | None = Field(default=None, foreign_key="payload.id")
    last_tried_at: datetime | None = None
    last_good_at: datetime | None = None
    failures: int = 0  # in a row, counted at most once an hour
    failing_since: datetime | None = None
    failed_at: datetime | None = None  # the last failure that was counted
    last_reason: Reason | None = Field(default=None, sa_type=choice(Reason))
    revisit_hours: int = 24  # learned from how often its text changed
    due_at: datetime | None = None
    extraction_choice: str | None = None  # made once per document, so that it cannot flip
    genre: Genre = Field(default=Genre.UNKNOWN, sa_type=choice(Genre))
    voice: Voice = Field(default=Voice.UNKNOWN, sa_type=choice(Voice))
    genre_because: str = ""  # the words that led to the genre
    voice_because: str = ""
    byline: str = ""
    series: str = ""
    disclaimer: str = Field(default="", sa_type=Text)
    final_url: str | None = Field(default=None, sa_type=Text)  # where redirects lead, if elsewhere
    address: str | None = Field(default=None, sa_type=Text)  # where to ask, once it moved for good
    canonical_url: str | None = Field(default=None, sa_type=Text)  # what it calls itself, elsewhere
    moved_to_id: int | None = Field(default=None, foreign_key="document.id")
    withheld: bool = False


class Address(SQLModel, table=True):
    """One spelling under which a document is known; see `tracker.addresses.identity`."""

    key: str = Field(primary_key=True, sa_type=Text)
    document_id: int = Field(foreign_key="document.id", index=True)


class Snapshot(SQLModel, table=True):
    __table_args__ = (
        Index("ix_snapshot_document_at", "document_id", "captured_at"),
        Index("ix_snapshot_state", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="document.id")
    fetch_id: int = Field(foreign_key="fetch.id", unique=True)
    payload_id: int = Field(foreign_key="payload.id")
    media_type: str
    charset: str | None = None
    captured_at: datetime
    imported: bool = False
    state: SnapshotState = Field(default=SnapshotState.PENDING, sa_type=choice(SnapshotState))
    quarantine: QuarantineReason | None = Field(default=None, sa_type=choice(QuarantineReason))
    detail: str = ""


class Version(SQLModel, table=True):
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        Index("ix_version_compared", "compared"),
        Index("ix_version_document_current", "document_id", "current"),
    )

    id: int | None = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="document.id")
    number: int
    snapshot_id: int = Field(foreign_key="snapshot.id", index=True)
    text_sha256: str
    body: bytes = Field(sa_type=LargeBinary)  # the text, zstd
    words: int
    title: str = ""
    language: str | None = None
    stated_date: datetime | None = None
    stated_basis: DateBasis = Field(default=DateBasis.UNKNOWN, sa_type=choice(DateBasis))
    extractor: str
    origin: VersionOrigin = Field(default=VersionOrigin.OBSERVED, sa_type=choice(VersionOrigin))
    seen_from: datetime | None = None  # last good read before it, when it was not there yet
    seen_to: datetime  # first capture that shows it
    last_seen_at: datetime  # last good read that still showed it
    current: bool = True
    compared: bool = False
