"""What stands on one PDF page: glyphs and ruling lines, as pdfium gives them.

Coordinates are points from the upper left corner of the page as it is shown, y downwards.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

RULE = 2.0
"""A filled rectangle up to this many points thick is a line that someone drew."""
MOST_RULES = 20_000
"""A page with more path segments than this is a drawing: its lines are not looked at."""


class Box(NamedTuple):
    """A rectangle."""

    x0: float
    y0: float
    x1: float
    y1: float


class Glyph(NamedTuple):
    """One character. `size` is its em in points; y0 and y1 are the em's, set on the base line,
    because the boxes that fonts declare may reach into the lines above and below.
    """

    char: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    font: str


class Rule(NamedTuple):
    """A horizontal or vertical line (one of its extents is zero)."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def flat(self) -> bool:
        return self.y0 == self.y1


class Sheet(NamedTuple):
    """One page. `boxes` are the rectangles drawn on it; `pictures` is whether it holds images or
    drawings, `unmapped` the number of glyphs without a Unicode value.
    """

    number: int
    width: float
    height: float
    glyphs: list[Glyph]
    sideways: tuple[list[Glyph], list[Glyph]]
    """Glyphs that run upwards and downwards, turned so that they run from left to right."""
    rules: list[Rule]
    boxes: list[Box]
    pictures: bool
    unmapped: int


Turn = Callable[[float, float], tuple[float, float]]


def look_at(page: Any, number: int) -> Sheet:
    """Read one pypdfium2 page."""
    left, bottom, right, top = page.get_bbox()
    turn = _turn(page.get_rotation(), left, bottom, right, top)
    width, height = page.get_size()
    glyphs, sideways, unmapped = _glyphs(page, turn)
    rules, boxes, pictures = _drawings(page, turn)
    return Sheet(number, width, height, glyphs, sideways, rules, boxes, pictures, unmapped)


def _turn(rotation: int, left: float, bottom: float, right: float, top: float) -> Turn:
    """From user space (y upwards, before the page's own rotation) to the page as shown."""
    return {
        0: lambda x, y: (x - left, top - y),
        90: lambda x, y: (y - bottom, x - left),
        180: lambda x, y: (right - x, y - bottom),
        270: lambda x, y: (top - y, right - x),
    }[rotation]


def _glyphs(page: Any, turn: Turn) -> tuple[list[Glyph], tuple[list[Glyph], list[Glyph]], int]:
    """The glyphs in the file's order, those that run upwards or downwards apart, and how many
    have no Unicode value.
    """
    import pypdfium2.raw as raw

    text = page.get_textpage()
    fonts: dict[int, str] = {}
    directions: tuple[list[Glyph], list[Glyph], list[Glyph]] = ([], [], [])
    seen: set[tuple[str, int, int]] = set()
    unmapped = 0
    for i in range(text.count_chars()):
        if raw.FPDFText_IsGenerated(text, i):
            continue
        char = _char(raw.FPDFText_GetUnicode(text, i))
        unmapped += not char or raw.FPDFText_HasUnicodeMapError(text, i) == 1
        found = _place(text, i, char, turn, _font(text, i, fonts)) if char else None
        if found is None:
            continue
        direction, glyph = found
        em = glyph.size or 1
        place = (char, round(glyph.x0 * 4 / em), round(glyph.y0 * 4 / em))
        if place not in seen or char.isspace():  # printed twice: a shadow, or a poor man's bold
            seen.add(place)
            directions[direction].append(glyph)
    text.close()
    return directions[0], directions[1:], unmapped


def _place(text: Any, i: int, char: str, turn: Turn, font: str) -> tuple[int, Glyph] | None:
    """Character `i` with its direction: 0 level, 1 upwards, 2 downwards."""
    import pypdfium2.raw as raw

    box, matrix = raw.FS_RECTF(), raw.FS_MATRIX()
    x, y = ctypes.c_double(), ctypes.c_double()
    if not raw.FPDFText_GetLooseCharBox(text, i, box):
        return None
    size = raw.FPDFText_GetFontSize(text, i)
    ax, ay = 1.0, 0.0
    if raw.FPDFText_GetMatrix(text, i, matrix):
        size *= math.hypot(matrix.c, matrix.d)
        ax, ay = matrix.a, matrix.b
    raw.FPDFText_GetCharOrigin(text, i, x, y)
    ox, oy = turn(x.value, y.value)
    (ax, ay), (zx, zy) = turn(ax, ay), turn(0, 0)
    ax, ay = ax - zx, ay - zy
    (x0, y0), (x1, y1) = turn(box.left, box.top), turn(box.right, box.bottom)
    x0, x1, y0, y1 = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    if abs(ay) > 2 * abs(ax):
        if ay < 0:
            return 1, Glyph(char, -y1, ox - 0.88 * size, -y0, ox + 0.12 * size, size, font)
        return 2, Glyph(char, y0, -ox - 0.88 * size, y1, -ox + 0.12 * size, size, font)
    return 0, Glyph(char, x0, oy - 0.88 * size, x1, oy + 0.12 * size, size, font)


