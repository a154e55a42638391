"""An index as a LangChain retriever; imported only by `Index.as_retriever`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

if TYPE_CHECKING:
    from index.library import Index
    from index.records import Passage


class IndexRetriever(BaseRetriever):
    """`Index.search` behind `invoke`; the metadata names the place in the stored document."""

    index: Any
    k: int = 8

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [_convert(passage) for passage in self.index.search(query, self.k)]


def make_retriever(index: Index, k: int) -> IndexRetriever:
    """A retriever of the k best passages."""
    return IndexRetriever(index=index, k=k)


def _convert(passage: Passage) -> Document:
    """`page_content` is the raw text, because offsets count in it."""
    return Document(
        id=passage.id,
        page_content=passage.text,
        metadata={
            "document_id": passage.document_id,
            "start": passage.start,
            "end": passage.end,
            "page": passage.page,
            "heading": passage.heading,
            "score": passage.score,
        },
    )
