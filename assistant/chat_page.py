"""The chat's page in Gradio: what stands where, and which event calls what.

Imported only when the chat is opened, as Gradio takes seconds; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.events import api

from assistant.chat_events import Events, render_top
from assistant.chat_library import Library
from assistant.chat_talk import Chat, Talk
from assistant.chat_tools import Tools
from assistant.chat_words import say, translations

CONNECTIONS = 32
"""Events of all visitors at work at once; `chat_queue` keeps the order among questions."""
KEPT_SECONDS = 24 * 3600
"""How long an idle tab's conversation stays in memory."""
FORMATS = [".pdf", ".docx", ".pptx", ".xlsx", ".html", ".htm", ".csv", ".md", ".txt", ".gz"]
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_QUICK: dict[str, Any] = {**_QUIET, "queue": False}


@dataclass(frozen=True, slots=True)
class Parts:
    """The components that events read and write."""

    top: Any
    talk: Any
    name: Any
    """The conversation's id, kept by the browser: it outlives the server."""
    place: Any
    feed: Any
    following: Any
    scope: Any
    box: Any
    send: Any
    stop: Any
    pane: Any
    tabs: Any
    files: Any
    hint: Any
    shared: Any
    arrivals: Any
    documents: Any
    wanted: Any
    conversations: Any
    new: Any
    exported: Any
    markdown: Any
    json: Any


def lay_out(chat: Chat, admins: Sequence[str] = (), megabytes: int = 100) -> gr.Blocks:
    """The whole page over one chat."""
    word = translations()
    page: gr.Blocks
    with gr.Blocks(
        title="典拠", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)
    ) as page:
        parts = _lay_parts(word, keeps=chat.store is not None)
        events = Events(chat, Library(chat), frozenset(admins), megabytes)
        tools = Tools(chat, events.visitor)
        for tool in (tools.ask, tools.search, tools.documents):
            api(tool, api_name=tool.__name__)
        greeting = _bind_greeting(events, parts)
        _bind_asking(events, parts, greeting)
        _bind_reading(events, parts)
        _bind_documents(events, parts)
        _bind_conversations(events, parts)
    page.queue(default_concurrency_limit=CONNECTIONS)
    return page


def _lay_parts(word: Any, keeps: bool) -> Parts:
    parts: dict[str, Any] = {
        "top": gr.HTML(render_top("ja"), js_on_load="tenkyo.top(element)", apply_default_css=False),
        "talk": gr.State(Talk(), time_to_live=KEPT_SECONDS),
        "place": gr.State(None, time_to_live=KEPT_SECONDS),
        "name": gr.Textbox(visible=False),
        "exported": gr.JSON(visible=False),
    }
    with gr.Tabs(selected="ask", elem_id="tabs") as tabs:
        with gr.Tab(word("ask_tab"), id="ask"):
            parts |= _lay_asking(word)
        with gr.Tab(word("documents_tab"), id="documents"):
            parts |= _lay_documents(word, keeps)
        with gr.Tab(word("history_tab"), id="history"):
            parts |= _lay_conversations(word)
    return Parts(**parts, tabs=tabs)


def _lay_asking(word: Any) -> dict[str, Any]:
    with gr.Row(elem_id="ask-page"):
        with gr.Column(scale=3, min_width=280, elem_id="talk"):
            feed = _html("feed", "tenkyo.feed(element, trigger, ['cite', 'near', 'rate'])", "welcome_more")
            following = _html("following", "tenkyo.plain(element, trigger, ['suggest'])")
            with gr.Accordion(word("scope"), open=False, elem_id="scope"):
                scope = gr.Dropdown([], multiselect=True, label=word("scope"), container=False)
            with gr.Row(elem_id="ask-row"):
                box = gr.Textbox(
                    placeholder=word("placeholder"),
                    label=word("question"),
                    max_length=2000,
                    show_label=False,
                    lines=1,
                    max_lines=6,
                    scale=5,
                    elem_id="question",
                    container=False,
                )
                send = gr.Button(word("send"), variant="primary", scale=0, min_width=100, elem_id="send")
                stop = gr.Button(word("stop"), scale=0, min_width=80, elem_id="stop")
        with gr.Column(scale=2, min_width=280, elem_id="pane"):
            names = "['cite', 'earlier', 'later', 'return', 'sheet']"
            pane = _html("source", f"tenkyo.pane(element, trigger, {names})", "source_empty")
    return {
        "feed": feed,
        "following": following,
        "scope": scope,
        "box": box,
        "send": send,
        "stop": stop,
        "pane": pane,
    }


def _html(name: str, script: str, empty: str = "") -> gr.HTML:
    """An element of our own; `empty` is what it says until Python knows the visitor."""
    text = f'<p class="no-source">{say("ja", empty)}</p>' if empty else ""
    return gr.HTML(text, elem_id=name, js_on_load=script, apply_default_css=False)