def _font(text: Any, i: int, known: dict[int, str]) -> str:
    """The name of the font of character `i`; asked once for each text object."""
    import pypdfium2.raw as raw

    item = raw.FPDFText_GetTextObject(text, i)
    key = ctypes.cast(item, ctypes.c_void_p).value or 0
    if key not in known:
        name = ctypes.create_string_buffer(128)
        flags = ctypes.c_int()
        raw.FPDFText_GetFontInfo(text, i, name, 128, flags)
        known[key] = name.value.decode("utf-8", "replace").split("+")[-1]
    return known[key]


def _char(code: int) -> str:
    """A printable character, or nothing: some files hold control characters inside their text."""
    if code == 2:  # how pdfium tells of a hyphen at the end of a line
        return "-"
    if code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF):
        return ""
    return chr(code)


def _drawings(page: Any, turn: Turn) -> tuple[list[Rule], list[Box], bool]:
    import pypdfium2.raw as raw

    rules: list[Rule] = []
    boxes: list[Box] = []
    pictures = False
    for item in page.get_objects(max_depth=4):
        pictures |= item.type in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH)
        if item.type == raw.FPDF_PAGEOBJ_PATH and len(rules) < MOST_RULES:
            points = [(kind, *turn(x, y)) for kind, x, y in _points(item)]
            found = list(_boxes(points))
            boxes.extend(found)
            if not found or _is_stroked(item):  # an area without an outline is a chart's bar
                rules.extend(_lines(points))
    return (rules if len(rules) < MOST_RULES else []), boxes, pictures


def _is_stroked(item: Any) -> bool:
    import pypdfium2.raw as raw

    filled, stroked = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(item, filled, stroked)
    return bool(stroked.value)


def _points(item: Any) -> list[tuple[int, float, float]]:
    """The segments of a path as (kind, x, y) in user space; empty for one with many points."""
    import pypdfium2.raw as raw

    count = raw.FPDFPath_CountSegments(item)
    if not 2 <= count <= 64:
        return []
    matrix = item.get_matrix()
    holder = item.container
    while holder is not None:
        matrix = matrix.multiply(holder.get_matrix())
        holder = holder.container
    x, y = ctypes.c_float(), ctypes.c_float()
    points = []
    for i in range(count):
        segment = raw.FPDFPath_GetPathSegment(item, i)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        points.append((raw.FPDFPathSegment_GetType(segment), *matrix.on_point(x.value, y.value)))
    return points


def _boxes(points: list[tuple[int, float, float]]) -> Iterator[Box]:
    """The area a closed path covers, round corners and all."""
    xs, ys = [p[1] for p in points], [p[2] for p in points]
    if len(points) >= 4 and min(max(xs) - min(xs), max(ys) - min(ys)) > RULE:
        yield Box(min(xs), min(ys), max(xs), max(ys))


def _lines(points: list[tuple[int, float, float]]) -> Iterator[Rule]:
    """The straight lines of one path: a thin rectangle is one line, a box is its four sides."""
    import pypdfium2.raw as raw

    if not points or any(kind == raw.FPDF_SEGMENT_BEZIERTO for kind, _, _ in points):
        return
    xs, ys = [p[1] for p in points], [p[2] for p in points]
    x0, x1, y0, y1 = min(xs), max(xs), min(ys), max(ys)
    if y1 - y0 <= RULE:
        if x1 - x0 > RULE:
            yield Rule(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2)
        return
    if x1 - x0 <= RULE:
        yield Rule((x0 + x1) / 2, y0, (x0 + x1) / 2, y1)
        return
    closing = [(raw.FPDF_SEGMENT_LINETO, *points[0][1:])] if len(points) >= 4 else []
    for (_, ax, ay), (kind, bx, by) in pairwise([*points, *closing]):
        if kind != raw.FPDF_SEGMENT_LINETO:
            continue
        if abs(ay - by) <= RULE / 2 < abs(ax - bx):
            yield Rule(min(ax, bx), (ay + by) / 2, max(ax, bx), (ay + by) / 2)
        elif abs(ax - bx) <= RULE / 2 < abs(ay - by):
            yield Rule((ax + bx) / 2, min(ay, by), (ax + bx) / 2, max(ay, by))
