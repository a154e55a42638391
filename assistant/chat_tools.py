"""The same answers without the page: the named endpoints of `gradio_client`, and MCP tools.

Their docstrings are what a model reads of them.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.chat_answer import place_of
from assistant.chat_shelf import choose
from assistant.chat_talk import Chat, Visitor
from assistant.records import Answer
from index import TenkyoError, display


class Tools:
    """`ask`, `search` and `documents` over what the caller may see."""

    def __init__(self, chat: Chat, find_visitor: Any) -> None:
        self.chat = chat
        self._find_visitor = find_visitor

    def ask(  # noqa: D417  # `request` comes from Gradio, not from the model
        self, question: str, history: list[str], documents: list[str], request: gr.Request
    ) -> dict[str, Any]:
        """Answer a question from the documents, every sentence with a verified citation.

        Args:
            question: The question, in Japanese or English.
            history: Earlier questions of the conversation, oldest first; may be empty.
            documents: Ids of the documents to ask, as `documents` lists them; empty for all.
        """
        visitor: Visitor = self._find_visitor(request)
        try:
            assistant = self.chat.assistant_of(visitor)
            return _plain(assistant.answer(question, history or (), where=choose(documents or ())))
        except TenkyoError as error:
            raise gr.Error(str(error), print_exception=False) from None

    def search(  # noqa: D417
        self, query: str, count: int, request: gr.Request
    ) -> list[dict[str, Any]]:
        """Find the passages nearest to a query, best first.

        Args:
            query: Words or a question.
            count: How many passages, 1 to 50.
        """
        index = self.chat.index_of(self._find_visitor(request))
        return [
            {
                "document": p.document_id,
                "heading": p.heading,
                "page": p.page,
                "start": p.start,
                "end": p.end,
                "text": display(p.text).text,
            }
            for p in index.search(query, max(1, min(50, int(count))))
        ]

    def documents(self, request: gr.Request) -> list[dict[str, Any]]:
        """List the documents that can be asked, with title, date and length."""
        visitor: Visitor = self._find_visitor(request)
        return [
            {"id": d.id, "title": d.title, "date": d.date, "pages": d.pages, "characters": d.characters}
            for d in self.chat.index_of(visitor).list_documents()
        ]


def _plain(answer: Answer) -> dict[str, Any]:
    """The answer with its citations, without the passages' inner structure."""
    citations = [
        {
            "number": n,
            "document": c.document_id,
            "place": place_of(c, "ja"),
            "start": c.start,
            "end": c.end,
            "quote": c.quote,
        }
        for n, c in enumerate(answer.citations, 1)
    ]
    return {
        "text": answer.text,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "confidence": round(answer.confidence, 4),
        "citations": citations,
        "notes": list(answer.notes),
    }
