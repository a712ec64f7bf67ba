"""What passed with institutions about their findings, read once for many of them."""

from datetime import UTC, datetime

from sqlmodel import Session

from tracker.standing import Gate, Standing, Subject, standing
from tracker.store.replies import Heard, heard

UNHEARD = Standing()


class Hearing:
    """Says how findings stand, at one time, for those who read through one gate."""

    def __init__(
        self, session: Session, *, gate: Gate | None = None, at: datetime | None = None
    ) -> None:
        self.gate: Gate = gate or session.info.get("gate") or Gate()
        self.at = at or datetime.now(UTC)
        self._by_institution = heard(session)

    def standing(self, institution: str, finding: Subject) -> Standing:
        """Return how a finding on an institution, by key, stands with it."""
        with_it = self._by_institution.get(institution, Heard())
        return standing(
            finding,
            asked=with_it.asked,
            said=with_it.said,
            corrected=with_it.corrected,
            gate=self.gate,
            at=self.at,
        )
