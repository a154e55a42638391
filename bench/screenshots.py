"""Pictures of the chat's main states, wide and narrow, light and dark: `python bench/screenshots.py`.

They are kept in docs/images for the README and for looking at before a release.
"""

import argparse
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAPERS = ("keshouhin-standard.pdf", "qa_futankeigen.pdf")
SIZES = {"wide": {"width": 1280, "height": 800}, "narrow": {"width": 390, "height": 800}}


@contextmanager
def served(folder: Path) -> Iterator[str]:
    from assistant import Assistant
    from assistant.chat import build
    from assistant.chat_server import Serving, start

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server, thread = start(build(Assistant.open(), folder=folder), Serving(port=port))
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(10)


class Camera:
    def __init__(self, page: Any, folder: Path, name: str) -> None:
        self.page, self.folder, self.name = page, folder, name

    def take(self, state: str) -> None:
        from PIL import Image

        self.page.wait_for_timeout(500)
        path = self.folder / f"chat-{state}-{self.name}.png"
        self.page.screenshot(path=path)
        Image.open(path).quantize(128).save(path, optimize=True)
        print(path)

    def ask(self, question: str) -> None:
        turns = self.page.locator(".turn").count()
        self.page.fill("#question textarea", question)
        self.page.press("#question textarea", "Enter")
        self.page.locator(".turn").nth(turns).locator("[aria-busy=false]").wait_for()

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def open_source(self) -> None:
        self.page.locator(".turn").last.locator(".chip, .near").first.click()
        self.page.locator(".paper mark").first.wait_for()

    def close_source(self) -> None:
        if self.page.locator(".source .close").is_visible():
            self.page.locator(".source .close").click()


def tour(camera: Camera, questions: list[str]) -> None:
    page = camera.page
    page.wait_for_selector("#following .suggestion", timeout=60_000)
    camera.take("first")
    camera.ask(questions[0])
    page.locator(".chip").first.hover()
    camera.take("hover")
    camera.open_source()
    page.mouse.move(0, 0)
    camera.take("answer")
    camera.close_source()
    camera.ask(questions[1])
    page.wait_for_timeout(6000)
    camera.take("refusal")
    camera.tab("文書")
    files = [str(ROOT / "tests" / "files" / name) for name in PAPERS]
    page.set_input_files("#files input[type=file]", files)
    page.locator("#arrivals li.done").nth(len(files) - 1).wait_for(timeout=120_000)
    camera.take("documents")
    camera.tab("質問")
    camera.ask(questions[2])
    camera.open_source()
    page.click("[data-do=sheet]")
    page.locator(".sheet i").first.wait_for()
    camera.take("page")
    camera.close_source()
    camera.tab("会話")
    camera.take("conversations")


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--only", help="wide-light, wide-dark, narrow-light")
    parser.add_argument(
        "--questions",
        nargs=3,
        default=[
            "AI for Scienceとは何ですか。",
            "東京の明日の最高気温は何度ですか。",
            "グリセリン100g中のジエチレングリコールは何g以下ですか。",
        ],
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("TENKYO_CHROMIUM") or shutil.which("chromium")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=arguments)
        for size, scheme in (("wide", "light"), ("wide", "dark"), ("narrow", "light")):
            name = f"{size}-{scheme}"
            if options.only in (None, name):
                context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, locale="ja-JP")
                page = context.new_page()
                page.goto(address)
                tour(Camera(page, options.out, name), options.questions)
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
