"""Lines of a PDF page to paragraphs: whether a line goes on from the one above it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from index.grids import Table
from index.pdf_glyphs import Box
from index.pdf_lines import NOTE, Segment, join_texts

FULL = 1.9
"""A line that ends this near (in ems) to the right edge was broken for want of room."""
_NUMBER = r"[\d０-９一二三四五六七八九十ａ-ｚa-zA-ZＡ-Ｚア-ンｱ-ﾝⅠ-Ⅻⅰ-ⅻ]"
MARK = re.compile(
    r"[\s\u3000]*(?:[・•▪◦‣●○◎◆◇■□▼▽▲△▶►➤➢➡⇒→✓✔☑★☆※◯❖▷⚫⬤\ue000-\uf8ff①-⑳❶-❿⓪]"
    rf"|[-–－−＊*]\s|[(（]{_NUMBER}{{1,2}}[)）])"
)
"""What begins an item: such a line goes on from no other."""
WEAK_MARK = re.compile(
    rf"[\s\u3000]*(?:{_NUMBER}[)）](?=\S)|[\d０-９]{{1,2}}(?:[.．\-][\d０-９]{{1,2}})*(?:[.．](?![\d０-９])|[\s\u3000、])"
    r"|[ア-ンｱ-ﾝA-Za-zⅠ-Ⅻⅰ-ⅻ][.．](?=\S)|[\[［][\d０-９]{1,3}[\]］]|第[\d０-９一二三四五六七八九十百]+[章節条項編部回]"
    r"|[【＜〈《]|図表?[\s\d０-９]|表[\d０-９]|[（(]?注[\d０-９]*[)）:：]|[問Q]\s?[\d０-９])"
)
"""What begins an item, a heading or a caption, but may also stand in the middle of a sentence."""
ENDS = re.compile(r"[。．！？!?：:」）)】》〉＞]\s*$")
STOPS = re.compile(r"[。！？]\s*$")
GAP = 1.5
UNBROKEN = re.compile(r"[（(「]?[!-~]{2,200}")
"""A word that moves to the next line as a whole."""
NEVER = 1000.0
LISTED = re.compile(r" … \S{1,6}$")
"""A line of a table of contents."""
TIED = re.compile(r"[^、。，．）)」』】〕][、。，．）)」』】〕]+")
"""A character that moves to the next line because what follows may not begin one."""
BRACKETS = (("「", "」"), ("『", "』"), ("（", "）"), ("(", ")"), ("【", "】"), ("〔", "〕"))
ALIKE = 12
"""Ems from which on two lines of one width are lines of one text box, not two entries of a list."""
PROSE = re.compile(r"[ぁ-ん][^\d０-９]*$")
"""Japanese that does not end with a number, as a line of a table of contents does."""
NUMBERED = re.compile(rf"{_NUMBER}+[\s\u3000]")
CONTINUES = re.compile(r"[をぁぃぅぇぉっゃゅょァィゥェォッャュョー、。，．）)」』】〕％々ゝ]")


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
    end: float
    """Where the last line ends."""
    gapped: bool = False
    """The line is a label and, behind a gap, what it stands for: a row."""
    labels: bool = False
    """The gathered labels of a chart."""

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
    """A table with its text; `edges` are where the columns of a ruled one begin."""

    box: Box
    table: Table
    edges: tuple[int, ...] = ()


Block = Paragraph | Grid


def surround(boxes: Sequence[Box]) -> Box:
    """The smallest box around all."""
    return Box(
        min(b.x0 for b in boxes),
        min(b.y0 for b in boxes),
        max(b.x1 for b in boxes),
        max(b.y1 for b in boxes),
    )


def make_line(row: Sequence[Segment], box: Box) -> Paragraph:
    """One line as a paragraph of its own, before it is joined to its neighbours."""
    text = " ".join(s.text for s in row)
    main = max(row, key=lambda s: len(s.text))
    edge = Box(row[0].x0, min(s.y0 for s in row), row[-1].x1, max(s.y1 for s in row))
    width = box.x1 - box.x0
    room = edge.x1 - edge.x0 > 5 * main.size and edge.x0 < box.x0 + 0.4 * width
    wraps = room and not LISTED.search(text)
    slack = (box.x1 - edge.x1) / main.size if wraps else NEVER
    gapped = any(b.x0 - a.x1 > GAP * main.size for a, b in pairwise(row))
    return Paragraph(text, edge, main.size, main.font, 1, slack, edge.x0, box.x0, edge.x1, gapped)


def goes_on(a: Paragraph, b: Paragraph) -> bool:
    """Whether line `b` continues `a`, the lines above it in the same column."""
    em = max(a.size, b.size)
    if (
        b.gapped
        or MARK.match(b.text)
        or b.text.startswith(("\u3000", NOTE))
        or b.box.y0 - a.box.y1 > 1.3 * em
    ):
        return False
    if abs(a.size - b.size) > 0.12 * em or b.box.y1 <= a.box.y0:
        return False
    if CONTINUES.match(b.text) or a.text.endswith(("、", "，", "「", "（")):
        return True
    if WEAK_MARK.match(b.text) and (ENDS.search(a.text) or a.lines == 1 or _alike(a, b)):
        return False
    if not a.box.x0 - 1.2 * em <= b.box.x0 <= a.box.x0 + 4 * em or STOPS.search(a.text):
        return False
    word, tied = UNBROKEN.match(b.text), TIED.match(b.text)
    moved = 0.55 * len(word[0]) if word else len(tied[0]) - 1 if tied else 0
    return a.slack <= FULL + moved or _closes(a.text, b.text) or _fills(a, b)


def _closes(a: str, b: str) -> bool:
    """Whether a bracket stands open at the end of `a` and is closed in `b`."""
    for opening, closing in BRACKETS:
        before, _, _ = b.partition(closing)
        if a.rfind(opening) > a.rfind(closing) and before != b and opening not in before:
            return True
    return False


def _fills(a: Paragraph, b: Paragraph) -> bool:
    """Whether the last line of `a` is as wide as the text box it stands in seems to be.

    In a narrow box beside others the edge of the column says nothing; lines of one width do.
    """
    if not (PROSE.search(a.text) and PROSE.search(b.text)) or NUMBERED.match(b.text):
        return False
    reach = a.box.x1 if a.lines > 1 else b.end
    full = abs(a.end - reach) <= 0.5 * a.size and b.box.y0 - a.box.y1 <= 0.7 * a.size
    return full and a.box.x1 - a.box.x0 >= ALIKE * a.size and not ENDS.search(a.text)


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
        a, text=join_texts(a.text, b.text), box=box, lines=a.lines + b.lines, slack=b.slack, end=b.end
    )
