"""How sure a change is, in the one wording of screens, mails and feeds. Pure."""

from tracker.model import ChangeClass, ChangeKind, MeaningState

#: Changes in which no text was compared.
NO_TEXT = frozenset(
    {
        ChangeKind.DOCUMENT_REMOVED,
        ChangeKind.MOVED,
        ChangeKind.WALLED,
        ChangeKind.UNREACHABLE,
        ChangeKind.REACHABLE_AGAIN,
    }
)
_MEANING = {
    MeaningState.NOT_ASSESSED: "meaning not assessed",
    MeaningState.CONFIRMED: "meaning confirmed by a person",
    MeaningState.REJECTED: "a person found no change of meaning",
}


def certainty(
    change_class: ChangeClass,
    kind: str,
    *,
    confirmed: bool,
    meaning: MeaningState,
    dealing: str,
) -> str:
    """Say what a change is about, whether it was seen again, who judged its meaning, and who was asked."""
    if change_class is ChangeClass.RECORD:
        return "our own record changed, not the institution’s text"
    if kind in NO_TEXT or change_class is ChangeClass.AVAILABILITY:
        return "about where the document is and whether it can be read, not about its text"
    seen = "seen again at a second look" if confirmed else "seen once, not yet seen again"
    return f"text {seen}; {_MEANING[meaning]}; {dealing}"
