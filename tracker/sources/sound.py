"""The part of a wrong sources.yaml that is right, so that rules between entries are checked in the same go. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tracker.sources.entries import InstitutionEntry, SourcesFile

Place = Sequence[str | int]
#: Fields that no rule looks at, with what may stand there meanwhile.
_MEANWHILE = {"name": "?", "kind": "university", "country": "EU"}
#: Without these, rules would find faults that are not there.
_NEEDED = frozenset({"key", "homepage", "hosts", "sources", "parent"})


@dataclass(frozen=True, slots=True)
class Sound:
    """Entries that can be read, where each stood in the file, and the keys of those left out."""

    file: SourcesFile
    at: tuple[tuple[int, tuple[int, ...]], ...]
    left_out: frozenset[str]

    def place(self, place: Place) -> Place:
        """Return where in the whole file a place of this part stands."""
        match place:
            case ("institutions", int(number), "sources", int(source), *rest):
                whole, sources = self.at[number]
                return ("institutions", whole, "sources", sources[source], *rest)
            case ("institutions", int(number), *rest):
                return ("institutions", self.at[number][0], *rest)
        return place


def sound_part(given: Any, wrong: Sequence[Place]) -> Sound:
    """Return what of a file can be read, given the places that cannot."""
    rows = given.get("institutions") if isinstance(given, dict) else None
    rows = rows if isinstance(rows, list) else []
    read = [_entry(number, row, wrong) for number, row in enumerate(rows)]
    keys = {str(row.get("key")) for row in rows if isinstance(row, dict)}
    found = [one for one in read if one is not None]
    file = SourcesFile.model_construct(institutions=tuple(entry for entry, _ in found))
    left_out = frozenset(keys - {entry.key for entry, _ in found})
    return Sound(file, tuple(place for _, place in found), left_out)


def _entry(
    number: int, row: Any, wrong: Sequence[Place]
) -> tuple[InstitutionEntry, tuple[int, tuple[int, ...]]] | None:
    """One institution without what is wrong in it; None where too little is left to judge it by."""
    here = [place[2:] for place in wrong if tuple(place[:2]) == ("institutions", number)]
    fields = {place[0] for place in here if place and place[:1] != ("sources",)}
    bad = {place[1] for place in here if len(place) > 1 and place[0] == "sources"}
    if not isinstance(row, Mapping) or () in here or ("sources",) in here or fields & _NEEDED:
        return None
    sources = [at for at in range(len(row.get("sources") or ())) if at not in bad]
    kept = {name: value for name, value in row.items() if name not in fields}
    meanwhile = {name: stand for name, stand in _MEANWHILE.items() if name in fields}
    kept |= {**meanwhile, "sources": [row["sources"][at] for at in sources]}
    try:
        return InstitutionEntry.model_validate(kept), (number, tuple(sources))
    except ValidationError:
        return None
