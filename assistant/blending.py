"""The trained reader and the first one together: what each is better at.

The cross-encoder knows best whether anything answers; the question's words and the order of search
decide better between passages of one subject. A fitted logistic model weighs the three. The first
reader computes no vectors of units here: beside a trained one they changed nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.calibration import BLEND_WEIGHTS, UNIT_SHARE, logit, weigh
from assistant.crossing import CrossReader, find_reader
from assistant.naming import shares_unsaid
from assistant.pieces import Piece
from assistant.reader import OverlapReader, Reader
from assistant.records import Asked, Reading
from index import Index, Passage, find_dates, fold

READER = "TENKYO_READER"
"""The environment variable that names the reader where none is given."""
WORDS = "words"
"""In place of a folder: read by words, kind and embedding alone, as without trained weights."""

FIRST = 12
"""Passages that the trained reader reads for every question."""
SURE = 0.25
"""The probability from which on it reads no more: on the development questions nothing is lost by it, and
in a third of them it is reached. From 0.1 on (three in five) no answer is lost either, but passages deeper
down are, and the confidence of questions that have an answer falls a little."""
_OTHER_YEAR = 0.5
"""Of the score of a unit that tells of another year than the one asked about."""
_LEAST = 1e-4
"""Scores are kept this far from 0 before they are multiplied."""
Features = tuple[float, ...]


def choose_reader(name: str | os.PathLike[str] | None, index: Index) -> Reader:
    """The first reader, alone or blended with the trained one whose weights lie in a folder.

    Without a name it is the environment's, and then the weights that came with the package.
    """
    chosen = name or os.environ.get(READER) or find_reader() or WORDS
    if chosen == WORDS:
        return OverlapReader(index.embedder, index.weigh)
    words = OverlapReader(index.embedder, index.weigh, embedded=0)
    return BlendedReader(CrossReader(Path(chosen)), words)


class BlendedReader:
    """Reads with two readers: the first one reads every passage, the trained one as far as needed."""

    def __init__(
        self, trained: Reader, words: Reader, weights: Sequence[float] = BLEND_WEIGHTS, sure: float = SURE
    ) -> None:
        """`sure`: the probability of one of the first passages from which on the others are not read."""
        self._trained = trained
        self._words = words
        self._weights = weights
        self._sure = sure

    def read(self, asked: Asked, passages: Sequence[Passage]) -> list[Reading]:
        """The most probable passage first; `trained` is the cross-encoder's own probability.

        Where one of the first passages surely answers, those behind them are left out: reading is
        what takes the time of an answer.
        """
        words = self._words.read(asked, passages)
        readings = self._blend(asked, passages, words, slice(None, FIRST))
        if len(passages) > FIRST and max(r.probability for r in readings) < self._sure:
            readings += self._blend(asked, passages, words, slice(FIRST, None))
        return sorted(readings, key=lambda reading: -reading.probability)

    def reweighed(self, weights: Sequence[float]) -> BlendedReader:
        """The same two readers, weighed anew."""
        return BlendedReader(self._trained, self._words, weights, self._sure)

    def features(self, asked: Asked, passages: Sequence[Passage]) -> list[Features]:
        """`blend_features` of each passage, all of them read, in the order given."""
        words = self._words.read(asked, passages)
        return [found for *_, found in self._features(asked, passages, words, slice(None))]

    def _blend(
        self, asked: Asked, passages: Sequence[Passage], words: Sequence[Reading], some: slice
    ) -> list[Reading]:
        years = _years(asked.text)
        return [
            _blend(one, other, weigh(self._weights, found), years)
            for one, other, found in self._features(asked, passages, words, some)
        ]

    def _features(
        self, asked: Asked, passages: Sequence[Passage], words: Sequence[Reading], some: slice
    ) -> list[tuple[Reading, Reading, Features]]:
        trained = {r.passage.id: r for r in self._trained.read(asked, passages[some])}
        others = {r.passage.id: r for r in words}
        unsaid = shares_unsaid(asked.text, passages)[some]
        return [
            (one, other, blend_features(one.probability, other.probability, p.score - passages[0].score, share))
            for p, share in zip(passages[some], unsaid, strict=True)
            for one, other in [(trained[p.id], others[p.id])]
        ]


def blend_features(trained: float, words: float, lag: float, unsaid: float) -> Features:
    """What the weights weigh: bias, the logits of the trained and of the first reader's probability,
    how far the passage's score of search lies behind the first's, and `naming.shares_unsaid`.
    """
    return (1.0, logit(trained), logit(words), lag, unsaid)


def _blend(trained: Reading, words: Reading, probability: float, years: frozenset[int]) -> Reading:
    """The better unit of both, and in it the words that the trained reader marks.

    A unit that tells of other years only than those asked about counts less.
    """
    shares = [
        share * (_OTHER_YEAR if years and told and not years & told else 1.0)
        for share, told in zip(_blend_units(trained, words), map(_years, _unit_texts(trained.passage)), strict=False)
    ]
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


def _years(text: str) -> frozenset[int]:
    return frozenset(date.year for date in find_dates(fold(text).text))


def _unit_texts(passage: Passage) -> list[str]:
    return [Piece(passage, unit).raw for unit in passage.units]


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
