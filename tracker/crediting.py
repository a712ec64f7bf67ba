"""Who coded a passage, in words: the machine with its version, or so many people and when. Names nobody. Pure.

Source: design, decision 9; what a person is called stands in the record alone.
"""

from collections.abc import Mapping, Sequence
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


def aside(items: Sequence[Mapping[str, Any]]) -> str:
    """Return that the machine matched passages, and how many people set them aside and when, or nothing."""
    if not items:
        return ""
    people = " or ".join(sorted({item["reviewed"] for item in items}))
    days = sorted({item["reviewed_at"][:10] for item in items if item["reviewed_at"]})
    who = f"{people} {'person' if people == 'one' else 'people'}"
    when = f" {'last ' * (len(days) > 1)}on {day(days[-1])}" if days else ""
    passages = f"{len(items)} passage{'s' * (len(items) > 1)}"
    return f"matched by machine in {passages}, set aside by {who}{when}"
