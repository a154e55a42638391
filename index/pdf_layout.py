"""One PDF page in reading order: segments and tables cut into columns, lines into paragraphs.

The order is the recursive XY cut (Nagy and Seth, 1984): a region with text side by side is divided
at its widest gap, columns before rows where the two gaps are alike. Drawn boxes are cut inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from index.grids import Table
from index.pdf_glyphs import Box
from index.pdf_lines import NOTE, Segment, join_texts

GUTTER = 1.2
"""The narrowest gap between columns, in ems."""
FULL = 1.6
"""A line that ends this near (in ems) to the right edge was broken for want of room."""
NUMBER = re.compile(r"[\d,.%％△▲▼+\-−―ー－()（）\s０-９．，]*\d[\d,.%％\s０-９．，()（）]*\D{0,3}$|[-−―－－…*＊]$")
_NUMBER = r"[\d０-９一二三四五六七八九十ａ-ｚa-zA-ZＡ-Ｚア-ンｱ-ﾝⅠ-Ⅻⅰ-ⅻ]"
MARK = re.compile(
    r"[\s\u3000]*(?:[・•▪◦‣●○◎◆◇■□▼▽▲△▶►➤➢➡⇒→✓✔☑★☆※◯❖▷\ue000-\uf8ff①-⑳❶-❿⓪]"
    rf"|[-–－−＊*]\s|[(（]{_NUMBER}{{1,2}}[)）])"
)
"""What begins an item: such a line goes on from no other."""
WEAK_MARK = re.compile(
    rf"[\s\u3000]*(?:{_NUMBER}[)）](?=\S)|[\d０-９]{{1,2}}(?:[.．\-][\d０-９]{{1,2}})*(?:[.．](?![\d０-９])|[\s\u3000、])"
    r"|[ア-ンｱ-ﾝA-Za-zⅠ-Ⅻⅰ-ⅻ][.．](?=\S)|[\[［][\d０-９]{1,3}[\]］]|第[\d０-９一二三四五六七八九十百]+[章節条項編部]"
    r"|[【＜〈《]|図表?[\s\d０-９]|表[\d０-９]|[（(]?注[\d０-９]*[)）:：])"
)
"""What begins an item, a heading or a caption, but may also stand in the middle of a sentence."""
ENDS = re.compile(r"[。．！？!?：:」）)】》〉＞]\s*$")
STOPS = re.compile(r"[。！？]\s*$")
UNBROKEN = re.compile(r"[（(「]?[!-~]{2,200}")
"""A word that moves to the next line as a whole."""
NEVER = 1000.0
LISTED = re.compile(r" … \S{1,6}$")
"""A line of a table of contents."""
CONTINUES = re.compile(r"[ぁぃぅぇぉっゃゅょァィゥェォッャュョー、。，．）)」』】〕％々ゝ]")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Joined lines."""

    text: str
    box: Box
    size: float
    font: str
    lines: int
    slack: float
    """How many ems the last line ends before the edge of its column; many if it never wraps."""
    left: float
    """Where the first line begins."""
    edge: float
    """Where the lines of its column begin."""

    @property
    def open(self) -> bool:
        """Whether the last line was full and no sentence ended there."""
        return self.slack <= FULL and not STOPS.search(self.text)

    @property
    def fresh(self) -> bool:
        """Whether the first line is indented or begins with a mark: it continues nothing."""
        edge = self.box.x0 if self.lines > 1 else self.edge
        indented = self.left > edge + 0.7 * self.size
        return indented or self.text.startswith("\u3000") or bool(MARK.match(self.text))


@dataclass(frozen=True, slots=True)
class Grid:
    """A ruled table with its text."""

    box: Box
    table: Table


Block = Paragraph | Grid
Piece = Segment | Grid


class Region(NamedTuple):
    """A drawn box and the pieces in it; one column of text, once it is cut no further."""

    box: Box
    pieces: Sequence[Piece | Region]
    drawn: bool = False


def read_layout(pieces: Sequence[Piece], boxes: Sequence[Box], page: Box) -> list[Block]:
    """The paragraphs and tables of a page, in reading order."""
    blocks: list[Block] = []
    for region in _cut(Region(page, _enclose(pieces, boxes, page))):
        for block in _paragraphs(region):
            if blocks and continues(blocks[-1], block):
                blocks[-1] = join(blocks[-1], block)
            else:
                blocks.append(block)
    return blocks


def box_of(item: Piece | Region) -> Box:
    """Where a piece stands."""
    return Box(item.x0, item.y0, item.x1, item.y1) if isinstance(item, Segment) else item.box


def _enclose(
    pieces: Sequence[Piece], boxes: Sequence[Box], page: Box
) -> list[Piece | Region]:
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


def _cut(region: Region) -> Iterator[Region]:
    """The columns of a region in reading order; each holds pieces below each other only."""
    items = sorted(region.pieces, key=lambda i: (box_of(i).y0, box_of(i).x0))
    groups = _divide(items) if items else []
    if len(groups) == 1:
        yield from _unbox(items, region)
        return
    for group in groups:
        yield from _cut(Region(region.box, group))


