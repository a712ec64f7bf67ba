"""DOCX to text: what the body says in its order, with lists, tables, text boxes and notes. Pure."""

from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from typing import Any

from tracker.extraction.build import Piece
from tracker.extraction.dates import day
from tracker.extraction.documents import extracted
from tracker.extraction.numbering import Numbering, W, value
from tracker.extraction.package import Package, PackageError
from tracker.extraction.text import BlockKind, Extracted, Unreadable

EXTRACTOR = f"docx 2 (lxml {version('lxml')})"
DC = "{http://purl.org/dc/elements/1.1/}"
TERMS = "{http://purl.org/dc/terms/}"
CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
#: Around blocks without being one.
WRAPPERS = frozenset(
    f"{W}{name}" for name in "sdt sdtContent customXml ins moveTo smartTag".split()
)
#: Not part of what a reader sees.
UNSEEN = frozenset(
    [f"{W}{name}" for name in "del moveFrom instrText delText rPr pPr".split()]
    + [f"{CHOICE}Fallback"]
)
SPACES = {f"{W}tab": " ", f"{W}br": " ", f"{W}cr": " ", f"{W}ptab": " ", f"{W}noBreakHyphen": "-"}
MOST_LEVEL = 6


def extract_docx(body: bytes) -> Extracted | Unreadable:
    """Return what a Word document says; a broken, locked or bloated one is unreadable, and says why."""
    try:
        package = Package(body, "DOCX")
        root = package.xml("word/document.xml")
        if root is None:
            return Unreadable("is not a readable DOCX (it has no document in it)")
        word = Word(package)
        pieces = [*word.blocks(root.find(f"{W}body")), *word.notes()]
        core = package.xml("docProps/core.xml")
    except PackageError as error:
        return Unreadable(str(error))
    title, date = _core(core)
    return extracted(
        pieces,
        extractor=EXTRACTOR,
        choice="docx",
        title=title,
        date=date,
        coverage=_coverage(root, pieces),
    )


class Word:
    """Walks a document with its styles and lists."""

    def __init__(self, package: Package) -> None:
        self.numbering = Numbering(package.xml("word/numbering.xml"))
        self.styles = Styles(package.xml("word/styles.xml"))
        self.note_parts = [package.xml(f"word/{name}.xml") for name in ("footnotes", "endnotes")]

    def blocks(self, parent: Any) -> Iterator[Piece]:
        """Give the pieces of a body, a cell or a text box."""
        for element in () if parent is None else parent:
            if element.tag == f"{W}p":
                yield from self._paragraph(element)
            elif element.tag == f"{W}tbl":
                yield from self._table(element)
            elif element.tag in WRAPPERS:
                yield from self.blocks(element)

    def notes(self) -> Iterator[Piece]:
        """Give footnotes and endnotes; those that only draw the line above them have no text."""
        for part in self.note_parts:
            for note in () if part is None else part:
                text = " ".join(filter(None, (seen(each) for each in note.iter(f"{W}p"))))
                if text:
                    yield Piece(BlockKind.NOTE, text)

    def _paragraph(self, element: Any) -> Iterator[Piece]:
        text = seen(element)
        if text:
            yield self._piece(element, text)
        for box in boxes(element):
            yield from self.blocks(box)

    def _piece(self, element: Any, text: str) -> Piece:
        properties = element.find(f"{W}pPr")
        style = value(element.find(f"{W}pPr/{W}pStyle"))
        marker = self._marker(properties, style)
        level = self.styles.heading(style, properties)
        if level:
            shown = text if marker in {None, "-"} else f"{marker} {text}"
            return Piece(BlockKind.HEADING, shown, min(level, MOST_LEVEL))
        if marker is not None:
            return Piece(BlockKind.ITEM, f"{marker or '-'} {text}")
        if self.styles.name(style).startswith("list"):
            return Piece(BlockKind.ITEM, f"- {text}")
        quoted = "quote" in self.styles.name(style)
        return Piece(BlockKind.QUOTE if quoted else BlockKind.PARAGRAPH, text)

    def _marker(self, properties: Any, style: str) -> str | None:
        own = None if properties is None else properties.find(f"{W}numPr")
        number, level = self.styles.list_of(style)
        if own is not None:
            number = value(own.find(f"{W}numId")) or number
            at = value(own.find(f"{W}ilvl"))
            level = int(at) if at.isdecimal() else level
        return self.numbering.marker(number, level) if number not in {"", "0"} else None

    def _table(self, table: Any) -> Iterator[Piece]:
        rows = [list(_below(row, "tc")) for row in _below(table, "tr")]
        if all(len(row) == 1 for row in rows):  # a frame around text, not a table
            for row in rows:
                yield from self.blocks(row[0])
            return
        for row in rows:
            cells = (" ".join(piece.text for piece in self.blocks(cell)) for cell in row)
            yield Piece(BlockKind.ROW, " | ".join(filter(None, cells)))


