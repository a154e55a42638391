"""The sentence that answers, out of a long item or table cell that holds several."""

from __future__ import annotations

import re

from assistant.asking import find_want, fits
from assistant.pieces import Piece
from index import Span, content_words, display

LONG = 120
"""Characters from which a unit is shown in part, if a part says what it says about the question."""
_END = re.compile(r"(?<=[。！？])|[\t\n]|</t[dh]>|<br\s*/?>|</p>|\s(?=[○◯●・※①-⑳][^\s])", re.I)
_OPEN, _CLOSE = "「『（(【", "」』）)】"


def shorten(question: str, text: str, piece: Piece) -> Span:
    """The part of a long unit that holds the answering words, or all that it has of the question's.

    `text` is the document's. The whole unit where no single part does.
    """
    parts = _split(text, piece.span)
    if len(piece.shown) <= LONG or len(parts) < 2:
        return piece.span
    if piece.answer:
        holding = [p for p in parts if p.start <= piece.answer[0].start and piece.answer[-1].end <= p.end]
        return holding[0] if holding else piece.span
    want, asked = find_want(question), set(content_words(question))
    known = asked & set(content_words(piece.shown))
    scored = [(len(known & set(_words(text, p))), fits(want, _shown(text, p), piece.unit.kind), p) for p in parts]
    hits, fit, best = max(scored, key=lambda s: (s[0] * (0.5 + s[1]), -s[2].start))
    return best if hits == len(known) and fit >= 0.5 else piece.span


def _split(text: str, span: Span) -> list[Span]:
    """The sentences and cells of a stretch, blanks left out; none is cut inside brackets."""
    parts, start = [], span.start
    for mark in [*_END.finditer(text, span.start, span.end), None]:
        end = mark.start() if mark else span.end
        stretch = text[start:end]
        if mark and any(stretch.count(a) > stretch.count(b) for a, b in zip(_OPEN, _CLOSE, strict=True)):
            continue
        if _shown(text, Span(start, end)):
            lead = len(stretch) - len(stretch.lstrip())
            parts.append(Span(start + lead, end - len(stretch) + len(stretch.rstrip())))
        start = mark.end() if mark else end
    return parts


def _words(text: str, span: Span) -> tuple[str, ...]:
    return content_words(_shown(text, span))


def _shown(text: str, span: Span) -> str:
    return display(text[span.start : span.end]).text
