"""How many institutions have spoken, out of how many: the denominators. Pure.

Source: codebook and design. Shares are taken over the census alone: who is listed because a
statement was found would make any share too high. Machine findings are never added to people's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tracker.model import InstitutionKind
from tracker.queries import UNREAD, Answered, part


@dataclass(frozen=True, slots=True)
class Share:
    """One denominator: a kind of institution, of the core or with adjacent ones."""

    kind: str
    scope: str  # "core" or "with adjacent"
    census: int
    checked: int  # of the census: something can be said of them
    spoken: int  # condemned or criticised, confirmed by people
    possible: int  # the same by machine, not yet reviewed
    found_by_topic: int  # listed besides the census; in no share

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain values, with the share where there is something to share."""
        share = round(self.spoken / self.checked, 3) if self.checked else None
        return {**asdict(self), "share_of_checked": share}


def shares(rows: Sequence[Answered]) -> list[Share]:
    """Return the denominators of who has spoken, by kind, for the core and with adjacent ones."""
    return list(_shares(rows))


def _shares(rows: Sequence[Answered]) -> Iterator[Share]:
    for kind in InstitutionKind:
        of_kind = [row for row in rows if row.kind == kind]
        for scope, counted in (
            ("core", [row for row in of_kind if row.group == "core"]),
            ("with adjacent", of_kind),
        ):
            if counted:
                yield _share(kind, scope, counted)


def _share(kind: InstitutionKind, scope: str, rows: Sequence[Answered]) -> Share:
    census = [row for row in rows if row.found_by == "census"]
    parts = [part(row) for row in census]
    return Share(
        kind=str(kind),
        scope=scope,
        census=len(census),
        checked=sum(row.result not in UNREAD for row in census),
        spoken=parts.count("confirmed"),
        possible=parts.count("possible"),
        found_by_topic=len(rows) - len(census),
    )
