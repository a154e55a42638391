"""The chat in a browser: it renders an Answer and decides nothing.

Gradio is imported where it is used, as it takes seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.assistant import Assistant
from assistant.chat_server import Serving, check_serving, find_port, run, start
from assistant.chat_store import data_folder
from assistant.chat_talk import Chat

if TYPE_CHECKING:
    import gradio as gr
    from IPython.display import IFrame


def build(
    assistant: Assistant,
    *,
    folder: Path | None = None,
    history: bool = True,
    admins: Sequence[str] = (),
    upload_megabytes: int = 100,
) -> gr.Blocks:
    """The page; `folder` holds what is kept, and without one nothing is."""
    from assistant.chat_page import lay_out

    chat = Chat(assistant, folder=folder, history=history)
    chat.prepare()
    return lay_out(chat, admins, upload_megabytes)


def show(assistant: Assistant, *, height: int = 720, port: int = 0) -> IFrame:
    """The chat inside a notebook's output, served until the kernel ends; nothing is kept.

    `port` 0 takes a free one.
    """
    from IPython.display import IFrame

    serving = Serving(port=port or find_port(), embedded=True)
    start(build(assistant), serving)
    return IFrame(f"http://{serving.host}:{serving.port}/", width="100%", height=height)


def serve(
    assistant: Assistant,
    serving: Serving | None = None,
    *,
    browser: bool = False,
    folder: Path | None = None,
    history: bool = True,
    admins: Sequence[str] = (),
) -> None:
    """Open the chat and serve it until interrupted."""
    serving = serving or Serving()
    check_serving(serving)
    page = build(
        assistant,
        folder=folder or data_folder(),
        history=history,
        admins=admins,
        upload_megabytes=serving.upload_megabytes,
    )
    run(page, serving, browser=browser)
