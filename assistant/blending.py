"""The trained reader and the first one together: what each is better at.

The cross-encoder knows best whether anything answers; the question's words and the order of search
decide better between passages of one subject. A fitted logistic model weighs the three.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.calibration import BLEND_WEIGHTS, UNIT_SHARE, logit, weigh
from assistant.crossing import CrossReader, find_reader
from assistant.reader import OverlapReader, Reader
from assistant.records import Asked, Reading
from index import Index, Passage

READER = "TENKYO_READER"
"""The environment variable that names the reader where none is given."""
WORDS = "words"
"""In place of a folder: read by words, kind and embedding alone, as without trained weights."""

_LEAST = 1e-4
"""Scores are kept this far from 0 before they are multiplied."""
Features = tuple[float, ...]


def choose_reader(name: str | os.PathLike[str] | None, index: Index) -> Reader:
    """The first reader, alone or blended with the trained one whose weights lie in a folder.

    Without a name it is the environment's, and then the weights that came with the package.
    """
    chosen = name or os.environ.get(READER) or find_reader() or WORDS
    words = OverlapReader(index.embedder, index.weigh)
    return words if chosen == WORDS else BlendedReader(CrossReader(Path(chosen)), words)


class BlendedReader:
    """Reads with two readers; both are asked about every passage."""

    def __init__(
        self, trained: Reader, words: Reader, weights: Sequence[float] = BLEND_WEIGHTS
    ) -> None:
        self._trained = trained
        self._words = words
        self._weights = weights

    def read(self, asked: Asked, passages: Sequence[Passage]) -> list[Reading]:
        """One Reading a passage, the most probable first; `trained` is the cross-encoder's own."""
        readings = [
            _blend(trained, words, weigh(self._weights, found))
            for trained, words, found in self._features(asked, passages)
        ]
        return sorted(readings, key=lambda reading: -reading.probability)

    def reweighed(self, weights: Sequence[float]) -> BlendedReader:
        """The same two readers, weighed anew."""
        return BlendedReader(self._trained, self._words, weights)

    def features(self, asked: Asked, passages: Sequence[Passage]) -> list[Features]:
        """`blend_features` of each passage, in the order given."""
        return [found for *_, found in self._features(asked, passages)]

    def _features(
        self, asked: Asked, passages: Sequence[Passage]
    ) -> list[tuple[Reading, Reading, Features]]:
        trained = {r.passage.id: r for r in self._trained.read(asked, passages)}
        words = {r.passage.id: r for r in self._words.read(asked, passages)}
        first = passages[0].score if passages else 0.0
        return [
            (
                trained[p.id],
                words[p.id],
                blend_features(trained[p.id].probability, words[p.id].probability, p.score - first),
            )
            for p in passages
        ]


def blend_features(trained: float, words: float, lag: float) -> Features:
    """What the weights weigh: bias, the logits of the trained and of the first reader's probability,
    and how far the passage's score of search lies behind the first's.
    """
    return (1.0, logit(trained), logit(words), lag)


def _blend(trained: Reading, words: Reading, probability: float) -> Reading:
    """The better unit of both, and in it the words that the trained reader marks."""
    shares = _blend_units(trained, words)
    if not shares:
        return replace(trained, probability=probability, trained=trained.probability)
    best = max(range(len(shares)), key=lambda n: (shares[n], -n))
    unit = trained.passage.units[best]
    start, end = unit.start - trained.passage.start, unit.end - trained.passage.start
    return Reading(
        trained.passage,
        probability,
        start,
        end,
        best,
        tuple(span for span in trained.answer if start <= span.start and span.end <= end),
        tuple(probability * share / max(shares[best], _LEAST) for share in shares),
        trained.probability,
    )


def _blend_units(trained: Reading, words: Reading) -> list[float]:
    """A geometric mean of both readers' scores of each unit, each against its best."""
    if not trained.units or not words.units:
        return list(trained.units or words.units)
    most = max(trained.units), max(words.units)
    return [
        max(t / max(most[0], _LEAST), _LEAST) ** UNIT_SHARE
        * max(w / max(most[1], _LEAST), _LEAST) ** (1 - UNIT_SHARE)
        for t, w in zip(trained.units, words.units, strict=True)
    ]  # fmt: skip
