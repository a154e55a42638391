"""Fitted figures: weights of the first reader and of the decision to answer.

`tenkyo eval --fit` computes them on the development questions and writes `calibration.json`.
"""

from __future__ import annotations

import json
import math
from importlib import resources


def logistic(x: float) -> float:
    """1 / (1 + e^-x), safe for large |x|."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


_FITTED = json.loads(resources.files("assistant").joinpath("calibration.json").read_text("utf-8"))

UNIT_WEIGHTS: tuple[float, ...] = tuple(_FITTED["unit_weights"])
"""Bias, then one weight for each feature of `reader._features`."""
BLEND_WEIGHTS: tuple[float, ...] = tuple(_FITTED["blend_weights"])
"""Bias, then one weight for each of `BlendedReader.features`."""
UNIT_SHARE: float = _FITTED["unit_share"]
"""How much the trained reader decides which unit of a passage answers, against the first reader."""
DECISION_WEIGHTS: tuple[float, ...] = tuple(_FITTED["decision_weights"])
"""Bias, then one weight for each of `refusing.signals`."""
THRESHOLD: float = _FITTED["threshold"]
"""The confidence from which an answer is shown at the default caution."""
OFF_TOPIC: float = _FITTED["off_topic"]
"""The best passage's cosine below which a question is about something else altogether."""
