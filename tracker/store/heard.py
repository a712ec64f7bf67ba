"""What passed with institutions, as far as the public may know it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from tracker.standing import Asked, Corrected, Said
from tracker.store.corrections import corrections
from tracker.store.notices import notice_rows
from tracker.store.replies import reply_rows


@dataclass(frozen=True, slots=True)
class Heard:
    """What passed with one institution, as far as the public may know it."""

    asked: tuple[Asked, ...] = ()
    said: tuple[Said, ...] = ()
    corrected: tuple[Corrected, ...] = ()


def heard(session: Session) -> Mapping[str, Heard]:
    """Return, by institution, sent notices, confirmed replies and corrections, oldest first."""
    asked: defaultdict[str, list[Asked]] = defaultdict(list)
    for notice in notice_rows(session):
        if notice.sent_at is not None:
            told = {finding["question"]: finding for finding in notice.findings}
            asked[notice.institution].append(Asked(notice.sent_at, told))
    said: defaultdict[str, list[Said]] = defaultdict(list)
    for reply in reply_rows(session):
        if reply.public:
            said[reply.institution].append(reply.said())
    corrected: defaultdict[str, list[Corrected]] = defaultdict(list)
    for correction in corrections(session):
        corrected[correction.institution].append(correction)
    return {
        key: Heard(tuple(asked[key]), tuple(said[key]), tuple(corrected[key]))
        for key in {*asked, *said, *corrected}
    }


NOT_ASKED = "institution not yet asked"


def dealings(session: Session) -> Mapping[str, str]:
    """Return, by institution, in a few words what was heard of it last; only of those that were asked or wrote."""
    return {key: found for key, one in heard(session).items() if (found := _dealing(one))}


def _dealing(one: Heard) -> str:
    if one.said:
        last = max(one.said, key=lambda said: said.received_at)
        what = "disputes a finding of ours since" if last.disputes else "replied on"
        return f"institution {what} {last.received_at:%Y-%m-%d}"
    if one.asked:
        return f"institution asked about our findings on {one.asked[-1].at:%Y-%m-%d}"
    return ""
