"""What the documents page does: files in one by one with their progress, list, read again, remove."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from assistant.chat_lists import Arrival, render_arrivals, render_documents
from assistant.chat_shelf import OWN
from assistant.chat_talk import Chat, Visitor
from index import Outcome, TenkyoError


class Library:
    """The documents of the chat's visitors."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat

    def render(self, visitor: Visitor) -> str:
        """The list of what the visitor may ask."""
        documents = self.chat.index_of(visitor).list_documents()
        return render_documents(documents, visitor.language, visitor.admin)

    def names(self, visitor: Visitor) -> list[tuple[str, str]]:
        """(what is shown, what it stands for) for the choice of documents: folders end in `/`."""
        documents = self.chat.index_of(visitor).list_documents()
        folders = dict.fromkeys(d.id.rpartition("/")[0] + "/" for d in documents if "/" in d.id)
        return [(f, f) for f in folders] + [(d.title, d.id) for d in documents]

    def expand(self, chosen: Sequence[str], visitor: Visitor) -> list[str]:
        """Document ids for what was chosen; what is gone meanwhile is left out."""
        known = [d.id for d in self.chat.index_of(visitor).list_documents()] if chosen else []
        wanted = tuple(c for c in chosen if c.endswith("/"))
        return [name for name in known if name in chosen or (wanted and name.startswith(wanted))]

    def add(
        self, files: Sequence[tuple[Path, str]], visitor: Visitor, shared: bool = False
    ) -> Iterator[str]:
        """The state of all files, again whenever it changes; one that fails stops no other."""
        arrivals = [Arrival(name) for _, name in files]
        for n, (path, name) in enumerate(files):
            for arrival in self._add_one(path, name, visitor, shared and visitor.admin):
                arrivals[n] = arrival
                yield render_arrivals(arrivals, visitor.language)

    def _add_one(self, path: Path, name: str, visitor: Visitor, shared: bool) -> Iterator[Arrival]:
        """Progress comes from the thread that indexes, as `Index.add` reports by calling back."""
        news: queue.SimpleQueue[float | Outcome | str] = queue.SimpleQueue()

        def work() -> None:
            def progress(done: int, total: int, _: str) -> None:
                news.put(done / total if total else 0.0)

            try:
                news.put(self.chat.shelves.add(visitor.owner, path, name, progress, shared))
            except (TenkyoError, OSError) as error:
                news.put(str(error))

        arrival = Arrival(name, done=0.0)
        yield arrival
        threading.Thread(target=work, daemon=True).start()
        while isinstance(state := news.get(), float):
            yield replace(arrival, done=state)
        if isinstance(state, Outcome):
            yield Arrival(name, outcome=_named(state, name))
        else:
            yield Arrival(name, failure=state)

    def reread(self, document_id: str, visitor: Visitor) -> str:
        """One line saying what became of it."""
        try:
            outcome = self.chat.shelves.reread(visitor.owner, document_id, visitor.admin)
        except TenkyoError as error:
            arrival = Arrival(document_id.removeprefix(OWN), failure=str(error))
        else:
            arrival = Arrival(document_id.removeprefix(OWN), outcome=outcome)
        return render_arrivals([arrival], visitor.language)

    def remove(self, document_id: str, visitor: Visitor) -> str:
        """One line saying what became of it."""
        name = document_id.removeprefix(OWN)
        try:
            self.chat.shelves.remove(visitor.owner, document_id, visitor.admin)
        except TenkyoError as error:
            return render_arrivals([Arrival(name, failure=str(error))], visitor.language)
        return render_arrivals([Arrival(name, Outcome(name, "removed"))], visitor.language)


def _named(outcome: Outcome, name: str) -> Outcome:
    """The outcome under the name the user knows, without this machine's paths."""
    return replace(outcome, source=name)
