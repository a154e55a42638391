"""Passages made to look like slides: bullets, blanks and breaks left by character recognition,
full-width digits, parts merged or missing. The answer's place is carried along.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from index import Passage, Span, display

_BULLETS = ("・", "●", "○", "■", "- ", "➢ ", "①", "◆", "※")


class Piece(NamedTuple):
    """A displayed sentence, item or row, and where in it the answer stands."""

    text: str
    span: Span | None
    kind: str


class Shown(NamedTuple):
    """A displayed text with the answer's place."""

    text: str
    span: Span | None


def show(passage: Passage, place: Span | None) -> Shown:
    """The passage as the model sees it; `place` counts in the document."""
    view = display(passage.text)
    if place is None:
        return Shown(view.text, None)
    seen = view.seen(place.start - passage.start, place.end - passage.start)
    return Shown(view.text, seen if seen.end > seen.start else None)


def cut_pieces(passage: Passage, place: Span | None) -> list[Piece]:
    """The passage's units one by one; the answer is in the unit that holds all of it."""
    pieces = []
    for unit in passage.units:
        view = display(passage.text[unit.start - passage.start : unit.end - passage.start])
        span = None
        if place is not None and unit.start <= place.start and place.end <= unit.end:
            span = view.seen(place.start - unit.start, place.end - unit.start)
        pieces.append(Piece(view.text, span, unit.kind))
    return pieces


def join_pieces(pieces: Sequence[Piece], between: str = "") -> Shown:
    """One text of pieces; of several answers the first counts."""
    text, span = "", None
    for piece in pieces:
        if text and between:
            text += between
        if piece.span is not None and span is None:
            span = Span(piece.span.start + len(text), piece.span.end + len(text))
        text += piece.text
    return Shown(text, span)


def thin_out(pieces: Sequence[Piece], rng: random.Random) -> list[Piece]:
    """Without some of the pieces at either end; the answer's piece and its neighbours stay."""
    answers = [i for i, piece in enumerate(pieces) if piece.span]
    low, high = (answers[0], answers[-1]) if answers else (0, len(pieces) - 1)
    first = rng.randint(0, max(0, low - 1))
    last = rng.randint(min(len(pieces) - 1, high + 1), len(pieces) - 1) if pieces else 0
    return list(pieces[first : last + 1])


def add_bullets(pieces: Sequence[Piece], rng: random.Random) -> list[Piece]:
    """Every piece but headings and rows as a list item."""
    mark = rng.choice(_BULLETS)
    return [_rewrite(p, lambda c: c, before=mark) if p.kind != "heading" else p for p in pieces]


def _rewrite(piece: Piece, change: Callable[[str], str], before: str = "") -> Piece:
    """Each character changed by itself, so that the answer's place can be counted along."""
    out, starts = before, []
    for char in piece.text:
        starts.append(len(out))
        out += change(char)
    starts.append(len(out))
    span = piece.span and Span(starts[piece.span.start], starts[piece.span.end])
    return Piece(out, span, piece.kind)


def roughen(pieces: Sequence[Piece], rng: random.Random) -> list[Piece]:
    """Stray blanks between characters, or digits in the other width."""
    if rng.random() < 0.5:
        return [_rewrite(p, lambda c: c + " " if rng.random() < 0.04 else c) for p in pieces]
    return [_rewrite(p, _widen) for p in pieces]


def _widen(char: str) -> str:
    return chr(ord(char) + 0xFEE0) if char.isascii() and char.isdigit() else char
