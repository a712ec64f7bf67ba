"""Notices to institutions, their replies, and corrections."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Text
from sqlmodel import Field, SQLModel

from tracker.model.choices import choice


class NoticeChannel(StrEnum):
    """How an institution was told what is found about it."""

    EMAIL = "email"
    BY_HAND = "by_hand"


class ReplyVerdict(StrEnum):
    """What an admin says of a reply: only a confirmed one is public; a settled one disputes no more."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    SETTLED = "settled"


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
