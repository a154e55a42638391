"""JaQuAD and JSQuAD as documents and questions: their public JSON files, or passages and questions
as JSON lines.

Each article becomes one Markdown file, because what is trained on must have gone through the same
reading and cutting as what is read later.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.training.records import Question, part_of
from index import Span, TenkyoError

_SEPARATOR = " [SEP] "
"""JSQuAD's contexts are `title [SEP] text`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what annotators answered; `spans` count in its paragraph's text."""

    id: str
    text: str
    answers: tuple[str, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One context of an article."""

    title: str
    text: str
    asked: tuple[Asked, ...]


def read_data(folder: Path) -> dict[str, list[Paragraph]]:
    """Every data set under `folder`, by name, paragraphs in file order.

    A sub-folder is a data set; its name up to the first `-` is what it is called.
    """
    found = {}
    for sub in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sorted(sub.rglob("*.json"))
        if (sub / "passages.jsonl").is_file():
            found[sub.name.split("-")[0]] = list(_read_lines(sub))
        elif files:
            found[sub.name.split("-")[0]] = [p for file in files for p in _read_public(file)]
    if not found:
        raise TenkyoError(
            f"学習用のデータがありません: {folder}。JaQuAD か JSQuAD の JSON を、データセットごとの"
            "フォルダー(例: jaquad-train)に置いて --data で指定してください。"
        )
    return found


def _read_lines(folder: Path) -> Iterator[Paragraph]:
    asked: dict[str, list[Asked]] = {}
    for row in _rows(folder / "questions.jsonl"):
        spans = tuple(dict.fromkeys(Span(*span) for span in row["spans"] if span))
        item = Asked(row["qid"], row["question"], tuple(row["answers"]), spans)
        asked.setdefault(row["pid"], []).append(item)
    for row in _rows(folder / "passages.jsonl"):
        yield Paragraph(row["title"], row["text"], tuple(asked.get(row["pid"], ())))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def _read_public(file: Path) -> Iterator[Paragraph]:
    for article in json.loads(file.read_text("utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            title, cut, text = paragraph["context"].partition(_SEPARATOR)
            moved = len(title) + len(cut) if cut else 0
            asked = tuple(_read_asked(row, moved) for row in paragraph["qas"])
            whole = paragraph["context"]
            yield Paragraph(title if cut else article["title"], text if cut else whole, asked)


def _read_asked(row: dict[str, Any], moved: int) -> Asked:
    """An answer that lies in the title has no span, but counts as an answer."""
    starts = [(a["answer_start"] - moved, a["text"]) for a in row["answers"]]
    spans = dict.fromkeys(Span(at, at + len(text)) for at, text in starts if at >= 0)
    answers = tuple(dict.fromkeys(text for _, text in starts))
    return Asked(str(row["id"]), row["question"], answers, tuple(spans))


def write_articles(
    data: str, paragraphs: Sequence[Paragraph], folder: Path
) -> tuple[dict[str, Path], list[Question]]:
    """One file an article, `# title` and its paragraphs, and the questions with offsets into it.

    A paragraph's place is where it was written, never searched for. Files are named
    `<data>-<number>.md`, and only those of another content are written again.
    """
    titles = list(dict.fromkeys(p.title for p in paragraphs))
    texts = {title: f"# {title}\n" for title in titles}
    names = {title: f"{data}-{number:04d}.md" for number, title in enumerate(titles)}
    questions = []
    for paragraph in paragraphs:
        title, at = paragraph.title, len(texts[paragraph.title]) + 1
        texts[title] += f"\n{paragraph.text}\n"
        for asked in paragraph.asked:
            spans = tuple(Span(a + at, b + at) for a, b in asked.spans)
            if spans:
                questions.append(
                    Question(
                        asked.id, asked.text, names[title], data, part_of(title),
                        spans[0], spans, asked.answers,
                    )
                )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for title in titles:
        path = folder / names[title]
        if not path.exists() or path.read_text("utf-8") != texts[title]:
            path.write_text(texts[title], "utf-8")
    return {names[title]: folder / names[title] for title in titles}, questions
