"""What a second judge's "no answer here" does to a decision."""

from __future__ import annotations

from assistant.records import Decision


def doubt(decision: Decision, ratio: float) -> Decision:
    """The decision after another judge found no answer, by Bayes' rule on the odds.

    `ratio` is the likelihood ratio of that judgement, P(said | no answer) / P(said | answer).
    """
    odds = decision.confidence / max(1e-9, 1 - decision.confidence) / ratio
    confidence = odds / (1 + odds)
    refused = decision.reason or ("not_in_documents" if confidence < decision.least else None)
    return Decision(refused, confidence, decision.least)
