"""Glyphs to segments: pieces of text that stand on one line without a wide gap."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from index.pdf_glyphs import Box, Glyph, Rule, Sheet

WIDE = 1.1
"""A gap of more ems than this separates columns; a full-width space is one em."""
CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]")
LEADERS = re.compile(r"\s*(?:[.．…‥・·]{4,}|[_＿]{4,})\s*")
"""The dots between a heading and its page in a table of contents."""
LONE_MARK = re.compile(
    r"(?:[・•▪◦‣●○◎◆◇■□▼▽▲△▶►➤➢➡⇒→✓✔☑★☆※◯❖▷⚫⬤\ue000-\uf8ff①-⑳❶-❿]|[-–－−＊*]|[(（]\w{1,2}[)）]|[\[［]\w{1,2}[\]］]"
    r"|[\d０-９]{1,2}(?:[.．\-][\d０-９]{1,2})*[.．)）]?|[ア-ンA-Za-z][.．)）]|注[\d０-９]*[)）]?|第[\d０-９]+[章節条項])$"
)
MARK_GAP = 4
"""How far, in ems, a mark may stand before its text."""
LETTER = re.compile(r"[^\W\d_]")
RAISED, NOTE = "\x01", "\x02"
"""Stand before a raised number at the start of a line, until the text is written: one that points
to a note (its sentence goes on), and one that begins the note."""
PARTICLE = re.compile(r"[\u3040-\u309f、。，．）」]")
NOTED = re.compile(rf"(?:{CJK.pattern}|[A-Za-z]{{3}}[)\]]?)$")
"""A raised number behind this points to a note; behind a short Latin word it is a power (m2)."""
RUBY = re.compile(r"[\u3041-\u3096\u30fc\s]+")
"""The reading of a word in kanji, set small above it: no text of its own."""
TALL = 3
"""So many single characters below each other are a vertical line."""


class Segment(NamedTuple):
    """A piece of one line. `size` and `font` are those of most of its characters."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    font: str


def find_segments(glyphs: Sequence[Glyph], walls: Sequence[Rule] = ()) -> list[Segment]:
    """The segments of the given glyphs, from top to bottom and left to right; none goes through
    one of the `walls`, which are upright lines.
    """
    runs = list(_stack(list(_runs(glyphs))))
    lines = [line for line in _join(runs, walls) if any(not g.char.isspace() for g in line)]
    found = _without_ruby(list(map(_segment, lines)))
    return sorted(_attach(found), key=lambda s: (s.y0, s.x0))


def find_sideways(upwards: Sequence[Glyph], downwards: Sequence[Glyph]) -> list[Segment]:
    """The segments of text that runs upwards or downwards, each where it stands on the page."""
    return [
        *(s._replace(x0=s.y0, y0=-s.x1, x1=s.y1, y1=-s.x0) for s in find_segments(upwards)),
        *(s._replace(x0=-s.y1, y0=s.x0, x1=-s.y0, y1=s.x1) for s in find_segments(downwards)),
    ]


def _without_ruby(segments: list[Segment]) -> list[Segment]:
    small = [s for s in segments if RUBY.fullmatch(s.text)]
    return [s for s in segments if s not in small or not any(_reads(s, t) for t in segments)]


def _reads(ruby: Segment, line: Segment) -> bool:
    """Whether a small segment stands close above a part of a line, as the reading of its words."""
    close = -0.2 * line.size <= line.y0 - ruby.y1 <= 0.3 * line.size
    inside = line.x0 - line.size <= ruby.x0 and ruby.x1 <= line.x1 + line.size
    return ruby.size <= 0.6 * line.size and close and inside


def _attach(segments: list[Segment]) -> list[Segment]:
    """Bullets and numbers that stand far before their text joined to it: they are no column."""
    marks = [s for s in segments if LONE_MARK.match(s.text)]
    if not marks:
        return segments
    taken: dict[Segment, Segment] = {}
    for mark in marks:
        near = [
            s
            for s in segments
            if s is not mark
            and _level(mark, s)
            and -0.5 * s.size < s.x0 - mark.x1 < MARK_GAP * s.size
            and not LONE_MARK.match(s.text)
            and LETTER.search(s.text)
        ]
        if near:
            taken[min(near, key=lambda s: s.x0)] = mark
    gone = set(taken.values())
    return [
        s._replace(text=f"{taken[s].text} {s.text}", x0=taken[s].x0, y0=min(s.y0, taken[s].y0))
        if s in taken
        else s
        for s in segments
        if s not in gone
    ]


def _runs(glyphs: Iterable[Glyph]) -> Iterator[list[Glyph]]:
    """Glyphs that follow each other in the file and on the page."""
    run: list[Glyph] = []
    for glyph in glyphs:
        if run and not _follows(run[-1], glyph):
            yield run
            run = []
        run.append(glyph)
    if run:
        yield run


def _follows(a: Glyph, b: Glyph) -> bool:
    em = max(a.size, b.size)
    return _level(a, b) and -0.8 * em <= b.x0 - a.x1 <= WIDE * em and b.x0 > a.x0 - 0.2 * em


def _level(a: Glyph | Segment, b: Glyph | Segment) -> bool:
    """Whether two pieces stand on one line: half of the smaller is beside the larger."""
    overlap = min(a.y1, b.y1) - max(a.y0, b.y0)
    return overlap >= 0.5 * min(a.y1 - a.y0, b.y1 - b.y0)


