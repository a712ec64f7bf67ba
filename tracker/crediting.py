"""Who coded a passage, in words: the machine with its version, or so many people and when. Names nobody. Pure.

Source: design, decision 9; what a person is called stands in the record alone.
"""

from collections.abc import Mapping
from typing import Any

from tracker.dating import day

PEOPLE = {
    "none": "not yet reviewed",
    "one": "confirmed by one person",
    "two": "confirmed by two people",
}


def coded_by(item: Mapping[str, Any]) -> str:
    """Return who stands behind a piece of evidence's coding, and since when."""
    reviewed = item.get("reviewed", "none")
    if reviewed == "none":
        coder = item.get("coder")
        return f"coded by machine{f' ({coder})' if coder else ''}, {PEOPLE['none']}"
    at = item.get("reviewed_at")
    who = PEOPLE[reviewed]
    if item.get("rejected"):
        who = who.replace("confirmed", "set aside")
    said = f"{who}{f' on {day(at)}' if at else ''}"
    return f"{said}, on an earlier wording" if item.get("earlier_wording") else said
