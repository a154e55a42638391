"""A conversation as Markdown and as JSON, to be kept or passed on with its sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.chat_answer import Turn


def to_markdown(turns: Sequence[Turn]) -> str:
    """Questions as headings, answers with footnotes numbered through the conversation."""
    parts = []
    for n, turn in enumerate(turns, 1):
        if turn.answer is not None:
            answer = turn.answer.to_markdown().replace("[^", f"[^{n}-")
            parts.append(f"## {' '.join(turn.question.split())}\n\n{answer}")
    return "\n".join(parts)


def to_json(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """The answered turns as `Answer.to_dict()` gives them."""
    return [turn.answer.to_dict() for turn in turns if turn.answer is not None]