def _stack(runs: list[list[Glyph]]) -> Iterator[list[Glyph]]:
    """Runs, with single characters below each other joined to vertical lines."""
    pile: list[list[Glyph]] = []
    for run in runs:
        if pile and not (len(run) == 1 and _below(pile[-1][0], run[0])):
            yield from _piled(pile)
            pile = []
        pile.append(run)
    yield from _piled(pile)


def _piled(pile: list[list[Glyph]]) -> Iterator[list[Glyph]]:
    if len(pile) >= TALL and all(len(run) == 1 for run in pile):
        yield [run[0] for run in pile]
    else:
        yield from pile


def _below(a: Glyph, b: Glyph) -> bool:
    beside = abs((a.x0 + a.x1) - (b.x0 + b.x1)) / 2
    return beside < 0.4 * a.size and 0.4 * a.size < b.y0 - a.y0 < 2.2 * a.size


def _is_vertical(run: Sequence[Glyph]) -> bool:
    return len(run) >= TALL and run[-1].y0 - run[0].y0 > run[-1].x1 - run[0].x0


def _join(runs: list[list[Glyph]], walls: Sequence[Rule]) -> list[list[Glyph]]:
    """Runs that stand on one line near each other, joined: a PDF may write them in any order."""
    lines: list[list[Glyph]] = []
    for run in sorted(runs, key=lambda r: (r[0].x0, r[0].y0)):
        near = [] if _is_vertical(run) else [k for k in lines if not _is_vertical(k)]
        home = next((k for k in reversed(near) if _follows(k[-1], run[0])), None)
        if home is None or _is_walled(home[-1], run[0], walls):
            lines.append(list(run))
        else:
            home.extend(run)
    return lines


def _is_walled(a: Glyph, b: Glyph, walls: Sequence[Rule]) -> bool:
    left, right, y = (a.x0 + a.x1) / 2, (b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2
    return any(left < wall.x0 < right and wall.y0 <= y <= wall.y1 for wall in walls)


def _segment(line: list[Glyph]) -> Segment:
    solid = [g for g in line if not g.char.isspace()]
    common = max(((len(list(g)), k) for k, g in groupby(sorted((g.size, g.font) for g in solid))))[
        1
    ]
    return Segment(
        _spell(line),
        min(g.x0 for g in solid),
        min(g.y0 for g in solid),
        max(g.x1 for g in solid),
        max(g.y1 for g in solid),
        *common,
    )


def _spell(line: list[Glyph]) -> str:
    """The text of a line. Only gaps that a reader sees as a blank become one; the small raised
    number behind a Japanese word is left out, because it points to a note and would read as part
    of the text (「5人」 and note 3 as 「5人3」).
    """
    if _is_vertical(line):
        return "".join(g.char for g in line).strip()
    em = max(g.size for g in line)
    foot = max(g.y1 for g in line if g.size > 0.9 * em)
    text = ""
    before = line[0]
    led = False
    for glyph in line:
        raised = glyph.size < 0.75 * em and glyph.y1 < foot - 0.25 * em and glyph.char.isdigit()
        if raised and NOTED.search(text):
            before = glyph
            continue
        if not raised and not led and before.size < 0.75 * em and text.isdigit():
            led = True
            text = f"{RAISED if PARTICLE.match(glyph.char) else NOTE}{text} "
        gap = (glyph.x0 - before.x1) / max(before.size, glyph.size, 1)
        widest = 0.7 if CJK.match(before.char) or CJK.match(glyph.char) else 0.2
        blank = gap > widest and not before.char.isspace() and not glyph.char.isspace()
        text += (" " if blank and not text.endswith(" ") else "") + glyph.char
        before = glyph
    return LEADERS.sub(" … ", text).strip()


def join_texts(a: str, b: str) -> str:
    """Two lines as one: a blank between Latin words, nothing between Japanese characters."""
    if not a or not b:
        return a + b
    if b.startswith(RAISED) and CJK.match(a[-1]):
        b = re.sub(r"\x01\d+ ", "", b)
    if CJK.match(a[-1]) or CJK.match(b[0]) or a[-1] in "-/" or "://" in a.rsplit(" ", 1)[-1]:
        return a + b
    return f"{a} {b}"


def part_directions(glyphs: Sequence[Glyph]) -> tuple[list[Glyph], list[Glyph]]:
    """The glyphs of a vertically set page that run downwards, and the others (its header, say).

    The first is empty unless most characters of the page stand below the one before.
    """
    below = [_below(a, b) for a, b in zip(glyphs, glyphs[1:], strict=False)]
    if len(below) <= 20 or sum(below) <= 0.6 * len(below):
        return [], list(glyphs)
    tall = [x or y for x, y in zip([False, *below], [*below, False], strict=True)]
    level = [not t and i > 0 and _follows(glyphs[i - 1], glyphs[i]) for i, t in enumerate(tall)]
    flat = [x or y for x, y in zip(level, [*level[1:], False], strict=True)]
    down = [g for g, f in zip(glyphs, flat, strict=True) if not f]
    return down, [g for g, f in zip(glyphs, flat, strict=True) if f]


def lay_down(sheet: Sheet) -> Sheet:
    """A vertically set page turned so that its lines run from left to right, first line on top."""
    width = sheet.width

    def turn(x0: float, y0: float, x1: float, y1: float) -> Box:
        return Box(y0, width - x1, y1, width - x0)

    glyphs = [Glyph(g.char, *turn(*g[1:5]), g.size, g.font) for g in sheet.glyphs]
    rules = [type(r)(*turn(*r)) for r in sheet.rules]
    boxes = [turn(*b) for b in sheet.boxes]
    return sheet._replace(width=sheet.height, height=width, glyphs=glyphs, rules=rules, boxes=boxes)
