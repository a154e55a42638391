"""A follow-up made a question of its own by a language model, with nothing in it that nobody asked.

Only a question that the rules of `questions.py` find to point back is given to the model, so that
an unrelated new one is never blurred; what the model returns may hold no word, number or name
that the conversation lacks, or the rules' own wording stays.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.models import stream_reply
from assistant.prompts import build_restating
from assistant.questions import clean
from assistant.records import Asked
from assistant.replies import ReplyError
from index import content_words, fold

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

SECONDS = 20.0
"""A question is waited for no longer: the answer has not even begun."""
_LONGEST = 200
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
_DIGITS = re.compile(r"\d+")


def restate_with(model: BaseChatModel, asked: Asked, *, seconds: float = SECONDS) -> Asked:
    """The follow-up as the model completes it; as it was where it did not need or bear that."""
    question = clean(asked.question)
    if asked.text == question:
        return asked
    messages = build_restating(asked.history, question)
    try:
        told = "".join(stream_reply(model, messages, tools=False, seconds=seconds))
    except ReplyError:
        return asked
    text = clean(_THOUGHT.sub("", told).strip().split("\n")[0]).strip("「」")
    return replace(asked, text=text) if _is_faithful(text, question, asked) else asked


def _is_faithful(text: str, question: str, asked: Asked) -> bool:
    """Whether all of it was said in the conversation, and the new question's figures are kept."""
    said = fold("\n".join([*asked.history, question, asked.text])).text
    new = fold(text).text
    words = set(content_words(said))
    figures, known = (set(_DIGITS.findall(t)) for t in (new, said))
    kept = set(_DIGITS.findall(fold(question).text)) <= figures <= known
    return 0 < len(text) <= _LONGEST and kept and set(content_words(new)) <= words
