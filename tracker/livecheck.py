"""Does a declared source deliver? Judges what looking at it twice brought. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tracker.addresses import ALLOWING
from tracker.extraction.quality import quarantine
from tracker.extraction.reader import read
from tracker.extraction.text import Extracted
from tracker.model import Reason, SourceKind
from tracker.sources import SourceEntry

ENOUGH_WORDS = 50  # where the source says nothing else: less is hardly a policy or a statement
ELSEWHERE = "watch another page of the institution, or a feed"
NAMING = (SourceKind.FEED, SourceKind.SITEMAP, SourceKind.LISTING)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one look at an address brought."""

    url: str
    final_url: str
    status: int | None = None
    reason: str | None = None
    detail: str = ""
    media_type: str = ""
    charset: str | None = None
    named: int | None = None  # documents that a feed, sitemap or listing names
    further: int = 0  # lists that such a list names in turn, as a sitemap index does
    body: bytes | None = None

    @property
    def names_some(self) -> bool:
        """Whether it names documents, or lists that may."""
        return bool(self.named or self.further)


@dataclass(frozen=True, slots=True)
class Checked:
    """The judgement on one source; None where a question does not arise or has no answer."""

    source: str
    kind: str
    url: str
    fetchable: bool
    robots: bool | None
    words: int | None
    same_text: bool | None
    selector: bool | None
    named: int | None
    further: int
    problems: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the judgement as `sources check --live --json` prints it."""
        return {**asdict(self), "problems": list(self.problems)}


def judge(source: str, entry: SourceEntry, attempts: Sequence[Attempt]) -> Checked:
    """Return whether a source can be fetched, says enough, and says the same when asked twice."""
    reasons = {attempt.reason for attempt in attempts if attempt.reason}
    fetched = [attempt for attempt in attempts if attempt.body is not None]
    texts = [_text(entry, attempt) for attempt in fetched] if entry.kind not in NAMING else []
    good = [text for text in texts if isinstance(text, Extracted)]
    return Checked(
        source=source,
        kind=str(entry.kind),
        url=entry.url,
        fetchable=bool(fetched),
        robots=(str(Reason.ROBOTS) not in reasons) if attempts else None,
        words=len(good[0].text.split()) if good else None,
        same_text=good[0].text == good[1].text if len(good) > 1 else None,
        selector=_selector(entry, fetched, texts),
        named=fetched[0].named if fetched else None,
        further=fetched[0].further if fetched else 0,
        problems=tuple(dict.fromkeys(_problems(entry, attempts, texts))),
    )


def _text(entry: SourceEntry, attempt: Attempt) -> Extracted | str:
    """What a page says, or why it says nothing."""
    assert attempt.body is not None
    found = read(
        attempt.body,
        media_type=attempt.media_type,
        charset=attempt.charset,
        url=attempt.final_url,
        select=entry.select,
        remove=entry.remove,
    )
    if not isinstance(found, Extracted):
        return found.reason
    why = quarantine(found, attempt.body)
    return f"looks like {str(why).replace('_', ' ')}" if why else found


def _selector(
    entry: SourceEntry, fetched: Sequence[Attempt], texts: Sequence[Extracted | str]
) -> bool | None:
    if not fetched:
        return None
    if entry.kind is SourceKind.LISTING:
        return bool(fetched[0].named)
    if entry.select is None:
        return None
    return not (isinstance(texts[0], str) and "selector" in texts[0])


def _problems(
    entry: SourceEntry, attempts: Sequence[Attempt], texts: Sequence[Extracted | str]
) -> Iterator[str]:
    if not attempts:
        yield "was not looked at; run it again"
    for attempt in attempts:
        if attempt.reason:
            detail = f" ({attempt.detail})" if attempt.detail else ""
            yield f"{attempt.reason.replace('_', ' ')}{detail}; {_remedy(attempt.reason)}"
        elif entry.kind in NAMING and not attempt.names_some:
            what = (
                "`follow` finds no link"
                if entry.kind is SourceKind.LISTING
                else "names no document"
            )
            yield f"{what}; correct it, or `include` and `exclude`"
    least = entry.at_least_words or ENOUGH_WORDS
    for text in texts:
        if isinstance(text, str):
            yield f"{text}; {'correct `select`' if 'selector' in text else ELSEWHERE}"
        elif (words := len(text.text.split())) < least:
            yield f"says {words} words, fewer than {least}; choose `select`, or watch another page"
    good = [text.text for text in texts if isinstance(text, Extracted)]
    if len(good) > 1 and good[0] != good[1]:
        yield "says something else when fetched again; `remove` what varies"


def _remedy(reason: str) -> str:
    """What helps where nothing could be fetched."""
    match Reason(reason):
        case Reason.ROBOTS | Reason.LOGIN | Reason.RATE_LIMITED:
            return f"ask the institution for leave, or {ELSEWHERE}"
        case Reason.PRIVATE_ADDRESS:
            return ALLOWING
        case Reason.NOT_FOUND:
            return "find where it went and correct `url`, or set `valid_until`"
        case _:
            return "look again; if it lasts, open it in a browser and correct `url`"
