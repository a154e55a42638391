"""The straight line from a question to a verified answer."""

from __future__ import annotations

import asyncio
import copy
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

from assistant.batching import answer_all, make_runnable
from assistant.blending import choose_reader
from assistant.carrying import carry
from assistant.choosing import find_further
from assistant.conversing import Conversation
from assistant.doubting import doubt
from assistant.models import open_model
from assistant.questions import restate
from assistant.quoting import Composer, QuotingComposer
from assistant.ranking import rank_passages
from assistant.reader import Reader
from assistant.records import (
    Answer,
    Asked,
    Claim,
    Decision,
    Note,
    Part,
    Reading,
    Rejected,
    Statement,
)
from assistant.refusing import judge
from assistant.restating import restate_with
from assistant.showing import write_answer
from assistant.verifying import Verified, verify
from assistant.writing import WritingComposer
from index import Document, Index, Passage, TenkyoError, Where, open_seeds

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable

PASSAGES = 12
"""Passages that are returned."""
READ = 28
"""Passages that may be read: what answers is often not among the first that search finds."""
FURTHER = 3
"""Passages that are read besides for a name in a comparison that those do not speak of."""


@dataclass(frozen=True, slots=True)
class StatementReady:
    """One statement, verified, in the order of showing."""

    statement: Statement


@dataclass(frozen=True, slots=True)
class Finished:
    """The whole answer; always the last event."""

    answer: Answer


Event = Asked | StatementReady | Finished


