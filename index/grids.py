"""Tables as every office format has them, with merged cells, turned into plain rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from index.drafts import TooLarge

REPEATED = 40
"""A longer text stands once: repeating a paragraph in every row would drown the row."""


class Cell(NamedTuple):
    """A cell at (row, column), counted from 0, covering `rows` x `columns` places."""

    row: int
    column: int
    rows: int
    columns: int
    text: str


class Table(NamedTuple):
    """Rows of equal length, header first, and the lines that stand above them."""

    captions: list[str]
    rows: list[list[str]]


def lay_out(cells: Iterable[Cell], most: int) -> Table:
    """The rows of a table of at most so many places; raises TooLarge beyond.

    A merged cell says its short text in every row and column it covers, because each row is read
    and cited alone. Rows that span the whole width at the top are captions (a title, a unit); a
    header in two storeys becomes one row (`保有比率 2023年度`). Rows and columns in which no text
    begins go.
    """
    known = [cell for cell in cells if cell.rows > 0 and cell.columns > 0]
    height = max((c.row + c.rows for c in known), default=0)
    width = max((c.column + c.columns for c in known), default=0)
    if height * width > most:
        raise TooLarge(
            f"表が大きすぎます({height:,}行×{width:,}列、上限は{most:,}セル)。分割してください。"
        )
    grid = [[""] * width for _ in range(height)]
    for cell in known:
        _fill(grid, cell)
    captions = _captions(grid, known, width)
    filled = [cell for cell in known if cell.text.strip()]
    own = {cell.row for cell in filled}
    used = sorted({cell.column for cell in filled if cell.row >= len(captions)})
    rows = _merge_header(grid, known, len(captions), own)
    return Table([c for c in captions if c.strip()], [[row[i] for i in used] for row in rows])


def _fill(grid: list[list[str]], cell: Cell) -> None:
    grid[cell.row][cell.column] = cell.text
    if len(cell.text) > REPEATED:
        return
    whole = cell.columns == len(grid[0])
    for row in grid[cell.row : cell.row + cell.rows]:
        last = cell.column + (1 if whole else cell.columns)
        row[cell.column : last] = [cell.text] * (last - cell.column)


def _captions(grid: Sequence[Sequence[str]], cells: Sequence[Cell], width: int) -> list[str]:
    """The texts of the leading rows that are one cell as wide as the table."""
    whole = {cell.row for cell in cells if cell.columns == width and cell.rows == 1}
    captions: list[str] = []
    while width > 1 and len(captions) in whole and len(captions) < len(grid) - 1:
        captions.append(grid[len(captions)][0])
    return captions


def _merge_header(
    grid: list[list[str]], cells: Sequence[Cell], first: int, own: set[int]
) -> list[list[str]]:
    """The rows from `first` on in which a text begins, the storeys of a header joined to one."""
    last = first
    while last < len(grid) - 2 and _is_storey(cells, last):
        last += 1
    header = [_join(column) for column in zip(*grid[first : last + 1], strict=True)]
    rest = [grid[i] for i in range(last + 1, len(grid)) if i in own]
    return [row for row in [header, *rest] if any(text.strip() for text in row)]


def _is_storey(cells: Sequence[Cell], row: int) -> bool:
    """Whether the header goes on in the next row: a cell of this one stands over several below."""
    wide = [c for c in cells if c.row == row and c.columns > 1 and c.text.strip()]
    return any(
        sum(1 for c in cells if c.row == row + 1 and w.column <= c.column < w.column + w.columns)
        > 1
        for w in wide
    ) and not any(c.row == row + 1 and c.column == 0 and c.text.strip() for c in cells)


def _join(texts: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(t for t in texts if t.strip()))
