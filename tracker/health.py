"""How each source is doing, why, and what a person can do about it. Pure: rows in, judgement out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from tracker.addresses import ALLOWING
from tracker.model import Outcome, QuarantineReason, Reason, SourceKind

WINDOW = timedelta(days=14)
#: Below this share of good reads, a source that answered last is still not in order.
OFTEN_ENOUGH = 0.5


class HealthState(StrEnum):
    OK = "ok"
    FAILING = "failing"
    BLOCKED = "blocked"
    MOVED = "moved"
    EMPTY_FEED = "empty feed"
    SELECTOR_BROKEN = "selector broken"
    NEVER_READ = "never read"


#: Why attempts fail where the network does.
UNREACHED = frozenset({Reason.DNS, Reason.CONNECTION, Reason.TIMEOUT})
#: Nobody needs to look at a source in one of these.
IN_ORDER = (HealthState.OK, HealthState.NEVER_READ)


@dataclass(frozen=True, slots=True)
class Read:
    """One attempt to read a source's own address."""

    at: datetime
    outcome: Outcome
    reason: Reason | None = None
    status: int | None = None
    detail: str = ""
    url: str = ""
    final_url: str | None = None
    quarantine: QuarantineReason | None = None
    unread: str = ""  # why the bytes that came hold no text

    @property
    def good(self) -> bool:
        """Whether the attempt brought, or confirmed, something that can be read."""
        return self.outcome is not Outcome.FAILED and not self.quarantine and not self.unread


@dataclass(frozen=True, slots=True)
class Watched:
    """A source, and what is known of it besides its reads."""

    institution: str
    key: str
    kind: SourceKind
    url: str
    empty: bool = False  # its last good read named no document
    last_good_at: datetime | None = None
    failing_since: datetime | None = None  # the first attempt after that, where it was long ago


@dataclass(frozen=True, slots=True)
class Health:
    """The judgement on one source."""

    source: Watched
    state: HealthState
    cause: str
    remedy: str
    last_good_at: datetime | None
    reads: int  # within the window
    success: float | None
    unreached: bool = False  # its last read failed as all do where there is no network
    answers: bool = True  # its last read brought what can be read; also where nobody tried yet

    @property
    def said(self) -> str:
        """The judgement in one word and what it rests on."""
        return f"{self.state}: {self.cause}"

    def to_json(self) -> dict[str, Any]:
        """Return the judgement as `sources health --json` prints it."""
        at = self.last_good_at
        return {
            "institution": self.source.institution,
            "key": self.source.key,
            "kind": str(self.source.kind),
            "url": self.source.url,
            "state": str(self.state),
            "cause": self.cause,
            "remedy": self.remedy,
            "last_good_at": at.isoformat() if at else None,
            "reads": self.reads,
            "success": self.success,
        }


def health(source: Watched, reads: Sequence[Read], *, at: datetime) -> Health:
    """Return how a source is doing by its reads so far, in any order."""
    ordered = sorted((read for read in reads if read.at <= at), key=lambda read: read.at)
    recent = [read for read in ordered if read.at > at - WINDOW]
    share = sum(read.good for read in recent) / len(recent) if recent else None
    state, cause = _state(source, ordered, share)
    good = [read.at for read in ordered if read.good]
    return Health(
        source=source,
        state=state,
        cause=cause,
        remedy=_remedy(state, source, ordered[-1] if ordered else None),
        last_good_at=max(
            [*good, *([source.last_good_at] if source.last_good_at else [])], default=None
        ),
        reads=len(recent),
        success=None if share is None else round(share, 2),
        unreached=bool(ordered) and ordered[-1].reason in UNREACHED,
        answers=state is not HealthState.SELECTOR_BROKEN and (not ordered or ordered[-1].good),
    )