def _lay_documents(word: Any, keeps: bool) -> dict[str, Any]:
    files = gr.File(
        label=word("upload"),
        file_count="multiple",
        file_types=FORMATS,
        elem_id="files",
        height=140,
        visible=keeps,
    )
    hint = gr.HTML(
        js_on_load="tenkyo.limit(element)", apply_default_css=False, visible=keeps
    )
    shared = gr.Checkbox(label=word("share"), visible=False, container=False)
    arrivals = _html("arrivals", "tenkyo.plain(element, trigger, [])")
    documents = _html("documents", "tenkyo.plain(element, trigger, ['open', 'reread', 'remove'])")
    return {"files": files, "hint": hint, "shared": shared, "arrivals": arrivals, "documents": documents}


def _lay_conversations(word: Any) -> dict[str, Any]:
    with gr.Row(elem_id="keeping"):
        new = gr.Button(word("new"), scale=0, min_width=150, variant="primary", elem_id="new")
        markdown = gr.Button(word("save_markdown"), scale=0, min_width=170, elem_id="save-markdown")
        saved_json = gr.Button(word("save_json"), scale=0, min_width=150, elem_id="save-json")
    wanted = gr.Textbox(
        elem_id="wanted",
        placeholder=word("search_history"), label=word("search_history"), show_label=False, container=False
    )
    conversations = _html("conversations", "tenkyo.plain(element, trigger, ['resume', 'forget'])")
    return {
        "new": new,
        "markdown": markdown,
        "json": saved_json,
        "wanted": wanted,
        "conversations": conversations,
    }


def _bind_greeting(events: Events, at: Parts) -> Any:
    greeted = [at.feed, at.scope, at.shared, at.top, at.hint, at.pane, at.following]
    return gr.on(None, events.greet, None, greeted, **_QUIET)


def _bind_asking(events: Events, at: Parts, greeting: Any) -> None:
    given, shown = [at.talk, at.name, at.scope], [at.feed, at.talk, at.name, at.following, at.box]
    asking = [
        at.box.submit(events.ask, [at.box, *given], shown, cancels=greeting, **_QUIET),
        at.send.click(events.ask, [at.box, *given], shown, cancels=greeting, **_QUIET),
        at.following.suggest(events.suggest, given, shown, cancels=greeting, **_QUIET),
    ]
    follow = [a.success(events.follow, [at.talk, at.scope], at.following, **_QUIET) for a in asking]
    at.stop.click(events.stop, at.talk, [at.feed, at.talk], cancels=[*asking, *follow], **_QUICK)
    at.feed.rate(events.rate, [at.talk, at.name], [at.feed, at.talk], **_QUICK)


def _bind_reading(events: Events, at: Parts) -> None:
    for part in (at.feed, at.pane):
        part.cite(events.cite, [at.talk, at.name], [at.pane, at.place, at.talk], **_QUICK)
    at.feed.near(events.near, [at.talk, at.name], [at.pane, at.place, at.talk], **_QUICK)
    at.pane.earlier(events.earlier, at.place, [at.pane, at.place], **_QUICK)
    at.pane.later(events.later, at.place, [at.pane, at.place], **_QUICK)
    at.pane.sheet(events.turn_over, at.place, [at.pane, at.place], **_QUICK)
    getattr(at.pane, "return")(events.back, at.place, [at.pane, at.place], **_QUICK)


def _bind_documents(events: Events, at: Parts) -> None:
    listed = [at.documents, at.scope]
    at.tabs.select(events.list_documents, None, listed, **_QUICK)
    one_by_one: dict[str, Any] = {"concurrency_id": "indexing", "concurrency_limit": 1, **_QUIET}
    at.files.upload(events.upload, [at.files, at.shared], [at.arrivals, *listed, at.files], **one_by_one)
    at.documents.reread(events.reread, None, [at.arrivals, *listed], **one_by_one)
    at.documents.remove(events.remove, None, [at.arrivals, *listed], **one_by_one)
    at.documents.open(events.open, None, [at.pane, at.place, at.tabs], **_QUICK)


def _bind_conversations(events: Events, at: Parts) -> None:
    back = [at.feed, at.talk, at.name, at.following, at.tabs]
    at.tabs.select(events.list_conversations, at.wanted, at.conversations, **_QUICK)
    at.wanted.change(events.list_conversations, at.wanted, at.conversations, **_QUICK)
    at.conversations.resume(events.resume, None, back, **_QUICK)
    at.conversations.forget(events.forget, at.wanted, at.conversations, **_QUICK)
    at.new.click(events.renew, None, back, **_QUICK)
    for button, write in ((at.markdown, events.markdown), (at.json, events.json)):
        button.click(write, at.talk, at.exported, **_QUICK).then(
            None, at.exported, None, js="(file) => tenkyo.save(file)", **_QUIET
        )
