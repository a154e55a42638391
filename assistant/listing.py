"""Lists whole: the line that announces them and every item, over the borders of passages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from assistant.pieces import Piece, hangs
from index import content_words
from index.hanging import BELOW

MOST = 30
"""Items of a list that are quoted."""
_TABLE = 400
"""Characters of a table that is quoted with all its rows."""
_LONG = 60
"""Mean characters beyond which items are statements of their own rather than members of a list."""
_ANNOUNCES = re.compile(rf"(?:[:：]|{BELOW}|次の|下記|とおり|通り)[^。]{{0,40}}$|(?:{BELOW}|次の|下記)[^。]{{0,80}}。?$")
_ENUMERATES = re.compile(r"[、,・/／]|及び|並びに|と(?=[^、。]{1,12}[のをがにで])")
_SEPARATORS = 2
"""Marks that part things from which on one unit is a list of its own."""


_NUMBER = re.compile(
    r"\s*(?:(?P<circled>[①-⑳])|[(（](?P<bracketed>\d{1,2})[)）]|(?P<dotted>\d{1,2})[.．)）](?!\d)"
    r"|(?P<section>\d+(?:\.\d+)*)\.?(?P<letter>[A-Z])\b)"
)


class Listed(NamedTuple):
    """A list: what announces it (None without) and its items, in document order."""

    lead: Piece | None
    items: list[Piece]


def announces(piece: Piece) -> bool:
    """Whether a unit promises that a list follows and says little without it."""
    quotable = piece.unit.kind in ("sentence", "item", "heading") and not hangs(piece)
    return quotable and bool(_ANNOUNCES.search(piece.shown))


def gather_list(question: str, around: Sequence[Piece], at: int) -> Listed | None:
    """The list that the unit at `at` announces or belongs to; None where it is no part of one.

    An item that enumerates, or is long, stays alone unless the question names what is above it.
    """
    piece = around[at]
    if piece.unit.kind == "row":
        return _rows(question, around, at)
    if piece.unit.kind != "item":
        return gather_below(around, at)
    listed = _siblings(around, at)
    if len(listed.items) < 2:
        return (_below(around, at) if announces(piece) else None) or _numbered(around, at)
    return listed if _is_asked(question, listed, piece) else None


def gather_below(around: Sequence[Piece], at: int) -> Listed | None:
    """The list below a unit that only names it; None where a single unit or none stands there."""
    if around[at].unit.kind == "item":
        return _numbered(around, at)
    return _below(around, at) or _numbered(around, at)


def _siblings(around: Sequence[Piece], at: int) -> Listed:
    """The items that hang on the same lead; without a lead, the run of items the unit stands in."""
    own = around[at]
    first, last = at, at
    while first > 0 and _goes_on(around[first - 1], own):
        first -= 1
    while last + 1 < len(around) and _goes_on(around[last + 1], own):
        last += 1
    items = [p for p in around[first : last + 1] if p.unit.context == own.unit.context]
    if own.unit.context:
        lead = next((p for p in around if p.span == own.unit.context[-1]), None)
    else:
        before = around[first - 1] if first else None
        lead = before if before and (before.unit.kind == "heading" or announces(before)) else None
    return Listed(lead, items[:MOST])


def _goes_on(piece: Piece, own: Piece) -> bool:
    """Whether a unit belongs to the run of items: one of it, or one below an item of it."""
    if piece.unit.kind != "item":
        return False
    depth = len(own.unit.context)
    if len(piece.unit.context) == depth and _marks_differ(piece, own):
        return False
    return piece.unit.context[:depth] == own.unit.context


def _marks_differ(one: Piece, other: Piece) -> bool:
    """Whether two items have different marks: ➤ below - begins another list. Numbers are no marks."""
    marks = [_find_mark(piece) for piece in (one, other)]
    return all(marks) and marks[0] != marks[1]


def _find_mark(piece: Piece) -> str:
    """What stands before an item; empty at the head of a passage, which begins behind it."""
    before = piece.passage.text[: piece.unit.start - piece.passage.start].rstrip(" \t\u3000")
    return before[-1:] if not before[-1:].isalnum() and before[-1:] != "\n" else ""


def _below(around: Sequence[Piece], at: int) -> Listed | None:
    """The items right below a heading or an announcing line."""
    lead = around[at]
    if at + 1 == len(around) or around[at + 1].unit.kind != "item":
        return None
    listed = _siblings(around, at + 1)
    items = [p for p in listed.items if p.unit.start > lead.unit.start]
    return Listed(lead, items) if len(items) > 1 else None


def _numbered(around: Sequence[Piece], at: int) -> Listed | None:
    """Units of any kind that are numbered in one style, one after the other: ① … ② …, 1. … 2. ….

    What stands between them is left out. The unit at `at` is one of them, or announces the first.
    """
    start = at if find_number(around[at]) else at + 1
    own = find_number(around[start]) if start < len(around) else None
    if own is None or (start > at and own[1] != 1):
        return None
    chosen = {start: own}
    for step in (-1, 1):
        n, wanted = start + step, (own[0], own[1] + step)
        while 0 <= n < len(around) and len(chosen) < MOST:
            if find_number(around[n]) == wanted:
                chosen[n] = wanted
                wanted = (own[0], wanted[1] + step)
            n += step
    first = min(chosen)
    if len(chosen) < 2 or chosen[first][1] != 1:
        return None
    before = around[first - 1] if first else None
    leads = before and (before.unit.kind == "heading" or announces(before))
    return Listed(before if leads else None, [around[n] for n in sorted(chosen)])


def find_number(piece: Piece) -> tuple[str, int] | None:
    """The style of the number that a unit begins with, and its value."""
    match = _NUMBER.match(piece.shown)
    if match is None:
        return None
    if match["circled"]:
        return "circled", ord(match["circled"]) - ord("①") + 1
    if match["letter"]:
        return match["section"], ord(match["letter"]) - ord("A") + 1
    style = "bracketed" if match["bracketed"] else "dotted"
    return style, int(match[style])


def _is_asked(question: str, listed: Listed, item: Piece) -> bool:
    above = set(content_words(listed.lead.shown if listed.lead else listed.items[0].context))
    own = set(content_words(item.shown))
    long = sum(len(p.shown) for p in listed.items) > _LONG * len(listed.items)
    alone = long or len(_ENUMERATES.findall(item.shown)) >= _SEPARATORS
    return not alone or bool((above & set(content_words(question))) - own)


def _rows(question: str, around: Sequence[Piece], at: int) -> Listed | None:
    """All rows of a table, unless the question names the row: then that one is meant."""
    own = around[at]
    if not own.unit.context or names_row(question, own):
        return None
    first, last = at, at
    while first > 0 and _is_row_of(around[first - 1], own):
        first -= 1
    while last + 1 < len(around) and _is_row_of(around[last + 1], own):
        last += 1
    rows = list(around[first : last + 1])
    size = sum(len(row.shown) for row in rows)
    return Listed(None, rows[:MOST]) if len(rows) > 1 and size <= _TABLE else None


def _is_row_of(piece: Piece, own: Piece) -> bool:
    return piece.unit.kind == "row" and piece.unit.context[:1] == own.unit.context[:1]


def names_row(question: str, row: Piece) -> bool:
    """Whether words of the row's first cell stand in the question."""
    name = content_words(row.shown.split(" ｜ ")[0])
    return bool(set(name) & set(content_words(question)))
