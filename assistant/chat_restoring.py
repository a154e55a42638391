"""Turns that were kept, shown again: every statement is verified anew against the documents of now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assistant.chat_answer import Turn
from assistant.records import Answer, Claim, Evidence
from assistant.verifying import verify
from index import Document, Index, Passage, Span, TenkyoError


def restore(index: Index, kept: Sequence[Mapping[str, Any]]) -> list[Turn]:
    """The turns of a conversation from `Answer.to_dict()` records.

    What no longer stands in its document (changed, removed) is left out and counted in a note:
    an old answer is no more trusted than a new one.
    """
    return [_restore_turn(index, record) for record in kept]


def _restore_turn(index: Index, record: Mapping[str, Any]) -> Turn:
    claims = [_claim(statement) for statement in record["statements"]]
    names = [e.document_id for claim in claims for e in claim.evidence]
    names += [passage["document_id"] for passage in record["passages"]]
    documents = _documents(index, names)
    passages = [p for p in map(_passage, record["passages"]) if _stands(p, documents)]
    verified = verify(claims, documents, passages)
    notes = tuple(record["notes"])
    if verified.rejected:
        gone = f"{len(verified.rejected)}文は、文書が変わったか消されたため示せません。"
        notes = (*notes, gone)
    answer = Answer(
        question=record["question"],
        asked=record["asked"],
        statements=verified.statements,
        text=record["text"],
        abstained=record["abstained"],
        reason=record["reason"],
        confidence=record["confidence"],
        passages=tuple(passages),
        rejected=verified.rejected,
        notes=notes,
        seconds=record["seconds"],
    )
    return Turn(answer.question, answer.asked, answer.statements, answer)


def _claim(statement: Mapping[str, Any]) -> Claim:
    places = statement["citations"]
    evidence = tuple(Evidence(p["document_id"], p["start"], p["end"], p["quote"]) for p in places)
    spans = tuple(Span(*span) for span in statement["answer"])
    return Claim(statement["text"], evidence, statement["kind"], spans)


def _passage(record: Mapping[str, Any]) -> Passage:
    """A passage without its units, which only reading needs."""
    names = ("id", "document_id", "start", "end", "text", "heading", "page")
    return replace(Passage("", "", 0, 0, ""), **{name: record[name] for name in names})


def _documents(index: Index, names: Sequence[str]) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for name in dict.fromkeys(names):
        try:
            found[name] = index.document(name)
        except TenkyoError:
            continue
    return found


def _stands(passage: Passage, documents: Mapping[str, Document]) -> bool:
    document = documents.get(passage.document_id)
    return document is not None and document.text[passage.start : passage.end] == passage.text
