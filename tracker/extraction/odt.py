"""OpenDocument text (ISO/IEC 26300) to text: body in its order, lists, tables, frames, notes. Pure."""

from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from typing import Any

from tracker.extraction.build import Piece
from tracker.extraction.dates import day
from tracker.extraction.documents import extracted
from tracker.extraction.numbering import written
from tracker.extraction.package import Package, PackageError
from tracker.extraction.text import BlockKind, Extracted, Unreadable

EXTRACTOR = f"odt 1 (lxml {version('lxml')})"
OASIS = "{urn:oasis:names:tc:opendocument:xmlns:"
TEXT, TABLE, OFFICE = f"{OASIS}text:1.0}}", f"{OASIS}table:1.0}}", f"{OASIS}office:1.0}}"
STYLE, DRAW, META = f"{OASIS}style:1.0}}", f"{OASIS}drawing:1.0}}", f"{OASIS}meta:1.0}}"
DC = "{http://purl.org/dc/elements/1.1/}"
MOST_LEVEL = 6
LISTED = frozenset({f"{TEXT}list-item", f"{TEXT}list-header"})
APART = frozenset({f"{TEXT}note", f"{DRAW}text-box", f"{OFFICE}annotation", f"{TEXT}ruby-text"})
UNSEEN = frozenset({f"{TEXT}tracked-changes", f"{OFFICE}annotation", f"{OFFICE}forms"})


def extract_odt(body: bytes) -> Extracted | Unreadable:
    """Return what an OpenDocument text says; a broken, locked or bloated one says why it cannot be read."""
    try:
        package = Package(body, "ODT")
        manifest = package.xml("META-INF/manifest.xml")
        if manifest is not None and any(
            str(e.tag).endswith("}encryption-data") for e in manifest.iter()
        ):
            return Unreadable("is encrypted")
        root = package.xml("content.xml")
        main = None if root is None else root.find(f"{OFFICE}body/{OFFICE}text")
        if main is None:
            return Unreadable("is not a readable ODT (it has no text document in it)")
        meta = package.xml("meta.xml")
    except PackageError as error:
        return Unreadable(str(error))
    reader = OpenText(root)
    pieces = [*reader.blocks(main), *reader.notes(main)]
    title, date = _meta(meta)
    return extracted(pieces, extractor=EXTRACTOR, choice="odt", title=title, date=date)


class OpenText:
    """Walks a document with its list styles."""

    def __init__(self, root: Any) -> None:
        self.forms = {
            (style.get(f"{STYLE}name"), level.get(f"{TEXT}level")): level
            for style in root.iter(f"{TEXT}list-style")
            for level in style.iter(f"{TEXT}list-level-style-number")
        }

    def blocks(self, parent: Any) -> Iterator[Piece]:
        """Give the pieces of a body, a section, a cell or a frame."""
        for element in parent:
            if element.tag == f"{TEXT}h":
                yield from self._text(element, BlockKind.HEADING)
            elif element.tag == f"{TEXT}p":
                yield from self._text(element, BlockKind.PARAGRAPH)
            elif element.tag == f"{TEXT}list":
                yield from self._list(element, element.get(f"{TEXT}style-name"), 1)
            elif element.tag == f"{TABLE}table":
                yield from self._table(element)
            elif isinstance(element.tag, str) and element.tag not in UNSEEN:
                yield from self.blocks(element)

    def notes(self, main: Any) -> Iterator[Piece]:
        """Give footnotes and endnotes."""
        for note in main.iter(f"{TEXT}note-body"):
            yield Piece(BlockKind.NOTE, " ".join(seen(each) for each in note.iter(f"{TEXT}p")))

    def _text(self, element: Any, kind: BlockKind) -> Iterator[Piece]:
        at = element.get(f"{TEXT}outline-level") or "1"
        level = min(int(at), MOST_LEVEL) if at.isdecimal() and at != "0" else 1
        if text := seen(element):
            yield Piece(kind, text, level if kind is BlockKind.HEADING else 0)
        for box in _outermost(element, f"{DRAW}text-box"):
            yield from self.blocks(box)

    def _list(self, element: Any, style: str | None, depth: int) -> Iterator[Piece]:
        form = self.forms.get((style, str(depth)))
        start = "" if form is None else form.get(f"{TEXT}start-value") or ""
        number = int(start) if start.isdecimal() and len(start) < 6 else 1
        for item in element:
            if item.tag in LISTED:
                marker = _marker(form, number) if item.tag == f"{TEXT}list-item" else ""
                yield from self._item(item, marker, style, depth)
                number += item.tag == f"{TEXT}list-item"

    def _item(self, item: Any, marker: str, style: str | None, depth: int) -> Iterator[Piece]:
        for element in item:
            if element.tag == f"{TEXT}list":
                yield from self._list(element, element.get(f"{TEXT}style-name") or style, depth + 1)
                continue
            for piece in self.blocks([element]):
                if piece.kind is BlockKind.PARAGRAPH:
                    yield Piece(BlockKind.ITEM, f"{marker} {piece.text}" if marker else piece.text)
                else:
                    yield piece
                marker = ""

    def _table(self, table: Any) -> Iterator[Piece]:
        for row in table.iter(f"{TABLE}table-row"):
            if next(row.iterancestors(f"{TABLE}table")) is not table:
                continue
            cells = (" ".join(p.text for p in self.blocks(cell)) for cell in row)
            yield Piece(BlockKind.ROW, " | ".join(filter(None, cells)))


def _outermost(parent: Any, tag: str) -> Iterator[Any]:
    """Give the elements of a name below another, those within one of them left to it."""
    stack = list(reversed(parent))
    while stack:
        element = stack.pop()
        if element.tag == tag:
            yield element
        else:
            stack.extend(reversed(element))


def _marker(form: Any, number: int) -> str:
    if form is None:
        return "-"
    shown = written(number, form.get(f"{STYLE}num-format") or "1")
    return f"{form.get(f'{STYLE}num-prefix') or ''}{shown}{form.get(f'{STYLE}num-suffix') or ''}"


def seen(paragraph: Any) -> str:
    """Return what a paragraph shows; notes, frames and comments in it aside."""
    out: list[str] = []
    stack: list[tuple[Any, bool]] = [(paragraph, True)]
    while stack:
        element, entering = stack.pop()
        if not entering:
            out.append(element.tail or "")
            continue
        if element is not paragraph:
            stack.append((element, False))
        if element.tag in APART or not isinstance(element.tag, str):
            continue
        if element.tag in {f"{TEXT}s", f"{TEXT}tab", f"{TEXT}line-break"}:
            out.append(" ")
        out.append(element.text or "")
        stack.extend((child, True) for child in reversed(element))
    return " ".join("".join(out).split())


def _meta(meta: Any) -> tuple[str, datetime | None]:
    if meta is None:
        return "", None
    changed = meta.findtext(f".//{DC}date") or meta.findtext(f".//{META}creation-date") or ""
    return meta.findtext(f".//{DC}title") or "", day(changed)
