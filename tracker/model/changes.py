"""What changed, of which class, and what it may mean."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from tracker.model.choices import choice


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


class MeaningState(StrEnum):
    """Whether a person has looked at what an edit means."""

    NOT_ASSESSED = "not_assessed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


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
