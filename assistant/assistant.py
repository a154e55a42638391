"""The straight line from a question to a verified answer."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from assistant.questions import restate
from assistant.quoting import Composer, QuotingComposer
from assistant.reader import OverlapReader, Reader
from assistant.records import Answer, Asked, Claim, Decision, Reading, Statement
from assistant.refusing import decide
from assistant.showing import write_answer
from assistant.verifying import Verified, verify
from index import Document, Index, Passage, Where, open_seeds

PASSAGES = 8
"""Passages that are read and returned."""


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
        caution: float = 0.5,
        k: int = PASSAGES,
    ) -> None:
        self.index = index
        self.caution = caution
        self.k = k
        self._reader = reader
        self._composer = composer

    @classmethod
    def open(
        cls, index: str | os.PathLike[str] | Index | None = None, *, caution: float = 0.5, k: int = PASSAGES
    ) -> Self:
        """An assistant over the index at a path; without one, over the seeds (built at first use)."""
        opened = index if isinstance(index, Index) else Index.open(index, create=False) if index else open_seeds()
        return cls(opened, caution=caution, k=k)

    @cached_property
    def reader(self) -> Reader:
        return self._reader or OverlapReader(self.index.embedder, self.index.weigh)

    @cached_property
    def composer(self) -> Composer:
        return self._composer or QuotingComposer(self.index.document)

    def answer(
        self, question: str, history: Sequence[str] = (), *, where: Where | None = None
    ) -> Answer:
        """The answer to a question; `history` holds earlier questions, oldest first.

        `where` limits the search to some documents, folders, tags or dates.
        """
        *_, last = self.stream(question, history, where=where)
        assert isinstance(last, Finished)  # noqa: S101  # stream's contract
        return last.answer

    def stream(
        self, question: str, history: Sequence[str] = (), *, where: Where | None = None
    ) -> Iterator[Event]:
        """The question as it is searched, each statement once it is verified, then the answer."""
        began = time.perf_counter()
        asked = restate(question, history)
        yield asked
        readings = self._read(asked, where)
        decision = decide(asked, readings, self.caution)
        claims = [] if decision.reason else self.composer.compose(asked, readings)
        for event in self._verified(asked, decision, claims, readings):
            if isinstance(event, Finished):
                event = Finished(replace(event.answer, seconds=time.perf_counter() - began))
            yield event

    def read(self, question: str, history: Sequence[str] = ()) -> tuple[Asked, list[Reading]]:
        """The question as it is searched, and the readings of its best passages, best first."""
        asked = restate(question, history)
        return asked, self._read(asked, None)

    def _read(self, asked: Asked, where: Where | None) -> list[Reading]:
        return self.reader.read(asked, self.index.search(asked.text, self.k, where=where))

    def _verified(
        self, asked: Asked, decision: Decision, claims: Sequence[Claim], readings: Sequence[Reading]
    ) -> Iterator[Event]:
        passages = tuple(reading.passage for reading in readings)
        documents = self._documents(claims, passages)
        verified = verify(claims, documents, passages)
        for statement in verified.statements:
            yield StatementReady(statement)
        yield Finished(_answer(asked, decision, verified, passages, tuple(documents.values())))

    def _documents(self, claims: Sequence[Claim], passages: Sequence[Passage]) -> Mapping[str, Document]:
        """The documents that claims and passages lie in; a claim may name one that is not there."""
        names = dict.fromkeys(p.document_id for p in passages)
        found = {name: self.index.document(name) for name in names}
        known = {d.id for d in self.index.documents()} if claims else set()
        for evidence in (e for claim in claims for e in claim.evidence):
            if evidence.document_id in known and evidence.document_id not in found:
                found[evidence.document_id] = self.index.document(evidence.document_id)
        return found

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
) -> Answer:
    reason = decision.reason or (None if verified.statements else "not_in_documents")
    return Answer(
        question=asked.question,
        asked=asked.text,
        statements=verified.statements,
        text=write_answer(verified.statements, reason),
        abstained=reason is not None,
        reason=reason,
        confidence=decision.confidence,
        passages=passages,
        rejected=verified.rejected,
        documents=documents,
    )


_opened: dict[str | None, Assistant] = {}
_lock = threading.Lock()


def answer(question: str, history: Sequence[str] = (), *, index: str | os.PathLike[str] | None = None) -> Answer:
    """One question to the assistant over `index` (default: the seeds), opened once a process."""
    key = None if index is None else os.path.abspath(index)
    with _lock:
        if key not in _opened:
            _opened[key] = Assistant.open(index)
    return _opened[key].answer(question, history)
