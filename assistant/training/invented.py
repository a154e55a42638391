"""Invented documents of the genre, with questions: more subjects than the papers at hand have.

`python -m assistant.training.invented` checks the file. Each line of `invented.jsonl` is a document:
`id`, `text`, and `questions` with `kind`, `question`, `answer` (verbatim; empty for a near miss) and
`at`, a snippet that stands once in the text, in the sentence, item or row that answers or tempts.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from assistant.training.policy import POLICY
from assistant.training.records import Question
from index import Document, Span

PREFIX = "invented-"
"""What the names of the files begin with."""
_BEFORE, _BEHIND = 200, 400
"""Characters around `at` in which the answer stands."""


def read_invented() -> list[dict[str, Any]]:
    """The documents of `invented.jsonl`."""
    lines = resources.files("assistant.training").joinpath("invented.jsonl").read_text("utf-8")
    return [json.loads(line) for line in lines.splitlines()]


def write_invented(folder: Path) -> list[Path]:
    """One Markdown file a document; only those of another content are written again."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for row in read_invented():
        path = folder / f"{PREFIX}{row['id']}.md"
        if not path.exists() or path.read_text("utf-8") != row["text"]:
            path.write_text(row["text"], "utf-8")
        paths.append(path)
    return paths


def locate_invented(documents: Mapping[str, Document]) -> list[Question]:
    """The questions over those of the documents (id: document) that are indexed; all to train on."""
    found = []
    for row in read_invented():
        name = f"{PREFIX}{row['id']}.md"
        if name in documents:
            found += [_locate(f"{row['id']}-{n}", name, row["text"], asked) for n, asked in enumerate(row["questions"])]
    return found


def _locate(number: str, name: str, text: str, asked: Mapping[str, str]) -> Question:
    at = text.index(asked["at"])
    place = Span(at, at + len(asked["at"]))
    answer = asked["answer"]
    spans = (_nearest(text, answer, place),) if answer else ()
    return Question(
        number, asked["question"], name, POLICY, "train", place, spans, (answer,) if answer else (), asked["kind"],
    )  # fmt: skip


def _nearest(text: str, answer: str, place: Span) -> Span:
    """The occurrence of the answer that is nearest to the place."""
    starts = [n for n in range(max(0, place.start - _BEFORE), place.end + _BEHIND) if text.startswith(answer, n)]
    start = min(starts, key=lambda n: max(place.start - n, n - place.end, 0))
    return Span(start, start + len(answer))


def check_invented(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with the documents, in words."""
    wrong = [f"{name}: 文書が{n}回あります。" for name, n in Counter(row["id"] for row in rows).items() if n > 1]
    for row in rows:
        text, asked = row["text"], row["questions"]
        wrong += [f"{row['id']}: 「{q['at']}」が1回ではありません。" for q in asked if text.count(q["at"]) != 1]
        wrong += [f"{row['id']}: 答え「{q['answer']}」が文書にありません。" for q in asked if q["answer"] not in text]
        twice = Counter(q["question"] for q in asked)
        wrong += [f"{row['id']}: 「{question}」が{n}回あります。" for question, n in twice.items() if n > 1]
    return wrong


def main() -> int:
    """Check the file."""
    rows = read_invented()
    wrong = check_invented(rows)
    for line in wrong:
        sys.stdout.write(line + "\n")
    questions = sum(len(row["questions"]) for row in rows)
    sys.stdout.write(f"文書{len(rows)}件、質問{questions}件、誤り{len(wrong)}件\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
