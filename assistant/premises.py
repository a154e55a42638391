"""What a question takes for granted and the documents contradict: an ordinal, a count, a day, a year,
or that something is allowed.

Names are left alone: which of two names is the wrong one, characters cannot tell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from assistant.pieces import Piece, list_pieces
from assistant.polarity import denies
from assistant.records import Reading
from index import Date, content_words, find_dates, find_numbers, fold

_SHARE = 0.6
"""Share of the question's other words that a contradicting unit must hold, its headings included."""
_LITTLE = 0.2
"""The same where the unit numbers the very thing."""
_ORDINAL = re.compile(r"第(?P<n>\d+)(?P<counter>[回期次])(?P<of>[ァ-ヶー一-龥a-z]{2,6})?")
_EVENT = re.compile(
    r"に(?!は|も)[^、。]{0,40}(?:した|された|れた|開かれ|始ま|行われ|決ま|きた|った|んだ)|(?:まで|から)(?=[とにでのだながは、])"
)
_EACH = re.compile(r"に?つき|[あ当]たり|ごと|毎")
"""Behind a number that counts nothing: 1件につき."""
_COUNTS = frozenset("つ 人 名 回 件 校 社 機関 拠点 分野 項目 種類 か国 カ国 本 段階".split())
"""Units of what is counted; amounts and shares are what is asked for, not taken for granted."""


class Premise(NamedTuple):
    """What the question takes for granted, folded, and the unit that says otherwise."""

    said: str
    piece: Piece


def find_premise(question: str, readings: Sequence[Reading]) -> Premise | None:
    """A premise that no passage read holds while one that is about the same says otherwise."""
    asked = fold(question).text
    pieces = [piece for piece in list_pieces(readings) if piece.unit.kind != "heading"]
    everything = fold("\n".join(f"{r.passage.heading}\n{r.passage.text}" for r in readings)).text
    return (
        _find_ordinal(asked, pieces, everything)
        or _find_count(asked, pieces, everything)
        or _find_day(asked, pieces, everything)
        or _find_permission(asked, pieces)
    )


def asks_other_year(question: str, readings: Sequence[Reading], dates: Sequence[str]) -> bool:
    """Whether the question is about a year that no passage read names, and the best one names another.

    `dates` are those of the passages' documents.
    """
    asked = {date.year for date in find_dates(fold(question).text)}
    if not asked or not readings or readings[0].unit < 0:
        return False
    told = "\n".join([*(f"{r.passage.heading}\n{r.passage.text}" for r in readings), *dates])
    best = {date.year for date in find_dates(fold(readings[0].text).text)}
    return bool(best) and not asked & {date.year for date in find_dates(fold(told).text)}


def _find_ordinal(asked: str, pieces: Sequence[Piece], everything: str) -> Premise | None:
    """第3回公募, where there is a 第2回公募 and never a third."""
    for own in _ORDINAL.finditer(asked):
        numbered = f"第{own['n']}{own['counter']}"
        if not own["of"] or numbered in everything:
            continue
        other = re.compile(rf"第\d+{own['counter']}{re.escape(own['of'][:2])}")
        for piece in pieces:
            if other.search(piece.folded) and _is_about(asked, numbered, piece, _LITTLE):
                return Premise(own.group(), piece)
    return None


def _find_count(asked: str, pieces: Sequence[Piece], everything: str) -> Premise | None:
    """2回の受賞, where one is told."""
    had = {(n.value, n.unit) for n in find_numbers(everything)}
    for own in find_numbers(asked):
        said = asked[own.start : own.end] + own.unit
        apart = asked[: own.start].endswith("第") or _EACH.match(asked, own.start + len(said))
        if own.unit not in _COUNTS or apart or (own.value, own.unit) in had:
            continue
        for piece in pieces:
            others = [n for n in find_numbers(piece.folded) if n.unit == own.unit]
            if len(others) == 1 and _is_about(asked, said, piece):
                return Premise(said, piece)
    return None


def _find_day(asked: str, pieces: Sequence[Piece], everything: str) -> Premise | None:
    """2023年5月に始まった…, where the same began in another month."""
    had = {date.iso for date in find_dates(everything)}
    years = {date.year for date in find_dates(everything)}
    for own in find_dates(asked):
        known = own.iso in had or (own.year in years and not own.month)
        if known or not _EVENT.match(asked, own.end):
            continue
        said = asked[own.start : own.end]
        for piece in pieces:
            others = find_dates(piece.folded)
            if len(others) == 1 and _differs(own, others[0]) and _is_about(asked, said, piece):
                return Premise(said, piece)
    return None


def _find_permission(asked: str, pieces: Sequence[Piece]) -> Premise | None:
    """なぜ認めたのか, where it is forbidden."""
    return next((Premise(asked, piece) for piece in pieces if denies(asked, piece.shown)), None)


def _differs(own: Date, other: Date) -> bool:
    """Whether two dates exclude each other as exactly as both are told."""
    if own.year != other.year:
        return own.fiscal == other.fiscal
    return bool(own.month and other.month and own.month != other.month)


def _is_about(asked: str, premise: str, piece: Piece, share: float = _SHARE) -> bool:
    words = set(content_words(asked.replace(premise, ""))) - set(content_words(premise))
    have = set(content_words(piece.shown)) | set(content_words(piece.context))
    return bool(words) and len(words & have) >= share * len(words)
