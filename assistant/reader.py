"""Does this passage answer this question, and where: the protocol, and the first reader.

The first reader scores every sentence, item and row by the question's words, the kind of thing
asked for, and the embedding. A trained cross-encoder takes its place behind the same protocol.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.asking import Want, find_want, fits
from assistant.calibration import UNIT_WEIGHTS, logistic
from assistant.records import Asked, Reading
from index import Embedder, Passage, Unit, content_words, display

Weigh = Callable[[Sequence[str]], Mapping[str, float]]
"""Terms to their inverse document frequencies."""

_REFERENCE = re.compile(r"<?https?://\S+>?$|[（(【\[]?(?:出典|出所|参考文献|引用元)[）)】\]:： ]")
_ASKS_REFERENCE = re.compile(r"出典|出所|url|リンク|サイト|論文|文献|\bsource|\blink|\bpaper|website", re.I)
EMBEDDED = 6
"""Units a question whose vectors are computed: each costs 20 to 40 ms on two cores."""


class Reader(Protocol):
    """Reads passages for a question."""

    def read(self, asked: Asked, passages: Sequence[Passage]) -> list[Reading]:
        """One Reading a passage, the most probable first; ties keep the passages' order."""
        ...


@dataclass(frozen=True, slots=True)
class _Scored:
    passage: int
    unit: int
    features: tuple[float, ...]

    @property
    def score(self) -> float:
        return sum(w * f for w, f in zip(UNIT_WEIGHTS, (1.0, *self.features), strict=True))


class OverlapReader:
    """Scores units by words, kind and embedding; needs no training, only six fitted weights."""

    def __init__(self, embedder: Embedder, weigh: Weigh, embedded: int = EMBEDDED) -> None:
        """`embedded`: of how many units a question the vectors are computed."""
        self._embedder = embedder
        self._weigh = weigh
        self._embedded = embedded
        self._vector = lru_cache(maxsize=4096)(self._embed_one)

    def read(self, asked: Asked, passages: Sequence[Passage]) -> list[Reading]:
        want = find_want(asked.text)
        weights = self._weigh(content_words(asked.text))
        cheap = [
            _Scored(i, j, _features(weights, want, passage, unit, passage.score - passages[0].score))
            for i, passage in enumerate(passages)
            for j, unit in enumerate(passage.units)
            if _ASKS_REFERENCE.search(asked.text) or not _REFERENCE.match(_shown(passage, unit))
        ]
        scored = self._with_embedding(asked, passages, cheap)
        readings = [_reading(p, [s for s in scored if s.passage == i]) for i, p in enumerate(passages)]
        return sorted(readings, key=lambda r: -r.probability)

    def _with_embedding(
        self, asked: Asked, passages: Sequence[Passage], cheap: list[_Scored]
    ) -> list[_Scored]:
        """The best units' cosine with the question; the others keep their passage's."""
        best = sorted(range(len(cheap)), key=lambda n: -cheap[n].score)[: self._embedded]
        if not best:
            return cheap
        query = self._embedder.embed_queries([asked.text])[0]
        out = list(cheap)
        for n in best:
            passage, unit = passages[cheap[n].passage], passages[cheap[n].passage].units[cheap[n].unit]
            cosine = float(np.dot(query, self._vector(_unit_text(passage, unit))))
            out[n] = _Scored(cheap[n].passage, cheap[n].unit, (*cheap[n].features[:-1], _scaled(cosine)))
        return out

    def _embed_one(self, text: str) -> NDArray[np.float32]:
        row: NDArray[np.float32] = self._embedder.embed_passages([text])[0]
        return row


def _scaled(cosine: float) -> float:
    """The model's cosines lie between .7 and .95: spread them over about -1 to 1."""
    return (cosine - 0.85) * 10


def _unit_text(passage: Passage, unit: Unit) -> str:
    return f"{passage.heading[-80:]}\n{_shown(passage, unit)}"


def _shown(passage: Passage, unit: Unit) -> str:
    return display(passage.text[unit.start - passage.start : unit.end - passage.start]).text


def _context(passage: Passage, unit: Unit) -> str:
    """What the unit stands under: the heading path, headings and lead inside the passage."""
    above = [u for u in passage.units if u.kind == "heading" and u.end <= unit.start]
    return "\n".join([passage.heading, passage.topic, *(_shown(passage, u) for u in above[-3:])])


def _features(
    weights: Mapping[str, float], want: Want, passage: Passage, unit: Unit, lag: float
) -> tuple[float, ...]:
    """(coverage in the unit, with its context, kind, heading?, lag behind the first, cosine)."""
    shown = _shown(passage, unit)
    own = set(content_words(shown))
    around = own | set(content_words(_context(passage, unit)))
    return (
        _coverage(weights, own),
        _coverage(weights, around),
        fits(want, shown, unit.kind),
        float(unit.kind == "heading"),
        lag,
        _scaled(passage.dense) if passage.dense else -1.0,
    )


def _coverage(weights: Mapping[str, float], words: set[str]) -> float:
    """The weighted share of the question's words that stand in a text."""
    total = sum(weights.values())
    return sum(w for term, w in weights.items() if term in words) / total if total else 0.0


def _unit_scores(passage: Passage, scored: Sequence[_Scored]) -> tuple[float, ...]:
    """A score for each unit of the passage; 0 for those that were not considered."""
    scores = {s.unit: logistic(s.score) for s in scored}
    return tuple(scores.get(n, 0.0) for n in range(len(passage.units)))


def _reading(passage: Passage, scored: Sequence[_Scored]) -> Reading:
    if not scored:
        return Reading(passage, 0.0, 0, 0, -1)
    best = max(scored, key=lambda s: (s.score, -s.unit))
    unit = passage.units[best.unit]
    return Reading(
        passage,
        logistic(best.score),
        unit.start - passage.start,
        unit.end - passage.start,
        best.unit,
        units=_unit_scores(passage, scored),
    )
