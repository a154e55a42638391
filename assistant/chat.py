"""The chat in a browser: it renders an Answer and decides nothing.

Gradio is imported where it is used, as it takes seconds. Annotations are evaluated here (no
`from __future__`), because Gradio finds the request and the event of a handler by them.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assistant.assistant import Assistant
from assistant.chat_answer import Turn, render_feed
from assistant.chat_source import Place
from assistant.chat_talk import Chat, render_no_source
from assistant.chat_words import Language, pick_language, say, translations
from assistant.questions import clean

if TYPE_CHECKING:
    import gradio as gr

QUEUE = 64
"""Questions that may wait; a further one is refused with a message."""
AT_ONCE = 4
"""Questions answered at the same time."""


def build(assistant: Assistant) -> "gr.Blocks":
    """The page; `serve` gives it its looks and its server."""
    import gradio as gr

    chat = Chat(assistant)
    word = translations()
    with gr.Blocks(title="典拠", analytics_enabled=False, fill_width=True) as page:
        turns = gr.State([])
        place = gr.State(None)
        gr.HTML(f'<header class="top"><h1>典拠</h1><p>{say("ja", "tagline")}</p></header>', padding=False)
        with gr.Row(elem_id="ask-page"):
            with gr.Column(scale=3, min_width=320, elem_id="talk"):
                feed = gr.HTML(
                    chat.welcome("ja"),
                    elem_id="feed",
                    js_on_load="tenkyo.feed(element, trigger, ['cite', 'near', 'suggest'])",
                    apply_default_css=False,
                )
                with gr.Row(elem_id="ask-row"):
                    box = gr.Textbox(
                        label=word("question"),
                        placeholder=word("placeholder"),
                        lines=1,
                        max_lines=6,
                        scale=5,
                        elem_id="question",
                        show_label=False,
                        autofocus=True,
                    )
                    send = gr.Button(word("send"), variant="primary", scale=0, min_width=96, elem_id="send")
                    stop = gr.Button(word("stop"), scale=0, min_width=72, elem_id="stop")
            with gr.Column(scale=2, min_width=320, elem_id="pane"):
                pane = gr.HTML(
                    render_no_source("ja"),
                    elem_id="source",
                    js_on_load="tenkyo.pane(element, trigger, ['cite', 'earlier', 'later', 'return'])",
                    apply_default_css=False,
                )
        _wire(chat, turns, place, feed, box, send, stop, pane)
    page.queue(max_size=QUEUE, default_concurrency_limit=AT_ONCE)
    return page


def _wire(
    chat: Chat, turns: Any, place: Any, feed: Any, box: Any, send: Any, stop: Any, pane: Any
) -> None:
    import gradio as gr

    def ask(question: str, past: list[Turn], request: gr.Request) -> Iterator[tuple[Any, ...]]:
        language = _language(request)
        if not clean(question or ""):
            raise gr.Error(say(language, "empty_question"), print_exception=False)
        for now in chat.ask(question, past, language):
            yield render_feed(now, language), now, ""

    def suggest(past: list[Turn], event: gr.EventData, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        yield from ask(str(event._data.get("text", "")), past, request)

    def cite(past: list[Turn], event: gr.EventData, request: gr.Request) -> tuple[str, Place | None]:
        found = chat.cite(past, *_numbers(event))
        return chat.show(found, _language(request)), found

    def near(past: list[Turn], event: gr.EventData, request: gr.Request) -> tuple[str, Place | None]:
        found = chat.near(past, *_numbers(event))
        return chat.show(found, _language(request)), found

    def moving(by: int) -> Any:
        def move(now: Place | None, request: gr.Request) -> tuple[str, Place | None]:
            then = now and chat.move(now, by)
            return chat.show(then, _language(request)), then

        return move

    asking = [
        event(ask, [box, turns], [feed, turns, box], show_progress="hidden", api_name=False)
        for event in (box.submit, send.click)
    ]
    asking.append(feed.suggest(suggest, turns, [feed, turns, box], show_progress="hidden", api_name=False))
    stop.click(None, cancels=asking, api_name=False)
    quick = {"show_progress": "hidden", "api_name": False, "queue": False}
    for part in (feed, pane):
        part.cite(cite, turns, [pane, place], **quick)
    feed.near(near, turns, [pane, place], **quick)
    pane.earlier(moving(-1), place, [pane, place], **quick)
    pane.later(moving(1), place, [pane, place], **quick)
    getattr(pane, "return")(moving(0), place, [pane, place], **quick)


def _language(request: "gr.Request") -> Language:
    return pick_language(request.headers.get("accept-language", ""))


def _numbers(event: "gr.EventData") -> tuple[int, int]:
    """Which turn and which number a click names; what is no number names nothing."""
    values = [str(event._data.get(key, "")) for key in ("turn", "n")]
    turn, number = (int(v) if v.isdecimal() else -1 for v in values)
    return turn, number


def serve(
    assistant: Assistant, *, host: str = "127.0.0.1", port: int = 7860, browser: bool = False
) -> None:
    """Open the chat and serve it until interrupted."""
    from assistant.chat_server import run

    run(build(assistant), host=host, port=port, browser=browser)
