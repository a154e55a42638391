"""The hand-written questions over policy papers, and where their quotations stand in our documents.

`python -m assistant.training.policy --documents DIR` checks the file against the papers.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from assistant.training.records import Question
from index import Document, Span, TenkyoError, fold, read

POLICY = "policy"
"""The data set's name."""
_LEAST = 0.6
"""The share of bigrams that a stretch and a quotation must have in common to be the same: a PDF's
table is read cell by cell here, and in the order of drawing by the annotators' tool."""
_LONGEST_RUN = 6
"""Lines that a quotation may be spread over."""


class Squeezed(NamedTuple):
    """A text's letters and digits only, folded, with the offsets they came from."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def find(self, wanted: str) -> Span | None:
        """Where `wanted`, squeezed too, stands in the original text."""
        at = self.text.find(wanted) if wanted else -1
        return None if at < 0 else Span(self.starts[at], self.ends[at + len(wanted) - 1])


def squeeze(text: str, start: int = 0) -> Squeezed:
    """Of a text that begins at `start` in its document."""
    view = fold(text)
    kept = [i for i, char in enumerate(view.text) if char.isalnum()]
    return Squeezed(
        "".join(view.text[i] for i in kept),
        [view.starts[i] + start for i in kept],
        [view.ends[i] + start for i in kept],
    )


def read_rows() -> list[dict[str, Any]]:
    """The rows of `policy.jsonl`."""
    lines = resources.files("assistant.training").joinpath("policy.jsonl").read_text("utf-8")
    return [json.loads(line) for line in lines.splitlines()]


def find_papers(folder: Path) -> list[Path]:
    """The files of the papers that the rows name, found anywhere under `folder`."""
    files = {path.name: path for path in sorted(folder.rglob("*.pdf"))}
    names = list(dict.fromkeys(row["paper"] for row in read_rows()))
    missing = [name for name in names if name not in files]
    if missing:
        raise TenkyoError(
            f"{folder} に {'、'.join(missing)} がありません。政策文書のPDFがあるフォルダーを"
            " --documents で指定してください。"
        )
    return [files[name] for name in names]


def locate(row: Mapping[str, Any], document: Document) -> Question | None:
    """The row as a question with offsets; None where its page does not hold the quotation."""
    page = next((p for p in document.pages if p.number == row["page"]), None)
    if page is None:
        return None
    wanted = squeeze(row["quote"]).text
    place = squeeze(document.text[page.start : page.end], page.start).find(wanted)
    place = place or _closest(document.text, Span(page.start, page.end), wanted)
    if place is None:
        return None
    spans = _answer_in(document.text, place, row)
    if row["answerable"] and not spans:
        return None
    return Question(
        row["id"], row["question"], document.id, POLICY, row["part"], place, spans,
        (row["answer"],) if row["answerable"] else (), row["kind"],
    )  # fmt: skip


def _answer_in(text: str, place: Span, row: Mapping[str, Any]) -> tuple[Span, ...]:
    span = squeeze(text[place.start : place.end], place.start).find(squeeze(row["answer"]).text)
    return (span,) if span else ()


def _closest(text: str, page: Span, wanted: str) -> Span | None:
    """The run of lines with most in common with the quotation (Dice over bigrams)."""
    lines = list(_lines(text, page))
    pieces = [squeeze(text[a:b]).text for a, b in lines]
    best = (_LEAST, Span(0, 0))
    for first in range(len(lines)):
        run = ""
        for last in range(first, min(first + _LONGEST_RUN, len(lines))):
            run += pieces[last]
            score = _dice(run, wanted)
            if score > best[0]:
                best = (score, Span(lines[first].start, lines[last].end))
    return best[1] if best[1].end else None


def _lines(text: str, page: Span) -> Iterator[Span]:
    at = page.start
    for line in text[page.start : page.end].splitlines(keepends=True):
        if line.strip():
            yield Span(at, at + len(line.rstrip()))
        at += len(line)


def _dice(a: str, b: str) -> float:
    one, two = (Counter(zip(t, t[1:], strict=False)) for t in (a, b))
    return 2 * (one & two).total() / max(one.total() + two.total(), 1)


def locate_all(papers: Mapping[str, Document]) -> list[Question]:
    """Every question whose quotation stands in the given texts of the papers (id: document)."""
    located = [locate(row, papers[row["paper"]]) for row in read_rows()]
    return [question for question in located if question]


def check_rows(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with the rows, in words: one part a paper, ids and questions once, answers in quotes."""
    wrong = [
        f"{row['id']}: 答え「{row['answer']}」が引用の中にありません。"
        for row in rows
        if row["answerable"] != bool(row["answer"]) or row["answer"] not in row["quote"]
    ]
    for field in ("id", "question"):
        seen = Counter((row["paper"], row[field]) for row in rows)
        wrong += [f"{key[1]}: {field} が{n}回あります。" for key, n in seen.items() if n > 1]
    parts = {(row["paper"], row["part"]) for row in rows}
    mixed = [paper for paper, n in Counter(paper for paper, _ in parts).items() if n > 1]
    return wrong + [f"{paper}: 学習用と評価用の両方に使われています。" for paper in sorted(mixed)]


def main() -> int:
    """Check the file, alone and against the papers."""
    parser = argparse.ArgumentParser(description="政策文書の質問を検査します。")
    parser.add_argument("--documents", type=Path, required=True, help="PDFのフォルダー")
    options = parser.parse_args()
    rows = read_rows()
    wrong = check_rows(rows)
    papers = {path.name: read(path) for path in find_papers(options.documents)}
    lost = [row["id"] for row in rows if locate(row, papers[row["paper"]]) is None]
    for line in wrong:
        sys.stdout.write(line + "\n")
    sys.stdout.write(
        f"質問{len(rows)}件、誤り{len(wrong)}件、本文中に見つからない引用{len(lost)}件"
        f": {' '.join(lost)}\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
