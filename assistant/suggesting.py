"""Questions that the documents do answer: made from headings, and asked before they are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from assistant.assistant import Assistant
from index import Passage, Where, content_words, display

MOST = 3
TRIES = 6
"""Questions asked to find MOST: each costs as much as an answer."""
_LENGTH = range(6, 41)
_MARKS = re.compile(r"^(?:[\s\W\d_]|第[\d一二三四五六七八九十]+[章節款部条])*|[\s【<＜…:：]+$")
_BROKEN = re.compile(r"[｜。|]|…|\.{2}|^(?:参考|別紙|資料|図|表|目次|出典|注)")


def suggest(
    assistant: Assistant,
    passages: Iterable[Passage],
    asked: Sequence[str] = (),
    *,
    most: int = MOST,
    where: Where | None = None,
) -> list[str]:
    """Up to `most` questions about the headings above `passages`, in their order.

    Each was asked and answered from under its heading; none is about what was `asked` before.
    """
    return list(islice(_answered(assistant.without_llm(), passages, asked, where), most))


def _answered(
    assistant: Assistant, passages: Iterable[Passage], asked: Sequence[str], where: Where | None
) -> Iterator[str]:
    known = {word for question in asked for word in content_words(question)}
    tried: set[str] = set()
    for passage in passages:
        heading = name_heading(passage.heading)
        if not heading or heading in tried or set(content_words(heading)) <= known:
            continue
        if len(tried) == TRIES:
            return
        tried.add(heading)
        question = f"「{heading}」について教えてください。"
        answer = assistant.answer(question, where=where)
        places = {c.passage_id for c in answer.citations}
        under = [p for p in answer.passages if p.id in places and heading in display(p.heading).text]
        if not answer.abstained and under:
            yield question


def name_heading(path: str) -> str:
    """The last heading of a path, without marks and numbers; empty where it names nothing alone."""
    heading = display(path.split(" › ")[-1]).text if " › " in path else ""
    heading = _MARKS.sub("", heading).replace("「", "").replace("」", "").rstrip("】＞>〉》］")
    if len(heading) not in _LENGTH or _BROKEN.search(heading) or len(content_words(heading)) < 2:
        return ""
    return heading if heading.count("(") == heading.count(")") and heading.count("（") == heading.count("）") else ""


def spread(passages: Sequence[Sequence[Passage]]) -> Iterator[Passage]:
    """Passages of several documents in turn, each document's taken from places far apart."""
    for share in (0.2, 0.5, 0.8, 0.35, 0.65):
        for document in passages:
            named = [p for p in document if name_heading(p.heading)]
            if named:
                yield named[int(share * len(named))]
