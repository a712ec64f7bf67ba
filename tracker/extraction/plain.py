"""Plain text and Markdown (CommonMark's blocks, tables, front matter) to text. Pure."""

import re
from collections.abc import Iterator, Sequence

from tracker.extraction.build import Piece
from tracker.extraction.dates import day
from tracker.extraction.documents import extracted
from tracker.extraction.html import decode
from tracker.extraction.text import BlockKind, Extracted, Unreadable
from tracker.model import DateBasis

EXTRACTOR = "plain 1"
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FIELD = re.compile(
    r"^(title|date|author)\s*:\s*[\"']?(.*?)[\"']?\s*$", re.MULTILINE | re.IGNORECASE
)
_ATX = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)(?:\s+#+)?\s*$")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-{3,}|~{3,})\s*$")
_ITEM = re.compile(r"^\s*(?:[-*+\u2022]|(\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]))\s+(?=\S)")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_RULE = re.compile(r"^ {0,3}(?:[-*_=~#]\s*){3,}$")
_TABLE_LINE = re.compile(r"^\s*+\|?\s*+:?-++:?\s*+(?:\|\s*+:?-*+:?\s*+)*+$")
_INLINE = (
    (re.compile(r"<!--(?:(?!<!--).)*?-->", re.DOTALL), ""),
    (re.compile(r"!\[([^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)"), r"\1"),
    (re.compile(r"\[([^\[\]]+)\]\([^()\s]*(?:\([^()]*\)[^()\s]*)?(?:\s+\"[^\"]*\")?\)"), r"\1"),
    (re.compile(r"\[([^\[\]]+)\]\[[^\[\]]*\]"), r"\1"),
    (re.compile(r"<((?:https?|mailto):[^<>\s]+)>"), r"\1"),
    (re.compile(r"</?[a-zA-Z][^<>]*>"), " "),
    (re.compile(r"(?<!\w)(\*\*\*|\*\*|\*|___|__|_|~~)(?=\S)(.{1,1000}?)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"(?<!`)`{1,2}([^`]+)`{1,2}(?!`)"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!|>~-])"), r"\1"),
)


def extract_plain(body: bytes, *, charset: str | None = None) -> Extracted | Unreadable:
    """Return what a text file says: paragraphs, list items and headings as they are set apart."""
    lines = decode(body, charset).replace("\x0c", "\n\n").splitlines()
    return extracted(pieces_of_text(lines, markdown=False), extractor=EXTRACTOR, choice="plain")


def extract_markdown(body: bytes, *, charset: str | None = None) -> Extracted | Unreadable:
    """Return what a Markdown file says, without its marks."""
    text = decode(body, charset)
    front = _FRONT.match(text)
    stated = {name.lower(): said for name, said in _FIELD.findall(front[1])} if front else {}
    lines = text[front.end() if front else 0 :].splitlines()
    return extracted(
        pieces_of_text(lines, markdown=True),
        extractor=EXTRACTOR,
        choice="markdown",
        title=stated.get("title", ""),
        byline=stated.get("author", ""),
        date=day(stated.get("date", "")),
        basis=DateBasis.STATED,
    )


def pieces_of_text(lines: Sequence[str], *, markdown: bool) -> Iterator[Piece]:
    """Return the pieces of a text, cut at blank lines, items, headings and tables."""
    open_lines: list[str] = []
    fenced = False
    for at, line in enumerate([*lines, ""]):
        after = lines[at + 1] if at + 1 < len(lines) else ""
        if markdown and _FENCE.match(line):
            yield from _closed(open_lines, markdown=markdown)
            fenced = not fenced
        elif fenced:
            yield Piece(BlockKind.PARAGRAPH, line)
        elif markdown and (found := _ATX.match(line)):
            yield from _closed(open_lines, markdown=markdown)
            yield Piece(BlockKind.HEADING, _shown(found[2]), len(found[1]))
        elif _UNDERLINE.match(line) and len(open_lines) == 1 and not _ITEM.match(open_lines[0]):
            title = open_lines.pop()
            level = 1 if "=" in line else 2
            yield Piece(BlockKind.HEADING, _shown(title) if markdown else title, level)
        elif not line.strip() or _RULE.match(line):
            yield from _closed(open_lines, markdown=markdown)
        elif markdown and _is_row(line, after, open_lines):
            if not _TABLE_LINE.match(line):
                yield from _closed(open_lines, markdown=markdown)
                yield Piece(BlockKind.ROW, _row(line))
        else:
            if _ITEM.match(line):
                yield from _closed(open_lines, markdown=markdown)
            open_lines.append(line)


def _is_row(line: str, after: str, open_lines: Sequence[str]) -> bool:
    """A table's row has bars at its ends, or a line of dashes under it."""
    bare = line.strip()
    if bare.startswith("|") and bare.count("|") > 1:
        return True
    return "|" in bare and not open_lines and "|" in after and bool(_TABLE_LINE.match(after))


def _row(line: str) -> str:
    cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    return " | ".join(filter(None, (_shown(cell) for cell in cells)))


def _closed(open_lines: list[str], *, markdown: bool) -> Iterator[Piece]:
    if not open_lines:
        return
    quoted = all(line.lstrip().startswith(">") for line in open_lines)
    if quoted:
        open_lines[:] = [line.lstrip().removeprefix(">") for line in open_lines]
    text = " ".join(line.strip() for line in open_lines)
    heading = not markdown and _is_heading(open_lines)
    open_lines.clear()
    item = _ITEM.match(text)
    rest = text[item.end() :] if item else text
    shown = _shown(rest) if markdown else rest
    if quoted:
        yield Piece(BlockKind.QUOTE, shown)
    elif item:
        yield Piece(BlockKind.ITEM, f"{item[1] or '-'} {shown}")
    else:
        yield Piece(
            BlockKind.HEADING if heading else BlockKind.PARAGRAPH, shown, 2 if heading else 0
        )


def _is_heading(lines: Sequence[str]) -> bool:
    """In plain text a heading is a line of capitals that stands alone."""
    line = lines[0].strip()
    return len(lines) == 1 and len(line) > 3 and line.isupper() and len(line.split()) < 13


def _shown(text: str) -> str:
    for marks, kept in _INLINE:
        text = marks.sub(kept, text)
    return " ".join(text.split())
