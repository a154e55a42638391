"""Feedback of the chat's users as evaluation cases, to be completed by hand.

A praised answer is a finished case: its quotations are the gold. A blamed one lacks what only a
person can say, so its `items` stay empty and `load_cases` names its line until they are filled in.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from assistant import Feedback, read_feedback
from index import TenkyoError, display

_BLAMED = {
    "wrong": "答えが間違っている",
    "incomplete": "答えが足りない",
    "citation": "引用がずれている",
    "should_refuse": "「分かりません」と答えるべき",
    "should_answer": "資料にあるので答えるべき",
    "": "よくない答え",
}


def add_export_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], add_help: Any
) -> None:
    """`export-feedback`."""
    about = "チャットで付いた評価を、質問集の下書き(.jsonl)にします"
    parser = subparsers.add_parser("export-feedback", help=about, description=about, add_help=False)
    add_help(parser)
    parser.add_argument("--data", type=Path, metavar="DIR", help="チャットのデータフォルダー(tenkyo chat --data)")
    parser.add_argument("--to", type=Path, metavar="FILE", help="書き出すファイル(省略時は標準出力)")
    parser.set_defaults(run=export)


def export(options: argparse.Namespace) -> int:
    """Write the drafts; 1 where there is no feedback."""
    records = draft_cases(read_feedback(options.data))
    if not records:
        raise TenkyoError("評価がまだありません。チャットの答えの下にある親指の印で付けられます(--data は合っていますか)。")
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    if options.to is None:
        sys.stdout.write(text)
    else:
        options.to.write_text(text, "utf-8")
    unfinished = sum(record["answerable"] and not record["items"][0]["variants"] for record in records)
    sys.stderr.write(f"{len(records)}問を書き出しました。うち{unfinished}問は items(正しい答え)の記入が要ります。\n")
    return 0


def draft_cases(feedback: Iterable[Feedback]) -> list[dict[str, Any]]:
    """One record a question (with its history), in the form of `load_cases`; the last word counts."""
    latest = {(f.question, f.history): f for f in feedback}
    return [_draft(one, f"F-{n:04d}") for n, one in enumerate(latest.values(), 1)]


def _draft(feedback: Feedback, name: str) -> dict[str, Any]:
    answer = feedback.answer
    good, refused = feedback.verdict == "up", bool(answer["abstained"])
    record: dict[str, Any] = {"id": name, "question": feedback.question, "history": list(feedback.history)}
    if (good and refused) or feedback.reason == "should_refuse":
        tempting = [] if refused else [span for s in answer["statements"] for span in _spans(s)]
        return record | {"answerable": False, "tempting": tempting, "note": _note(feedback)}
    items = [_item(s) for s in answer["statements"]] if good else [{"variants": [], "spans": []}]
    return record | {"answerable": True, "items": items, "note": _note(feedback)}


def _item(statement: Mapping[str, Any]) -> dict[str, Any]:
    """What a praised statement says: its answering words where they were marked, else all of it."""
    words = [statement["text"][start:end] for start, end in statement["answer"]]
    return {"variants": words or [statement["text"]], "spans": _spans(statement)[:1]}


def _spans(statement: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"document": c["document_id"], "start": c["start"], "end": c["end"]} for c in statement["citations"]
    ]


def _note(feedback: Feedback) -> str:
    if feedback.verdict == "up":
        return "利用者の評価: よい答え"
    given = display(feedback.answer["text"]).text
    return f"利用者の評価: {_BLAMED[feedback.reason]}。そのときの答え: {given}"
