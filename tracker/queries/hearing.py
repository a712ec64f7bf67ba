"""What passed with institutions about their findings, read once for many of them."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from tracker.model import Finding, Institution
from tracker.standing import Gate, Standing, Subject, labels_of, standing
from tracker.store.heard import Heard, heard


def gate_of(session: Session) -> Gate:
    """Return the gate through which a store is read."""
    return session.info.get("gate") or Gate()


class Hearing:
    """Says how findings stand, at one time, for those who read through one gate."""

    def __init__(
        self, session: Session, *, gate: Gate | None = None, at: datetime | None = None
    ) -> None:
        self.gate = gate or gate_of(session)
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


WAITS = "what a person found is shown once the institution could reply"


def withheld_labels(
    session: Session, *, gate: Gate | None = None, at: datetime | None = None
) -> Mapping[str, frozenset[str]]:
    """Return, by institution, the labels on which people's word waits for the institution's.

    Whatever shows what people made of a passage or an edit asks this first.
    """
    found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    gate = gate or gate_of(session)
    if not gate.withhold:
        return found
    hearing = Hearing(session, gate=gate, at=at)
    query = select(
        Institution.key, Finding.question, Finding.result, Finding.reviewed, col(Finding.acted)
    ).join(Finding, col(Finding.institution_id) == Institution.id)  # type: ignore[call-overload]  # more columns than the stubs count
    for key, *finding in session.exec(query):
        subject = Subject(*finding)
        if hearing.standing(key, subject).withheld:
            found[key] |= frozenset(labels_of(subject.question))
    return found
