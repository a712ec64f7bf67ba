"""Every regular expression of the program, and texts made to be slow for it."""

import ast
import dataclasses
import importlib
import pkgutil
import re
import re._constants as sre
import re._parser as sre_parser
import time
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from typing import Any

import crawler
import tracker
from tracker.coding.codebook import load_codebook
from tracker.coding.lexicon import load_lexicon

SAMPLES = {
    sre.CATEGORY_DIGIT: "7", sre.CATEGORY_WORD: "a", sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_NOT_DIGIT: "a", sre.CATEGORY_NOT_WORD: "-", sre.CATEGORY_NOT_SPACE: "a",
}  # fmt: skip
MOST_TOKENS = 6
LENGTH = 2_500
NOTICED = 0.0004  # seconds: what takes less cannot have gone over the text again and again
#: Patterns that only ever see texts of so many characters, and where that is seen to.
SHORT = {
    "tracker.extraction.running.NUMBER": 30,  # LONGEST_NUMBER
    "tracker.extraction.layout.LEADER": 500,  # LONGEST_LEADER
    "tracker.extraction.sentences._LAST_WORD": 12,  # the call's own bounds
}
#: Of our own files, which nobody else writes.
OURS = frozenset({"tracker.views.strict:26"})


@dataclasses.dataclass(frozen=True)
class Used:
    """A pattern as the program uses it: on whole texts from their start, or wherever it may begin."""

    pattern: re.Pattern[Any]
    whole: bool
    longest: int = 0

    def seconds(self, text: str | bytes) -> float:
        before = time.process_time()
        if self.whole:
            self.pattern.fullmatch(text)
            self.pattern.match(text)
        else:
            sum(1 for _ in self.pattern.finditer(text))
        return time.process_time() - before


def patterns() -> dict[str, Used]:
    """Every compiled pattern, and every one that is written where it is used, by where it stands."""
    found: dict[str, Used] = {}
    for name, module in _modules():
        source = Path(str(module.__file__)).read_text()
        for variable, value in list(vars(module).items()):
            place = f"{name}.{variable}"
            for at, pattern in enumerate(_inside(value)):
                whole = isinstance(value, re.Pattern) and _is_matched(variable, source)
                found[f"{place}[{at}]"] = Used(pattern, whole, SHORT.get(place, 0))
        found |= {f"{name}:{line}": used for line, used in _written_in(source)}
    for thing in (load_codebook(), load_lexicon()):
        for at, pattern in enumerate(_inside(thing)):
            found[f"{type(thing).__name__}[{at}]"] = Used(pattern, whole=False)
    by_text = {(u.pattern.pattern, u.pattern.flags, u.whole): n for n, u in found.items()}
    return {name: found[name] for name in by_text.values() if name not in OURS}


def _is_matched(variable: str, source: str) -> bool:
    """Tell whether a module uses a pattern from the start of texts only."""
    ways = set(re.findall(rf"\b{variable}\.(\w+)\(", source))
    return bool(ways) and ways <= {"match", "fullmatch"}


def _modules() -> Iterator[tuple[str, Any]]:
    for package in (tracker, crawler):
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in each.name and not each.name.endswith(("__main__", "views.main")):
                yield each.name, importlib.import_module(each.name)


def _inside(value: Any, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth > 3:
        return
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _inside(each, depth + 1)
    elif isinstance(value, dict):
        yield from _inside(list(value.values()), depth)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for each in dataclasses.fields(value):
            yield from _inside(getattr(value, each.name), depth + 1)


def _written_in(source: str) -> Iterator[tuple[int, Used]]:
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and node.func.attr not in {"escape", "compile"}
        ):
            whole = node.func.attr in {"match", "fullmatch"}
            yield node.lineno, Used(re.compile(node.args[0].value), whole)


def adversaries(pattern: re.Pattern[Any], length: int) -> Iterator[str | bytes]:
    """Texts that repeat what a pattern looks for: a piece, or two in turn, or one before another."""
    tokens = [*dict.fromkeys(_tokens(_parsed(pattern)))]
    tokens = [*sorted(tokens, key=len)[-MOST_TOKENS:], " ", "a"]
    pieces = [*tokens, *(f"{a}{b}" for a, b in islice(product(tokens, tokens), 130) if a != b)]
    for piece in dict.fromkeys(pieces):
        text = (piece * (length // len(piece) + 1))[:length]
        for made in (text, text + "\x01"):
            yield made.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else made


def _tokens(parsed: Any) -> Iterator[str]:
    """Runs of literals, and a member of each set, as a pattern has them."""
    run = ""
    for code, value in parsed:
        if code is sre.LITERAL:
            run += chr(value)
            continue
        if run:
            yield run
        run = ""
        if code is sre.IN:
            yield from _members(value)
        elif code is sre.NOT_LITERAL:
            yield chr(value)
        else:
            for each in _parts(value):
                yield from _tokens(each)
    if run:
        yield run


def _members(choices: Any) -> Iterator[str]:
    for code, value in choices:
        if code is sre.LITERAL:
            yield chr(value)
        elif code is sre.RANGE:
            yield chr(value[0])
        elif code is sre.CATEGORY:
            yield SAMPLES.get(value, "a")


def grows(used: Used) -> str:
    """Return the piece whose repetition takes a pattern more than linear time; nothing for none."""
    pattern = used.pattern
    if not _is_unbounded(_parsed(pattern)):
        return ""
    longest = used.longest or LENGTH
    for text in adversaries(pattern, longest):
        taken = used.seconds(text)
        if taken < NOTICED or used.longest:
            if taken > 1:
                return f"{taken:.1f} s for {text[:30]!r}"
            continue
        more = min(used.seconds(text * 6) for _ in range(2))
        if more > 15 * taken:
            return f"{text[:30]!r}: {taken:.4f} s, then {more:.4f} s for six times as much"
    return ""


def _is_unbounded(parsed: Any) -> bool:
    repeats = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
    for code, value in parsed:
        if code in repeats and value[1] > 500:
            return True
        if any(_is_unbounded(each) for each in _parts(value)):
            return True
    return False


def _parts(value: Any) -> Iterator[Any]:
    for part in value if isinstance(value, tuple | list) else (value,):
        for each in part if isinstance(part, list) else (part,):
            if isinstance(each, sre_parser.SubPattern):
                yield each


def _parsed(pattern: re.Pattern[Any]) -> Any:
    return sre_parser.parse(pattern.pattern, pattern.flags)
