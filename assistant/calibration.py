"""Fitted figures: weights of the first reader and of the decision to answer.

`tenkyo eval --fit` computes them on the development questions and writes `calibration.json`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple

_LEAST = 1e-4


def logistic(x: float) -> float:
    """1 / (1 + e^-x), safe for large |x|."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def logit(probability: float) -> float:
    """ln(p / (1 - p)), with p kept `_LEAST` away from 0 and 1."""
    kept = min(1 - _LEAST, max(_LEAST, probability))
    return math.log(kept / (1 - kept))


def weigh(weights: Sequence[float], values: Sequence[float]) -> float:
    """The logistic of the weighted sum: what every fitted model here says."""
    return logistic(sum(w * v for w, v in zip(weights, values, strict=True)))


class Fitted(NamedTuple):
    """The decision to answer: bias and one weight for each of `refusing.signals`, and from which
    confidence on an answer is shown at the default caution.
    """

    weights: tuple[float, ...]
    threshold: float


_FITTED = json.loads(resources.files("assistant").joinpath("calibration.json").read_text("utf-8"))

UNIT_WEIGHTS: tuple[float, ...] = tuple(_FITTED["unit_weights"])
"""Bias, then one weight for each feature of `reader._features`."""
BLEND_WEIGHTS: tuple[float, ...] = tuple(_FITTED["blend_weights"])
"""Bias, then one weight for each of `BlendedReader.features`."""
UNIT_SHARE: float = _FITTED["unit_share"]
"""How much the trained reader decides which unit of a passage answers, against the first reader."""
DECISIONS: dict[str, Fitted] = {
    kind: Fitted(tuple(_FITTED[kind]["weights"]), _FITTED[kind]["threshold"])
    for kind in ("words", "trained")
}
"""Of the decision to answer, with the first reader alone and with the trained one beside it."""
SUPPORT: float = _FITTED["support"]
"""The probability below which a passage is no support of a written sentence: of those that answer,
one in fifty lies below it."""
OFF_TOPIC: float = _FITTED["off_topic"]
"""The best passage's cosine below which a question is about something else altogether."""
