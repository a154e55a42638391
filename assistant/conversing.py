"""A conversation that keeps its answers, so that 「2つ目は?」 can mean an item of the last one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.following import find_topic
from assistant.questions import clean
from assistant.records import Answer
from index import Where, fold

if TYPE_CHECKING:
    from assistant.assistant import Assistant

_KANJI = "一二三四五六七八九十"
_NTH = re.compile(rf"(?P<n>\d{{1,2}}|[{_KANJI}])(?:つ|番|点|個|件|項|項目)目(?:のもの|の項目|の点)?|(?P<last>最後)の(?:もの|項目|点|やつ)")
_ITEM = re.compile(r"^.*\n・|^・", re.S)
_LONGEST = 80
"""Characters of an item that are taken into a question."""


class Conversation:
    """Asks one question after another; `answers` holds what came back, oldest first."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self.answers: list[Answer] = []

    def ask(self, question: str, *, where: Where | None = None) -> Answer:
        """The answer, with what the question takes from the conversation shown in `asked`."""
        named = name_item(question, self.answers)
        history = [] if named != question else [answer.asked for answer in self.answers]
        got = self._assistant.answer(named, history, where=where)
        got = replace(got, question=question)
        self.answers.append(got)
        return got


def name_item(question: str, answers: Sequence[Answer]) -> str:
    """The question with 「2つ目」 replaced by the second thing that the last list named.

    A question without such a reference, or one beyond the list, comes back as it is.
    """
    folded = fold(question)
    match = _NTH.search(folded.text)
    listed = next((a for a in reversed(answers) if len(a.statements) > 1), None)
    if match is None or listed is None:
        return question
    n = len(listed.statements) if match["last"] else _count(match["n"])
    if not 1 <= n <= len(listed.statements):
        return question
    item = _ITEM.sub("", listed.statements[n - 1].text)[:_LONGEST]
    start, end = folded.raw(*match.span())
    rest = clean(question[:start] + f"「{item}」" + question[end:])
    return f"{find_topic(listed.asked)}について、{rest}"


def _count(written: str) -> int:
    return int(written) if written.isdigit() else _KANJI.index(written) + 1
