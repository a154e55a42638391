"""Whether to answer: a calibrated confidence, a threshold that caution moves, and a reason."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.calibration import DECISIONS, OFF_TOPIC, logit, weigh
from assistant.following import is_dangling
from assistant.premises import Premise, asks_other_year, find_premise
from assistant.records import Asked, Decision, Reading
from index import content_words

_SUREST = 3
"""Readings whose trained judgement counts: a question that is answered has more than one near it."""


def decide(asked: Asked, readings: Sequence[Reading], caution: float = 0.5) -> Decision:
    """Answer, or the reason not to. `caution` runs from 0 (always answers) to 1 (hardly ever)."""
    if not readings and content_words(asked.text):
        return Decision("empty_index", 0.0)
    if not content_words(asked.text):
        return Decision("too_vague", 0.0)
    weights, threshold = DECISIONS[kind_of(readings)]
    confidence = weigh(weights, (1.0, *signals(readings)))
    least = threshold_at(caution, threshold)
    if confidence >= least and readings[0].unit >= 0:
        return Decision(None, confidence, least)
    nearest = max(r.passage.dense for r in readings)
    return Decision("off_topic" if nearest < OFF_TOPIC else "not_in_documents", confidence, least)


def judge(
    asked: Asked, readings: Sequence[Reading], caution: float, dates: Sequence[str]
) -> tuple[Decision, Premise | None]:
    """The decision, and the premise that the documents contradict where that is the reason.

    `dates` are those of the documents that were read. At caution 0 nothing is refused.
    """
    decision = decide(asked, readings, caution)
    if not asked.history and is_dangling(asked.text):
        return Decision("too_vague", decision.confidence), None
    if decision.reason not in (None, "not_in_documents") or caution <= 0:
        return decision, None
    if premise := find_premise(asked.text, readings):
        return Decision("false_premise", decision.confidence), premise
    if decision.reason is None and asks_other_year(asked.text, readings, dates):
        return Decision("not_in_documents", decision.confidence), None
    return decision, None


def threshold_at(caution: float, threshold: float) -> float:
    """The confidence that is asked for: 0 at caution 0, the fitted threshold at 0.5, 1 at 1."""
    caution = min(1.0, max(0.0, caution))
    return 2 * caution * threshold if caution <= 0.5 else threshold + (2 * caution - 1) * (1 - threshold)


def kind_of(readings: Sequence[Reading]) -> str:
    """Which of the fitted decisions applies: `trained` where a trained reader took part."""
    return "words" if readings[0].trained is None else "trained"


def signals(readings: Sequence[Reading]) -> tuple[float, ...]:
    """What the decision rests on; readings best first, at least one.

    The best reading's probability (of a blended one its logit), its lead over the next passage, the
    best cosine (spread), and the share of the three best passages that both legs of search found;
    last, where a trained reader took part, the mean logit of the passages that it is surest of.
    """
    best = readings[0]
    second = readings[1].probability if len(readings) > 1 else 0.0
    top = readings[:3]
    both = sum(r.passage.dense > 0 and r.passage.lexical > 0 for r in top) / len(top)
    cosine = (max(r.passage.dense for r in readings) - 0.85) * 10
    trained = sorted((logit(r.trained) for r in readings if r.trained is not None), reverse=True)
    if not trained:
        return (best.probability, best.probability - second, cosine, both)
    surest = trained[:_SUREST]
    return (logit(best.probability), best.probability - second, cosine, both, sum(surest) / len(surest))
