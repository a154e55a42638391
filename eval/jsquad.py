"""Retrieval on questions that others wrote: JSQuAD (Kurihara et al. 2022) and JaQuAD (So et al. 2022).

Every article becomes one document, so that its paragraphs compete as a real document's do, and
every question a case whose gold spans are the annotators' answers. Read are the published JSON
(SQuAD's form) and the same as `passages.jsonl` and `questions.jsonl`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from eval.cases import Case, GoldSpan, Item
from eval.loading import BadQuestions

_TITLE_MARK = " [SEP] "
"""JSQuAD's contexts begin with the article's title and this mark."""


class Question(NamedTuple):
    """A question on a paragraph; `spans` are [start, end) in the paragraph's text."""

    id: str
    text: str
    answers: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


class Paragraph(NamedTuple):
    """A paragraph of the article `title`."""

    title: str
    text: str
    questions: tuple[Question, ...]


def write_articles(paragraphs: Iterable[Paragraph], folder: Path) -> list[Case]:
    """Write one text file an article (its title as heading) and return the cases, in order.

    A question is of split `dev` or `test` by its article's title alone, so that no article has
    questions in both. One whose answer stands in no paragraph (JSQuAD's titles) is left out.
    """
    articles: dict[str, list[Paragraph]] = {}
    for paragraph in paragraphs:
        articles.setdefault(paragraph.title, []).append(paragraph)
    cases: list[Case] = []
    for number, (title, parts) in enumerate(articles.items()):
        name, text = f"{number:04}.txt", f"# {title}\n\n"
        for part in parts:
            cases += _cases(part, name, len(text))
            text += part.text + "\n\n"
        (folder / name).write_bytes(text.encode())
    return cases


def find_split(title: str) -> str:
    """The half of the articles that one belongs to: fixed, whatever else is read."""
    return "dev" if hashlib.sha256(title.encode()).digest()[-1] % 2 else "test"


def choose(cases: list[Case], split: str, limit: int | None) -> list[Case]:
    """The cases of a split; with a limit that many, spread evenly over the articles."""
    chosen = [case for case in cases if split in ("all", case.split)]
    if limit is None or limit >= len(chosen):
        return chosen
    return [chosen[n * len(chosen) // limit] for n in range(limit)]


def _cases(paragraph: Paragraph, name: str, at: int) -> Iterator[Case]:
    for one in paragraph.questions:
        if one.spans:
            spans = tuple(GoldSpan(name, at + start, at + end) for start, end in one.spans)
            items = (Item(one.answers, spans),)
            split = find_split(paragraph.title)
            yield Case(one.id, one.text, True, kind="fact", items=items, split=split)


def read_paragraphs(path: Path) -> list[Paragraph]:
    """All paragraphs of a JSON file, or of a folder of them; BadQuestions says what is missing."""
    try:
        if (path / "passages.jsonl").exists():
            return list(_read_lines(path))
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        found = [part for file in files for part in _read_squad(file)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadQuestions(str(path), [f"  JSQuAD・JaQuAD の形ではありません({error!r})。"]) from error
    if not found:
        expected = "passages.jsonl と questions.jsonl、または JSQuAD・JaQuAD の .json"
        raise BadQuestions(str(path), [f"  {expected} があるフォルダーを指定してください。"])
    return found


def _read_lines(folder: Path) -> Iterator[Paragraph]:
    asked: dict[str, list[Question]] = {}
    for line in _lines(folder / "questions.jsonl"):
        spans = {(span[0], span[1]) for span in line["spans"] if span}
        question = Question(line["qid"], line["question"], tuple(line["answers"]), tuple(sorted(spans)))
        asked.setdefault(line["pid"], []).append(question)
    for line in sorted(_lines(folder / "passages.jsonl"), key=lambda p: (p["doc"], p["seq"])):
        yield Paragraph(line["doc"], line["text"], tuple(asked.get(line["pid"], ())))


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").split("\n") if line.strip()]


def _read_squad(file: Path) -> Iterator[Paragraph]:
    for article in json.loads(file.read_text("utf-8"))["data"]:
        for part in article["paragraphs"]:
            context: str = part["context"]
            before, mark, text = context.partition(_TITLE_MARK)
            at = len(before + mark) if mark else 0
            questions = tuple(_read_question(one, at) for one in part["qas"])
            yield Paragraph(article["title"], text if mark else context, questions)


def _read_question(one: Mapping[str, Any], at: int) -> Question:
    answers = [(answer["text"], answer["answer_start"] - at) for answer in one["answers"]]
    spans = {(start, start + len(text)) for text, start in answers if start >= 0}
    texts = tuple(dict.fromkeys(text for text, _ in answers))
    return Question(one["id"], one["question"], texts, tuple(sorted(spans)))
