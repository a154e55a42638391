"""The blend of both readers and the decision to answer, fitted on development questions.

`tenkyo eval --split dev --fit FILE [--beside CANDIDATES]`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assistant import (
    Assistant,
    BlendedReader,
    Reading,
    blend_features,
    kind_of,
    logistic,
    restate,
    signals,
    weigh,
)
from eval.cases import Case
from eval.matching import covers_item, places_of
from index import Passage

MOST_FALSE_REFUSALS = 0.06
"""The share of answerable questions that the threshold may refuse."""
LEAST_SUPPORT = 0.02
"""The share of the passages that answer which the verifier may take for no support."""
_RIDGE = 1.0
Features = Sequence[float]


class Candidates(NamedTuple):
    """What was read for one question, in the order of search; without a blend no features."""

    answerable: bool
    off_topic: bool
    passages: Sequence[Passage]
    features: Sequence[Features]
    answers: Sequence[bool]


def fit_decision(
    assistant: Assistant, cases: Sequence[Case], path: Path, beside: Path | None = None
) -> dict[str, object]:
    """Fit the blend, the decision's weights and threshold, and the off-topic cosine.

    They are written into the JSON file at `path`. `beside` holds candidates of other questions
    (`assistant.training.candidates`), which count like the cases. Raises ValueError without both
    answerable and unanswerable questions.
    """
    reader, fitted = assistant.reader, dict[str, object]()
    read = [_read(assistant, case) for case in cases]
    asked = [*read, *(_read_beside(beside) if beside else ())]
    if isinstance(reader, BlendedReader):
        blend = [round(float(w), 4) for w in fit_blend(asked)]
        fitted["blend_weights"] = blend
        readings = [_blend(one, blend) for one in asked]
        answering = [weigh(blend, f) for one in asked for f, a in zip(one.features, one.answers, strict=True) if a]
        fitted["support"] = round(float(np.quantile(answering, LEAST_SUPPORT)), 4)
    else:
        readings = [reader.read(restate(c.question, c.history), r.passages) for c, r in zip(cases, read, strict=True)]
        asked = read
    answerable = np.array([one.answerable for one in asked])
    if answerable.all() or not answerable.any():
        raise ValueError("答えのある質問と、ない質問の両方が要ります。")
    x = np.array([(1.0, *signals(found)) for found in readings])
    weights = _logistic_regression(x, answerable, _even(answerable))
    confidence = 1 / (1 + np.exp(-x @ weights))
    nearest = np.array([max(p.dense for p in one.passages) for one in read])
    fitted |= {
        kind_of(readings[0]): {
            "weights": [round(float(w), 4) for w in weights],
            "threshold": round(float(np.quantile(confidence[answerable], MOST_FALSE_REFUSALS)), 4),
        },
        "off_topic": round(_best_cut(nearest, np.array([one.off_topic for one in read])), 4),
    }
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | fitted, indent=2) + "\n", "utf-8")
    return fitted


def _read(assistant: Assistant, case: Case) -> Candidates:
    asked = restate(case.question, case.history)
    passages = assistant.candidates(asked)
    reader = assistant.reader
    return Candidates(
        case.answerable,
        case.kind == "off_topic",
        passages,
        reader.features(asked, passages) if isinstance(reader, BlendedReader) else (),
        [any(covers_item(places_of(p), item) for item in case.items) for p in passages],
    )


def _read_beside(path: Path) -> Iterable[Candidates]:
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        found = row["passages"]
        first = found[0]["score"] if found else 0.0
        yield Candidates(
            row["answerable"],
            False,
            [Passage("", "", 0, 0, "", score=p["score"], dense=p["dense"], lexical=p["lexical"]) for p in found],
            [blend_features(p["trained"], p["words"], p["score"] - first, p["unsaid"]) for p in found],
            [p["answers"] for p in found],
        )


def _blend(one: Candidates, weights: Sequence[float]) -> list[Reading]:
    """The readings as the blended reader would rank them; only what `signals` looks at."""
    readings = [
        Reading(p, weigh(weights, f), 0, 0, 0, trained=logistic(f[1]))
        for p, f in zip(one.passages, one.features, strict=True)
    ]
    return sorted(readings, key=lambda reading: -reading.probability)


def fit_blend(asked: Sequence[Candidates]) -> NDArray[np.float64]:
    """One weight for each of `BlendedReader.features`: does this passage hold what is asked for.

    Every passage counts the same, so that what comes out is a probability; passages of questions
    that have no answer are examples of those that do not.
    """
    x = np.array([f for one in asked for f in one.features])
    y = np.array([a for one in asked for a in one.answers])
    return _logistic_regression(x, y, np.ones(len(y)))


def _even(y: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights by which both classes count the same, however many they are."""
    share = float(y.mean())
    return np.where(y, 0.5 / share, 0.5 / (1 - share))


def _logistic_regression(
    x: NDArray[np.float64], y: NDArray[np.bool_], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Ridge-penalised logistic regression of examples that weigh `share` each.

    The bias (column 0) is not penalised (Hastie, Tibshirani and Friedman 2009, ch. 4.4).
    """
    from scipy.optimize import minimize

    def loss(w: NDArray[np.float64]) -> float:
        z = np.where(y, 1, -1) * (x @ w)
        return float((share * np.logaddexp(0, -z)).sum() + _RIDGE / 2 * (w[1:] ** 2).sum())

    return np.asarray(minimize(loss, np.zeros(x.shape[1]), method="BFGS").x, np.float64)


def _best_cut(values: NDArray[np.float64], low: NDArray[np.bool_]) -> float:
    """The value that best parts `low` from the others (greatest Youden's J); 0 without any."""
    if not low.any():
        return 0.0
    cuts = np.unique(values)
    gain = [float((values[low] < cut).mean() - (values[~low] < cut).mean()) for cut in cuts]
    best = int(np.argmax(gain))
    return float((cuts[best] + cuts[max(0, best - 1)]) / 2)
