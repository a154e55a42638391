"""Gradio's calls turned into the chat's: the visitor from the request, values into HTML.

Imported only when the chat is opened, as Gradio takes seconds.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.chat_answer import render_feed
from assistant.chat_exporting import to_json, to_markdown
from assistant.chat_library import Library
from assistant.chat_lists import render_conversations
from assistant.chat_source import Place
from assistant.chat_talk import Chat, Talk, Visitor
from assistant.chat_words import Language, pick_language, say
from assistant.questions import clean


def render_top(language: Language) -> str:
    """The page's head."""
    return (
        f'<header class="top"><h1>典拠</h1><p>{say(language, "tagline")}</p>'
        f'<button type="button" class="theme" data-do="theme">{say(language, "theme")}</button></header>'
    )


def render_hint(language: Language, megabytes: int) -> str:
    """What can be uploaded, and who sees it; the browser reads the limit from it."""
    refusal = html.escape(say(language, "too_large", megabytes=megabytes))
    hint = say(language, "upload_hint", megabytes=megabytes)
    return f'<p class="hint" data-megabytes="{megabytes}" data-refusal="{refusal}">{hint}</p>'


class Events:
    """One method an event."""

    def __init__(
        self, chat: Chat, library: Library, admins: frozenset[str], megabytes: int
    ) -> None:
        """`megabytes` is the limit of one upload."""
        self.chat = chat
        self.megabytes = megabytes
        self.library = library
        self.admins = admins

    def visitor(self, request: gr.Request) -> Visitor:
        """Who asks: the signed-in user, else the browser's cookie."""
        user = getattr(request, "username", None)
        owner = f"user:{user}" if user else f"browser:{request.cookies.get('tenkyo', '')}"
        language = pick_language(request.headers.get("accept-language", ""))
        return Visitor(owner, language, user in self.admins)

    def greet(self, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """What depends on the visitor, at once; then questions to begin with, when they are found."""
        visitor = self.visitor(request)
        at_once = (
            self.chat.welcome(visitor),
            gr.update(choices=self.library.names(visitor)),
            gr.update(visible=visitor.admin),
            render_top(visitor.language),
            render_hint(visitor.language, self.megabytes),
            self.chat.show(None, visitor),
        )
        yield *at_once, gr.skip()
        yield *(gr.skip() for _ in at_once), self.chat.examples(visitor)

    def ask(
        self, question: str, talk: Talk, name: str, chosen: list[str], request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        visitor = self.visitor(request)
        if not clean(question or ""):
            raise gr.Error(say(visitor.language, "empty_question"), print_exception=False)
        talk = self.chat.resume(talk, name, visitor)
        scope = self.library.expand(chosen or [], visitor)
        for now in self.chat.ask(question, talk, scope, visitor):
            yield render_feed(now.turns, visitor.language), now, now.id, "", ""

    def suggest(
        self, talk: Talk, name: str, chosen: list[str], event: gr.EventData, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        yield from self.ask(str(event._data.get("text", "")), talk, name, chosen, request)

    def follow(self, talk: Talk, chosen: list[str], request: gr.Request) -> str:
        visitor = self.visitor(request)
        return self.chat.follow(talk, self.library.expand(chosen or [], visitor), visitor)

    def stop(self, talk: Talk, request: gr.Request) -> tuple[str, Talk]:
        visitor = self.visitor(request)
        talk = self.chat.stop(talk, visitor)
        return render_feed(talk.turns, visitor.language), talk

    def rate(self, talk: Talk, name: str, event: gr.EventData, request: gr.Request) -> tuple[str, Talk]:
        visitor = self.visitor(request)
        talk = self.chat.resume(talk, name, visitor)
        turn, _ = _numbers(event)
        verdict, reason = (str(event._data.get(key, "")) for key in ("verdict", "reason"))
        talk = self.chat.rate(talk, turn, verdict, reason, visitor)
        return render_feed(talk.turns, visitor.language), talk

    def cite(self, talk: Talk, name: str, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        visitor = self.visitor(request)
        talk = self.chat.resume(talk, name, visitor)
        place = self.chat.cite(talk, *_numbers(event))
        return self.chat.show(place, visitor), place, talk

    def near(self, talk: Talk, name: str, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        visitor = self.visitor(request)
        talk = self.chat.resume(talk, name, visitor)
        place = self.chat.near(talk, *_numbers(event))
        return self.chat.show(place, visitor), place, talk

    def earlier(self, place: Place | None, request: gr.Request) -> tuple[str, Place | None]:
        return self._move(place, -1, request)

    def later(self, place: Place | None, request: gr.Request) -> tuple[str, Place | None]:
        return self._move(place, 1, request)

    def back(self, place: Place | None, request: gr.Request) -> tuple[str, Place | None]:
        return self._move(place, 0, request)

    def turn_over(self, place: Place | None, request: gr.Request) -> tuple[str, Place | None]:
        """From the text to the original page and back."""
        there = place and replace(place, sheet=not place.sheet)
        return self.chat.show(there, self.visitor(request)), there

    def _move(self, place: Place | None, by: int, request: gr.Request) -> tuple[str, Place | None]:
        visitor = self.visitor(request)
        there = place and self.chat.move(place, by, visitor)
        return self.chat.show(there, visitor), there

    def list_documents(self, request: gr.Request) -> tuple[str, Any]:
        visitor = self.visitor(request)
        return self.library.render(visitor), gr.update(choices=self.library.names(visitor))

    def upload(
        self, files: list[str] | None, shared: bool, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        visitor = self.visitor(request)
        named = [(Path(file), Path(file).name) for file in files or ()]
        try:
            for state in self.library.add(named, visitor, shared):
                yield state, gr.skip(), gr.skip(), gr.skip()
        finally:  # Gradio's own copies: nobody else may come upon them
            for path, _ in named:
                path.unlink(missing_ok=True)
        yield (gr.skip(), *self.list_documents(request), None)

    def reread(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        state = self.library.reread(str(event._data.get("id", "")), self.visitor(request))
        return (state, *self.list_documents(request))

    def remove(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        state = self.library.remove(str(event._data.get("id", "")), self.visitor(request))
        return (state, *self.list_documents(request))

    def open(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        visitor = self.visitor(request)
        place = Place(str(event._data.get("id", "")), 0, 0, "")
        return self.chat.show(place, visitor), place, gr.update(selected="ask")

    def list_conversations(self, wanted: str, request: gr.Request) -> str:
        visitor = self.visitor(request)
        return render_conversations(self.chat.conversations(wanted or "", visitor), visitor.language)

    def resume(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        visitor = self.visitor(request)
        talk = self.chat.resume(Talk(), str(event._data.get("id", "")), visitor)
        return render_feed(talk.turns, visitor.language), talk, talk.id, "", gr.update(selected="ask")

    def forget(self, wanted: str, event: gr.EventData, request: gr.Request) -> str:
        self.chat.forget(str(event._data.get("id", "")), self.visitor(request))
        return self.list_conversations(wanted, request)

    def renew(self, request: gr.Request) -> tuple[Any, ...]:
        visitor = self.visitor(request)
        empty = self.chat.welcome(visitor), Talk(), "", self.chat.examples(visitor)
        return *empty, gr.update(selected="ask")

    def markdown(self, talk: Talk) -> dict[str, str]:
        return {"name": "tenkyo.md", "type": "text/markdown", "text": to_markdown(talk.turns)}

    def json(self, talk: Talk) -> dict[str, str]:
        text = json.dumps(to_json(talk.turns), ensure_ascii=False, indent=2)
        return {"name": "tenkyo.json", "type": "application/json", "text": text}


def _numbers(event: gr.EventData) -> tuple[int, int]:
    """Which turn and which number a click names; what is no number names nothing."""
    values = [str(event._data.get(key, "")) for key in ("turn", "n")]
    turn, number = (int(v) if v.isdecimal() and len(v) < 9 else -1 for v in values)
    return turn, number
