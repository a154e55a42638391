"""Two places that say the same with another number: both are shown, and that they disagree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from assistant.pieces import Piece
from index import Document, Number, find_dates, find_numbers

_LEAST = 10
"""Characters besides the number that two sentences must have in common."""
_ORDINAL = frozenset("回号条章節期版次位番")
_LAYOUT = re.compile(r"[\s。、,()（）]")


class _Told(NamedTuple):
    """A sentence less one number, and that number."""

    frame: str
    number: Number
    written: str


def find_disagreement(best: Piece, pieces: Sequence[Piece]) -> Piece | None:
    """A unit with the words of the best one and another number in one place; None without.

    A year, a date or an ordinal tells two things apart and is no disagreement.
    """
    own = _tell(best)
    if best.unit.kind not in ("sentence", "item") or not own:
        return None
    for other in pieces:
        if other.is_same(best) or other.unit.kind not in ("sentence", "item"):
            continue
        if any(_clash(a, b) for a in own for b in _tell(other)):
            return other
    return None


def word_disagreement(first: Document, second: Document, best: Piece, other: Piece) -> str:
    """The note that names both places, with their dates where they have one."""
    own, another = next((a, b) for a in _tell(best) for b in _tell(other) if _clash(a, b))
    places = [f"「{d.title}」{f'({d.date})' if d.date else ''}" for d in (first, second)]
    return f"資料の記述が食い違っています: {places[0]}では{own.written}、{places[1]}では{another.written}。"


def _tell(piece: Piece) -> list[_Told]:
    text = piece.folded
    dates = find_dates(text)
    told = []
    for number in find_numbers(text):
        inside = any(d.start <= number.start < d.end for d in dates)
        ordinal = number.unit in _ORDINAL or text[: number.start].endswith("第")
        if inside or ordinal or not number.unit:
            continue
        frame = _LAYOUT.sub("", f"{text[: number.start]}#{text[number.end :]}")
        if len(frame) > _LEAST:
            told.append(_Told(frame, number, text[number.start : number.end] + number.unit))
    return told


def _clash(a: _Told, b: _Told) -> bool:
    return a.frame == b.frame and a.number.value != b.number.value
