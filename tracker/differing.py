"""What differs between two frozen states of the public data, a line each. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tracker.model import SPOKEN
from tracker.standing import OVERLAYS

Row = Mapping[str, Any]
Place = tuple[str, ...]
#: Tables whose rows are told by number alone: what one of them says does not change.
_COUNTED = {
    "documents": "url",
    "changes": "id",
    "replies": "id",
    "corrections": "id",
}
_ABSENT = "not in scope"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what differs: codebook, who is in scope, results with what stands beside them, quotes, sources."""
    return list(_differences(before, after))


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = before["codebook"].get("version"), after["codebook"].get("version")
    if old != new:
        yield f"codebook: {old} → {new}"
    yield from _changed(_results(before), _results(after), _ABSENT)
    yield from _quotes(before, after)
    for field in ("since", "latest"):
        yield from _changed(_dates(before, field), _dates(after, field), "undated")
    yield from _changed(_sources(before), _sources(after), "not watched")
    for table, key in _COUNTED.items():
        had, have = ({row[key] for row in _table(each, table)} for each in (before, after))
        if said := _more_and_fewer(len(have - had), len(had - have)):
            yield f"{table}: {said}"


def _changed(had: Mapping[Place, str], have: Mapping[Place, str], absent: str) -> Iterator[str]:
    for place in sorted(had.keys() | have.keys()):
        was, now = had.get(place, absent), have.get(place, absent)
        if was != now:
            yield f"{' '.join(place)}: {was} → {now}"


def _table(frozen: Mapping[str, Any], name: str) -> Sequence[Row]:
    rows: Sequence[Row] = frozen["tables"].get(name, ())  # an older release did not freeze them all
    return rows


def _findings(frozen: Mapping[str, Any]) -> Iterator[tuple[Place, Row]]:
    for row in (*_table(frozen, "spoken"), *_table(frozen, "coverage")):
        yield (row["institution"], row.get("recommendation", SPOKEN)), row


def _results(frozen: Mapping[str, Any]) -> dict[Place, str]:
    return {
        place: "; ".join(
            (
                f"{row['result']} (reviewed: {row['reviewed']})",
                *(name.replace("_", " ") for name in OVERLAYS if row.get(name)),
            )
        )
        for place, row in _findings(frozen)
    }


def _dates(frozen: Mapping[str, Any], field: str) -> dict[Place, str]:
    return {
        (*place, f"{field} (stated date)"): row[field][:10]
        for place, row in _findings(frozen)
        if row.get(field)
    }


def _sources(frozen: Mapping[str, Any]) -> dict[Place, str]:
    return {
        ("source", f"{r['institution']}/{r['key']}"): r["state"] for r in _table(frozen, "sources")
    }


def _quotes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    had, have = _quoted(before), _quoted(after)
    for place in sorted(had.keys() | have.keys()):
        was, now = had.get(place, set()), have.get(place, set())
        if said := _more_and_fewer(len(now - was), len(was - now)):
            yield f"{' '.join(place)}: quotes: {said}"


def _quoted(frozen: Mapping[str, Any]) -> dict[Place, set[tuple[str, str]]]:
    found: dict[Place, set[tuple[str, str]]] = {}
    for row in _table(frozen, "evidence"):
        place = row["institution"], row["question"]
        found.setdefault(place, set()).add((row["url"], row["quote"]))
    return found


def _more_and_fewer(came: int, went: int) -> str:
    parts = (f"{came} came" if came else "", f"{went} went" if went else "")
    return ", ".join(filter(None, parts))
