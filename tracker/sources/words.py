"""What pydantic finds wrong with sources.yaml, in the words of who wrote it. Pure."""

import re
from collections.abc import Iterable, Sequence
from textwrap import shorten
from typing import Any

from tracker.nearness import did_you_mean
from tracker.sources.entries import Attributed, InstitutionEntry, SourceEntry, SourcesFile


def in_words(given: Any, found: Any) -> str:
    """Return one mistake with the keys a person would look for, its cause and its remedy."""
    if not found["loc"]:
        return _no_file(given)
    return f"{_place(given, found['loc'])}{_cause(found)}"


def _no_file(given: Any) -> str:
    if given is None:
        return "the file is empty; it needs a list of institutions"
    if isinstance(given, list):
        return "the list has no name; write `institutions:` on a line above it, and set its dashes two spaces in"
    return "the file holds no institutions; it begins with `institutions:`, and a list below it"


def _place(given: Any, loc: Sequence[str | int]) -> str:
    """The keys a person would look for: institution/source: field."""
    names, field, value = [], "", given
    for step in loc:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            value = None
        if isinstance(step, int) and isinstance(value, dict):
            names.append(str(value.get("key") or value.get("url") or step + 1))
        elif isinstance(step, str) and (step not in _LISTS or step == loc[-1]):
            field = step
    where = "/".join(names)
    return "".join(f"{part}: " for part in (where, field) if part)


_LISTS = frozenset({"institutions", "sources"})


def _cause(found: Any) -> str:
    context, shown = found.get("ctx", {}), f'"{shorten(str(found["input"]), 60)}"'
    match found["type"]:
        case "extra_forbidden":
            return f"unknown field{did_you_mean(str(found['loc'][-1]), _fields(found['loc']))}"
        case "missing":
            return "is missing"
        case "enum" | "literal_error":
            choices = re.findall(r"'([^']+)'", str(context.get("expected", "")))
            hint = did_you_mean(str(found["input"]), choices)
            return f"{shown} is none of {', '.join(choices)}{hint}"
        case "value_error":
            return str(context["error"])
        case "string_pattern_mismatch":
            return f"{shown} is not of the form {_FORMS.get(str(found['loc'][-1]), context['pattern'])}"
        case kind if kind in _SHAPES:
            return f"{shown} {_SHAPES[kind]}"
        case kind if (family := kind.partition("_")[0]) in _FAMILIES:
            return f"{shown} {_FAMILIES[family]}"
        case _:
            return f"{found['msg'][0].lower()}{found['msg'][1:]}"


_SHAPES = {
    "string_type": "is no text as YAML reads it; put what you wrote in quotes",
    "tuple_type": "is no list; begin each entry with a dash, or write [one, two]",
    "model_type": "has no fields; write `field: value`, each on a line of its own",
}
#: By how pydantic's names of mistakes begin, such as int_parsing.
_FAMILIES = {
    "date": "is no day of the calendar; write it as 2026-01-31",
    "int": "is not a whole number",
    "bool": "is neither true nor false",
}
_FORMS = {
    "key": "lower-case-words-with-hyphens",
    "interval": "12h, 7d or 2w",
    "languages": "en, de …",
}


def _fields(loc: Sequence[str | int]) -> Iterable[str]:
    if "attributed" in loc:
        return Attributed.model_fields
    if "sources" in loc:
        return SourceEntry.model_fields
    return InstitutionEntry.model_fields if "institutions" in loc else SourcesFile.model_fields
