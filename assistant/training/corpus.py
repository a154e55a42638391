"""The documents of training as an index, and what our own search ranks high for each question.

What the model learns to refuse must be what search will offer it, so negatives come from
`Index.search` and from nowhere else.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from assistant.carrying import carry
from assistant.training.invented import PREFIX, locate_invented, write_invented
from assistant.training.policy import POLICY, find_papers, locate_all
from assistant.training.records import Part, Question
from assistant.training.sources import read_data, write_articles
from index import Document, Index, Passage, Span, StaleIndex, read
from index.chunking import cut

DEPTH = 20
"""Passages that are searched for each question."""
Log = Callable[[str], None]
_SHELVES = ("policy-index", "articles-index")
_SEARCHED = "searched.jsonl"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents with their passages, the questions over them, and what was searched for each."""

    documents: Mapping[str, Document]
    passages: Mapping[str, list[Passage]]
    questions: Sequence[Question]
    found: Mapping[str, list[Passage]] = field(default_factory=dict)
    """Question id to the passages that search gave, best first; not all questions are searched."""
    shelves: Mapping[str, Index] = field(default_factory=dict)
    """`policy` and `wiki`: where the documents are indexed."""

    def holding(self, document: str, span: Span) -> Passage | None:
        """The passage that holds a stretch whole, else the one that it begins in."""
        inside = [p for p in self.passages[document] if p.start <= span.start < p.end]
        return inside[0] if inside else None

    def above(self, question: Question, text: str, passage: Passage) -> str:
        """What a reader is shown above a passage of the question's shelf, asked in the words `text`."""
        return carry(text, [passage], self.shelf_of(question))[0].above

    def shelf_of(self, question: Question) -> Index:
        """Where the question's document is indexed."""
        return self.shelves["policy" if question.data == POLICY else "wiki"]

    def of(self, data: str, part: Part) -> list[Question]:
        """The questions of one data set and part, in order."""
        return [q for q in self.questions if q.data == data and q.part == part]


def build_corpus(
    data: Path, documents: Path, work: Path, *, articles: int, searched: int, papers: int, log: Log
) -> Corpus:
    """Index the papers and `articles` train articles (an eighth as many of the other parts).

    Of each data set, `searched` train questions (an eighth of the other parts) are searched; of the
    policy questions `papers` on papers to train on, and all others. Everything is kept in `work`, and a second call goes on from there.
    """
    _clear_stale(work, log)
    policy, asked = _build_policy(documents, work, log)
    wiki, more = _build_articles(data, work, articles, log)
    questions = [*asked, *more]
    shelves = {"policy": policy, "wiki": wiki}
    known = {d.id: d for shelf in shelves.values() for d in shelf.documents()}
    passages = {d.id: shelf.passages(d.id) for shelf in shelves.values() for d in shelf.documents()}
    corpus = Corpus(known, passages, [q for q in questions if q.document in known], shelves=shelves)
    return _search(corpus, shelves, work / _SEARCHED, _chosen(corpus, searched, papers), log)


def _clear_stale(work: Path, log: Log) -> None:
    """Indexes of another version of the program go, and with them what was searched in them."""
    for name in _SHELVES:
        try:
            Index.open(work / name).close()
        except StaleIndex as error:
            log(str(error))
            for old in _SHELVES:
                shutil.rmtree(work / old, ignore_errors=True)
            (work / _SEARCHED).unlink(missing_ok=True)
            return


def _build_policy(folder: Path, work: Path, log: Log) -> tuple[Index, list[Question]]:
    """Quotations are located in the indexed texts: a newer reader would give other offsets."""
    shelf = Index.open(work / _SHELVES[0])
    known = {document.id for document in shelf.documents()}
    papers = [*find_papers(folder), *write_invented(work / "invented")]
    files = [file for file in papers if file.name not in known]
    if files:
        log(f"indexing {len(files)} papers")
        shelf.add(files)
    documents = {document.id: document for document in shelf.documents()}
    return shelf, locate_all(documents) + locate_invented(documents)


def _build_articles(data: Path, work: Path, most: int, log: Log) -> tuple[Index, list[Question]]:
    shelf = Index.open(work / _SHELVES[1])
    files: list[Path] = []
    questions: list[Question] = []
    for name, paragraphs in read_data(data).items():
        paths, asked = write_articles(name, paragraphs, work / "articles")
        questions += asked
        parts = {q.document: q.part for q in asked}
        for part, share in (("train", most), ("calibrate", most // 8), ("report", most // 8)):
            files += [paths[d] for d in parts if parts[d] == part][:share]
    if not shelf.size:
        log(f"indexing {len(files)} articles")
        shelf.add(files)
    return shelf, questions


def cut_articles(data: Path, work: Path) -> Corpus:
    """All articles with their questions, cut but not indexed: for exact match and F1."""
    paths: dict[str, Path] = {}
    questions: list[Question] = []
    for name, paragraphs in read_data(data).items():
        files, asked = write_articles(name, paragraphs, work / "articles")
        paths |= files
        questions += asked
    documents = {name: read(path) for name, path in paths.items()}
    return Corpus(documents, {name: cut(d) for name, d in documents.items()}, questions)


def _chosen(corpus: Corpus, most: int, papers: int) -> list[Question]:
    policy = [q for q in corpus.questions if q.data == POLICY]
    trained = [q for q in policy if q.part == "train" and not q.document.startswith(PREFIX)]
    left_out = {q.id for q in trained} - {q.id for q in spread(trained, papers)}
    chosen = [q for q in policy if q.id not in left_out]
    for data in dict.fromkeys(q.data for q in corpus.questions if q.data != POLICY):
        chosen += spread(corpus.of(data, "train"), most)
        chosen += spread(corpus.of(data, "calibrate"), most // 8)
        chosen += spread(corpus.of(data, "report"), most // 8)
    return chosen


def spread(questions: Sequence[Question], most: int) -> list[Question]:
    """At most so many, evenly over the list, so that every article is met."""
    step = max(1, -(-len(questions) // most)) if most else len(questions) or 1
    return [q for first in range(step) for q in questions[first::step]][:most]


def _search(
    corpus: Corpus, shelves: Mapping[str, Index], file: Path, chosen: Sequence[Question], log: Log
) -> Corpus:
    by_id = {p.id: p for passages in corpus.passages.values() for p in passages}
    known = _read_found(file)
    todo = [q for q in chosen if q.id not in known]
    log(f"searching for {len(todo)} of {len(chosen)} questions")
    with file.open("a", encoding="utf-8") as stream:
        for question in todo:
            shelf = shelves["policy" if question.data == POLICY else "wiki"]
            ids = [passage.id for passage in shelf.search(question.text, DEPTH)]
            known[question.id] = ids
            stream.write(json.dumps({"id": question.id, "found": ids}) + "\n")
            stream.flush()
    found = {q.id: [by_id[i] for i in known[q.id] if i in by_id] for q in chosen}
    return replace(corpus, found=found)


def _read_found(file: Path) -> dict[str, list[str]]:
    """What an earlier run searched; a line that was cut off by an interruption is left out."""
    found = {}
    for line in file.read_text("utf-8").splitlines() if file.exists() else ():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        found[row["id"]] = row["found"]
    return found

