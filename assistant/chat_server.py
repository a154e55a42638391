"""The chat's web server: Gradio's page inside an application of our own, on this machine only."""

from __future__ import annotations

import sys
import threading
import webbrowser
from importlib import resources
from typing import TYPE_CHECKING, Any

from assistant.chat_words import translations

if TYPE_CHECKING:
    import gradio as gr
    import uvicorn
    from fastapi import FastAPI

FONTS = ("system-ui", "Hiragino Sans", "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic UI", "Meiryo", "sans-serif")
"""What the machine has: no font is fetched."""
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; frame-ancestors 'self'"
)
"""The browser itself refuses any other host."""


def make_app(page: gr.Blocks) -> FastAPI:
    """The application: the page at `/`, `/healthz`, and headers that keep the browser here."""
    import gradio as gr
    from fastapi import FastAPI, Request, Response

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.middleware("http")
    async def guard(request: Request, go_on: Any) -> Response:
        response: Response = await go_on(request)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    mounted: FastAPI = gr.mount_gradio_app(
        app,
        page,
        path="/",
        theme=gr.themes.Base(
            font=list(FONTS), font_mono=["ui-monospace", "monospace"], primary_hue="teal", neutral_hue="slate"
        ),
        head=f"<style>{_read('chat.css')}</style><script>{_read('chat.js')}</script>",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        enable_monitoring=False,
        i18n=translations(),
    )
    return mounted


def start(page: gr.Blocks, *, host: str, port: int) -> tuple[uvicorn.Server, threading.Thread]:
    """The server in a thread of its own, listening; `server.should_exit = True` ends it."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(make_app(page), host=host, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while thread.is_alive() and not server.started:
        thread.join(0.02)
    return server, thread


def run(page: gr.Blocks, *, host: str, port: int, browser: bool) -> None:
    """Serve until interrupted."""
    server, thread = start(page, host=host, port=port)
    address = f"http://{host}:{port}/"
    sys.stderr.write(f"典拠を開きました: {address}(終わるには Ctrl+C)\n")
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
