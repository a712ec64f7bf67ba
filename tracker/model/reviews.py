"""People and their verdicts on codings."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from tracker.model.choices import choice
from tracker.model.passages import Stance


class Role(StrEnum):
    """What a person who signed in may do."""

    REVIEWER = "reviewer"
    ADMIN = "admin"


class Verdict(StrEnum):
    CONFIRM = "confirm"
    REJECT = "reject"
    AMEND = "amend"


class Person(SQLModel, table=True):
    """Somebody who may sign in, known by the address that their provider has verified."""

    __table_args__ = (UniqueConstraint("issuer", "email"),)

    id: int | None = Field(default=None, primary_key=True)
    issuer: str
    email: str
    role: Role = Field(sa_type=choice(Role))
    added_at: datetime


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
