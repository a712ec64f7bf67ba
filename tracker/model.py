"""The tables and the closed vocabularies. Knows nothing else of ours."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Enum,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from tracker.columns import Digest, Words


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


class DocumentState(StrEnum):
    LIVE = "live"
    GONE = "gone"
    MOVED = "moved"
    WALLED = "walled"
    UNREACHABLE = "unreachable"
    NEVER_READ = "never_read"


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


class Stance(StrEnum):
    """Stance toward the Chinese state, its organs, firms or labs (codebook)."""

    NONE = "none"
    NEUTRAL = "neutral"
    SUPPORTIVE = "supportive"
    REPORTED = "reported"
    CRITICAL = "critical"
    CONDEMNS = "condemns"


class Topic(StrEnum):
    CHINA = "china"
    SURVEILLANCE = "surveillance"
    HUMAN_RIGHTS = "human_rights"
    PARTNERSHIP = "partnership"


class Recommendation(StrEnum):
    R1 = "R1"
    R2 = "R2"
    R3 = "R3"
    R4 = "R4"
    R5 = "R5"
    R6 = "R6"


class ChangeClass(StrEnum):
    MATERIAL = "material"
    MINOR = "minor"
    AVAILABILITY = "availability"
    RECORD = "record"
    TECHNICAL = "technical"


class ChangeKind(StrEnum):
    TEXT_CHANGED = "text_changed"
    PASSAGE_ADDED = "passage_added"
    PASSAGE_REMOVED = "passage_removed"
    DOCUMENT_ADDED = "document_added"
    DOCUMENT_REMOVED = "document_removed"
    MOVED = "moved"
    WALLED = "walled"
    TYPOGRAPHIC = "typographic"
    LINKS = "links"
    NUMBERS = "numbers"
    REORDER = "reorder"
    WORDING = "wording"
    UNREACHABLE = "unreachable"
    REACHABLE_AGAIN = "reachable_again"
    CODING = "coding"
    REPLY = "reply"
    CORRECTION = "correction"
    REDERIVED = "rederived"


class NoticeChannel(StrEnum):
    """How an institution was told what is found about it."""

    EMAIL = "email"
    BY_HAND = "by_hand"


class ReplyVerdict(StrEnum):
    """What an admin says of a reply: only a confirmed one is public; a settled one disputes no more."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    SETTLED = "settled"


class MeaningState(StrEnum):
    """Whether a person has looked at what an edit means."""

    NOT_ASSESSED = "not_assessed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


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


class Role(StrEnum):
    """What a person who signed in may do."""

    REVIEWER = "reviewer"
    ADMIN = "admin"


class Verdict(StrEnum):
    CONFIRM = "confirm"
    REJECT = "reject"
    AMEND = "amend"


class Channel(StrEnum):
    OUTBOX = "outbox"
    EMAIL = "email"
    WEBHOOK = "webhook"
    APPRISE = "apprise"
    ATOM = "atom"


class Cadence(StrEnum):
    INSTANT = "instant"
    DAILY = "daily"
    WEEKLY = "weekly"


class SubscriptionState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    MUTED = "muted"
    ENDED = "ended"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DUE = "due"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


#: The question a finding answers: who has spoken, or one recommendation.
SPOKEN = "spoken"


def choice(enum: type[StrEnum]) -> Any:
    """Return a column type that stores an enum by value and refuses anything else."""
    return Enum(
        enum,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        validate_strings=True,
        create_constraint=True,
        length=32,
        name=f"{enum.__name__.lower()}_values",
    )


# SQLModel reads annotations at class creation, so no postponed evaluation here.


class Fact(SQLModel, table=True):
    """One thing to remember about the store itself, such as that it holds the demonstration."""

    key: str = Field(primary_key=True)
    value: str


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


