"""sources.yaml read and checked: every problem in one error, with line, cause and remedy."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from tracker.sources.entries import SourcesFile
from tracker.sources.rules import rule_problems
from tracker.sources.sound import sound_part
from tracker.sources.words import in_words


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen where it runs
    """The safe loader; a day that no calendar has stays text, and is named where it stands."""

    def construct_yaml_timestamp(self, node: Any) -> Any:
        """Return the date, or the text where it is none."""
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError:
            return node.value


Loader.add_constructor("tag:yaml.org,2002:timestamp", Loader.construct_yaml_timestamp)


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
    # A number beyond all numbers, a tag that its value does not fit.
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
    problems, wrong = [*lines.doubled], list(_wrong(given))
    problems += [f"line {lines.of(one['loc'])}: {in_words(given, one)}" for one in wrong]
    part = sound_part(given, [one["loc"] for one in wrong])
    found = rule_problems(part.file, others=part.left_out)
    problems += [f"line {lines.of(part.place(at))}: {said}" for at, said in found]
    if problems:
        raise SourcesError(path, _in_order(problems))
    return part.file


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


def _wrong(given: Any) -> Iterable[Any]:
    """What pydantic finds wrong with the file, each with its place."""
    try:
        SourcesFile.model_validate(given)
    except ValidationError as error:
        return error.errors()
    return ()


def _in_order(problems: Iterable[str]) -> list[str]:
    def line(problem: str) -> int:
        found = re.match(r"line (\d+)", problem)
        return int(found[1]) if found else 0

    return sorted(dict.fromkeys(problems), key=line)