def _below(parent: Any, name: str) -> Iterator[Any]:
    for element in parent:
        if element.tag == f"{W}{name}":
            yield element
        elif element.tag in WRAPPERS:
            yield from _below(element, name)


class Styles:
    """What a paragraph's style says about headings and lists, through the styles it is based on."""

    def __init__(self, root: Any) -> None:
        styles = () if root is None else root.iter(f"{W}style")
        self.by_id = {style.get(f"{W}styleId") or "": style for style in styles}

    def _chain(self, style: str) -> Iterator[Any]:
        seen_ids: set[str] = set()
        while style in self.by_id and style not in seen_ids:
            seen_ids.add(style)
            yield self.by_id[style]
            style = value(self.by_id[style].find(f"{W}basedOn"))

    def name(self, style: str) -> str:
        found = self.by_id.get(style)
        return value(None if found is None else found.find(f"{W}name")).lower()

    def heading(self, style: str, properties: Any) -> int:
        """Return the level of a heading, 0 for other text."""
        places = [properties, *(each.find(f"{W}pPr") for each in self._chain(style))]
        for place in places:
            at = value(None if place is None else place.find(f"{W}outlineLvl"))
            if at.isdecimal():
                return int(at) + 1 if int(at) < 9 else 0
        name = self.name(style)
        if name in {"title", "subtitle"}:
            return 1 if name == "title" else 2
        last = name[-1:]
        return int(last) if name.startswith("heading") and last.isdecimal() else 0

    def list_of(self, style: str) -> tuple[str, int]:
        """Return the list and the level that a style puts its paragraphs in."""
        for each in self._chain(style):
            number = value(each.find(f"{W}pPr/{W}numPr/{W}numId"))
            if number:
                at = value(each.find(f"{W}pPr/{W}numPr/{W}ilvl"))
                return number, int(at) if at.isdecimal() else 0
        return "", 0


def seen(paragraph: Any) -> str:
    """Return what a paragraph shows, text boxes in it aside, deleted and moved text left out."""
    out: list[str] = []
    stack = [paragraph]
    while stack:
        element = stack.pop()
        if element.tag in UNSEEN or element.tag == f"{W}txbxContent":
            continue
        if element.tag == f"{W}t":
            out.append(element.text or "")
        else:
            out.append(SPACES.get(element.tag, ""))
            stack.extend(reversed(element))
    return " ".join("".join(out).split())


def boxes(paragraph: Any) -> Iterator[Any]:
    """Give the outermost text boxes in a paragraph, each once: old Word's copies are fallbacks."""
    stack = [paragraph]
    while stack:
        element = stack.pop()
        if element.tag == f"{W}txbxContent":
            yield element
        elif element.tag not in UNSEEN:
            stack.extend(reversed(element))


def _coverage(root: Any, pieces: list[Piece]) -> float:
    """The share of all words in the body that the pieces keep."""
    words = sum(len(seen(each).split()) for each in root.iter(f"{W}p") if not _within_unseen(each))
    kept = sum(len(piece.text.split()) for piece in pieces)
    return round(min(1.0, kept / words), 3) if words else 1.0


def _within_unseen(element: Any) -> bool:
    return any(each.tag in UNSEEN for each in element.iterancestors())


def _core(core: Any) -> tuple[str, datetime | None]:
    if core is None:
        return "", None
    changed = core.findtext(f"{TERMS}modified") or core.findtext(f"{TERMS}created") or ""
    return core.findtext(f"{DC}title") or "", day(changed)
