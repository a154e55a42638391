"""The gate: floors that a build must not fall below, and which questions were lost if it does.

`floor.toml` keeps, for each measure, the floor and the value of every question when it was set.
The noise is half the 95% interval of the paired difference since then: one lost question among a
hundred is within it, four are not.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.loading import BadQuestions
from eval.measures import Measure, find_measure
from eval.report import Report
from eval.resampling import estimate_difference

GATED = (
    "AnswerCoverage@150",
    "AnswerCoverage@400",
    "CitationPrecision",
    "CitationRecall",
    "CitationExactness",
    "Groundedness",
    "RefusalRecall",
    "RefusalRecall(near_miss)",
    "FalseRefusal",
    "EvidenceRecall@400",
    "nDCG@10",
)


@dataclass(frozen=True, slots=True)
class Floor:
    """A measure's floor (a ceiling, where lower is better) and what each question had then."""

    name: str
    floor: float
    then: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Breach:
    """A measure below its floor by more than its noise."""

    name: str
    floor: float
    value: float
    noise: float
    lost: tuple[str, ...]
    """The questions that scored worse than when the floor was set: `id 質問 (1.00 → 0.00)`."""

    def __str__(self) -> str:
        head = f"{self.name}: {self.value:.3f}(下限 {self.floor:.3f}、揺らぎ ±{self.noise:.3f})"
        return "\n".join([head, *(f"  失われた質問 {one}" for one in self.lost)])


def read_floors(path: Path) -> list[Floor]:
    """The floors of a file; BadQuestions says what is wrong with it."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return [
            Floor(find_measure(name).name, float(one["floor"]), dict(one.get("then", {})))
            for name, one in data["measures"].items()
        ]
    except OSError as error:
        raise BadQuestions(str(path), [f"  ファイルを開けません({error.strerror})。"]) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"  下限のファイルとして読めません({error})。`tenkyo eval --raise-floor` で作り直せます。"
        raise BadQuestions(str(path), [why]) from None


def render_floors(report: Report) -> str:
    """A floor file that holds what the report has now."""
    lines = ["# Floors of the evaluation gate, written by `tenkyo eval --raise-floor`.", ""]
    for name in GATED:
        figure = report.figure(name)
        if figure.value is None:
            continue
        then = {row.id: round(v, 4) for row in report.rows if (v := row.values[name]) is not None}
        pairs = ", ".join(f"{json.dumps(one)} = {value}" for one, value in then.items())
        lines += [
            f'[measures."{name}"]',
            f"floor = {figure.value:.4f}",
            f"then = {{ {pairs} }}",
            "",
        ]
    return "\n".join(lines)


def find_breaches(report: Report, floors: list[Floor]) -> list[Breach]:
    """The measures that fell below their floor by more than their noise, with what was lost."""
    breaches = (_breach(report, floor) for floor in floors)
    return [breach for breach in breaches if breach]


def _breach(report: Report, floor: Floor) -> Breach | None:
    measure = find_measure(floor.name)
    figure = report.figure(floor.name)
    if figure.value is None:
        return None
    shared = [
        (floor.then[row.id], value)
        for row in report.rows
        if row.id in floor.then and (value := row.values[floor.name]) is not None
    ]
    noise = estimate_difference(*map(list, zip(*shared, strict=True))).noise if shared else 0.0
    below = floor.floor - figure.value if measure.better == "high" else figure.value - floor.floor
    if below <= noise + 1e-4:
        return None
    lost = tuple(_lost(report, floor, measure))
    return Breach(floor.name, floor.floor, figure.value, noise, lost)


def _lost(report: Report, floor: Floor, measure: Measure) -> list[str]:
    lost = []
    for row in report.rows:
        then, now = floor.then.get(row.id), row.values[floor.name]
        if then is None or now is None:
            continue
        if now < then if measure.better == "high" else now > then:
            lost.append(f"{row.id} {row.question} ({then:.2f} → {now:.2f})")
    return lost