def _state(source: Watched, reads: Sequence[Read], share: float | None) -> tuple[HealthState, str]:
    if not reads:
        return HealthState.NEVER_READ, "no attempt yet"
    last = reads[-1]
    if (broken := _selector(last)) or (blocked := _wall(last)):
        state = HealthState.SELECTOR_BROKEN if broken else HealthState.BLOCKED
        return state, broken or blocked
    if not last.good:
        return HealthState.FAILING, _failure(source, last, reads)
    if moved := _elsewhere(source, last):
        return HealthState.MOVED, f"its address now leads to {moved}"
    if source.empty and source.kind is SourceKind.LISTING:
        return HealthState.SELECTOR_BROKEN, "`follow` finds no link on the page"
    if source.empty and source.kind in {SourceKind.FEED, SourceKind.SITEMAP}:
        return HealthState.EMPTY_FEED, f"the {source.kind} names no document"
    if share is not None and share < OFTEN_ENOUGH:
        return HealthState.FAILING, f"only {share:.0%} of its reads in 14 days were good"
    return HealthState.OK, "read"


def _selector(read: Read) -> str:
    return read.unread if "selector" in read.unread else ""


def _wall(read: Read) -> str:
    """Why somebody keeps us out, or nothing."""
    if read.quarantine in {QuarantineReason.BOT_WALL, QuarantineReason.LOGIN_WALL}:
        return f"answers with a {str(read.quarantine).replace('_', ' ')}"
    if read.reason in {Reason.ROBOTS, Reason.LOGIN, Reason.RATE_LIMITED}:
        return {Reason.ROBOTS: "robots.txt refuses it", Reason.LOGIN: "asks for a login"}.get(
            read.reason, "says that we ask too often (429)"
        )
    return "refuses us (403)" if read.status == 403 and read.outcome is Outcome.FAILED else ""


def _failure(source: Watched, last: Read, reads: Sequence[Read]) -> str:
    since = last.at
    for read in reversed(reads):
        if read.good:
            break
        since = read.at
    else:
        since = min(since, source.failing_since or since)
    why = str(last.quarantine or last.unread or last.reason or "unknown").replace("_", " ")
    detail = last.detail.rstrip(".")
    if detail.lower().startswith(why):
        return f"{detail} since {since:%Y-%m-%d}"
    return f"{why}{f' ({detail})' if detail else ''} since {since:%Y-%m-%d}"


def _elsewhere(source: Watched, read: Read) -> str | None:
    """Where a read was led, if not merely to another spelling of the same address."""
    if not read.final_url or _bare(read.final_url) == _bare(source.url):
        return None
    return read.final_url


def _bare(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return parts.netloc.lower().removeprefix("www."), parts.path.rstrip("/"), parts.query


def _remedy(state: HealthState, source: Watched, last: Read | None) -> str:
    here = f"{source.institution}/{source.key}"
    look = f"tracker sources check --live {here}"
    match state:
        case HealthState.OK:
            return ""
        case HealthState.NEVER_READ:
            return f"`tracker crawl {here}`"
        case HealthState.BLOCKED:
            return "ask the institution for leave, or watch a feed or another page of it"
        case HealthState.MOVED:
            return "put the new address into sources.yaml, and `valid_until` on the old one"
        case HealthState.EMPTY_FEED:
            return f"look for its successor: `tracker sources add {source.url}`"
        case HealthState.SELECTOR_BROKEN:
            return f"look at the page and correct `select` or `follow`: `{look}`"
        case HealthState.FAILING:
            if last and last.reason is Reason.PRIVATE_ADDRESS:
                return ALLOWING
            if last and last.reason is Reason.NOT_FOUND:
                return "find where it went, or set `valid_until` on it"
            return f"if it lasts, look at it: `{look}`"


def summary(found: Iterable[Health]) -> str:
    """Return one line on all sources, for the operator; empty where all is in order."""
    rows = list(found)
    states = Counter(row.state for row in rows)
    wrong = [(state, states[state]) for state in HealthState if states[state]]
    wrong = [(state, number) for state, number in wrong if state is not HealthState.OK]
    if not wrong:
        return ""
    named = ", ".join(f"{number} {state}" for state, number in wrong)
    total = sum(number for _, number in wrong)
    return f"{total} of {len(rows)} sources need a look ({named}): tracker sources health"
