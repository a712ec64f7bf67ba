"""sources.yaml read and checked: every problem in one error, with line, cause and remedy."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from tracker.sources.entries import Attributed, InstitutionEntry, SourceEntry, SourcesFile
from tracker.sources.rules import did_you_mean, rule_problems

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class SourcesError(Exception):
    """sources.yaml cannot be used; `problems` lists everything wrong, one line each."""

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        self.path, self.problems = path, tuple(problems)
        super().__init__("\n".join([f"{path} cannot be used:", *(f"  {p}" for p in problems)]))


def schema() -> dict[str, Any]:
    """Return the JSON Schema of sources.yaml, for editors."""
    return SourcesFile.model_json_schema()


def load_sources(path: Path) -> SourcesFile:
    """Read and check sources.yaml; raises SourcesError with every problem at once."""
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        raise SourcesError(path, ["there is no such file; set TRACKER_SOURCES"]) from None
    except IsADirectoryError:
        raise SourcesError(path, ["is a folder; name the file in it"]) from None
    except UnicodeDecodeError as error:
        problem = f"byte {error.start}: not UTF-8; save the file as UTF-8"
        raise SourcesError(path, [problem]) from None
    return parse_sources(text, path)


def parse_sources(text: str, path: Path) -> SourcesFile:
    """Check the text of a sources.yaml; raises SourcesError with every problem at once."""
    try:
        root = yaml.compose(text, Loader)
        if said := _repeats_itself(root):
            raise SourcesError(path, [said])
        given = yaml.load(text, Loader)  # noqa: S506  (Loader is the safe one)
    # A day that is none, a number beyond all numbers, a tag that its value does not fit.
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise SourcesError(path, [f"holds a value that cannot be read: {error}"]) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SourcesError(
            path,
            [
                f"line {line}: not YAML: {error.problem}; do its dashes and keys stand as far in as their neighbours?"
            ],
        ) from None
    except yaml.YAMLError as error:
        raise SourcesError(path, [f"not YAML: {str(error).splitlines()[0]}"]) from None
    lines = _Lines(root)
    problems = [*lines.doubled, *_schema_problems(given, lines)]
    if problems:
        raise SourcesError(path, _in_order(problems))
    file = SourcesFile.model_validate(given)
    if problems := [f"line {lines.of(place)}: {said}" for place, said in rule_problems(file)]:
        raise SourcesError(path, _in_order(problems))
    return file


def _repeats_itself(root: yaml.Node | None) -> str | None:
    """Say where an alias repeats a list or a mapping: a few lines of them unfold without end."""
    met: set[int] = set()
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.ScalarNode):
            continue
        if id(node) in met:
            line = node.start_mark.line + 1
            return f"line {line}: an alias repeats this list or mapping; write it out"
        met.add(id(node))
        for each in node.value:
            waiting.extend(each if isinstance(each, tuple) else (each,))
    return None


class _Lines:
    """Where each value of the file stands; `doubled` names keys written twice in one mapping."""

    def __init__(self, root: yaml.Node | None) -> None:
        self.at: dict[tuple[str | int, ...], int] = {}
        self.doubled: list[str] = []
        if root is not None:
            self._walk(root, ())

    def _walk(self, node: yaml.Node, place: tuple[str | int, ...]) -> None:
        self.at.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            names = Counter(key.value for key, _ in node.value)
            for key, value in node.value:
                self.at[(*place, key.value)] = line = key.start_mark.line + 1
                if names.pop(key.value, 1) > 1:
                    self.doubled.append(f'line {line}: "{key.value}" is written twice; keep one')
                self._walk(value, (*place, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                self._walk(value, (*place, number))

    def of(self, place: Sequence[str | int]) -> int:
        """The line of a place, or of the nearest place around it."""
        for length in range(len(place), -1, -1):
            if tuple(place[:length]) in self.at:
                return self.at[tuple(place[:length])]
        return 1


def _schema_problems(given: Any, lines: _Lines) -> Iterator[str]:
    if given is None:
        yield "line 1: the file is empty; it needs a list of institutions"
        return
    try:
        SourcesFile.model_validate(given)
    except ValidationError as error:
        for found in error.errors():
            yield f"line {lines.of(found['loc'])}: {_place(given, found['loc'])}{_cause(found)}"


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
        elif isinstance(step, str) and step not in {"institutions", "sources"}:
            field = step
    where = "/".join(names)
    return "".join(f"{part}: " for part in (where, field) if part)


def _cause(found: Any) -> str:
    context = found.get("ctx", {})
    match found["type"]:
        case "extra_forbidden":
            return f"unknown field{did_you_mean(str(found['loc'][-1]), _fields(found['loc']))}"
        case "missing":
            return "is missing"
        case "enum" | "literal_error":
            choices = re.findall(r"'([^']+)'", str(context.get("expected", "")))
            hint = did_you_mean(str(found["input"]), choices)
            return f'"{found["input"]}" is none of {", ".join(choices)}{hint}'
        case "value_error":
            return str(context["error"])
        case "string_pattern_mismatch":
            return f'"{found["input"]}" is not of the form {_FORMS.get(str(found["loc"][-1]), context["pattern"])}'
        case _:
            return f"{found['msg'][0].lower()}{found['msg'][1:]}"


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


def _in_order(problems: Iterable[str]) -> list[str]:
    def line(problem: str) -> int:
        found = re.match(r"line (\d+)", problem)
        return int(found[1]) if found else 0

    return sorted(dict.fromkeys(problems), key=line)
