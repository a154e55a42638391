"""One PDF page in reading order: segments and tables cut into columns, lines into paragraphs.

The order is the recursive XY cut (Nagy and Seth, 1984): a region with text side by side is divided
at its widest gap, columns before rows where the two gaps are alike. Drawn boxes are cut inside.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from index.grids import Table
from index.pdf_glyphs import Box, Rule
from index.pdf_lines import Segment
from index.pdf_paragraphs import (
    Block,
    Grid,
    Paragraph,
    continues,
    goes_on,
    join,
    make_line,
    surround,
)

LABEL = 12
GUTTER = 1.2
"""The narrowest gap between columns, in ems."""
NUMBER = re.compile(
    r"[\d,.%％△▲▼+\-−―ー－()（）\s０-９．，]*\d[\d,.%％\s０-９．，()（）]*\D{0,3}$|[-−―－－…*＊]$"
)
Piece = Segment | Grid


class Region(NamedTuple):
    """A drawn box and the pieces in it; one column of text, once it is cut no further."""

    box: Box
    pieces: Sequence[Piece | Region]
    drawn: bool = False


def read_layout(
    pieces: Sequence[Piece], boxes: Sequence[Box], rules: Sequence[Rule], page: Box
) -> list[Block]:
    """The paragraphs and tables of a page, in reading order."""
    blocks: list[Block] = []
    tall = [rule for rule in rules if not rule.flat]
    for region in _cut(Region(page, _enclose(pieces, boxes, page)), tall):
        for block in _paragraphs(region):
            if blocks and continues(blocks[-1], block):
                blocks[-1] = join(blocks[-1], block)
            else:
                blocks.append(block)
    return blocks


def box_of(item: Piece | Region) -> Box:
    """Where a piece stands."""
    return Box(item.x0, item.y0, item.x1, item.y1) if isinstance(item, Segment) else item.box


def _enclose(pieces: Sequence[Piece], boxes: Sequence[Box], page: Box) -> list[Piece | Region]:
    """The pieces, those that share a drawn box put together; a smaller box first."""
    items: list[Piece | Region] = list(pieces)
    most = 0.7 * (page.x1 - page.x0) * (page.y1 - page.y0)
    for box in sorted(set(boxes), key=lambda b: ((b.x1 - b.x0) * (b.y1 - b.y0), b)):
        if (box.x1 - box.x0) * (box.y1 - box.y0) > most:
            break
        inside = [item for item in items if _holds(box, box_of(item))]
        if len(inside) > 1:
            chosen = set(map(id, inside))
            items = [item for item in items if id(item) not in chosen]
            items.append(Region(box, inside, drawn=True))
    return items


def _holds(outer: Box, inner: Box) -> bool:
    return (
        outer.x0 - 3 <= inner.x0
        and inner.x1 <= outer.x1 + 3
        and outer.y0 - 3 <= inner.y0
        and inner.y1 <= outer.y1 + 3
    )


def _cut(region: Region, tall: Sequence[Rule]) -> Iterator[Region]:
    """The columns of a region in reading order; each holds pieces below each other only."""
    items = sorted(region.pieces, key=lambda i: (box_of(i).y0, box_of(i).x0))
    groups = _divide(items, tall) if items else []
    if len(groups) == 1:
        yield from _unbox(items, region, tall)
        return
    for group in groups:
        yield from _cut(Region(region.box, group), tall)


def _unbox(
    items: Sequence[Piece | Region], outer: Region, tall: Sequence[Rule]
) -> Iterator[Region]:
    """A column, with the boxes that stand in it as regions of their own."""
    column = _edges(items, outer)
    plain: list[Piece | Region] = []
    for item in items:
        if isinstance(item, Region):
            if plain:
                yield Region(column, plain)
            plain = []
            yield from _cut(item, tall)
        else:
            plain.append(item)
    if plain:
        yield Region(column, plain)


def _edges(items: Sequence[Piece | Region], outer: Region) -> Box:
    """The box of a column. Its right edge is where at least two lines end, because a heading or
    a page's ornament may reach further; in a drawn box wider than its text, the box's edge.
    """
    around = surround([box_of(item) for item in items])
    lines = sorted(((i.x1, i.size) for i in items if isinstance(i, Segment)), reverse=True)
    for (x1, size), (second, _) in pairwise(lines[: 3 + len(lines) // 10]):
        if x1 - second <= 0.7 * size:
            return around._replace(x1=max(x1, around.x0))
    if lines and outer.drawn and outer.box.x1 - around.x1 > 3 * lines[0][1]:
        return around._replace(x1=outer.box.x1)
    return around


def _divide(items: Sequence[Piece | Region], tall: Sequence[Rule]) -> list[list[Piece | Region]]:
    """The two sides of the widest gap, or everything where nothing stands side by side.

    A line drawn between two columns divides them however near they stand.
    """
    boxes = [box_of(item) for item in items]
    if not _side_by_side(boxes) or _is_rowed(items) or _is_labelled(items):
        return [list(items)]
    em = median(i.size if isinstance(i, Segment) else 10.0 for i in items)
    across, x = _widest([(b.x0, b.x1) for b in boxes])
    down, y = _widest([(b.y0, b.y1) for b in boxes])
    ruled = _ruled_at(boxes, tall)
    if ruled is not None:
        x, by_column = ruled, True
    elif across >= GUTTER * em and across >= 0.8 * down:
        by_column = True
    elif down > 0.1 * em:
        by_column = False
    elif across >= GUTTER * em:
        by_column = True
    else:
        return [list(items)]
    first = [(b.x0 + b.x1) / 2 < x if by_column else b.y0 < y for b in boxes]
    sides = [[i for i, f in zip(items, first, strict=True) if f is side] for side in (True, False)]
    return [side for side in sides if side]


def _ruled_at(boxes: Sequence[Box], tall: Sequence[Rule]) -> float | None:
    """Where a line as tall as the region stands free between its two sides."""
    around = surround(boxes)
    height = around.y1 - around.y0
    for rule in tall:
        shared = min(rule.y1, around.y1) - max(rule.y0, around.y0)
        inside = around.x0 < rule.x0 < around.x1
        if (
            inside
            and shared > 0.8 * height
            and not any(b.x0 + 1 < rule.x0 < b.x1 - 1 for b in boxes)
        ):
            return rule.x0
    return None


def _side_by_side(boxes: Sequence[Box]) -> bool:
    """Whether any two boxes overlap in height; `boxes` come sorted from the top."""
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            if b.y0 >= a.y1:
                break
            if min(a.y1, b.y1) - b.y0 > 0.5 * min(a.y1 - a.y0, b.y1 - b.y0):
                return True
    return False


def _widest(intervals: list[tuple[float, float]]) -> tuple[float, float]:
    """The widest stretch that no interval covers, and where it ends; (0, 0) without one."""
    best, at = 0.0, 0.0
    ordered = sorted(intervals)
    reach = ordered[0][1]
    for start, end in ordered[1:]:
        if start - reach > best:
            best, at = start - reach, start
        reach = max(reach, end)
    return best, at


def _rows(items: Sequence[Segment]) -> list[list[Segment]]:
    """Segments that stand on one line, together, each row from left to right."""
    rows: list[list[Segment]] = []
    for item in sorted(items, key=lambda s: ((s.y0 + s.y1) / 2, s.x0)):
        last = rows[-1][-1] if rows else None
        if last and min(last.y1, item.y1) - max(last.y0, item.y0) > 0.5 * min(
            last.y1 - last.y0, item.y1 - item.y0
        ):
            rows[-1].append(item)
        else:
            rows.append([item])
    return [sorted(row, key=lambda s: s.x0) for row in rows]


def _is_rowed(items: Sequence[Piece | Region]) -> bool:
    """A table without lines: at least three rows, most of them a label and numbers."""
    segments = [i for i in items if isinstance(i, Segment)]
    if len(segments) < len(items) or len(segments) < 6:
        return False
    rows = _rows(segments)
    wide = [row for row in rows if len(row) > 1]
    behind = [s for row in wide for s in row[1:]]
    numbers = sum(bool(NUMBER.match(s.text)) for s in behind)
    labels = sum(not NUMBER.match(row[0].text) for row in wide)
    return (
        len(wide) >= 3
        and len(wide) >= 0.7 * len(rows)
        and numbers >= 0.6 * len(behind)
        and labels >= 0.5 * len(wide)
    )


def _is_labelled(items: Sequence[Piece | Region]) -> bool:
    """Short labels at one edge, each with its text on the same line behind a gap: names and
    offices, dates and events. They are read line by line.
    """
    segments = [i for i in items if isinstance(i, Segment)]
    if len(segments) < len(items) or len(segments) < 6:
        return False
    left = min(s.x0 for s in segments)
    firsts = [s for s in segments if s.x0 - left < s.size]
    others = [s for s in segments if s.x0 - left >= s.size]
    if not others:
        return False
    edges = Counter(round(s.x0) for s in others)
    start = max(edges, key=lambda x: (edges[x], -x))
    texts = [s for s in others if abs(s.x0 - start) < s.size]
    paired = [f for f in firsts if any(_on_line(f, s) for s in texts)]
    return (
        len(paired) >= 3
        and len(paired) > 0.4 * len(firsts)
        and len(texts) > 0.8 * len(others)
        and all(len(s.text) <= LABEL and s.x1 < start for s in paired)
    )


def _on_line(a: Segment, b: Segment) -> bool:
    return abs(a.y0 + a.y1 - b.y0 - b.y1) < a.size


def _paragraphs(region: Region) -> Iterator[Block]:
    """The lines of one column joined to paragraphs; its tables as they are."""
    plain: list[Segment] = []
    for item in region.pieces:
        if isinstance(item, Segment):
            plain.append(item)
        elif isinstance(item, Grid):
            yield from _flow(plain, region.box)
            plain = []
            yield item
    yield from _flow(plain, region.box)


def _flow(segments: list[Segment], box: Box) -> Iterator[Block]:
    if _is_rowed(segments):
        rows = [[s.text for s in row] for row in _rows(segments)]
        yield Grid(surround([box_of(s) for s in segments]), Table([], rows))
        return
    lines = [make_line(row, box) for row in _rows(segments)]
    current: Paragraph | None = None
    for line in lines:
        if current and goes_on(current, line):
            current = join(current, line)
        else:
            if current:
                yield current
            current = line
    if current:
        yield current
