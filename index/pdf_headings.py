"""Headings of a PDF by the size of their letters, and what only looks like one."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from index.drafts import clean
from index.pdf_lines import join_texts
from index.pdf_paragraphs import (
    LISTED,
    MARK,
    NEVER,
    WEAK_MARK,
    Block,
    Paragraph,
    surround,
)
from index.reading_text import join_title

HEADING = 1.15
"""A heading is set larger than the text by this factor."""
LENGTH = 60
LABEL = 12
FEWEST_LABELS = 4
NUMBERED_LENGTH = 40
NOTHING = 9
NUMBER = re.compile(
    r"(?:(?P<plain>[\d０-９]{1,2}(?:[.．\-－][\d０-９]{1,2})*)(?:[.．][\s\u3000]?|[\s\u3000]+)|第[\d０-９一二三四五六七八九十]+[章節部編]"
    r"|[Ⅰ-Ⅻ][.．\s\u3000]|(?P<brackets>[(（]?[\d０-９]{1,2}[)）]))\s*(?=[^\s\d])"
)
DATE = re.compile(
    r"[\s\d０-９年月日時点現在版（）()元度.．/～~-]*(?:(?:令和|平成|昭和)[\s\d０-９年月日時点現在版（）()元度.．/～~-]*)*$"
)


def gather_labels(blocks: Sequence[Block], body: float) -> Iterator[Block]:
    """The labels of a chart as one paragraph: alone, each would look like a heading. Labels that
    begin at one edge are a list, and stay.
    """
    for labels, group in groupby(blocks, key=lambda block: _is_label(block, body)):
        found = list(group)
        lines = [b for b in found if isinstance(b, Paragraph)]
        lefts = {round(b.left / b.size) for b in lines}
        numeric = sum(any(map(str.isdigit, b.text)) for b in lines)
        scattered = len(lefts) > len(lines) / 2 or numeric > 0.6 * len(lines)
        if labels and len(lines) >= FEWEST_LABELS and scattered:
            text = " ".join(b.text for b in lines)
            yield replace(lines[0], text=text, left=lines[0].edge + body, slack=NEVER, labels=True)
        else:
            yield from found


def _is_label(block: Block, body: float) -> bool:
    return (
        isinstance(block, Paragraph)
        and (len(block.text) <= LABEL or _is_axis(block.text))
        and block.size <= HEADING * body
        and not MARK.match(block.text)
        and not LISTED.search(block.text)
    )


def _is_axis(text: str) -> bool:
    """Whether a line is the marks of an axis: short words, most of them numbers."""
    words = text.split()
    numbers = sum(any(map(str.isdigit, word)) for word in words)
    return len(words) > 2 and max(map(len, words)) <= LABEL and numbers > 0.6 * len(words)


def join_titles(blocks: Iterable[Block], body: float) -> Iterator[Block]:
    """Large centred lines below each other as one heading."""
    last: Block | None = None
    for block in blocks:
        if last is not None and _is_one_title(last, block, body):
            last = _join_title(last, block)
            continue
        if last is not None:
            yield last
        last = block
    if last is not None:
        yield last


def _is_one_title(a: Block, b: Block, body: float) -> bool:
    if not isinstance(a, Paragraph) or not isinstance(b, Paragraph):
        return False
    centred = abs((a.box.x0 + a.box.x1) - (b.box.x0 + b.box.x1)) < 1.2 * a.size
    return (
        centred
        and a.size > HEADING * body
        and abs(a.size - b.size) < 0.05 * a.size
        and b.box.y0 - a.box.y1 < 1.3 * a.size
        and abs(a.left - b.left) > 0.5 * a.size
        and len(a.text) + len(b.text) <= LENGTH
        and not MARK.match(b.text)
        and not WEAK_MARK.match(b.text)
        and not DATE.match(b.text)
    )


def _join_title(a: Block, b: Block) -> Block:
    if not isinstance(a, Paragraph) or not isinstance(b, Paragraph):
        raise TypeError("only paragraphs are titles")
    return replace(a, text=join_texts(a.text, b.text), box=surround([a.box, b.box]))


def find_levels(blocks: Iterable[Iterable[Block]]) -> dict[float, int]:
    """Heading sizes with their level: what is larger than the body and set in short lines."""
    sizes = Counter[float]()
    heads = Counter[float]()
    for page in blocks:
        for block in page:
            if isinstance(block, Paragraph):
                sizes[round_size(block.size)] += len(block.text)
                heads[round_size(block.size)] += len(block.text) if may_head(block) else 0
    if not sizes:
        return {}
    body = sizes.most_common(1)[0][0]
    large = [
        s for s in sorted(sizes, reverse=True) if s > HEADING * body and heads[s] > 0.5 * sizes[s]
    ]
    return {size: min(level, 6) for level, size in enumerate(large, 1)}


def find_numbered(blocks: Iterable[Iterable[Block]], levels: dict[float, int]) -> dict[int, int]:
    """Numbered headings no larger than the text but in another letter (ゴシック among 明朝): the
    level of each paragraph's `id`. They stand below the larger headings that are numbered, or
    below the title; what has no text under it is no heading.
    """
    texts = [b for page in blocks for b in page if isinstance(b, Paragraph)]
    fonts = Counter[str]()
    for text in texts:
        fonts[text.font] += len(text.text)
    if not fonts:
        return {}
    body = fonts.most_common(1)[0][0]
    large = [
        levels[round_size(t.size)]
        for t in texts
        if round_size(t.size) in levels and may_head(t) and _depth(t.text)
    ]
    base = max(large) - 1 if large else 1
    found: dict[int, int] = {}
    below = 0  # the depth of the heading that follows; 0 for text, 9 for a heading of nothing
    for block in reversed([b for page in blocks for b in page]):
        depth = 0
        if isinstance(block, Paragraph) and block.font != body and block.lines == 1:
            depth = _depth(block.text) if may_head(block) else 0
        if depth and (below == 0 or depth < below < NOTHING):
            found[id(block)] = min(base + depth, 6)
            below = depth
        elif depth:  # an entry in a table of contents: nothing stands under it
            below = NOTHING
        elif not isinstance(block, Paragraph) or len(block.text) > LABEL:
            below = 0
    return found


def _depth(text: str) -> int:
    """1 for 「第1章」「Ⅰ」「1」, 2 for 「1.1」, 3 for 「1)」 and 「(1)」; 0 for no number or an entry in
    a table of contents.
    """
    match = NUMBER.match(text)
    if not match or LISTED.search(text) or len(text) > NUMBERED_LENGTH:
        return 0
    if match["brackets"]:
        return 3
    return 1 + len(re.findall(r"[.．\-－][\d０-９]", match["plain"] or ""))


def round_size(size: float) -> float:
    """To half a point: what sizes are compared by."""
    return round(size * 2) / 2


def may_head(block: Paragraph) -> bool:
    """Whether a paragraph reads like a heading, whatever its size."""
    text = block.text.strip()
    return (
        len(text) <= LENGTH
        and not block.labels
        and not text.endswith(("。", "、", "，"))
        and any(unicodedata.category(c)[0] == "L" for c in text)
        and not DATE.match(text)
    )


def usual_size(blocks: Iterable[Block]) -> float:
    """The size that most of a page's text has, because slides have their own; 0 for little text."""
    sizes = Counter[float]()
    for block in blocks:
        if isinstance(block, Paragraph):
            sizes[block.size] += len(block.text)
    return sizes.most_common(1)[0][0] if sizes.total() >= 100 else 0.0


def find_largest(blocks: Sequence[Block]) -> str:
    """The largest text of the first page, for want of a title."""
    texts = [b for b in blocks if isinstance(b, Paragraph) and may_head(b)]
    if not texts:
        return ""
    top = max(b.size for b in texts)
    lines = [b.text for b in texts if b.size > 0.95 * top]
    broken = join_title(lines)
    rest = lines[1:] if broken == lines[0] else []
    title = " ".join([broken, *rest])
    return clean(title if len(title) <= LENGTH else broken)
