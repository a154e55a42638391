"""What the chat's events do: a question grows into a turn, a click into a place. No Gradio here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.assistant import Assistant, Finished, StatementReady
from assistant.chat_answer import REASONS, Turn, render_chips, render_welcome
from assistant.chat_queue import Line, poll
from assistant.chat_restoring import restore
from assistant.chat_shelf import Shelves, choose, without_model
from assistant.chat_source import AROUND, Place, find_window, render_source
from assistant.chat_store import ChatStore, Saved
from assistant.chat_words import Language, say
from assistant.records import Answer, Asked
from assistant.suggesting import spread, suggest
from index import Index, Passage, TenkyoError

_log = logging.getLogger(__name__)
EXAMPLES = 4


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whose browser it is: everything kept belongs to `owner`."""

    owner: str
    language: Language
    admin: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """One browser tab's conversation; `id` is empty until it is kept."""

    turns: tuple[Turn, ...] = ()
    id: str = ""


class Chat:
    """The chat over one assistant; safe for several visitors at once."""

    def __init__(
        self, assistant: Assistant, *, folder: Path | None = None, history: bool = True
    ) -> None:
        """`folder` holds what is kept; without one nothing is, and nothing can be uploaded."""
        self.shelves = Shelves(assistant, folder)
        self.store = ChatStore(folder) if folder else None
        self._history = history and self.store is not None
        self._line = Line()
        self._examples: list[str] = []
        self._ready = threading.Event()

    def assistant_of(self, visitor: Visitor) -> Assistant:
        return self.shelves.assistant_of(visitor.owner)

    def index_of(self, visitor: Visitor) -> Index:
        return self.assistant_of(visitor).index

    def prepare(self) -> None:
        """Find example questions over the shared documents, in a thread that leaving waits for."""
        threading.Thread(target=self._find_examples).start()

    def _find_examples(self) -> None:
        try:
            assistant = without_model(self.shelves.assistant)
            documents = [assistant.index.passages(d.id) for d in assistant.index.list_documents()[:20]]
            self._examples = suggest(assistant, spread(documents), most=EXAMPLES)
        except Exception:
            _log.exception("no example questions")
        finally:
            self._ready.set()

    def welcome(self, visitor: Visitor) -> str:
        """The empty conversation."""
        return render_welcome(len(self.index_of(visitor).list_documents()), visitor.language)

    def examples(self, visitor: Visitor) -> str:
        """Questions to begin with, once they are found."""
        self._ready.wait(30)
        return render_chips(self._examples, "try", visitor.language)

    def resume(self, talk: Talk, name: str, visitor: Visitor) -> Talk:
        """The conversation that the browser names, where the server has forgotten it (a restart)."""
        if talk.id == name or not name or self.store is None:
            return talk
        turns = restore(self.index_of(visitor), self.store.read(visitor.owner, name))
        return Talk(tuple(turns), name) if turns else Talk()

    def ask(
        self, question: str, talk: Talk, chosen: Sequence[str], visitor: Visitor
    ) -> Iterator[Talk]:
        """The conversation with a new turn that grows as statements are verified."""
        turn = Turn(question)
        yield replace(talk, turns=(*talk.turns, turn))
        try:
            for now in self._grow(turn, [t.question for t in talk.turns], chosen, visitor):
                turn = now
                if turn.answer is None:
                    yield replace(talk, turns=(*talk.turns, turn))
            yield self._keep(replace(talk, turns=(*talk.turns, turn)), visitor)
        except TenkyoError as error:
            yield replace(talk, turns=(*talk.turns, replace(turn, failure=str(error))))
        except Exception:
            _log.exception("unexpected error while answering")
            failed = replace(turn, failure=say(visitor.language, "unexpected"))
            yield replace(talk, turns=(*talk.turns, failed))

    def _grow(
        self, turn: Turn, past: Sequence[str], chosen: Sequence[str], visitor: Visitor
    ) -> Iterator[Turn]:
        """The turn after each thing that happens to it: its place in line, then the answer's events."""
        with self._line.place(visitor.language) as line:
            for ahead in line:
                yield replace(turn, waiting=ahead)
            assistant = self.assistant_of(visitor)
            for event in poll(assistant.stream(turn.question, past, where=choose(chosen))):
                turn = _advance(turn, event)
                yield turn

    def _keep(self, talk: Talk, visitor: Visitor) -> Talk:
        answer = talk.turns[-1].answer
        if not self._history or self.store is None or answer is None:
            return talk
        if not talk.id:
            talk = replace(talk, id=self.store.start(visitor.owner, talk.turns[0].question))
        self.store.keep(visitor.owner, talk.id, len(talk.turns), answer.to_dict())
        return talk

    def stop(self, talk: Talk, visitor: Visitor) -> Talk:
        """The unfinished turn marked as stopped; it is not kept."""
        if not talk.turns or talk.turns[-1].answer or talk.turns[-1].failure:
            return talk
        last = replace(talk.turns[-1], failure=say(visitor.language, "stopped"))
        return replace(talk, turns=(*talk.turns[:-1], last))

    def follow(self, talk: Talk, chosen: Sequence[str], visitor: Visitor) -> str:
        """What could be asked next, as chips: about headings near the last answer, checked."""
        answer = talk.turns[-1].answer if talk.turns else None
        if answer is None:
            return ""
        assistant = without_model(self.assistant_of(visitor))
        asked = [t.question for t in talk.turns]
        near = _around(assistant.index, answer)
        questions = suggest(assistant, near, asked, where=choose(chosen))
        title = "instead" if answer.abstained else "next"
        return render_chips(questions, title, visitor.language)

    def rate(self, talk: Talk, turn: int, verdict: str, reason: str, visitor: Visitor) -> Talk:
        """Keep what the visitor thinks of an answer."""
        known = verdict in ("up", "down") and (not reason or reason in REASONS)
        answer = talk.turns[turn].answer if 0 <= turn < len(talk.turns) else None
        if answer is None or self.store is None or not known:
            return talk
        history = [t.question for t in talk.turns[:turn]]
        self.store.rate(visitor.owner, verdict, reason, history, answer.to_dict())
        rated = replace(talk.turns[turn], rated=verdict)
        return replace(talk, turns=(*talk.turns[:turn], rated, *talk.turns[turn + 1 :]))

    def cite(self, talk: Talk, turn: int, number: int) -> Place | None:
        """The place of a citation; None for one that is not there."""
        citations = talk.turns[turn].citations if 0 <= turn < len(talk.turns) else ()
        if not 1 <= number <= len(citations):
            return None
        return Place.of_citation(citations[number - 1], turn, number, len(citations))

    def near(self, talk: Talk, turn: int, number: int) -> Place | None:
        """The place of a passage that a refusal shows."""
        answer = talk.turns[turn].answer if 0 <= turn < len(talk.turns) else None
        if answer is None or not 0 <= number < len(answer.passages):
            return None
        return Place.of_passage(answer.passages[number], turn)

    def conversations(self, wanted: str, visitor: Visitor) -> list[Saved]:
        """The visitor's conversations that hold what is wanted."""
        return self.store.find(visitor.owner, wanted) if self.store else []

    def forget(self, name: str, visitor: Visitor) -> None:
        """Delete one of the visitor's conversations."""
        if self.store:
            self.store.delete(visitor.owner, name)

    def move(self, place: Place, by: int, visitor: Visitor) -> Place:
        """The window moved by nearly its own size; by 0, back around the quote."""
        if not by:
            return replace(place, first=None, sheet=False)
        passages = self.index_of(visitor).passages(place.document_id)
        first, _ = find_window(passages, place)
        return replace(place, first=max(0, min(len(passages) - 1, first + by * 2 * AROUND)))

    def show(self, place: Place | None, visitor: Visitor) -> str:
        if place is None:
            return f'<p class="no-source">{say(visitor.language, "source_empty")}</p>'
        return render_source(self.index_of(visitor), place, visitor.language)


def _advance(turn: Turn, event: object) -> Turn:
    if isinstance(event, Asked):
        return replace(turn, asked=event.text)
    if isinstance(event, StatementReady):
        return replace(turn, statements=(*turn.statements, event.statement))
    if isinstance(event, Finished):
        answer = replace(event.answer, documents=())
        return replace(turn, statements=answer.statements, answer=answer)
    return turn


def _around(index: Index, answer: Answer) -> list[Passage]:
    """The passages next to what was cited, then the other ones found, each once."""
    cited = {c.passage_id for c in answer.citations}
    near = [n for p in answer.passages if p.id in cited for n in index.neighbours(p, 2, 4)]
    return list({p.id: p for p in (*near, *answer.passages)}.values())
