"""What the chat's events do: a question grows into a turn, a click into a place. No Gradio here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.assistant import Assistant, Finished, StatementReady
from assistant.chat_answer import Turn, render_welcome
from assistant.chat_source import AROUND, Place, find_window, render_source
from assistant.chat_words import Language, say
from assistant.records import Asked
from index import TenkyoError


class Chat:
    """What the page's events do. Turns and place are one browser tab's own."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant

    def welcome(self, language: Language) -> str:
        return render_welcome(len(self.assistant.index.documents()), (), language)

    def ask(self, question: str, turns: Sequence[Turn], language: Language) -> Iterator[list[Turn]]:
        """The turns with a new one that grows as statements are verified."""
        past = list(turns)
        turn = Turn(question)
        yield [*past, turn]
        try:
            for event in self.assistant.stream(question, [t.question for t in past]):
                turn = _advance(turn, event)
                yield [*past, turn]
        except TenkyoError as error:
            yield [*past, replace(turn, failure=str(error))]

    def cite(self, turns: Sequence[Turn], turn: int, number: int) -> Place | None:
        """The place of a citation; None for one that is not there."""
        answer = turns[turn].answer if 0 <= turn < len(turns) else None
        shown = turns[turn].statements if 0 <= turn < len(turns) else ()
        citations = answer.citations if answer else tuple(c for s in shown for c in s.citations)
        if not 1 <= number <= len(citations):
            return None
        return Place.of_citation(citations[number - 1], turn, number, len(citations))

    def near(self, turns: Sequence[Turn], turn: int, number: int) -> Place | None:
        """The place of a passage that a refusal shows."""
        answer = turns[turn].answer if 0 <= turn < len(turns) else None
        if answer is None or not 0 <= number < len(answer.passages):
            return None
        passage = answer.passages[number]
        return Place.of_passage(passage, self.assistant.index.document(passage.document_id).version)

    def move(self, place: Place, by: int) -> Place:
        """The window moved by nearly its own size; by 0, back around the quote."""
        if not by:
            return replace(place, first=None)
        passages = self.assistant.index.passages(place.document_id)
        first, _ = find_window(passages, place)
        return replace(place, first=max(0, min(len(passages) - 1, first + by * 2 * AROUND)))

    def show(self, place: Place | None, language: Language) -> str:
        if place is None:
            return render_no_source(language)
        return render_source(self.assistant.index, place, language)


def _advance(turn: Turn, event: object) -> Turn:
    if isinstance(event, Asked):
        return replace(turn, asked=event.text)
    if isinstance(event, StatementReady):
        return replace(turn, statements=(*turn.statements, event.statement))
    if isinstance(event, Finished):
        answer = replace(event.answer, documents=())
        return replace(turn, statements=answer.statements, answer=answer)
    return turn


def render_no_source(language: Language) -> str:
    """The pane before anything was chosen."""
    return f'<p class="no-source">{say(language, "source_empty")}</p>'
