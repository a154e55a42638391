"""Figures: a measure over a set of rows, with its interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from eval.measures import MEASURES, Measure
from eval.refusals import Judged, aurc, auroc
from eval.resampling import estimate_interval, estimate_set_interval
from eval.rows import Row


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure over a set of questions. `value` None: it applied to none of them."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    count: int
    skipped: int
    """Questions it does not apply to."""


def describe(figure: Figure) -> str:
    """A figure as text: value and interval, or that it does not apply."""
    if figure.value is None:
        return "該当なし"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def summarize(measure: Measure, rows: Sequence[Row]) -> Figure:
    """The measure's mean (median for lengths) over the rows it applies to, with its interval."""
    values = [v for row in rows if (v := row.values[measure.name]) is not None]
    skipped = len(rows) - len(values)
    if not values:
        return Figure(measure.name, None, None, None, 0, skipped)
    statistic = np.median if measure.unit == "characters" else np.mean
    interval = estimate_interval(values, statistic)
    value = float(statistic(values))
    return Figure(measure.name, value, interval.low, interval.high, len(values), skipped)


def summarize_all(rows: Sequence[Row]) -> tuple[Figure, ...]:
    """Every measure over the rows, then AUROC and AURC, which only a whole set has."""
    judged = [row.judged for row in rows]
    figures = [summarize(measure, rows) for measure in MEASURES]
    figures += [_summarize_set("AUROC", auroc, judged), _summarize_set("AURC", aurc, judged)]
    return tuple(figures)


def _summarize_set(
    name: str, statistic: Callable[[Sequence[Judged]], float | None], judged: Sequence[Judged]
) -> Figure:
    value = statistic(judged)
    if value is None:
        return Figure(name, None, None, None, 0, len(judged))
    interval = estimate_set_interval(len(judged), lambda ids: statistic([judged[i] for i in ids]))
    low, high = interval or (None, None)
    return Figure(name, value, low, high, len(judged), 0)


def summarize_groups(
    rows: Sequence[Row], groups_of: Callable[[Row], Iterable[str]]
) -> dict[str, tuple[Figure, ...]]:
    """The figures of each group of rows; a row may be in several. In order of appearance."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        for group in groups_of(row):
            groups.setdefault(group, []).append(row)
    return {
        name: tuple(summarize(measure, members) for measure in MEASURES)
        for name, members in groups.items()
    }
