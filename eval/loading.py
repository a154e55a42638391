"""Reading questions: JSON lines with every field, or CSV with a question and an answer column.

A user's own set may leave the gold spans out; the measures that need them then do not apply.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from eval.cases import Case, GoldSpan, Item
from index import TenkyoError


class BadQuestions(TenkyoError):
    """A file of questions has lines that cannot be used; `problems` has one message a line."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        super().__init__("\n".join([f"{source}: 質問を読めません。", *problems]))
        self.source = source
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[BadQuestions], tuple[str, tuple[str, ...]]]:
        return type(self), (self.source, self.problems)


def load_cases(path: Path, *, split: str = "all") -> list[Case]:
    """The cases of a .jsonl or .csv file, of one split or `all`; BadQuestions names every bad line."""
    rows = _csv_rows if path.suffix.lower() == ".csv" else _json_rows
    cases: list[Case] = []
    problems: list[str] = []
    for line, read_row in rows(_decoded(path)):
        try:
            cases.append(_case(read_row(), f"q{line:03d}"))
        except ValueError as error:
            problems.append(f"  {line}行目: {error}")
    problems += _repeated(cases)
    if problems:
        raise BadQuestions(str(path), problems)
    chosen = [case for case in cases if split in ("all", case.split)]
    if not chosen:
        raise BadQuestions(str(path), [f"  質問がありません(--split {split})。"])
    return chosen


def _decoded(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadQuestions(str(path), [f"  ファイルを開けません({error.strerror})。"]) from None
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadQuestions(str(path), ["  文字コードが UTF-8 でも Shift_JIS でもありません。"])


def _repeated(cases: Sequence[Case]) -> list[str]:
    times = Counter(case.id for case in cases)
    return [
        f"  id「{name}」が{n}回あります。id は質問ごとに変えてください。"
        for name, n in times.items()
        if n > 1
    ]


def _json_rows(text: str) -> Iterator[tuple[int, Callable[[], Mapping[str, Any]]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, partial(_json_row, line)


def _json_row(line: str) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"JSON ではありません({error.colno}文字目: {error.msg})。") from None
    if not isinstance(record, dict):
        raise ValueError('1行に {"question": …, "answer": …} の形が1つ要ります。')
    return record


def _csv_rows(text: str) -> Iterator[tuple[int, Callable[[], Mapping[str, Any]]]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    for row in reader:
        heads = [cell.strip().lower() for cell in row[:2]]
        if reader.line_num == 1 and heads in (
            ["question", "answer"],
            ["質問", "答え"],
            ["質問", "回答"],
        ):
            continue
        if any(cell.strip() for cell in row):
            yield reader.line_num, partial(_csv_row, row)


def _csv_row(row: Sequence[str]) -> Mapping[str, Any]:
    if len(row) != 2:
        raise ValueError(f"列が{len(row)}つあります。「質問,答え」の2列にしてください。")
    return {"question": row[0], "answer": row[1]}


def _case(record: Mapping[str, Any], default_id: str) -> Case:
    question = _text(record, "question")
    if not question.strip():
        raise ValueError("question(質問文)がありません。")
    items = _items(record)
    answerable = record.get("answerable", bool(items))
    if not isinstance(answerable, bool):
        raise ValueError(f"answerable は true か false です(与えられた値: {answerable!r})。")
    if not items and (answerable or not {"answerable", "answer"} & record.keys()):
        raise ValueError(
            "答え(answer か items)がありません。資料に答えがない質問なら answer を空にしてください。"
        )
    if items and not answerable:
        raise ValueError("answerable が false なのに、答え(answer か items)があります。")
    return Case(
        id=_text(record, "id") or default_id,
        question=question,
        answerable=answerable,
        kind=_text(record, "kind") or ("question" if answerable else "unanswerable"),
        items=items,
        history=_texts(record, "history"),
        split=_text(record, "split"),
        expected=_text(record, "expected"),
        tempting=_spans(record.get("tempting", []), "tempting"),
        absent=_texts(record, "absent"),
        absent_together=_pairs(record.get("absent_together", [])),
        note=_text(record, "note"),
    )


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"{key} は文字列です(与えられた値: {value!r})。")
    return value


def _texts(record: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = record.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f'{key} は文字列の並び ["…"] です(与えられた値: {value!r})。')
    return tuple(value)


def _items(record: Mapping[str, Any]) -> tuple[Item, ...]:
    answer = record.get("answer", "")
    if "items" not in record:
        answers = answer if isinstance(answer, list) else [answer]
        if not all(isinstance(one, str) for one in answers):
            raise ValueError(f"answer は文字列か、その並びです(与えられた値: {answer!r})。")
        return tuple(Item((one,)) for one in answers if one.strip())
    if not isinstance(record["items"], list):
        raise ValueError('items は並び [{"variants": […], "spans": […]}] です。')
    return tuple(_item(one) for one in record["items"])


def _item(value: object) -> Item:
    if not isinstance(value, dict) or not value.get("variants"):
        raise ValueError(f"items の要素には variants(答えの言い方)が要ります: {value!r}")
    variants = _texts(value, "variants")
    if not all(one.strip() for one in variants):
        raise ValueError("variants に空の文字列があります。")
    return Item(variants, _spans(value.get("spans", []), "spans"))


def _spans(value: object, key: str) -> tuple[GoldSpan, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{key} は並びです(与えられた値: {value!r})。")
    return tuple(_span(one, key) for one in value)


def _span(value: object, key: str) -> GoldSpan:
    if isinstance(value, dict):
        document, start, end = (value.get(name) for name in ("document", "start", "end"))
        if (
            isinstance(document, str)
            and type(start) is int
            and type(end) is int
            and 0 <= start < end
        ):
            return GoldSpan(document, start, end)
    raise ValueError(
        f'{key} の要素は {{"document": 文書名, "start": 0以上, "end": startより後}} です: {value!r}'
    )


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    if isinstance(value, list) and all(isinstance(p, list) and len(p) == 2 for p in value):
        return tuple((str(a), str(b)) for a, b in value)
    raise ValueError(f"absent_together は2語ずつの並びです(与えられた値: {value!r})。")
