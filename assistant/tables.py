"""A table's row as a statement: the row's name, and each value under its column's header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from assistant.pieces import Piece
from assistant.shortening import LONG, shorten
from index import Span, content_words, display, fold

_BREAK = re.compile(r"\t|(?<!\|)\|(?!\|)|</t[dh]>\s*(?:<t[dh]\b[^<>]*>)?", re.I)
_SHORT = 110
"""Characters up to which a row is shown with all its columns."""
ROW_NAME = 40
"""Characters up to which a first cell names its row."""
_CAPTION = 60
_NUMBERING = re.compile(r"[(\[]?\d{1,2}(?:[.-]\d{1,2}){0,3}[)\].]?|[(\[]?[a-zア-ン][)\].]")
"""What counts a row and does not name it: (4), 1.2, ①, (ア)."""


class Row(NamedTuple):
    """How a row is shown (own words and stretches of the document), and what it hangs on."""

    segments: list[str | Span]
    leads: list[Span]
    part: Span
    """What is cited of the row: all of it, or the part that answers."""


def name_cells(question: str, text: str, row: Piece, caption: Span | None) -> Row:
    """The row with its columns named; only the columns asked for where the row is long.

    `text` is the document's. Columns are named where the header has as many cells as the row;
    otherwise the row stands as it is, with its header or caption in brackets if that is short.
    """
    cells = find_cells(text, row.span)
    header = next((s for s in row.unit.context if len(find_cells(text, s)) > 1), None)
    heads = find_cells(text, header) if header else []
    leads = list(row.unit.context)
    if len(heads) != len(cells) or len(cells) < 2 or any(not _shown(text, cell) for cell in cells):
        return _plain(question, text, row, leads, caption)
    columns = _asked_columns(question, text, row, heads, cells)
    if sum(len(_shown(text, cells[n])) for n in columns) > LONG:
        return _plain(question, text, row, leads, caption)
    name = _find_name(text, cells)
    segments: list[str | Span] = [cells[name]]
    for n in columns:
        if n == name:
            continue
        segments += [" ｜ ", heads[n], "：", cells[n]] if _shown(text, heads[n]) else [" ｜ ", cells[n]]
    return Row(segments, leads, row.span)


def _plain(question: str, text: str, row: Piece, leads: list[Span], caption: Span | None) -> Row:
    """The row as it is, or the part of it that answers, behind its name; a short caption follows."""
    part = shorten(question, text, row)
    cells = find_cells(text, row.span)
    name = cells[_find_name(text, cells)]
    segments: list[str | Span] = [part]
    if name.end < part.start and len(_shown(text, name)) <= ROW_NAME and content_words(_shown(text, name)):
        segments = [name, " ｜ ", part]
        leads = [name, *leads]
    inherited = [s for s in row.unit.context if len(find_cells(text, s)) == 1]
    if inherited and len(_shown(text, inherited[-1])) <= ROW_NAME and not _counts(text, inherited[-1]):
        segments = [inherited[-1], " ｜ ", part]
    if not row.unit.context and caption and len(_shown(text, caption)) <= _CAPTION:
        return Row([*segments, "（", caption, "）"], [*leads, caption], part)
    return Row(segments, leads, part)


def find_cells(text: str, row: Span) -> list[Span]:
    """All cells of a row, empty ones too: a missing cell would move the columns."""
    cuts = [row.start]
    for mark in _BREAK.finditer(text, row.start, row.end):
        cuts += [mark.start(), mark.end()]
    cuts.append(row.end)
    cells = [Span(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
    outer = text[row.start : row.end].startswith("|")
    return [c for c in cells[outer:] if c.end > c.start or c is not cells[-1]]


def _find_name(text: str, cells: Sequence[Span]) -> int:
    """The cell that names the row: the first, or the one behind its number."""
    if len(cells) < 3 or not _counts(text, cells[0]):
        return 0
    return int(bool(re.search(r"[^\W\d]", _shown(text, cells[1]))))


def _counts(text: str, cell: Span) -> bool:
    return bool(_NUMBERING.fullmatch(fold(_shown(text, cell)).text.strip()))


def _asked_columns(
    question: str, text: str, row: Piece, heads: Sequence[Span], cells: Sequence[Span]
) -> list[int]:
    """All columns of a short row; of a long one those with the answer, or that the question names."""
    every = list(range(1, len(cells)))
    size = sum(len(_shown(text, span)) for span in (*heads[1:], *cells))
    if size <= _SHORT:
        return every
    answered = [n for n in every if any(a.start < cells[n].end and a.end > cells[n].start for a in row.answer)]
    if answered:
        return answered
    words = set(content_words(question))
    return [n for n in every if words & set(content_words(_shown(text, heads[n])))] or every


def find_caption(around: Sequence[Piece], at: int) -> Span | None:
    """The heading right above the rows that the row at `at` stands among."""
    first = at
    while first > 0 and around[first - 1].unit.kind == "row":
        first -= 1
    above = around[first - 1] if first else None
    return above.span if above and above.unit.kind == "heading" else None


def _shown(text: str, span: Span) -> str:
    return display(text[span.start : span.end]).text
