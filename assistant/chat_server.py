"""The chat's web server: Gradio's page inside an application of our own."""

from __future__ import annotations

import hmac
import importlib.util
import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.chat_words import translations
from index import TenkyoError

if TYPE_CHECKING:
    import gradio as gr
    import uvicorn
    from fastapi import FastAPI

FONTS = ("system-ui", "Hiragino Sans", "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic UI", "Meiryo", "sans-serif")
"""What the machine has: no font is fetched."""
COOKIE = "tenkyo"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
"""The browser itself refuses any other host."""
LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Serving:
    """How the page is served. `users` maps names to passwords; without any, cookies tell visitors apart."""

    host: str = "127.0.0.1"
    port: int = 7860
    users: Mapping[str, str] | None = None
    insecure: bool = False
    upload_megabytes: int = 100
    mcp: bool = False
    embedded: bool = False
    """Whether other pages (a notebook) may show it inside themselves."""


class Guard:
    """ASGI middleware: headers that keep the browser here, and a cookie that names it.

    Plain ASGI, because Starlette's own wrapper would hold back streamed answers.
    """

    def __init__(self, app: Any, embedded: bool = False) -> None:
        self.app = app
        headers = dict(HEADERS)
        if not embedded:
            headers["Content-Security-Policy"] += "; frame-ancestors 'self'"
        self._headers = [(k.lower().encode(), v.encode()) for k, v in headers.items()]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        extra = list(self._headers)
        if not _cookie(scope):
            name = secrets.token_urlsafe(24)
            scope = {**scope, "headers": _with_cookie(scope["headers"], name)}
            kept = f"{COOKIE}={name}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict"
            extra.append((b"set-cookie", kept.encode()))

        async def send_more(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *extra]}
            await send(message)

        await self.app(scope, receive, send_more)


def _cookie(scope: Any) -> str:
    for key, value in scope["headers"]:
        if key == b"cookie":
            found = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            if found:
                return found.value
    return ""


def _with_cookie(headers: Sequence[tuple[bytes, bytes]], name: str) -> list[tuple[bytes, bytes]]:
    """The request as if it had brought the cookie it is about to get."""
    kept = [v for k, v in headers if k == b"cookie"]
    value = b"; ".join([*kept, f"{COOKIE}={name}".encode()])
    return [(k, v) for k, v in headers if k != b"cookie"] + [(b"cookie", value)]


def read_users(given: Sequence[str]) -> dict[str, str]:
    """Names to passwords from `name:password` and `@file` (a file of such lines)."""
    lines: list[str] = []
    for text in given:
        lines += _read_lines(text[1:]) if text.startswith("@") else [text]
    users: dict[str, str] = {}
    for line in lines:
        name, colon, password = line.partition(":")
        if not (name and colon and password):
            raise TenkyoError("`--auth` は 利用者:合言葉 の形で書いてください(どちらも空にはできません)。")
        users[name] = password
    return users


def _read_lines(path: str) -> list[str]:
    try:
        return [line for line in Path(path).read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise TenkyoError(f"`--auth` のファイルを読めません: {path}({error})") from None


def find_port() -> int:
    """A port that is free now."""
    with socket.socket() as free:
        free.bind((LOCAL[0], 0))
        return int(free.getsockname()[1])


def check_serving(serving: Serving) -> None:
    """Refuse what cannot be served, before anything is opened: no password on a network, no mcp."""
    if serving.host not in LOCAL and not serving.users and not serving.insecure:
        raise TenkyoError(
            f"`--host {serving.host}` ではほかの計算機からも見られます。`--auth 利用者:合言葉` を付けるか、"
            "承知のうえなら `--insecure` を付けてください。"
        )
    if serving.mcp and importlib.util.find_spec("mcp") is None:
        raise TenkyoError('`--mcp` にはパッケージ mcp が要ります。`pip install "mcp>=1.21,<2"` で入ります。')


def make_app(page: gr.Blocks, serving: Serving) -> FastAPI:
    """The application: the page at `/`, `/healthz`, and headers that keep the browser here."""
    import gradio as gr
    from fastapi import FastAPI

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    app.add_middleware(Guard, embedded=serving.embedded)
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        page,
        path="/",
        auth=_checker(serving.users) if serving.users else None,
        auth_message="利用者名と合言葉を入れてください。",
        theme=_make_theme(),
        head=f"<style>{_read('chat.css')}</style><script>{_read('chat.js')}</script>",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        enable_monitoring=False,
        max_file_size=serving.upload_megabytes * 2**20,
        mcp_server=serving.mcp,
        i18n=translations(),
    )
    return mounted


def _make_theme() -> gr.themes.Base:
    """Fonts of the machine and a button readable in both themes; the rest is in chat.css."""
    import gradio as gr

    theme = gr.themes.Base(font=list(FONTS), font_mono=["ui-monospace", "monospace"])
    button = {f"button_primary_background_fill{end}": "#0b6b63" for end in ("", "_dark", "_hover", "_hover_dark")}
    theme.set(button_primary_text_color="white", button_primary_text_color_dark="white", **button)
    return theme


def _checker(users: Mapping[str, str]) -> Callable[[str, str], bool]:
    """Compares in a time that tells nothing."""

    def check(user: str, password: str) -> bool:
        expected = users.get(user, "")
        same = hmac.compare_digest(expected.encode(), password.encode())
        return same and user in users

    return check


def start(page: gr.Blocks, serving: Serving) -> tuple[uvicorn.Server, threading.Thread]:
    """The server in a thread of its own, listening; `server.should_exit = True` ends it."""
    import uvicorn

    check_serving(serving)
    app = make_app(page, serving)
    config = uvicorn.Config(app, host=serving.host, port=serving.port, log_level="warning", timeout_graceful_shutdown=3)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=_run_quietly, args=(server,), daemon=True)
    thread.start()
    while thread.is_alive() and not server.started:
        thread.join(0.02)
    if not server.started:
        raise TenkyoError(
            f"ポート {serving.port} で待ち受けられません({serving.host})。ほかの `--port` を指定してください。"
        )
    return server, thread


def _run_quietly(server: uvicorn.Server) -> None:
    """Uvicorn leaves by SystemExit where the port is taken; `start` says so in words."""
    try:
        server.run()
    except SystemExit:
        return


def run(page: gr.Blocks, serving: Serving, *, browser: bool) -> None:
    """Serve until interrupted."""
    server, thread = start(page, serving)
    address = f"http://{serving.host}:{serving.port}/"
    sys.stderr.write(f"典拠を開きました: {address} (終わるには Ctrl+C)\n")
    if browser:
        webbrowser.open(address)
    try:
        while thread.is_alive():
            thread.join(0.5)
    except KeyboardInterrupt:
        server.should_exit = True
        thread.join(5)


def _read(name: str) -> str:
    return resources.files("assistant").joinpath(name).read_text("utf-8")
