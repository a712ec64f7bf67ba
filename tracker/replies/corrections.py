"""Corrections of findings in public."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from tracker.model import ChangeKind
from tracker.queries import finding_rows
from tracker.replies.answers import reply_named
from tracker.replies.checks import (
    CONFIRMING,
    check_permitted,
    known_institution,
    refuse,
    short,
    too_long,
    unknown,
)
from tracker.replies.records import add_record
from tracker.standing import labels_of, plain
from tracker.store.corrections import record_correction
from tracker.store.deliveries import owe_told, told_of
from tracker.store.deliveries import withdraw as drop


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction came to."""

    number: int
    told: int  # subscribers who got a wrong alert and will get the correction
    dropped: int  # deliveries of wrong alerts that will not go out
    result: str  # of the finding, which stays until people judge anew
    passages: int  # that it rests on
    awaiting: int = 0  # that await review beside them

    @property
    def follows(self) -> str:
        """What a correction does not do, and who must do it."""
        stays = f"The finding still reads “{self.result.replace('_', ' ')}”: a correction changes no result."
        if self.awaiting:
            return (
                f"{stays} What awaits review on it stands first in `tracker review list` and on the Review screen, "
                "then what it rests on, for those who have not judged it; once it is judged, `tracker update` draws the conclusions."
            )
        if not self.passages:
            return f"{stays} It rests on no passage; see what was read for it, and `tracker sources health`."
        one = self.passages == 1
        number = (
            "passage it rests on stands" if one else f"{self.passages} passages it rests on stand"
        )
        return (
            f"{stays} The {number} first in `tracker review list` and on the Review screen; "
            f"once {'it is' if one else 'they are'} judged, `tracker update` draws the conclusions."
        )


def correct(
    session: Session,
    key: str,
    question: str,
    *,
    note: str,
    by: str,
    reply_id: int | None = None,
    changes: Sequence[int] = (),
    at: datetime,
) -> Corrected:
    """Correct a finding in public, as an admin: exactly those who were told of it wrongly are told.

    These are the changes of the institution that touch the question, or those that are named.
    """
    check_permitted(session, by, CONFIRMING)
    institution, said = known_institution(session, key), plain(note)
    problems = unknown([question]) + too_long("note", said)
    problems += [] if said else ["note: say what was wrong and what is right"]
    assert institution.id is not None
    wrong = told_of(session, institution.id, labels_of(question))
    problems += [f"change {c}: nobody was told of it here" for c in changes if c not in wrong]
    if reply_id is not None and reply_named(session, reply_id).institution != key:
        problems.append(f"reply {reply_id} is another institution's")
    refuse(problems)
    # The result that the public saw: what is withheld was never wrong in public.
    [row] = finding_rows(session, questions=[question], institutions=[key], at=at)
    wrong = list(changes) or wrong
    summary = f"correction of our finding on {short(question)}: {' '.join(said.split())}"
    record = add_record(
        session, key, [question], ChangeKind.CORRECTION, summary, at=at, about=wrong
    )
    told = sum(owe_told(session, record, each, at=at) for each in wrong) if record else 0
    number = record_correction(
        session, institution.id, question=question, at=at, by=by, note=said, result=row.result, reply_id=reply_id, change_id=record,
    )  # fmt: skip
    dropped = sum(drop(session, each) for each in wrong)
    return Corrected(number, told, dropped, row.result, len(row.evidence), len(row.awaiting))
