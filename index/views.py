"""One commit of an index: its two legs, and the passages behind their numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.catalog import Catalog
from index.manifest import dump
from index.records import Document, Passage
from index.rows import PASSAGE, read_passage
from index.segments import Ranges, Segment, Vectors, search_segment
from index.terms import search_terms

Scope = tuple[list[int], Ranges] | None
"""Document numbers and their passages; None for all."""
MOST_PLACES = 20
KEPT_CHARACTERS = 4_000_000
"""Of documents kept for the next search: their texts are read again after every commit."""


@dataclass(frozen=True, slots=True)
class Row:
    """What ranking needs of a passage."""

    number: int
    document: str
    start: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class View:
    """Valid inside the snapshot it was given for."""

    generation: int
    catalog: Catalog
    segments: tuple[Segment, ...]
    buried: Ranges
    searcher: Any
    _living: dict[int, NDArray[np.bool_]] = field(default_factory=dict)
    _documents: dict[int, tuple[Document, int]] = field(default_factory=dict)

    def nearest(self, query: Vectors, n: int, scope: Scope) -> list[tuple[int, float]]:
        """The n passages nearest to a vector (1, dimensions): (number, cosine), best first."""
        found: list[tuple[int, float]] = []
        for at, segment in enumerate(self.segments):
            numbers, scores = search_segment(segment, query, n, self._allowed(at, scope))
            found += zip(numbers.tolist(), scores.tolist(), strict=True)
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:n]

    def _allowed(self, at: int, scope: Scope) -> NDArray[np.bool_] | None:
        numbers = self.segments[at].numbers
        living = None
        if len(self.buried.bounds):
            if at not in self._living:
                self._living[at] = ~self.buried.mask(numbers)
            living = self._living[at]
        if scope is None:
            return living
        inside = scope[1].mask(numbers)
        return inside if living is None else inside & living

    def matching(self, words: Sequence[str], n: int, scope: Scope) -> list[tuple[int, float]]:
        """The n passages with the best BM25 for any of the words: (number, score), best first."""
        documents = None if scope is None else scope[0]
        return search_terms(self.searcher, words, n, documents)

    def weigh(self, words: Sequence[str]) -> dict[str, float]:
        """The inverse document frequency of each word over the passages.

        As in BM25 (Robertson and Zaragoza 2009, eq. 3.1 with the logarithm kept positive).
        """
        frequencies = {word: self.searcher.doc_freq("words", word) for word in words}
        # deleted passages count in the frequencies until tantivy merges them away
        size = max([self.searcher.num_docs, *frequencies.values()])
        return {w: math.log(1 + (size - f + 0.5) / (f + 0.5)) for w, f in frequencies.items()}

    def rows(self, numbers: Iterable[int]) -> dict[int, Row]:
        """Those of the numbers that this commit holds: a cache may know others."""
        found = self.catalog.manifest.connection.execute(
            "SELECT p.number, d.id, p.start, p.digest FROM passages p"
            " JOIN documents d ON d.number = p.document"
            " WHERE p.number IN (SELECT value FROM json_each(?))",
            (dump(list(numbers)),),
        )
        return {row[0]: Row(*row) for row in found}

    def passages(self, numbers: Sequence[int]) -> list[Passage]:
        """The passages of the numbers, in that order."""
        found = self.catalog.manifest.connection.execute(
            f"SELECT {PASSAGE} FROM passages WHERE number IN (SELECT value FROM json_each(?))",
            (dump(list(numbers)),),
        )
        rows = {row[0]: row for row in found}
        return [self._passage(rows[number]) for number in numbers]

    def _passage(self, row: Sequence[Any]) -> Passage:
        return read_passage(row, *self.owner(row[1]))

    def owner(self, number: int) -> tuple[Document, int]:
        """A document by its number, and its first passage; the last ones read are kept."""
        kept = self._documents.get(number)
        if kept is None:
            if sum(len(d.text) for d, _ in list(self._documents.values())) > KEPT_CHARACTERS:
                self._documents.clear()
            first = self.catalog.passage_numbers(number).start
            kept = self._documents[number] = self.catalog.document(number), first
        return kept

    def twins(self, row: Row, scope: Scope) -> list[tuple[str, int, int]]:
        """Where the same text stands in other documents: (document id, start, end), in order."""
        found = self.catalog.manifest.connection.execute(
            "SELECT p.number, d.id, p.start, p.end FROM passages p"
            " JOIN documents d ON d.number = p.document"
            " WHERE p.digest = ? AND d.id <> ? ORDER BY d.id, p.start",
            (row.digest, row.document),
        ).fetchall()
        if scope is not None:
            inside = [scope[1].mask(np.array([n], np.int64))[0] for n, *_ in found]
            found = [place for place, kept in zip(found, inside, strict=True) if kept]
        return [tuple(place[1:]) for place in found[:MOST_PLACES]]
