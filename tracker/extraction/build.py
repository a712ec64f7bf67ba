"""Puts blocks together into one text with offsets. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from tracker.extraction.normalise import normalise
from tracker.extraction.text import Block, BlockKind


@dataclass(frozen=True, slots=True)
class Piece:
    """A block before it has its place in the text."""

    kind: BlockKind
    text: str
    level: int = 0


def join(pieces: Iterable[Piece]) -> tuple[str, tuple[Block, ...]]:
    """Return the text of all pieces, a line each, and the blocks that cover it."""
    lines: list[str] = []
    blocks: list[Block] = []
    at = 0
    for piece in pieces:
        line = normalise(piece.text)
        if line:
            blocks.append(Block(piece.kind, at, at + len(line), piece.level))
            lines.append(line)
            at += len(line) + 1
    return "\n".join(lines), tuple(blocks)
