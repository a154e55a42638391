"""Asking every question and judging what comes back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from assistant import Answer
from eval.cases import Case
from eval.matching import one_line
from eval.measures import score_case
from eval.report import Report
from eval.retrieval import judge
from eval.rows import Found, Quoted, Row
from index import Document

_AROUND = 60
"""Characters shown before and after a quoted place."""


class Answering(Protocol):
    """What can be evaluated: `Assistant`, `PlainRag`, or anything with this one method."""

    def answer(self, question: str, *, history: Sequence[str] = ()) -> Answer: ...


class Asked(NamedTuple):
    """One question asked; `error` says why there is no answer, and is empty otherwise."""

    case: Case
    answer: Answer
    error: str


def evaluate(
    assistant: Answering, cases: Sequence[Case], *, progress: bool = True, system: str = "tenkyo"
) -> Report:
    """Ask every case and judge the answers. A question that crashes counts as wrong.

    `progress` draws a bar on the standard error; `system` names the report.
    """
    from tqdm import tqdm

    shown = tqdm(cases, desc=system, unit="問", disable=not progress)
    asked = [_ask(assistant, case) for case in shown]
    documents = {doc.id: doc for one in asked for doc in one.answer.documents}
    return Report(system, tuple(_row(one, documents) for one in asked))


def _ask(assistant: Answering, case: Case) -> Asked:
    started = time.perf_counter()
    error = ""
    try:
        answer = assistant.answer(case.question, history=case.history)
    except Exception as failure:
        answer, error = _no_answer(case), f"{type(failure).__name__}: {failure}"
    return Asked(case, replace(answer, seconds=time.perf_counter() - started), error)


def _no_answer(case: Case) -> Answer:
    return Answer(
        question=case.question,
        asked=case.question,
        statements=(),
        text="",
        abstained=False,
        reason=None,
        confidence=0.0,
        passages=(),
    )


def _row(asked: Asked, documents: Mapping[str, Document]) -> Row:
    case, answer, error = asked
    gains = judge(case, answer)
    found = tuple(
        Found(p.id, p.document_id, p.start, p.end, gains.get(p.id, 0)) for p in answer.passages
    )
    return Row(
        id=case.id,
        question=case.question,
        kind=case.kind,
        split=case.split,
        answerable=case.answerable,
        history=case.history,
        documents=case.documents,
        items=tuple(item.variants for item in case.items),
        gold=tuple(_gold(case, documents)),
        text=answer.text,
        abstained=answer.abstained,
        reason=answer.reason or "",
        confidence=answer.confidence,
        citations=tuple(
            quote_place(
                (c.document_id, c.start, c.end), documents, heading=c.heading, quote=c.quote
            )
            for c in answer.citations
        ),
        passages=found,
        missing=len(gains) - len(found),
        values=score_case(case, answer, crashed=bool(error)),
        error=error,
    )


def _gold(case: Case, documents: Mapping[str, Document]) -> Iterable[Quoted]:
    for span in dict.fromkeys(span for item in case.items for span in item.spans):
        yield quote_place((span.document, span.start, span.end), documents)


def quote_place(
    place: tuple[str, int, int],
    documents: Mapping[str, Document],
    *,
    heading: str = "",
    quote: str = "",
) -> Quoted:
    """A place with the text around it; only its offsets where the document was never returned."""
    name, start, end = place
    document = documents.get(name)
    if document is None:
        return Quoted(name, heading, start, end, quote)
    text = document.text
    return Quoted(
        document=name,
        heading=heading or document.title,
        start=start,
        end=end,
        quote=quote or text[start:end],
        before=one_line(text[max(0, start - _AROUND) : start]),
        after=one_line(text[end : end + _AROUND]),
    )
