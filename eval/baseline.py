"""The peer baseline: what people write who do not have this project, scored by the same measures.

LangChain's RecursiveCharacterTextSplitter (400 characters, 80 shared), FAISS over the same
embedding model, the top passages as the answer. It never refuses; its confidence is the top
cosine.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from assistant import Answer, Claim, Evidence, verify
from index import Document, Embedder, Passage


class PlainRag:
    """Cuts, embeds and holds the documents in memory; `answer` has the shape of `Assistant`'s."""

    def __init__(
        self,
        documents: Sequence[Document],
        embedder: Embedder,
        *,
        size: int = 400,
        overlap: int = 80,
        k: int = 8,
        shown: int = 3,
    ) -> None:
        """`k` passages are returned, the first `shown` of them are the answer."""
        self.documents = {document.id: document for document in documents}
        self.embedder = embedder
        self.k = k
        self.shown = shown
        self.passages = [p for doc in documents for p in _cut(doc, size, overlap)]
        self._vectors = _vector_store(embedder, [passage.text for passage in self.passages])

    def answer(self, question: str, *, history: Sequence[str] = ()) -> Answer:
        """The nearest passages as they are, most similar first; earlier questions are prepended."""
        started = time.perf_counter()
        asked = "\n".join([*history, question])
        found = self._search(asked)
        claims = [_claim(passage) for passage in found[: self.shown]]
        statements = verify(claims, self.documents, found).statements
        return Answer(
            question=question,
            asked=asked,
            statements=statements,
            text="\n".join(f"{s.text}[{n}]" for n, s in enumerate(statements, 1)),
            abstained=False,
            reason=None,
            confidence=max(0.0, found[0].score) if found else 0.0,
            passages=tuple(found),
            seconds=time.perf_counter() - started,
            documents=tuple(self.documents.values()),
        )

    def _search(self, query: str) -> list[Passage]:
        scores, ids = self._vectors.search(self.embedder.embed_queries([query]), self.k)
        hits = zip(scores[0].tolist(), ids[0].tolist(), strict=True)
        ranked = sorted((-score, n) for score, n in hits if n >= 0)
        return [_scored(self.passages[n], -negative) for negative, n in ranked]


def _claim(passage: Passage) -> Claim:
    place = Evidence(passage.document_id, passage.start, passage.end, passage.text)
    return Claim(passage.text, (place,))


def _cut(document: Document, size: int, overlap: int) -> Iterable[Passage]:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        chunk_size=size, chunk_overlap=overlap, add_start_index=True
    )
    for number, chunk in enumerate(splitter.create_documents([document.text])):
        start = chunk.metadata["start_index"]
        yield Passage(
            id=f"{document.id}#plain{number}",
            document_id=document.id,
            start=start,
            end=start + len(chunk.page_content),
            text=chunk.page_content,
            heading=document.title,
            page=document.page_at(start),
        )


def _vector_store(embedder: Embedder, texts: Sequence[str]) -> Any:
    import faiss

    store = faiss.IndexFlatIP(embedder.dimensions)
    if texts:
        store.add(embedder.embed_passages(texts))
    return store


def _scored(passage: Passage, score: float) -> Passage:
    return replace(passage, score=score, dense=score)
