"""How a finding stands with the institution it is about: asked, under reply, answered, disputed. Pure.

Source: design, decision 11; codebook, "What follows for an institution".
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tracker.model import SPOKEN, Recommendation, Reviewed, Topic

#: What findings answer.
QUESTIONS = (SPOKEN, *map(str, Recommendation))

#: Results that an institution may want to answer before they are public.
NEGATIVE = frozenset({"declined", "none_found", "criticised"})
DISPUTED, UNDER_REPLY, WITHHELD = "disputed", "under_reply", "withheld"
CORRECTED = "corrected"
NOT_APPLICABLE = "not_applicable"  # no reply stands beside what the question is not asked of
#: What is said beside a result, wherever it shows.
OVERLAYS: Mapping[str, str] = {
    DISPUTED: "disputed by the institution",
    CORRECTED: "corrected, see the correction",
    UNDER_REPLY: "under reply",
    WITHHELD: "waits for the institution’s reply",
}

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Gate:
    """How long an institution has to answer, and whether the public waits for that."""

    days: int = 14
    withhold: bool = False

    def due(self, asked: datetime) -> datetime:
        """Return until when an answer is awaited."""
        return asked + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Asked:
    """A notice that went out: when, and what it said of each question."""

    at: datetime
    told: Mapping[str, Mapping[str, Any]]  # question → {"result", "deeds"}


@dataclass(frozen=True, slots=True)
class Said:
    """A reply that an admin confirmed, in full; of the address only the host."""

    id: int
    institution: str
    received_at: datetime
    host: str
    text: str
    questions: Mapping[str, str]  # with the result that it answers
    disputes: tuple[str, ...]  # of them, as far as the dispute is open
    settled: tuple[str, ...] = ()  # of them, whose dispute is over

    @property
    def named(self) -> tuple[str, ...]:
        """The questions beside which the reply stands."""
        return named_in(self.questions, (*self.disputes, *self.settled))

    def to_json(self) -> dict[str, Any]:
        """Return the reply as JSON and exports print it."""
        return {
            "id": self.id,
            "received_at": self.received_at.isoformat(),
            "host": self.host,
            "questions": sorted(self.questions),
            "disputes": sorted(self.disputes),
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class Corrected:
    """A public correction of a finding."""

    id: int
    institution: str
    question: str
    at: datetime
    note: str
    result: str  # of the finding when it was corrected
    reply_id: int | None = None  # the reply that led to it

    def to_json(self) -> dict[str, Any]:
        """Return the correction as JSON and exports print it."""
        return {
            "id": self.id,
            "institution": self.institution,
            "question": self.question,
            "at": self.at.isoformat(),
            "result_then": self.result,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """What passed between the tracker and an institution about one finding."""

    asked_at: datetime | None = None
    due_at: datetime | None = None
    disputed: bool = False
    under_reply: bool = False
    withheld: bool = False
    replies: tuple[Said, ...] = ()  # that name the question
    elsewhere: tuple[Said, ...] = ()  # other replies of the institution
    corrections: tuple[Corrected, ...] = ()
    corrected: bool = False  # the result that was corrected still stands

    @property
    def overlays(self) -> tuple[str, ...]:
        """What must be said beside the result wherever it shows."""
        return tuple(name for name in OVERLAYS if getattr(self, name))

    def to_json(self) -> dict[str, Any]:
        """Return the standing as `spoken --json` and `coverage --json` print it."""
        return {
            "standing": list(self.overlays),
            DISPUTED: self.disputed,
            CORRECTED: self.corrected,
            UNDER_REPLY: self.under_reply,
            WITHHELD: self.withheld,
            "asked_at": self.asked_at.isoformat() if self.asked_at else None,
            "reply_due": self.due_at.isoformat() if self.due_at else None,
            "replies": [reply.to_json() for reply in self.replies],
            "corrections": [correction.to_json() for correction in self.corrections],
        }


UNHEARD = Standing()


@dataclass(frozen=True, slots=True)
class Subject:
    """A finding as far as its standing depends on it."""

    question: str
    result: str
    reviewed: str
    acted: Sequence[Mapping[str, Any]] = ()

    @property
    def deeds(self) -> frozenset[str]:
        """The deeds that a person confirmed, each by what was done and with whom."""
        return frozenset(deed_name(d) for d in self.acted if d["reviewed"] != Reviewed.NONE)

    @property
    def negative(self) -> bool:
        """Whether a person confirmed what the institution may want to answer first."""
        confirmed = self.reviewed != Reviewed.NONE and self.result in NEGATIVE
        return confirmed or bool(self.deeds)


def labels_of(question: str) -> tuple[str, ...]:
    """Return the labels of passages and changes that touch a question."""
    return (str(Topic.CHINA),) if question == SPOKEN else (question,)


def named_in(questions: Collection[str], disputes: Collection[str]) -> tuple[str, ...]:
    """Return the questions that a reply names; one that is about all of them names what it disputes."""
    about = disputes if set(QUESTIONS) <= set(questions) else {*questions, *disputes}
    return tuple(question for question in QUESTIONS if question in about)


def deed_name(deed: Mapping[str, Any]) -> str:
    """Return what tells a deed from others of the institution."""
    return f"{deed['what']}: {deed['partner']}"


def standing(
    finding: Subject,
    *,
    asked: Sequence[Asked],
    said: Sequence[Said],
    corrected: Sequence[Corrected] = (),
    gate: Gate,
    at: datetime,
) -> Standing:
    """Return how a finding stands. Notices and replies count for the result that they were about.

    Until the time is over or a reply is public, what a person confirmed against the institution is
    withheld where the gate says so; one that was never asked has no time that could be over.
    """
    question = finding.question
    first = min((notice.at for notice in asked if _covers(notice, finding)), default=None)
    asks = finding.result != NOT_APPLICABLE
    mine = tuple(reply for reply in said if asks and question in reply.named)
    answering = [reply for reply in said if reply.questions.get(question) == finding.result]
    waiting = first is not None and not answering and at < gate.due(first)
    unheard = not answering and (first is None or waiting)
    mended = tuple(found for found in corrected if found.question == question)
    return Standing(
        asked_at=first,
        due_at=gate.due(first) if first else None,
        disputed=any(question in reply.disputes for reply in answering),
        under_reply=waiting,
        withheld=gate.withhold and finding.negative and unheard,
        replies=mine,
        elsewhere=tuple(reply for reply in said if reply not in mine),
        corrections=mended,
        corrected=any(found.result == finding.result for found in mended),
    )


def _covers(notice: Asked, finding: Subject) -> bool:
    told = notice.told.get(finding.question)
    if told is None or told["result"] != finding.result:
        return False
    return finding.deeds <= set(told["deeds"])


def plain(text: str) -> str:
    """Return what somebody wrote as lines of text without control characters."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
