"""The chat in a real Chromium, one server for all: what a person asking sees and can press."""

import os
import re
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from assistant import Assistant

CHROMIUM = os.environ.get("TENKYO_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
QUESTION = "SINETの加入機関数は?"

pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="Chromiumがありません(TENKYO_CHROMIUM で指定できます)"),
    pytest.mark.slow,
]


@dataclass
class Visit:
    """A page and all it did over the wire and in the console."""

    page: object
    base: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from assistant.chat import build
    from assistant.chat_server import start

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server, thread = start(build(Assistant.open()), host="127.0.0.1", port=port)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, address):
    """A fresh browser profile on the page; its other requests and complaints must be none."""
    with_language = browser.new_context(locale="ja-JP", viewport={"width": 1280, "height": 800})
    page = with_language.new_page()
    seen = Visit(page, address)
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("console", lambda m: m.type == "error" and seen.complaints.append(m.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.goto(address)
    page.wait_for_selector("#question textarea")
    yield seen
    with_language.close()
    assert [url for url in seen.requests if not re.match(rf"{address}|data:|blob:", url)] == []
    assert seen.complaints == []


def ask(page, question: str) -> None:
    turns = page.locator(".turn").count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    page.locator(".turn").nth(turns).locator("[aria-busy=false]").wait_for()


def test_a_click_on_a_citation_shows_its_quote_highlighted_in_the_document(visit):
    ask(visit.page, QUESTION)
    chip = visit.page.locator(".chip").first
    quote = chip.locator(".tip").evaluate("tip => tip.lastChild.textContent")
    chip.click()
    mark = visit.page.locator(".paper mark").first
    mark.wait_for()
    assert mark.inner_text() == quote
    assert mark.evaluate(
        "m => { const p = m.closest('.paper').getBoundingClientRect(), r = m.getBoundingClientRect();"
        " return r.top >= p.top && r.bottom <= p.bottom }"
    )


def test_a_refusal_shows_the_nearest_passages_which_open_too(visit):
    ask(visit.page, "明日の東京の天気は?")
    assert "資料からは分かりません" in visit.page.inner_text(".refusal")
    assert visit.page.locator(".chip").count() == 0
    visit.page.locator(".near").first.click()
    visit.page.wait_for_selector(".paper mark")
