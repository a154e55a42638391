"""The report: one row a question, and the figures computed from the rows."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eval.figures import Figure, describe, summarize_all, summarize_groups
from eval.refusals import risk_coverage
from eval.rows import Row

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Report:
    """What one system did with one set of questions."""

    system: str
    rows: tuple[Row, ...]

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """Every measure over all questions, then AUROC and AURC."""
        return summarize_all(self.rows)

    def figure(self, name: str) -> Figure:
        """The figure of that measure; KeyError for an unknown name."""
        for figure in self.figures:
            if figure.name == name:
                return figure
        raise KeyError(name)

    def by_kind(self) -> dict[str, tuple[Figure, ...]]:
        """The figures of each kind of question, in order of first appearance."""
        return summarize_groups(self.rows, lambda row: [row.kind])

    def by_document(self) -> dict[str, tuple[Figure, ...]]:
        """The figures of the questions with gold or tempting spans in each document."""
        return summarize_groups(self.rows, lambda row: row.documents)

    def curve(self) -> list[tuple[float, float]]:
        """The risk-coverage curve: (share answered, share of it wrong)."""
        return risk_coverage([row.judged for row in self.rows])

    def worst(self, count: int = 20) -> list[Row]:
        """The rows to read first: crashed, then lowest goodness; the surest mistakes first."""
        bad = [row for row in self.rows if row.error or row.goodness < 1]
        bad.sort(key=lambda row: (not row.error, row.goodness, -row.confidence))
        return bad[:count]

    def to_frame(self) -> pandas.DataFrame:
        """One line a question: what was asked and answered, and a column a measure."""
        import pandas

        plain = "id kind split question text abstained reason confidence error".split()
        return pandas.DataFrame(
            [{name: getattr(row, name) for name in plain} | dict(row.values) for row in self.rows]
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data: all of the report, for JSON and `from_dict`."""
        return {
            "system": self.system,
            "figures": [asdict(figure) for figure in self.figures],
            "by_kind": _plain(self.by_kind()),
            "by_document": _plain(self.by_document()),
            "curve": self.curve(),
            "rows": [row.to_dict() for row in self.rows],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """The report that `to_dict` wrote; figures are computed again from its rows."""
        return cls(data["system"], tuple(Row.from_dict(row) for row in data["rows"]))

    def _repr_html_(self) -> str:
        lines = [
            f"<tr><th>{html.escape(f.name)}</th><td>{describe(f)}</td><td>{f.count}問</td></tr>"
            for f in self.figures
        ]
        return f"<table><caption>{html.escape(self.system)}</caption>{''.join(lines)}</table>"


def _plain(groups: Mapping[str, tuple[Figure, ...]]) -> dict[str, list[dict[str, Any]]]:
    return {name: [asdict(figure) for figure in figures] for name, figures in groups.items()}