def _unbox(items: Sequence[Piece | Region], outer: Region) -> Iterator[Region]:
    """A column, with the boxes that stand in it as regions of their own."""
    column = _edges(items, outer)
    plain: list[Piece | Region] = []
    for item in items:
        if isinstance(item, Region):
            if plain:
                yield Region(column, plain)
            plain = []
            yield from _cut(item)
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
    for (x1, size), (second, _) in pairwise(lines):
        if x1 - second <= 0.7 * size:
            return around._replace(x1=max(x1, around.x0))
    if lines and outer.drawn and outer.box.x1 - around.x1 > 3 * lines[0][1]:
        return around._replace(x1=outer.box.x1)
    return around


def surround(boxes: Sequence[Box]) -> Box:
    """The smallest box around all."""
    return Box(
        min(b.x0 for b in boxes),
        min(b.y0 for b in boxes),
        max(b.x1 for b in boxes),
        max(b.y1 for b in boxes),
    )


def _divide(items: Sequence[Piece | Region]) -> list[list[Piece | Region]]:
    """The two sides of the widest gap, or everything where nothing stands side by side."""
    boxes = [box_of(item) for item in items]
    if not _side_by_side(boxes) or _is_rowed(items):
        return [list(items)]
    em = median(i.size if isinstance(i, Segment) else 10.0 for i in items)
    across, x = _widest([(b.x0, b.x1) for b in boxes])
    down, y = _widest([(b.y0, b.y1) for b in boxes])
    if across >= GUTTER * em and across >= 0.8 * down:
        sides = [[i for i in items if box_of(i).x0 < x], [i for i in items if box_of(i).x0 >= x]]
    elif down > 0.1 * em:
        sides = [[i for i in items if box_of(i).y0 < y], [i for i in items if box_of(i).y0 >= y]]
    elif across >= GUTTER * em:
        sides = [[i for i in items if box_of(i).x0 < x], [i for i in items if box_of(i).x0 >= x]]
    else:
        return [list(items)]
    return sides


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
    lines = [_line(row, box) for row in _rows(segments)]
    current: Paragraph | None = None
    for line in lines:
        if current and _goes_on(current, line):
            current = join(current, line)
        else:
            if current:
                yield current
            current = line
    if current:
        yield current


def _line(row: Sequence[Segment], box: Box) -> Paragraph:
    """One line as a paragraph of its own, before it is joined to its neighbours."""
    text = " ".join(s.text for s in row)
    main = max(row, key=lambda s: len(s.text))
    edge = Box(row[0].x0, min(s.y0 for s in row), row[-1].x1, max(s.y1 for s in row))
    width = box.x1 - box.x0
    room = edge.x1 - edge.x0 > 5 * main.size and edge.x0 < box.x0 + 0.4 * width
    wraps = room and not LISTED.search(text)
    slack = (box.x1 - edge.x1) / main.size if wraps else NEVER
    return Paragraph(text, edge, main.size, main.font, 1, slack, edge.x0, box.x0)


def _goes_on(a: Paragraph, b: Paragraph) -> bool:
    """Whether line `b` continues `a`, the lines above it in the same column."""
    em = max(a.size, b.size)
    if MARK.match(b.text) or b.text.startswith(("\u3000", NOTE)) or b.box.y0 - a.box.y1 > 1.3 * em:
        return False
    if abs(a.size - b.size) > 0.12 * em or b.box.y1 <= a.box.y0:
        return False
    if CONTINUES.match(b.text) or a.text.endswith(("、", "，", "「", "（")):
        return True
    if WEAK_MARK.match(b.text) and (ENDS.search(a.text) or a.lines == 1 or _alike(a, b)):
        return False
    if not a.box.x0 - 1.2 * em <= b.box.x0 <= a.box.x0 + 4 * em or STOPS.search(a.text):
        return False
    word = UNBROKEN.match(b.text)
    return a.slack <= FULL + (0.55 * len(word[0]) if word else 0)


def _alike(a: Paragraph, b: Paragraph) -> bool:
    """Whether both begin with a mark at the same edge: two items of one list."""
    marked = MARK.match(a.text) or WEAK_MARK.match(a.text)
    return bool(marked) and abs(a.left - b.left) < 0.7 * a.size


def continues(a: Block, b: Block) -> bool:
    """Whether `b`, at the top of the next column or page, continues `a`."""
    if isinstance(a, Grid) or isinstance(b, Grid) or b.fresh or not a.open:
        return False
    if b.text.startswith(NOTE) or (WEAK_MARK.match(b.text) and (a.lines == 1 or _alike(a, b))):
        return False
    alike = abs(a.size - b.size) <= 0.06 * a.size
    room = a.box.x1 - a.box.x0 > 14 * a.size
    return alike and room and not ENDS.search(a.text)


def join(a: Block, b: Block) -> Paragraph:
    """Two paragraphs as one; the box is that of both."""
    if isinstance(a, Grid) or isinstance(b, Grid):
        raise TypeError("only paragraphs are joined")
    box = surround([a.box, b.box])
    return replace(
        a, text=join_texts(a.text, b.text), box=box, lines=a.lines + b.lines, slack=b.slack
    )
