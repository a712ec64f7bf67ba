"""Passages, where they stand, and how they are coded."""

from enum import StrEnum

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from tracker.columns import Digest, Words
from tracker.model.choices import choice


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


class PassageEntity(SQLModel, table=True):
    """A body, system or list that a passage names; of the coder that coded the passage last."""

    __tablename__ = "passage_entity"

    passage_id: int = Field(foreign_key="passage.id", primary_key=True)
    entity: str = Field(primary_key=True, index=True)  # its key in entities.yaml
    words: str  # as the text names it first: text[start:end]
    start: int
    end: int
    times: int = 1
