"""What stands where on a page: fragments of lines, lines, pages. Pure; y grows downwards."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fragment:
    """A run of words on one line; y grows downwards."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Page:
    width: float
    height: float
    fragments: tuple[Fragment, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """What stands on one line of one column, in cells where it is a table's row."""

    cells: tuple[Fragment, ...]
    page: int
    row: bool = False

    @property
    def text(self) -> str:
        return (" | " if self.row else " ").join(cell.text for cell in self.cells)

    @property
    def x0(self) -> float:
        return self.cells[0].x0

    @property
    def x1(self) -> float:
        return max(cell.x1 for cell in self.cells)

    @property
    def y0(self) -> float:
        return min(cell.y0 for cell in self.cells)

    @property
    def y1(self) -> float:
        return max(cell.y1 for cell in self.cells)

    @property
    def size(self) -> float:
        return max(self.cells, key=lambda cell: len(cell.text)).size

    @property
    def bold(self) -> bool:
        return all(cell.bold for cell in self.cells)


def below(before: Line, line: Line) -> bool:
    """Tell whether a line stands under another in one column of one page."""
    return (
        before.page == line.page
        and line.y1 > before.y1
        and min(before.x1, line.x1) > max(before.x0, line.x0)
    )