class Passage(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(unique=True, sa_type=Digest)
    text: str = Field(sa_type=Text)
    words: int
    language: str | None = None


class VersionPassage(SQLModel, table=True):
    __tablename__ = "version_passage"

    version_id: int = Field(foreign_key="version.id", primary_key=True)
    position: int = Field(primary_key=True)
    passage_id: int = Field(foreign_key="passage.id", index=True)
    heading_path: str = ""  # headings above it, joined by " › "
    start: int
    end: int


class Coding(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("passage_id", "coder"),)

    id: int | None = Field(default=None, primary_key=True)
    passage_id: int = Field(foreign_key="passage.id")
    coder: str  # codebook and coder version, such as "codebook 1.2 · coder 1"
    china: bool = False
    surveillance: bool = False
    human_rights: bool = False
    partnership: bool = False
    stance: Stance = Field(default=Stance.NONE, sa_type=choice(Stance))
    R1: bool = False
    R2: bool = False
    R3: bool = False
    R4: bool = False
    R5: bool = False
    R6: bool = False
    in_passing: bool = False  # the abuse is not the passage's subject
    elements: dict[str, list[str]] = Field(default_factory=dict, sa_type=Words)
    cues: dict[str, list[str]] = Field(default_factory=dict, sa_type=Words)
    confidence: float = 0.0


class Person(SQLModel, table=True):
    """Somebody who may sign in, known by the address that their provider has verified."""

    __table_args__ = (UniqueConstraint("issuer", "email"),)

    id: int | None = Field(default=None, primary_key=True)
    issuer: str
    email: str
    role: Role = Field(sa_type=choice(Role))
    added_at: datetime


class PassageEntity(SQLModel, table=True):
    """A body, system or list that a passage names; of the coder that coded the passage last."""

    __tablename__ = "passage_entity"

    passage_id: int = Field(foreign_key="passage.id", primary_key=True)
    entity: str = Field(primary_key=True, index=True)  # its key in entities.yaml
    words: str  # as the text names it first: text[start:end]
    start: int
    end: int
    times: int = 1


class Review(SQLModel, table=True):
    """One person's verdict on how a passage is coded; append-only, the latest of each person counts."""

    __table_args__ = (CheckConstraint("length(reviewer) > 0", name="reviewer_named"),)

    id: int | None = Field(default=None, primary_key=True)
    passage_id: int = Field(foreign_key="passage.id", index=True)
    document_id: int = Field(foreign_key="document.id", index=True)
    reviewer: str
    at: datetime
    verdict: Verdict = Field(sa_type=choice(Verdict))
    labels: list[str] = Field(default_factory=list, sa_type=JSON)  # topics and recommendations
    stance: Stance = Field(default=Stance.NONE, sa_type=choice(Stance))
    coder: str  # the coding that was judged
    quote: str = Field(default="", sa_type=Text)
    note: str = Field(default="", sa_type=Text)


class Change(SQLModel, table=True):
    __tablename__ = "change"
    __table_args__ = (
        UniqueConstraint("document_id", "kind", "to_version_id", "seen_to"),
        Index("ix_change_seen_to", "seen_to"),
        CheckConstraint("seen_from IS NULL OR seen_from <= seen_to", name="interval_ordered"),
    )

    id: int | None = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="document.id", index=True)
    from_version_id: int | None = Field(default=None, foreign_key="version.id")
    to_version_id: int | None = Field(default=None, foreign_key="version.id")
    change_class: ChangeClass = Field(sa_type=choice(ChangeClass))
    kind: ChangeKind = Field(sa_type=choice(ChangeKind))
    seen_from: datetime | None = None
    seen_to: datetime
    recorded_at: datetime
    confirmed: bool = False
    imported: bool = False
    added: list[str] = Field(default_factory=list, sa_type=JSON)
    removed: list[str] = Field(default_factory=list, sa_type=JSON)
    labels_gained: list[str] = Field(default_factory=list, sa_type=JSON)
    labels_lost: list[str] = Field(default_factory=list, sa_type=JSON)
    labels: list[str] = Field(default_factory=list, sa_type=JSON)  # of every passage it touches
    summary: str = ""
    folded_into_id: int | None = Field(default=None, foreign_key="change.id")
    superseded_at: datetime | None = None  # an older capture showed that it happened otherwise
    superseded_by_id: int | None = Field(default=None, foreign_key="change.id")
    about_id: int | None = Field(default=None, foreign_key="change.id")  # what a record is about
    # What differs, sentence by sentence (tracker.changes.rendering), as far as it is kept.
    difference: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    changed_words: int = 0
    edit_key: str = Field(default="", index=True)  # the same for the same edit on another page
    elements_gained: list[str] = Field(default_factory=list, sa_type=JSON)  # "R1 before_start"
    elements_lost: list[str] = Field(default_factory=list, sa_type=JSON)
    shifts: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSON
    )  # force, reach, entries
    meaning: str = ""  # what a machine takes the edit to mean; sent once a person confirms it
    meaning_state: MeaningState = Field(
        default=MeaningState.NOT_ASSESSED, sa_type=choice(MeaningState)
    )
    meaning_by: str = ""
    meaning_at: datetime | None = None


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


