"""One PDF page taken apart: ruled tables with their text, and the segments outside them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from index.grids import Cell, lay_out
from index.pdf_glyphs import Box, Glyph, Rule, Sheet, look_at
from index.pdf_lines import (
    Segment,
    find_segments,
    find_sideways,
    join_texts,
    lay_down,
    part_directions,
)
from index.pdf_paragraphs import Grid
from index.pdf_tables import Field, Ruled, find_tables

GARBLED = 0.2
"""A page with this share of letters that no Japanese text holds has a broken character map."""
STRANGE = re.compile(
    r"[\u0080-\u00a6\u00a8-\u00af\u00b2\u00b3\u00b5\u00b8-\u00d6\u00d8-\u00f6\u00f8-\u02ff\ufffd]"
)
MOST_CELLS = 100_000
BLANK = "は白紙です"


@dataclass(frozen=True, slots=True)
class PdfPage:
    """What stands on a page, not yet in order."""

    number: int
    box: Box
    segments: list[Segment]
    grids: list[Grid]
    boxes: list[Box]
    rules: list[Rule]
    problem: str = ""
    """Why there is no text to read, to be said after the page's number."""
    across: tuple[Segment, ...] | None = None
    """Of a vertically set page, which is turned: the lines that run from left to right."""


def read_page(document: Any, index: int) -> PdfPage:
    """Page `index` (from 0) of a pypdfium2 document."""
    import pypdfium2

    try:
        page = document[index]
        sheet = look_at(page, index + 1)
        page.close()
    except pypdfium2.PdfiumError:
        return _unread(index + 1, Box(0, 0, 1, 1), "は壊れていて読めません")
    box = Box(0, 0, sheet.width, sheet.height)
    solid = [
        g.char
        for g in (*sheet.glyphs, *sheet.sideways[0], *sheet.sideways[1])
        if not g.char.isspace()
    ]
    if not solid:
        pictured = sheet.pictures or sheet.unmapped
        return _unread(index + 1, box, "に文字がありません(画像のみ)" if pictured else BLANK)
    letters = [char for char in solid if char.isalpha() or STRANGE.match(char)]
    if sum(bool(STRANGE.match(char)) for char in letters) > GARBLED * len(letters):
        return _unread(index + 1, box, "の文字は読み取れません(文字の対応表が壊れています)")
    return _analyse(sheet)


def _unread(number: int, box: Box, problem: str) -> PdfPage:
    return PdfPage(number, box, [], [], [], [], problem)


def _analyse(sheet: Sheet) -> PdfPage:
    down, across = part_directions(sheet.glyphs)
    lines: tuple[Segment, ...] | None = None
    if down:
        lines = tuple(find_segments(across))
        sheet = lay_down(sheet._replace(glyphs=down))
    free = sheet.glyphs
    grids: list[Grid] = []
    for ruled in find_tables(sheet.rules):
        grid, free = _fill(ruled, free)
        if grid:
            grids.append(grid)
    box = Box(0, 0, sheet.width, sheet.height)
    segments = find_segments(free, [rule for rule in sheet.rules if not rule.flat])
    if not down:
        segments = sorted([*segments, *find_sideways(*sheet.sideways)], key=lambda s: (s.y0, s.x0))
    return PdfPage(sheet.number, box, segments, grids, sheet.boxes, sheet.rules, across=lines)


def _fill(ruled: Ruled, glyphs: list[Glyph]) -> tuple[Grid | None, list[Glyph]]:
    """A table with the text in its cells, and the glyphs that stand outside.

    Lines that enclose text in one column only are a frame, no table.
    """
    inside: dict[Field, list[Glyph]] = {}
    rest: list[Glyph] = []
    for glyph in glyphs:
        x, y = (glyph.x0 + glyph.x1) / 2, (glyph.y0 + glyph.y1) / 2
        home = next((f for f in ruled.fields if _covers(f.box, x, y)), None)
        if home is None:
            rest.append(glyph)
        else:
            inside.setdefault(home, []).append(glyph)
    segments = {f: found for f, g in inside.items() if (found := find_segments(g))}
    rows = Counter(f.row for f in segments)
    if len({f.column for f in segments}) < 2 or sum(n > 1 for n in rows.values()) < 2:
        return None, glyphs
    edges = tuple(sorted({round(f.box.x0) for f in ruled.fields}))
    return Grid(ruled.box, lay_out(_cells(segments), MOST_CELLS), edges), rest


def _covers(box: Box, x: float, y: float) -> bool:
    return box.x0 <= x < box.x1 and box.y0 <= y < box.y1


def _cells(segments: dict[Field, list[Segment]]) -> list[Cell]:
    """The cells with their text. A row whose columns hold the same number of lines was several
    rows, with no line drawn between them.
    """
    cells: list[Cell] = []
    added = 0
    for row in sorted({f.row for f in segments}):
        fields = [f for f in segments if f.row == row]
        levels = _levels([s for f in fields for s in segments[f]])
        single = all(f.rows == 1 for f in fields)
        if single and _is_split([segments[f] for f in fields], len(levels)):
            for field in fields:
                for at, y in enumerate(levels):
                    text = " ".join(s.text for s in segments[field] if _is_at(s, y))
                    if text:
                        cells.append(Cell(row + added + at, field.column, 1, field.columns, text))
            added += len(levels) - 1
        else:
            cells += [
                Cell(row + added, f.column, f.rows, f.columns, _text(segments[f], f.box))
                for f in fields
            ]
    return cells


def _middle(segment: Segment) -> float:
    return (segment.y0 + segment.y1) / 2


def _is_at(segment: Segment, y: float) -> bool:
    return abs(_middle(segment) - y) < 0.5 * segment.size


def _levels(segments: Iterable[Segment]) -> list[float]:
    levels: list[float] = []
    for segment in sorted(segments, key=_middle):
        if not levels or not _is_at(segment, levels[-1]):
            levels.append(_middle(segment))
    return levels


def _is_split(columns: Sequence[Sequence[Segment]], levels: int) -> bool:
    """Whether most columns have a line at most levels, and one of them is numbers."""
    full = [c for c in columns if len(c) >= 0.7 * levels]
    numeric = any(sum(bool(re.search(r"\d", s.text)) for s in c) >= 0.7 * len(c) for c in full)
    return levels >= 2 and len(full) >= max(2, 0.6 * len(columns)) and numeric


def _text(segments: Sequence[Segment], box: Box) -> str:
    """The lines of a cell: joined where one was full, set apart by a blank where not."""
    text = segments[0].text
    left = min(s.x0 for s in segments)
    for above, segment in zip(segments, segments[1:], strict=False):
        margin = min(max(left - box.x0, 0), 2 * above.size)
        full = above.x1 + margin > box.x1 - 1.5 * above.size
        beside = abs(_middle(above) - _middle(segment)) < 0.5 * above.size
        text = join_texts(text, segment.text) if full and not beside else f"{text} {segment.text}"
    return text
