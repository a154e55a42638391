"""What the chat's tests share: a server on a free port, a browser, a visit that hides nothing."""

import asyncio
import os
import re
import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assistant import Assistant
from index import Index

FILES = Path(__file__).parent / "files"
PAPER = FILES / "keshouhin-standard.pdf"
QUESTION = "グリセリン100g中のジエチレングリコールは何g以下でなければなりませんか。"
CHROMIUM = os.environ.get("TENKYO_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")

needs_browser = pytest.mark.skipif(
    not CHROMIUM, reason="Chromiumがありません(環境変数 TENKYO_CHROMIUM で場所を指定できます)"
)
gradio_warnings = pytest.mark.filterwarnings(
    # What Gradio's queue does with pandas when it counts its own events.
    "ignore:'future.no_silent_downcasting' is deprecated",
    "ignore:The copy keyword is deprecated",
)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def open_assistant(folder: Path) -> Assistant:
    """An assistant over one real paper, never too cautious: these tests are not about refusing."""
    index = Index.open(folder / "index")
    assert {o.status for o in index.add([PAPER])} <= {"added", "unchanged"}
    return Assistant.open(index, caution=0.0)


@contextmanager
def serving(assistant, folder, port=None, admins=(), history=True, **options) -> Iterator[str]:
    """The chat's address while it is served."""
    from assistant.chat import build
    from assistant.chat_server import Serving, start

    port = port or free_port()

    async def open_all():
        limit = options.get("upload_megabytes", 100)
        page = build(assistant, folder=folder, history=history, admins=admins, upload_megabytes=limit)
        return start(page, Serving(port=port, **options))

    # Inside a running loop, as Gradio leaves one unclosed for every lock it makes outside of one.
    with ThreadPoolExecutor() as pool:
        server, thread = pool.submit(lambda: asyncio.run(open_all())).result()
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def browsing() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@dataclass
class Visit:
    """One person's browser on the page."""

    page: object
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def ask(self, question: str) -> object:
        """Ask, wait for the whole answer; its turn."""
        turns = self.page.locator(".turn").count()
        self.page.fill("#question textarea", question)
        self.page.press("#question textarea", "Enter")
        turn = self.page.locator(".turn").nth(turns)
        turn.locator("[aria-busy=false]").wait_for()
        return turn

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def upload(self, *files: Path) -> list[str]:
        """Add documents; one line of outcome each."""
        self.tab("文書")
        self.page.set_input_files("#files input[type=file]", [str(f) for f in files])
        done = self.page.locator("#arrivals li:is(.done, .failed)")
        done.nth(len(files) - 1).wait_for(timeout=60_000)
        return done.all_inner_texts()

    def strangers(self) -> list[str]:
        """Requests to any other host."""
        return [url for url in self.requests if not re.match(rf"{self.address}|data:|blob:", url)]


@contextmanager
def visiting(browser, address, quiet=True, **options) -> Iterator[Visit]:
    """A fresh profile on the page; it must ask no other host and have nothing to complain about."""
    options = {"locale": "ja-JP", "viewport": {"width": 1280, "height": 800}} | options
    context = browser.new_context(**options)
    context.set_default_timeout(15_000)
    page = context.new_page()
    visit = Visit(page, address)
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("console", lambda m: m.type == "error" and visit.complaints.append(m.text))
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.goto(address)
    yield visit
    context.close()
    assert visit.strangers() == []
    assert visit.complaints == [] or not quiet