class Notice(SQLModel, table=True):
    """What an institution was told of findings about it, before or after they were public."""

    __table_args__ = (CheckConstraint("length(by) > 0", name="noticer_named"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    at: datetime
    by: str
    channel: NoticeChannel = Field(sa_type=choice(NoticeChannel))
    address: str  # never published
    findings: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)  # as they stood
    text: str = Field(sa_type=Text)
    token: str = Field(unique=True)
    sent_at: datetime | None = None  # the clock of the reply starts
    failed_at: datetime | None = None  # given up
    error: str = ""  # why it could not be handed over


class Reply(SQLModel, table=True):
    """An institution's answer; append-only, public once an admin confirmed where it comes from."""

    __table_args__ = (CheckConstraint("length(entered_by) > 0", name="enterer_named"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    received_at: datetime
    address: str  # whose host is published, and nothing else of it
    text: str = Field(sa_type=Text)
    questions: dict[str, str] = Field(default_factory=dict, sa_type=JSON)  # with the result then
    disputes: list[str] = Field(default_factory=list, sa_type=JSON)  # questions
    entered_at: datetime
    entered_by: str


class ReplyDecision(SQLModel, table=True):
    """What an admin decided on a reply; append-only, the latest counts."""

    __tablename__ = "reply_decision"
    __table_args__ = (CheckConstraint("length(by) > 0", name="decider_named"),)

    id: int | None = Field(default=None, primary_key=True)
    reply_id: int = Field(foreign_key="reply.id", index=True)
    at: datetime
    by: str
    verdict: ReplyVerdict = Field(sa_type=choice(ReplyVerdict))
    note: str = Field(default="", sa_type=Text)


class Correction(SQLModel, table=True):
    """What was wrong in a finding after it was public; numbered, append-only, public."""

    __table_args__ = (CheckConstraint("length(by) > 0", name="corrector_named"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    question: str
    at: datetime
    by: str  # never published
    note: str = Field(sa_type=Text)
    result: str  # of the finding when it was corrected
    reply_id: int | None = Field(default=None, foreign_key="reply.id")
    change_id: int | None = Field(default=None, foreign_key="change.id")  # the record of it


class Release(SQLModel, table=True):
    """The public data as it was at a moment, frozen under an id that can be cited."""

    id: str = Field(primary_key=True)  # such as 2026.11.1
    at: datetime
    note: str = ""
    sha256: str
    body: bytes = Field(sa_type=LargeBinary)  # JSON, zstd


class Subscription(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    channel: Channel = Field(sa_type=choice(Channel))
    target: str = ""  # address, URL; a secret for some channels
    cadence: Cadence = Field(default=Cadence.INSTANT, sa_type=choice(Cadence))
    timezone: str = "UTC"
    rule: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    state: SubscriptionState = Field(
        default=SubscriptionState.ACTIVE, sa_type=choice(SubscriptionState)
    )
    token: str = Field(unique=True)
    created_at: datetime
    asked_at: datetime | None = None  # when the address was asked whether it wants this
    confirmed_at: datetime | None = None  # when it said so
    noted_at: datetime | None = None  # when it was last told that all is quiet


class Delivery(SQLModel, table=True):
    __table_args__ = (
        UniqueConstraint("subscription_id", "change_id"),
        Index("ix_delivery_state_next", "state", "next_try_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    subscription_id: int = Field(foreign_key="subscription.id")
    change_id: int = Field(foreign_key="change.id")
    message_id: str = Field(
        index=True
    )  # stable for (change, subscription): a repeat is the same message
    state: DeliveryState = Field(default=DeliveryState.WAITING, sa_type=choice(DeliveryState))
    attempts: int = 0
    next_try_at: datetime | None = None
    scheduled_at: datetime | None = None  # when it got its message id
    sent_at: datetime | None = None
    error: str = ""
