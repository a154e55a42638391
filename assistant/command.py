"""`tenkyo ask` and `tenkyo chat`."""

from __future__ import annotations

import argparse
import json
import sys

from assistant.assistant import Assistant
from assistant.questions import clean
from index import TenkyoError
from index.command import add_command, add_index_option, open_index


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the subcommands."""
    ask = add_command(subparsers, "ask", "質問に答えます")
    ask.add_argument("question", metavar="QUESTION", help="質問")
    ask.add_argument("--json", action="store_true", help="JSONで出力します")
    ask.add_argument("--history", action="append", default=[], metavar="QUESTION", help="前の質問(古い順に繰り返せます)")
    ask.add_argument("--caution", type=float, default=0.5, metavar="0-1", help="慎重さ。大きいほど答えを控えます(既定 0.5)")
    add_index_option(ask)
    ask.set_defaults(run=_ask)
    chat = add_command(subparsers, "chat", "ブラウザーで質問する画面を開きます")
    chat.add_argument("--host", default="127.0.0.1", help="待ち受けるアドレス(既定 127.0.0.1)")
    chat.add_argument("--port", type=int, default=7860, help="ポート(既定 7860)")
    chat.add_argument("--open", action="store_true", help="ブラウザーを開きます")
    add_index_option(chat)
    chat.set_defaults(run=_chat)


def _ask(options: argparse.Namespace) -> int:
    if not clean(options.question):
        raise TenkyoError("質問が空です。知りたいことを文で書いてください。")
    answer = Assistant.open(open_index(options), caution=options.caution).answer(options.question, options.history)
    text = json.dumps(answer.to_dict(), ensure_ascii=False, indent=2) if options.json else str(answer)
    sys.stdout.write(text + "\n")
    return 3 if answer.abstained else 0


def _chat(options: argparse.Namespace) -> int:
    from assistant.chat import serve

    serve(Assistant.open(open_index(options)), host=options.host, port=options.port, browser=options.open)
    return 0
