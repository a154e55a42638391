"""A question in, the k best passages out: two legs, one ranking."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from index.fusion import Ranking, fuse_scores, ideal_score, lean_on_neighbours
from index.records import Passage
from index.segments import Vectors
from index.views import Row, Scope, View

DEPTH = 100
"""Passages asked of each leg, at least."""
_COMMON = math.log(2)
"""The inverse document frequency of a word that half of the passages have."""


def find(view: View, vector: Vectors, words: Sequence[str], k: int, scope: Scope) -> list[Passage]:
    """The k best passages for a query vector (1, dimensions) and the query's words.

    The same text in several documents is one result with its places, so each leg is asked for
    more until k different ones are found or there are no more.
    """
    depth = max(DEPTH, 2 * k)
    weights = _telling(view.weigh(words))
    words, ideal = list(weights), ideal_score(weights)
    while True:
        dense = view.nearest(vector, depth, scope)
        lexical = view.matching(words, depth, scope)
        rows = view.rows(number for leg in (dense, lexical) for number, _ in leg)
        legs = [_ordered(leg, rows) for leg in (dense, lexical)]
        best = _distinct(_ordered(list(_fuse(legs[0], legs[1], ideal, rows).items()), rows), rows)
        if len(best) >= k or max(len(dense), len(lexical)) < depth:
            return _load(view, best[:k], legs, rows, scope)
        depth *= 4


def _telling(weights: dict[str, float]) -> dict[str, float]:
    """Without the words that most passages have, unless there are no others.

    They hardly move a score, and looking through all their passages takes the most time.
    """
    return {word: weight for word, weight in weights.items() if weight > _COMMON} or weights


def _fuse(dense: Ranking, lexical: Ranking, ideal: float, rows: dict[int, Row]) -> dict[int, float]:
    documents = {number: row.document for number, row in rows.items()}
    return lean_on_neighbours(fuse_scores(dense, lexical, ideal), documents)


def _ordered(leg: Sequence[tuple[int, float]], rows: dict[int, Row]) -> list[tuple[int, float]]:
    """Best first, ties by position; numbers that the commit does not hold are left out."""
    known = [hit for hit in leg if hit[0] in rows]
    return sorted(known, key=lambda hit: (-hit[1], rows[hit[0]].document, rows[hit[0]].start))


def _distinct(ranked: Sequence[tuple[int, float]], rows: dict[int, Row]) -> list[tuple[int, float]]:
    """Of equal texts in different documents, the first."""
    first: dict[bytes, str] = {}
    return [
        (number, score)
        for number, score in ranked
        if first.setdefault(rows[number].digest, rows[number].document) == rows[number].document
    ]


def _load(
    view: View,
    best: Sequence[tuple[int, float]],
    legs: Sequence[Sequence[tuple[int, float]]],
    rows: dict[int, Row],
    scope: Scope,
) -> list[Passage]:
    dense, lexical = (dict(leg) for leg in legs)
    passages = view.passages([number for number, _ in best])
    return [
        replace(
            passage,
            score=score,
            dense=dense.get(number, 0.0),
            lexical=lexical.get(number, 0.0),
            places=tuple(view.twins(rows[number], scope)),
        )
        for passage, (number, score) in zip(passages, best, strict=True)
    ]
