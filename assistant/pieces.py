"""Units with the passages they lie in, and the claims that quote them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from assistant.records import Claim, Evidence, Reading
from index import Document, Passage, Span, Unit, content_words, display, fold

_BEFORE, _AFTER = 6, 10
"""Passages around one that are looked at for the rest of a list, and for a table's caption."""

_ASIDE = re.compile(r"[(（](?:[^()（）]|[(（][^()（）]*[)）])*[)）]。?")
_COLONS = ("：", ":")

_NAME = 40
"""Characters up to which a unit may be a name that the unit below explains."""


class Source(Protocol):
    """What composing needs of an index."""

    def document(self, document_id: str) -> Document:
        """One document."""
        ...

    def neighbours(self, passage: Passage, before: int = 1, after: int = 1) -> list[Passage]:
        """The passages around one, without it, in order."""
        ...


class Piece(NamedTuple):
    """A unit, its passage, the reader's score, and the answering words in document offsets."""

    passage: Passage
    unit: Unit
    score: float = 0.0
    answer: tuple[Span, ...] = ()

    @property
    def span(self) -> Span:
        return Span(self.unit.start, self.unit.end)

    @property
    def raw(self) -> str:
        start = self.passage.start
        return self.passage.text[self.unit.start - start : self.unit.end - start]

    @property
    def shown(self) -> str:
        return display(self.raw).text

    @property
    def folded(self) -> str:
        return fold(self.raw).text

    @property
    def context(self) -> str:
        """What the unit stands under: the heading path, and the headings inside its passage."""
        above = [u for u in self.passage.units if u.kind == "heading" and u.end <= self.unit.start]
        inner = (Piece(self.passage, unit).shown for unit in above[-2:])
        return "\n".join([*filter(None, (self.passage.heading, self.passage.topic)), *inner])

    def is_same(self, other: Piece) -> bool:
        return self.span == other.span and self.passage.document_id == other.passage.document_id


def list_pieces(readings: Sequence[Reading]) -> list[Piece]:
    """Every unit of the readings that says something, the best first; ties by position."""
    pieces = [
        Piece(reading.passage, unit, score, _answer_in(reading, unit))
        for reading in readings
        if reading.units
        for unit, score in zip(reading.passage.units, reading.units, strict=True)
    ]
    said = [piece for piece in pieces if content_words(piece.shown)]
    return sorted(said, key=lambda piece: -piece.score)


def _answer_in(reading: Reading, unit: Unit) -> tuple[Span, ...]:
    base = reading.passage.start
    spans = (Span(base + start, base + end) for start, end in reading.answer)
    return tuple(s for s in spans if s.start < unit.end and s.end > unit.start)


def look_around(source: Source, piece: Piece) -> tuple[list[Piece], int]:
    """The units before and behind a piece over its passage's borders, and its own place there."""
    passage = piece.passage
    others = source.neighbours(passage, _BEFORE, _AFTER)
    passages = sorted([*others, passage], key=lambda p: p.start)
    around = [Piece(p, unit) for p in passages for unit in p.units]
    at = next(n for n, other in enumerate(around) if other.is_same(piece))
    around[at] = piece
    return around, at


def hangs(piece: Piece) -> bool:
    """Whether a unit speaks only of the one above: a parenthesis, or what begins with a colon."""
    return bool(_ASIDE.fullmatch(piece.shown)) or piece.shown.startswith(_COLONS)


def find_rest(source: Source, piece: Piece) -> Span | None:
    """The unit right below where it goes on with a colon: a name, and then what it is."""
    if len(piece.shown) > _NAME:
        return None
    around, at = look_around(source, piece)
    below = around[at + 1 : at + 2]
    return below[0].span if below and below[0].shown.startswith(_COLONS) else None


def make_claim(
    piece: Piece,
    text: str,
    segments: Sequence[str | Span],
    *,
    leads: Iterable[Span] = (),
    part: Span | None = None,
) -> Claim:
    """A quotation that shows `segments` (own words, or stretches of the document `text`).

    It cites the piece first, or the `part` of it that is shown, then the leads.
    """
    said = ""
    answer: list[Span] = []
    for segment in segments:
        if isinstance(segment, str):
            said += segment
            continue
        view = display(text[segment.start : segment.end])
        for mark in piece.answer:
            first, last = max(mark.start, segment.start), min(mark.end, segment.end)
            if first < last and segment.start >= piece.unit.start:
                seen = view.seen(first - segment.start, last - segment.start)
                answer.append(Span(len(said) + seen.start, len(said) + seen.end))
        said += view.text
    name = piece.passage.document_id
    spans = dict.fromkeys([part or piece.span, *leads])
    evidence = tuple(Evidence(name, s.start, s.end, text[s.start : s.end]) for s in spans)
    return Claim(said, evidence, "quote", tuple(a for a in answer if a.end > a.start))
