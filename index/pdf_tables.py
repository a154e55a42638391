"""Ruled tables of a PDF page: the cells that its horizontal and vertical lines enclose.

Made from the lines that pdfium gives, as pdfplumber's `lines` strategy does from its own, so that
the page is parsed once and in half the time; besides, tables without lines at their sides are found.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from index.pdf_glyphs import Box, Rule

NEAR = 3.0
"""Lines closer than this many points are one line; ends this near to a line touch it."""
FEWEST = 4
"""A table of two rows and two columns without sides still has this many lines."""


class Field(NamedTuple):
    """A cell: where it is, and its place in the table's grid (rows and columns covered)."""

    box: Box
    row: int
    column: int
    rows: int
    columns: int


class Ruled(NamedTuple):
    """A ruled table: its outline and its cells in row order."""

    box: Box
    fields: list[Field]


def find_tables(rules: Sequence[Rule]) -> list[Ruled]:
    """The ruled tables of at least two rows and two columns, from top to bottom."""
    flat = list(_merge([r for r in rules if r.flat]))
    tall = [_swap(r) for r in _merge([_swap(r) for r in rules if not r.flat])]
    if len(flat) < 2 or len(flat) + len(tall) < FEWEST:
        return []
    tables = [_table(h, v) for h, v in _clusters(flat, tall) if len(h) >= 2 and v]
    return sorted((t for t in tables if t), key=lambda t: (t.box.y0, t.box.x0))


def _swap(rule: Rule) -> Rule:
    return Rule(rule.y0, rule.x0, rule.y1, rule.x1)


def _merge(rules: list[Rule]) -> Iterator[Rule]:
    """Flat lines at nearly the same height that touch, as one line."""
    levels: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda r: (r.y0, r.x0)):
        if levels and rule.y0 - levels[-1][0].y0 <= NEAR:
            levels[-1].append(rule)
        else:
            levels.append([rule])
    for level in levels:
        y = sum(r.y0 for r in level) / len(level)
        start, end = None, 0.0
        for rule in sorted(level, key=lambda r: r.x0):
            if start is not None and rule.x0 <= end + NEAR:
                end = max(end, rule.x1)
                continue
            if start is not None:
                yield Rule(start, y, end, y)
            start, end = rule.x0, rule.x1
        if start is not None:
            yield Rule(start, y, end, y)


def _clusters(flat: list[Rule], tall: list[Rule]) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Lines that cross or touch each other, together."""
    parent = list(range(len(flat) + len(tall)))

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, h in enumerate(flat):
        for j, v in enumerate(tall, len(flat)):
            if h.x0 - NEAR <= v.x0 <= h.x1 + NEAR and v.y0 - NEAR <= h.y0 <= v.y1 + NEAR:
                parent[find(j)] = find(i)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for i in range(len(parent)):
        group = groups.setdefault(find(i), ([], []))
        if i < len(flat):
            group[0].append(flat[i])
        else:
            group[1].append(tall[i - len(flat)])
    yield from groups.values()


def _table(flat: list[Rule], tall: list[Rule]) -> Ruled | None:
    """The cells of one cluster of lines: neighbouring squares of the grid with no line between."""
    ys = _levels(r.y0 for r in flat)
    xs = _levels([*(r.x0 for r in tall), min(r.x0 for r in flat), max(r.x1 for r in flat)])
    height, width = len(ys) - 1, len(xs) - 1
    if height < 2 or width < 2:
        return None
    below = _lined(flat, ys, xs, flat=True)
    beside = _lined(tall, ys, xs, flat=False)
    groups: dict[tuple[int, int], list[tuple[int, int]]] = {}
    owner: dict[tuple[int, int], tuple[int, int]] = {}
    for row in range(height):
        for column in range(width):
            place = (row, column)
            left, above = (row, column - 1), (row - 1, column)
            owner[place] = place
            if column and (row, column) not in beside:
                owner[place] = owner[left]
            elif row and (row, column) not in below and owner[above][1] == column:
                owner[place] = owner[above]
            groups.setdefault(owner[place], []).append(place)
    fields = [_field(squares, ys, xs) for squares in groups.values()]
    columns = {f.column for f in fields}
    rows = {f.row for f in fields}
    box = Box(xs[0], ys[0], xs[-1], ys[-1])
    return Ruled(box, fields) if len(columns) > 1 and len(rows) > 1 else None


def _field(squares: list[tuple[int, int]], ys: list[float], xs: list[float]) -> Field:
    top, bottom = min(r for r, _ in squares), max(r for r, _ in squares) + 1
    left, right = min(c for _, c in squares), max(c for _, c in squares) + 1
    box = Box(xs[left], ys[top], xs[right], ys[bottom])
    return Field(box, top, left, bottom - top, right - left)


def _levels(values: Iterable[float]) -> list[float]:
    """Sorted coordinates, those nearer than `NEAR` counted once."""
    levels: list[float] = []
    for value in sorted(values):
        if not levels or value - levels[-1] > NEAR:
            levels.append(value)
    return levels


def _lined(
    rules: list[Rule], ys: list[float], xs: list[float], *, flat: bool
) -> set[tuple[int, int]]:
    """The squares (row, column) that have a line along their upper (or left) side."""
    found: set[tuple[int, int]] = set()
    for rule in rules:
        at, start, end = (rule.y0, rule.x0, rule.x1) if flat else (rule.x0, rule.y0, rule.y1)
        across, along = (ys, xs) if flat else (xs, ys)
        line = min(bisect_left(across, at - NEAR), len(across) - 1)
        first = bisect_left(along, start - NEAR)
        last = bisect_right(along, end + NEAR) - 1
        for step in range(first, last):
            found.add((line, step) if flat else (step, line))
    return found
