"""A question on its own: cleaned, and completed from the questions before it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from assistant.following import combine, find_topic, is_slight, points_back
from assistant.records import Asked

LONGEST = 600
"""Characters of a question that are searched: what lies beyond no longer names one thing."""


def clean(question: str) -> str:
    """The question without control characters and surplus blanks; at most LONGEST characters."""
    kept = "".join(" " if unicodedata.category(c).startswith("C") else c for c in question)
    return " ".join(kept.split())[:LONGEST]


def restate(question: str, history: Sequence[str] = ()) -> Asked:
    """The question standing on its own: where it points back, it takes what it lacks from before.

    Only a question that points (それ, その, じゃあ) or is no more than a name (「英国は?」) takes
    anything from `history` (earlier questions, oldest first), so that a new topic is never blurred
    by an old one.
    """
    text = clean(question)
    past = [clean(q) for q in history if clean(q)]
    if not past or not points_back(text):
        return Asked(question, text, tuple(past))
    *before, base = _stand(past)
    alone = combine(text, base)
    if before and is_slight(base) and not points_back(past[-1]):
        alone = f"{find_topic(before[-1], text)}について、{alone}"
    return Asked(question, alone[:LONGEST], tuple(past))


def _stand(past: Sequence[str]) -> list[str]:
    """The earlier questions, each made to stand on its own by those before it."""
    standing = [past[0]]
    for text in past[1:]:
        standing.append(combine(text, standing[-1]) if points_back(text) else text)
    return standing
