"""Whether to answer: a calibrated confidence, a threshold that caution moves, and a reason."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.calibration import DECISION_WEIGHTS, OFF_TOPIC, THRESHOLD, logistic
from assistant.following import is_dangling
from assistant.premises import Premise, asks_other_year, find_premise
from assistant.records import Asked, Decision, Reading
from index import content_words

SIGNALS = ("best", "margin", "cosine", "agreement")


def decide(asked: Asked, readings: Sequence[Reading], caution: float = 0.5) -> Decision:
    """Answer, or the reason not to. `caution` runs from 0 (always answers) to 1 (hardly ever)."""
    if not readings and content_words(asked.text):
        return Decision("empty_index", 0.0)
    if not content_words(asked.text):
        return Decision("too_vague", 0.0)
    confidence = logistic(sum(w * s for w, s in zip(DECISION_WEIGHTS, (1.0, *signals(readings)), strict=True)))
    if confidence >= threshold_at(caution) and readings[0].unit >= 0:
        return Decision(None, confidence)
    nearest = max(r.passage.dense for r in readings)
    return Decision("off_topic" if nearest < OFF_TOPIC else "not_in_documents", confidence)


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


def threshold_at(caution: float) -> float:
    """The confidence that is asked for: 0 at caution 0, the fitted threshold at 0.5, 1 at 1."""
    caution = min(1.0, max(0.0, caution))
    return 2 * caution * THRESHOLD if caution <= 0.5 else THRESHOLD + (2 * caution - 1) * (1 - THRESHOLD)


def signals(readings: Sequence[Reading]) -> tuple[float, ...]:
    """What the decision rests on, in the order of SIGNALS; readings best first, at least one.

    The best reading's probability, its lead over the next passage, the best cosine (spread), and
    the share of the three best passages that both legs of search found.
    """
    best = readings[0]
    second = readings[1].probability if len(readings) > 1 else 0.0
    top = readings[:3]
    both = sum(r.passage.dense > 0 and r.passage.lexical > 0 for r in top) / len(top)
    cosine = (max(r.passage.dense for r in readings) - 0.85) * 10
    return (best.probability, best.probability - second, cosine, both)
