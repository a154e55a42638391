"""Intervals and tests by resampling questions (Efron 1979; Koehn 2004), seeded.

The questions are the sample: an interval says how far the figure would move with other
questions of the same kind, and nothing about other documents.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

RESAMPLES = 2000
_SEED = 20251125


class Interval(NamedTuple):
    """A 95% percentile interval; equal ends where there is nothing to resample."""

    low: float
    high: float

    @property
    def noise(self) -> float:
        """Half its width."""
        return (self.high - self.low) / 2


def estimate_interval(values: Sequence[float], statistic: Callable[..., Any] = np.mean) -> Interval:
    """The bootstrap interval of `statistic` (vectorised: it takes `axis`) over the values."""
    if len(set(values)) < 2:
        return Interval(*[float(statistic(np.array(values), axis=0))] * 2)
    return _bootstrap((np.array(values),), statistic)


def estimate_difference(before: Sequence[float], after: Sequence[float]) -> Interval:
    """The paired bootstrap interval of mean(after) - mean(before), question by question."""
    return estimate_interval([b - a for a, b in zip(before, after, strict=True)])


def estimate_set_interval(
    size: int, statistic: Callable[[Sequence[int]], float | None], resamples: int = 500
) -> Interval | None:
    """The interval of a statistic of a whole set of `size` questions, given their numbers.

    None where some resample has no value (a set with almost no unanswerable questions).
    """
    rng = np.random.default_rng(_SEED)
    found = [statistic(rng.integers(0, size, size).tolist()) for _ in range(resamples)]
    values = [value for value in found if value is not None]
    if len(values) < resamples:
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(float(low), float(high))


def compute_p_value(before: Sequence[float], after: Sequence[float]) -> float:
    """Two-sided p of a paired randomisation test (Fisher 1935; Smucker et al. 2007)."""
    from scipy.stats import permutation_test

    if list(before) == list(after):
        return 1.0
    result = permutation_test(
        (np.array(before), np.array(after)),
        lambda a, b, axis: np.mean(b - a, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=4999,
        rng=np.random.default_rng(_SEED),
    )
    return float(result.pvalue)


def _bootstrap(samples: tuple[Any, ...], statistic: Callable[..., Any]) -> Interval:
    from scipy.stats import bootstrap

    found = bootstrap(
        samples,
        statistic,
        vectorized=True,
        paired=True,
        n_resamples=RESAMPLES,
        confidence_level=0.95,
        method="percentile",
        rng=np.random.default_rng(_SEED),
    ).confidence_interval
    return Interval(float(found.low), float(found.high))
