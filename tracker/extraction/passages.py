"""A text as passages of a paragraph or two, under their headings. Pure.

Where a passage begins and ends depends on the section under one heading only, so that an edit
elsewhere on the page moves no boundary here (codebook: about 40 to 250 words).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracker.extraction.text import Block, BlockKind, Extracted, PassageText

ENOUGH = 40  # words from which a passage can stand alone
MOST = 250
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[^\W\d_a-z])")


def split(extracted: Extracted) -> tuple[PassageText, ...]:
    """Return the passages of a text in order; each is text[start:end] of it."""
    return tuple(
        PassageText(extracted.text[start:end], path, start, end)
        for path, blocks in _sections(extracted)
        for start, end in _spans(extracted.text, blocks)
    )


@dataclass(slots=True)
class _Heading:
    block: Block
    text: str
    used: bool = False  # something stands below it


def _sections(extracted: Extracted) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    """What stands under each heading; a heading with nothing below it is a text of its own."""
    headings: list[_Heading] = []
    body: list[Block] = []
    for block in extracted.blocks:
        if block.kind is not BlockKind.HEADING:
            body.append(block)
            continue
        if body:
            yield _used(headings), body
            body = []
        while headings and headings[-1].block.level >= block.level:
            yield from _bare(headings)
        headings.append(_Heading(block, extracted.text[block.start : block.end]))
    if body:
        yield _used(headings), body
    while headings:
        yield from _bare(headings)


def _used(headings: list[_Heading]) -> tuple[str, ...]:
    for heading in headings:
        heading.used = True
    return tuple(heading.text for heading in headings)


def _bare(headings: list[_Heading]) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    """Leave the last heading; where nothing stood below it, it is a section itself."""
    last = headings.pop()
    if not last.used:
        yield _used(headings), [last.block]


def _spans(text: str, blocks: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """Join short neighbours, cut long blocks: (start, end) of each passage in a section."""
    start, end, words = blocks[0].start, blocks[0].start, 0
    for block in blocks:
        length = len(text[block.start : block.end].split())
        if words and (words + length > MOST or (words >= ENOUGH and not _belongs(block))):
            yield from _cut(text, start, end, words)
            start, words = block.start, 0
        end, words = block.end, words + length
    yield from _cut(text, start, end, words)


def _belongs(block: Block) -> bool:
    """List items and rows belong to what introduces them."""
    return block.kind in {BlockKind.ITEM, BlockKind.ROW}


def _cut(text: str, start: int, end: int, length: int) -> Iterator[tuple[int, int]]:
    """Cut a span of so many words at ends of sentences, where it is too long."""
    if length <= MOST:
        yield start, end
        return
    begin, words, last = start, 0, start
    for found in [*_SENTENCE_END.finditer(text, start, end), None]:
        at = end if found is None else found.start()
        words += len(text[last:at].split())
        if words >= MOST // 2 or found is None:
            if at > begin:
                yield begin, at
            begin, words = (end if found is None else found.end()), 0
        last = at
