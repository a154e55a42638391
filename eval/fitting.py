"""The blend of both readers and the decision to answer, fitted on development questions.

`tenkyo eval --split dev --fit FILE`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant import Assistant, BlendedReader, restate, signals
from eval.cases import Case
from eval.matching import covers_item, places_of

MOST_FALSE_REFUSALS = 0.08
"""The share of answerable development questions that the threshold may refuse."""
_RIDGE = 1.0


def fit_decision(assistant: Assistant, cases: Sequence[Case], path: Path) -> dict[str, object]:
    """Fit weights, threshold and the off-topic cosine; write them into the JSON file at `path`.

    Where two readers are blended, the blend is fitted first. Raises ValueError without both
    answerable and unanswerable questions.
    """
    reader, fitted = assistant.reader, dict[str, object]()
    if isinstance(reader, BlendedReader):
        blend = [round(float(w), 4) for w in fit_blend(assistant, reader, cases)]
        fitted["blend_weights"] = blend
        reader = reader.reweighed(blend)
    rows, nearest = [], []
    for case in cases:
        asked = restate(case.question, case.history)
        readings = reader.read(asked, assistant.search(asked.text))
        rows.append((1.0, *signals(readings)))
        nearest.append(max(reading.passage.dense for reading in readings))
    x, answerable = np.array(rows), np.array([case.answerable for case in cases])
    if answerable.all() or not answerable.any():
        raise ValueError("答えのある質問と、ない質問の両方が要ります。")
    weights = _logistic_regression(x, answerable)
    confidence = 1 / (1 + np.exp(-x @ weights))
    off_topic = np.array([case.kind == "off_topic" for case in cases])
    fitted |= {
        "decision_weights": [round(float(w), 4) for w in weights],
        "threshold": round(float(np.quantile(confidence[answerable], MOST_FALSE_REFUSALS)), 4),
        "off_topic": round(_best_cut(np.array(nearest), off_topic), 4),
    }
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | fitted, indent=2) + "\n", "utf-8")
    return fitted


def fit_blend(
    assistant: Assistant, reader: BlendedReader, cases: Sequence[Case]
) -> NDArray[np.float64]:
    """One weight for each of `BlendedReader.features`: does this passage hold what is asked for.

    Passages of questions that have no answer are examples of those that do not.
    """
    rows, labels = [], []
    for case in cases:
        asked = restate(case.question, case.history)
        passages = assistant.search(asked.text)
        rows += reader.features(asked, passages)
        labels += [any(covers_item(places_of(p), item) for item in case.items) for p in passages]
    return _logistic_regression(np.array(rows), np.array(labels))


def _logistic_regression(
    x: NDArray[np.float64], y: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Ridge-penalised logistic regression; both classes weigh the same, however many they are.

    The bias (column 0) is not penalised (Hastie, Tibshirani and Friedman 2009, ch. 4.4).
    """
    from scipy.optimize import minimize

    share = np.where(y, 0.5 / y.mean(), 0.5 / (1 - y.mean()))

    def loss(w: NDArray[np.float64]) -> float:
        z = np.where(y, 1, -1) * (x @ w)
        return float((share * np.logaddexp(0, -z)).sum() + _RIDGE / 2 * (w[1:] ** 2).sum())

    return np.asarray(minimize(loss, np.zeros(x.shape[1]), method="BFGS").x)


def _best_cut(values: NDArray[np.float64], low: NDArray[np.bool_]) -> float:
    """The value that best parts `low` from the others (greatest Youden's J); 0 without any."""
    if not low.any():
        return 0.0
    cuts = np.unique(values)
    gain = [float((values[low] < cut).mean() - (values[~low] < cut).mean()) for cut in cuts]
    best = int(np.argmax(gain))
    return float((cuts[best] + cuts[max(0, best - 1)]) / 2)
