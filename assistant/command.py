"""`tenkyo ask` and `tenkyo chat`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.assistant import Assistant
from assistant.models import open_model
from assistant.questions import clean
from index import TenkyoError
from index.command import add_command, add_index_option, add_where_options, open_index, read_where

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_LLM = "文章を書く言語モデル(ollama:…、openai:…、または http://…/v1#モデル名。鍵は環境変数 TENKYO_LLM_KEY)。省略時は引用だけで答えます"

_READER = "読解モデルのフォルダー(作り方は assistant/training)。省略時は同梱のもの。words なら語・種類・意味の近さだけで読みます(速い)"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the subcommands."""
    ask = add_command(subparsers, "ask", "質問に答えます")
    ask.add_argument("question", metavar="QUESTION", help="質問")
    ask.add_argument("--json", action="store_true", help="JSONで出力します")
    ask.add_argument("--history", action="append", default=[], metavar="QUESTION", help="前の質問(古い順に繰り返せます)")
    ask.add_argument("--caution", type=float, default=0.5, metavar="0-1", help="慎重さ。大きいほど答えを控えます(既定 0.5)")
    ask.add_argument("--llm", metavar="NAME", help=_LLM)
    ask.add_argument("--reader", metavar="DIR", help=_READER)
    add_where_options(ask)
    add_index_option(ask)
    ask.set_defaults(run=_ask)
    _add_chat_parser(subparsers)


def _add_chat_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    chat = add_command(subparsers, "chat", "ブラウザーで質問する画面を開きます")
    options: tuple[tuple[str, dict[str, Any]], ...] = (
        ("--host", {"default": "127.0.0.1", "help": "待ち受けるアドレス(既定 127.0.0.1)"}),
        ("--port", {"type": int, "default": 7860, "help": "ポート(既定 7860)"}),
        ("--open", {"action": "store_true", "help": "ブラウザーを開きます"}),
        ("--auth", {"action": "append", "default": [], "metavar": "USER:PASSWORD",
                    "help": "利用者と合言葉(繰り返せます。@FILE なら1行に1組のファイル)"}),
        ("--admin", {"action": "append", "default": [], "metavar": "USER",
                     "help": "共有の文書を加えたり消したりできる利用者(--auth と --index が必要)"}),
        ("--insecure", {"action": "store_true", "help": "合言葉なしでほかの計算機に公開します"}),
        ("--no-history", {"action": "store_true", "help": "会話を保存しません"}),
        ("--data", {"metavar": "DIR", "help": "加えた文書・会話・評価を置くフォルダー(既定は利用者のデータ領域)"}),
        ("--max-upload", {"type": int, "default": 100, "metavar": "MB",
                          "help": "アップロードできる1ファイルの大きさ(既定 100MB)"}),
        ("--mcp", {"action": "store_true", "help": "MCPの道具(ask、search、documents)としても使えるようにします"}),
        ("--caution", {"type": float, "default": 0.5, "metavar": "0-1",
                       "help": "慎重さ。大きいほど答えを控えます(既定 0.5)"}),
        ("--llm", {"metavar": "NAME", "help": _LLM}),
        ("--reader", {"metavar": "DIR", "help": _READER}),
    )  # fmt: skip
    for name, settings in options:
        chat.add_argument(name, **settings)
    add_index_option(chat)
    chat.set_defaults(run=_chat)


def _ask(options: argparse.Namespace) -> int:
    if not clean(options.question):
        raise TenkyoError("質問が空です。知りたいことを文で書いてください。")
    index = open_index(options)
    assistant = Assistant.open(
        index, llm=_open_llm(options), reader=options.reader, caution=options.caution
    )
    answer = assistant.answer(options.question, options.history, where=read_where(options, index))
    text = json.dumps(answer.to_dict(), ensure_ascii=False, indent=2) if options.json else str(answer)
    sys.stdout.write(text + "\n")
    return 3 if answer.abstained else 0


def _open_llm(options: argparse.Namespace) -> BaseChatModel | None:
    """The model of `--llm`; the key for a URL comes from the environment, where no process list shows it."""
    return open_model(options.llm, key=os.environ.get("TENKYO_LLM_KEY", "")) if options.llm else None


def _chat(options: argparse.Namespace) -> int:
    from assistant.chat import serve
    from assistant.chat_server import Serving, read_users

    users = read_users(options.auth)
    if options.admin and not (options.index and set(options.admin) <= set(users)):
        raise TenkyoError(
            "`--admin` には、その利用者の `--auth` と、書き込める `--index` が要ります"
            "(同梱の文書の索引は変えられません)。"
        )
    serving = Serving(
        host=options.host,
        port=options.port,
        users=users,
        insecure=options.insecure,
        upload_megabytes=options.max_upload,
        mcp=options.mcp,
    )
    serve(
        Assistant.open(
            open_index(options), llm=_open_llm(options), reader=options.reader, caution=options.caution
        ),
        serving,
        browser=options.open,
        folder=Path(options.data) if options.data else None,
        history=not options.no_history,
        admins=options.admin,
    )
    return 0
