"""Whether it says no when the documents do, and how well its confidence orders the questions.

The first functions are pure functions of (case, answer); `auroc` and `aurc` need all questions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from assistant import Answer
from eval.cases import Case


class Judged(NamedTuple):
    """What calibration is computed from: one question's confidence, and what answering it costs."""

    confidence: float
    answerable: bool
    abstained: bool
    loss: float
    """1 - AnswerCoverage@400; 1 for a question that has no answer, and for one refused."""


def refusal_recall(case: Case, answer: Answer) -> float | None:
    """RefusalRecall: 1 for an unanswerable question refused (SQuAD 2.0's NoAns, Rajpurkar 2018).

    A corrected false premise is a refusal by contract: it abstains and cites the correction.
    """
    return None if case.answerable else float(answer.abstained)


def refusal_recall_of(kind: str) -> Callable[[Case, Answer], float | None]:
    """RefusalRecall of one kind of unanswerable question."""

    def score(case: Case, answer: Answer) -> float | None:
        return refusal_recall(case, answer) if case.kind == kind else None

    return score


def false_refusal(case: Case, answer: Answer) -> float | None:
    """FalseRefusal: 1 for an answerable question that was refused."""
    return float(answer.abstained) if case.answerable else None


def auroc(judged: Sequence[Judged]) -> float | None:
    """AUROC: how often an answerable question gets more confidence than an unanswerable one.

    Hanley and McNeil 1982, as the Mann-Whitney statistic; ties count half. None with one class.
    """
    answerable = np.array([one.confidence for one in judged if one.answerable])
    others = np.array([one.confidence for one in judged if not one.answerable])
    if not len(answerable) or not len(others):
        return None
    above = (answerable[:, None] > others[None, :]).mean()
    equal = (answerable[:, None] == others[None, :]).mean()
    return float(above + equal / 2)


def aurc(judged: Sequence[Judged]) -> float | None:
    """AURC: the area under the risk-coverage curve (Geifman and El-Yaniv 2017); lower is better."""
    risks = [risk for _, risk in risk_coverage(judged)]
    return float(np.mean(risks)) if risks else None


def risk_coverage(judged: Sequence[Judged]) -> list[tuple[float, float]]:
    """(coverage, risk) after each question, the surest first (El-Yaniv and Wiener 2010).

    Questions that were refused come last, and their loss is 1, because nobody knows what would
    have been said: beyond the share answered, the curve is an upper bound.
    """
    ordered = sorted(judged, key=lambda one: (one.abstained, -one.confidence))
    losses = np.cumsum([one.loss for one in ordered])
    total = len(ordered)
    return [(n / total, float(loss / n)) for n, loss in enumerate(losses, 1)]
