"""Any LangChain chat model: opened by its name, its reply streamed, its failures told in Japanese.

langchain is imported only here and only when used, because that takes a second.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from assistant.prompts import TOOL, Message
from assistant.replies import ReplyError
from index import TenkyoError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

LONGEST_REPLY = 6000
"""Characters that are read of one reply: a model that repeats itself never stops."""
_URLS = ("http://", "https://")


class NoTools(ReplyError):
    """A tool call did not work, plain text may; `lasting` where asking again would not help."""

    def __init__(self, why: str, *, lasting: bool = True) -> None:
        super().__init__(why)
        self.lasting = lasting


def open_model(name: str, *, key: str = "", seconds: float = 120.0) -> BaseChatModel:
    """The model of `ollama:qwen3:8b`, `openai:gpt-…`, or `http://host:port/v1#model-name`.

    A URL is an OpenAI-compatible server; `key` goes to it. Nothing is sent anywhere yet.
    """
    from langchain.chat_models import init_chat_model

    settings: dict[str, Any] = {"max_retries": 1}
    if name.startswith(_URLS):
        url, _, served = name.partition("#")
        settings |= {
            "base_url": url,
            "api_key": key or "none",
            "temperature": 0,
            "timeout": seconds,
        }
        name = f"openai:{served or 'default'}"
    elif name.startswith("ollama:"):
        settings = {"temperature": 0}
    try:
        model: BaseChatModel = init_chat_model(name, **settings)
    except ImportError as error:
        package = str(getattr(error, "name", "") or "")
        raise TenkyoError(_missing(name, package)) from None
    except Exception as error:
        raise TenkyoError(_unknown(name, error)) from None
    return model


def _missing(name: str, package: str) -> str:
    provider = name.split(":")[0]
    return (
        f"言語モデル「{name}」を使うためのパッケージ({package or 'langchain-' + provider})がありません。"
        f"`pip install langchain-{provider}` で入れてください。"
    )


def _unknown(name: str, error: Exception) -> str:
    return (
        f"言語モデル「{name}」を開けません({type(error).__name__})。"
        "`ollama:モデル名`、`openai:モデル名`、`http://ホスト:ポート/v1#モデル名` のように書き、"
        "鍵の要る相手なら環境変数(OPENAI_API_KEY など)を設定してください。"
    )


def stream_reply(
    model: BaseChatModel, messages: Sequence[Message], *, tools: bool, seconds: float
) -> Iterator[str]:
    """The pieces of a reply as they come: a tool call's JSON, or plain text.

    Raises ReplyError when the model fails, or is not done after `seconds`. The model is read in
    a thread of its own, because not every client keeps to a time limit.
    """
    pieces: queue.Queue[str | Exception | None] = queue.Queue()
    stopped = threading.Event()
    reader = threading.Thread(
        target=_read, args=(model, messages, tools, pieces, stopped), daemon=True
    )
    reader.start()
    ends = time.monotonic() + seconds
    try:
        while (piece := _wait(pieces, ends, seconds)) is not None:
            yield piece
    finally:
        stopped.set()


def _read(
    model: BaseChatModel,
    messages: Sequence[Message],
    tools: bool,
    pieces: queue.Queue[str | Exception | None],
    stopped: threading.Event,
) -> None:
    try:
        bound = model.bind_tools([TOOL], tool_choice="answer") if tools else model
        size = 0
        for chunk in bound.stream(list(messages)):
            piece = _text_of(chunk)
            pieces.put(piece)
            size += len(piece)
            if stopped.is_set() or size > LONGEST_REPLY:
                break
        pieces.put(None)
    except Exception as error:  # noqa: BLE001  # every provider has errors of its own
        pieces.put(error)


def _text_of(chunk: Any) -> str:
    """A tool call's arguments if there are any, else the text."""
    if parts := getattr(chunk, "tool_call_chunks", None):
        return "".join(part["args"] or "" for part in parts)
    if calls := getattr(chunk, "tool_calls", None):
        return "".join(json.dumps(call["args"], ensure_ascii=False) for call in calls)
    return str(chunk.text)


def _wait(pieces: queue.Queue[str | Exception | None], ends: float, seconds: float) -> str | None:
    try:
        piece = pieces.get(timeout=max(0.0, ends - time.monotonic()))
    except queue.Empty:
        raise ReplyError(f"{seconds:.0f}秒待っても返答が終わりません") from None
    if isinstance(piece, Exception):
        raise _explain(piece) from piece
    return piece


def _explain(error: Exception) -> ReplyError:
    """A failure in words. The provider's own message is left out: it may hold a key."""
    status = getattr(error, "status_code", None)
    names = " ".join(type(e).__name__ for e in _chain(error))
    if isinstance(error, NotImplementedError) or status in (400, 422, 501):
        return NoTools(f"要求が受け付けられません({status or '道具の呼び出しに対応していません'})")
    if status == 429 or "RateLimit" in names:
        return ReplyError("混み合っているか、利用の上限に達しています(429)")
    if status in (401, 403):
        return ReplyError(f"鍵が受け付けられません({status})")
    if status == 404:
        return ReplyError("その名前のモデルがありません(404)")
    if status is not None:
        return ReplyError(f"相手の側でエラーが起きました({status})")
    if "Timeout" in names:
        return ReplyError("時間内に返答がありません")
    if "Connect" in names or isinstance(error, OSError):
        return ReplyError("接続できません")
    return ReplyError(f"返答を読み取れません({type(error).__name__})")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