class Assistant:
    """Answers questions from one index. Safe to use from several threads."""

    def __init__(
        self,
        index: Index,
        *,
        reader: Reader | None = None,
        composer: Composer | None = None,
        llm: BaseChatModel | None = None,
        caution: float = 0.5,
        k: int = PASSAGES,
    ) -> None:
        self.index = index
        self.caution = caution
        self.k = k
        self._reader = reader
        self._composer = composer
        self._llm = llm

    @classmethod
    def open(
        cls,
        index: str | os.PathLike[str] | Index | None = None,
        *,
        llm: str | BaseChatModel | None = None,
        reader: str | os.PathLike[str] | Reader | None = None,
        caution: float = 0.5,
        k: int = PASSAGES,
    ) -> Self:
        """An assistant over the index at a path; without one, over the seeds (built at first use).

        `llm` is a LangChain chat model, or the name of one: `ollama:…`, `openai:…`, or the URL of
        an OpenAI-compatible server (`http://127.0.0.1:8080/v1#model`). Without one it quotes.
        `reader` is a folder with the weights of a trained reader (`assistant.training`; by default
        those that came with the package), `words` for reading without one, or any Reader.
        """
        opened = index if isinstance(index, Index) else Index.open(index, create=False) if index else open_seeds()
        chosen = choose_reader(reader, opened) if isinstance(reader, str | os.PathLike) else reader
        model = open_model(llm) if isinstance(llm, str) else llm
        return cls(opened, reader=chosen, llm=model, caution=caution, k=k)

    @cached_property
    def reader(self) -> Reader:
        return self._reader or choose_reader(None, self.index)

    @cached_property
    def composer(self) -> Composer:
        if self._composer:
            return self._composer
        quoting = QuotingComposer(self.index)
        if self._llm is None:
            return quoting
        return WritingComposer(self._llm, quoting, self.index.document)

    def answer(
        self, question: str, history: Sequence[str] = (), *, where: Where | None = None
    ) -> Answer:
        """The answer to a question; `history` holds earlier questions, oldest first.

        `where` limits the search to some documents, folders, tags or dates.
        """
        *_, last = self.stream(question, history, where=where)
        assert isinstance(last, Finished)  # noqa: S101  # stream's contract
        return last.answer

    def answer_many(
        self, questions: Iterable[str], *, workers: int = 4, progress: bool = True
    ) -> list[Answer]:
        """The answers in the order of the questions, `workers` of them at a time."""
        return answer_all(self.answer, list(questions), workers, progress)

    async def aanswer(
        self, question: str, history: Sequence[str] = (), *, where: Where | None = None
    ) -> Answer:
        """As `answer`, without holding up the event loop."""
        return await asyncio.to_thread(self.answer, question, history, where=where)

    def without_llm(self) -> Self:
        """The same assistant without its language model: for questions that nobody waits for."""
        _ = self.reader
        twin = copy.copy(self)
        twin._llm = None
        vars(twin).pop("composer", None)
        return twin

    def conversation(self) -> Conversation:
        """A conversation: it keeps its answers and resolves what a question refers to."""
        return Conversation(self)

    def suggest(self, answer: Answer) -> list[str]:
        """What could be asked instead: questions near an answer's passages that have an answer.

        Each is asked before it is returned, so this takes as long as some answers.
        """
        from assistant.suggesting import suggest

        return suggest(self, answer.passages, [answer.asked])

    def as_runnable(self) -> Runnable[str, Answer]:
        """A step of a LangChain chain: a question in, an Answer out."""
        return make_runnable(self.answer, self.aanswer)

    def stream(
        self, question: str, history: Sequence[str] = (), *, where: Where | None = None
    ) -> Iterator[Event]:
        """The question as it is searched, each statement once it is verified, then the answer."""
        began = time.perf_counter()
        asked = self._restate(question, history)
        yield asked
        readings = self._read(asked, where)
        dates = [self.index.document(r.passage.document_id).date for r in readings]
        decision, premise = judge(asked, readings, self.caution, dates)
        parts: Iterable[Part] = ()
        if premise:
            parts = QuotingComposer(self.index).correct(asked, premise.piece, readings)
        elif not decision.reason:
            further = find_further(asked, readings, lambda q: self.index.search(q, FURTHER, where=where))
            readings += self.reader.read(asked, further) if further else []
            parts = self.composer.compose(asked, readings)
        for event in self._verified(asked, decision, parts, readings):
            if isinstance(event, Finished):
                event = Finished(replace(event.answer, seconds=time.perf_counter() - began))
            yield event

    def read(self, question: str, history: Sequence[str] = ()) -> tuple[Asked, list[Reading]]:
        """The question as it is searched, and the readings of its best passages, best first."""
        asked = self._restate(question, history)
        return asked, self._read(asked, None)

    def _restate(self, question: str, history: Sequence[str]) -> Asked:
        asked = restate(question, history)
        return asked if self._llm is None else restate_with(self._llm, asked)

    def _read(self, asked: Asked, where: Where | None) -> list[Reading]:
        return self.reader.read(asked, self.candidates(asked, where))

    def candidates(self, asked: Asked, where: Where | None = None) -> list[Passage]:
        """The passages that are read for a question, in the order of search."""
        found = self.index.search(asked.text, max(READ, self.k), where=where)
        return carry(asked.text, found, self.index)

    def _verified(
        self, asked: Asked, decision: Decision, parts: Iterable[Part], readings: Sequence[Reading]
    ) -> Iterator[Event]:
        """Each statement as soon as its claim is verified, then the answer made of them."""
        passages = tuple(rank_passages(readings))
        documents: dict[str, Document] = {}
        self._add_documents(documents, [p.document_id for p in passages])
        statements: list[Statement] = []
        rejected: list[Rejected] = []
        notes: list[str] = []
        for part in parts:
            if isinstance(part, Claim):
                self._add_documents(documents, [e.document_id for e in part.evidence])
                verified = verify([part], documents, passages, readings)
                statements += verified.statements
                rejected += verified.rejected
                yield from map(StatementReady, verified.statements)
            elif isinstance(part, Note):
                notes.append(part.text)
            elif not statements:
                decision = doubt(decision, part.ratio)
                if decision.reason:
                    break
        done = Verified(tuple(statements), tuple(rejected))
        yield Finished(_answer(asked, decision, done, passages[: self.k], tuple(documents.values()), tuple(notes)))

    def _add_documents(self, found: dict[str, Document], names: Sequence[str]) -> None:
        """The documents of those names; a claim may name one that is not there."""
        for name in dict.fromkeys(names):
            if name not in found:
                with suppress(TenkyoError):
                    found[name] = self.index.document(name)

    def chat(self) -> object:
        """The chat, inline in a notebook."""
        from assistant.chat import show

        return show(self)

    def search(
        self, question: str, k: int | None = None, *, where: Where | None = None
    ) -> list[Passage]:
        """The k best passages in the order of retrieval."""
        return self.index.search(question, k or self.k, where=where)


def _answer(
    asked: Asked,
    decision: Decision,
    verified: Verified,
    passages: tuple[Passage, ...],
    documents: tuple[Document, ...],
    notes: tuple[str, ...] = (),
) -> Answer:
    reason = decision.reason or (None if verified.statements else "not_in_documents")
    return Answer(
        question=asked.question,
        asked=asked.text,
        statements=verified.statements,
        text=write_answer(asked.question, verified.statements, reason),
        abstained=reason is not None,
        reason=reason,
        confidence=decision.confidence,
        passages=passages,
        rejected=verified.rejected,
        notes=notes,
        documents=documents,
    )


_opened: dict[tuple[str | None, str | None], Assistant] = {}
_lock = threading.Lock()


def answer(
    question: str,
    history: Sequence[str] = (),
    *,
    index: str | os.PathLike[str] | None = None,
    llm: str | None = None,
) -> Answer:
    """One question to the assistant over `index` (default: the seeds), opened once a process."""
    key = None if index is None else os.path.abspath(index), llm
    with _lock:
        if key not in _opened:
            _opened[key] = Assistant.open(index, llm=llm)
    return _opened[key].answer(question, history)
