"""A fact that stands in several places is said once and cited with all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.pieces import Piece, Source
from assistant.records import Claim, Evidence
from index import Span

MOST = 4
"""Further places that one statement cites."""


def add_places(claim: Claim, piece: Piece, pieces: Sequence[Piece], source: Source) -> Claim:
    """The claim with the other places of its piece: the same passage elsewhere, the same unit read."""
    own = claim.evidence
    found = [*_twins(piece, source), *_repeats(piece, pieces)]
    known = {(e.document_id, e.start) for e in own}
    more = [e for e in dict.fromkeys(found) if (e.document_id, e.start) not in known]
    return replace(claim, evidence=(*own, *more[:MOST]))


def _twins(piece: Piece, source: Source) -> Iterator[Evidence]:
    """The unit in the documents that have its passage too, blanks and line breaks apart."""
    base = piece.passage.start
    before = _count(piece.passage.text[: piece.unit.start - base])
    size = _count(piece.raw)
    for name, start, end in piece.passage.places:
        text = source.document(name).text
        span = _stretch(text, Span(start, end), before, size)
        if span and _letters(text[span.start : span.end]) == _letters(piece.raw):
            yield Evidence(name, span.start, span.end, text[span.start : span.end])


def _repeats(piece: Piece, pieces: Sequence[Piece]) -> Iterator[Evidence]:
    """Units that were read elsewhere and say the same, character by character when folded."""
    for other in pieces:
        if not other.is_same(piece) and other.folded == piece.folded:
            yield Evidence(other.passage.document_id, other.unit.start, other.unit.end, other.raw)


def _stretch(text: str, within: Span, before: int, size: int) -> Span | None:
    """The stretch of `size` characters behind `before` others, blanks not counted."""
    places = [n for n in range(within.start, within.end) if not text[n].isspace()]
    if before + size > len(places) or not size:
        return None
    return Span(places[before], places[before + size - 1] + 1)


def _letters(text: str) -> str:
    return "".join(text.split())


def _count(text: str) -> int:
    return len(_letters(text))
