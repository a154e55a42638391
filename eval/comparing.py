"""What changed between two reports: measure by measure with a paired test, question by question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eval.loading import BadQuestions
from eval.measures import MEASURES, Measure
from eval.report import Report
from eval.resampling import Interval, compute_p_value, estimate_difference
from eval.rows import Row

_NAMED = ("AnswerCoverage@400", "CitationRecall", "RefusalRecall", "FalseRefusal")
"""The measures whose change is told question by question."""


@dataclass(frozen=True, slots=True)
class Change:
    """One measure, before and after, over the questions that it applies to in both."""

    name: str
    before: float
    after: float
    interval: Interval
    """95% of the difference, paired."""
    p_value: float
    questions: int


@dataclass(frozen=True, slots=True)
class Moved:
    """One question whose value of a measure changed."""

    id: str
    question: str
    name: str
    before: float
    after: float
    better: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two reports over the questions they share."""

    systems: tuple[str, str]
    changes: tuple[Change, ...]
    moved: tuple[Moved, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]

    def to_text(self) -> str:
        """The comparison as Japanese text for a terminal, question by question."""
        return "\n".join(_lines(self))

    def to_table(self) -> str:
        """The measures alone, as Japanese text for a terminal."""
        return "\n".join(_table(self))


def compare(before: Report, after: Report) -> Comparison:
    """What changed; BadQuestions when the reports share no question."""
    old = {row.id: row for row in before.rows}
    pairs = [(old[row.id], row) for row in after.rows if row.id in old]
    if not pairs:
        raise BadQuestions(
            "比較", ["  二つの結果に共通の質問がありません。同じ質問で評価してください。"]
        )
    new = {row.id for row in after.rows}
    changes = [_change(measure, pairs) for measure in MEASURES]
    return Comparison(
        systems=(before.system, after.system),
        changes=tuple(change for change in changes if change),
        moved=tuple(_moves(pairs)),
        only_before=tuple(row.id for row in before.rows if row.id not in new),
        only_after=tuple(row.id for row in after.rows if row.id not in old),
    )


def _change(measure: Measure, pairs: list[tuple[Row, Row]]) -> Change | None:
    both = [
        (a, b)
        for one, two in pairs
        if (a := one.values[measure.name]) is not None
        and (b := two.values[measure.name]) is not None
    ]
    if not both:
        return None
    olds, news = [a for a, _ in both], [b for _, b in both]
    return Change(
        name=measure.name,
        before=sum(olds) / len(olds),
        after=sum(news) / len(news),
        interval=estimate_difference(olds, news),
        p_value=compute_p_value(olds, news),
        questions=len(both),
    )


def _moves(pairs: list[tuple[Row, Row]]) -> Iterable[Moved]:
    measures = [measure for measure in MEASURES if measure.name in _NAMED]
    for old, new in pairs:
        for measure in measures:
            a, b = old.values[measure.name], new.values[measure.name]
            if a is not None and b is not None and a != b:
                better = (b > a) == (measure.better == "high")
                yield Moved(new.id, new.question, measure.name, a, b, better)


def _lines(found: Comparison) -> Iterable[str]:
    yield from _table(found)
    for title, better in (("悪くなった質問", False), ("良くなった質問", True)):
        moved = [one for one in found.moved if one.better is better]
        yield f"\n{title}: {len(moved)}件"
        for m in moved:
            yield f"  {m.id} {m.name} {m.before:.2f} → {m.after:.2f}  {m.question}"
    for title, ids in (
        ("前だけにある質問", found.only_before),
        ("後だけにある質問", found.only_after),
    ):
        if ids:
            yield f"\n{title}: {', '.join(ids)}"


def _table(found: Comparison) -> Iterable[str]:
    yield f"前: {found.systems[0]}  後: {found.systems[1]}"
    yield "尺度                              前      後      差 [95%区間]               p      問"
    for c in found.changes:
        span = f"{c.after - c.before:+.3f} [{c.interval.low:+.3f}, {c.interval.high:+.3f}]"
        yield f"{c.name:32} {c.before:7.3f} {c.after:7.3f}  {span:26} {c.p_value:.3f} {c.questions:5}"
