"""How well a reader refuses, ranks and finds: pure figures of what it read.

All go through the `Reader` protocol, so the first reader and the trained one are compared by the
same yardstick.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.carrying import carry
from assistant.reader import Reader
from assistant.records import Asked, Reading
from assistant.training.corpus import Corpus
from assistant.training.policy import squeeze
from assistant.training.records import Question
from index import Passage, display

READ = 10
"""Searched passages that are read, for MRR@10; the first 8 of them are what an answer rests on."""
ANSWERED_FROM = 8
NEGATIVES = 5


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a reader made of one question."""

    question: Question
    exact: float | None
    """Exact match of the best answering words in the gold passage; None for a near miss."""
    f1: float | None
    place: float | None
    """The probability of the passage that answers or, for a near miss, tempts."""
    negatives: tuple[float, ...]
    """Of the best searched passages that do not answer."""
    best: float
    """The highest probability among the searched passages an answer would rest on."""
    fused: int
    """The rank of the evidence as searched, from 1; 0 where it was not found."""
    ranked: int
    """The same after reading."""


def judge_question(reader: Reader, corpus: Corpus, question: Question) -> Judgement:
    """Reads the question's own passage and the searched ones."""
    asked = Asked(question.text, question.text)
    gold = corpus.holding(question.document, question.spans[0] if question.spans else question.place)
    found = corpus.found.get(question.id, [])[:READ]
    extra = [gold] if gold and gold.id not in [p.id for p in found] else []
    shown = carry(question.text, [*found, *extra], corpus.shelf_of(question))
    readings = {r.passage.id: r for r in reader.read(asked, shown)}
    own = readings[gold.id] if gold else None
    exact, f1 = match(own, question.answers) if own and question.answerable else (None, None)
    chances = [readings[p.id].probability for p in found]
    answered = [n for n, p in enumerate(found) if holds_answer(p, question)]
    order = sorted(range(len(found)), key=lambda n: -chances[n])
    wrong = [chances[n] for n, p in enumerate(found) if not mentions_answer(p, question)]
    return Judgement(
        question, exact, f1, own.probability if own else None, tuple(wrong[:NEGATIVES]),
        max(chances[:ANSWERED_FROM], default=0.0), _first(range(len(found)), answered), _first(order, answered),
    )  # fmt: skip


def _first(order: Sequence[int], wanted: Sequence[int]) -> int:
    return next((rank for rank, n in enumerate(order, 1) if n in wanted), 0)


def holds_answer(passage: Passage, question: Question) -> bool:
    """Whether one of the answer's places begins in the passage."""
    return passage.document_id == question.document and any(
        passage.start <= span.start < passage.end for span in question.spans
    )


def mentions_answer(passage: Passage, question: Question) -> bool:
    """Whether it holds the answer or the sentence that tempts, or the letters of an answer."""
    if passage.document_id == question.document and (
        passage.start < question.place.end and question.place.start < passage.end
    ):
        return True
    text = squeeze(passage.text).text
    return any(clue and clue in text for clue in (squeeze(answer).text for answer in question.answers))


def match(reading: Reading, answers: Sequence[str]) -> tuple[float, float]:
    """Exact match and character F1 of the answering words, the best over the annotators.

    As JGLUE scores JSQuAD: characters after NFKC, without blanks and marks at the ends.
    """
    words = "".join(display(reading.passage.text[a:b]).text for a, b in reading.answer)
    scores = [(float(_plain(words) == _plain(a)), character_f1(_plain(words), _plain(a))) for a in answers]
    return max((s[0] for s in scores), default=0.0), max((s[1] for s in scores), default=0.0)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", display(text).text).split()).strip("「」『』。、.,\"'")


def character_f1(one: str, two: str) -> float:
    """Twice the common characters over all of them."""
    common = (Counter(one) & Counter(two)).total()
    return 2 * common / (len(one) + len(two)) if one or two else 1.0


def area(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """AUROC: how often a positive is above a negative, ties counting half (Mann and Whitney 1947)."""
    if not positives or not negatives:
        return float("nan")
    a, b = np.array(positives)[:, None], np.array(negatives)[None, :]
    return float(((a > b) + 0.5 * (a == b)).mean())


def calibration_error(chances: Sequence[float], labels: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error over bins of equal width (Guo et al., ICML 2017)."""
    p, y = np.array(chances), np.array(labels, float)
    which = np.minimum((p * bins).astype(int), bins - 1)
    gaps = [abs(p[which == b].mean() - y[which == b].mean()) * (which == b).mean() for b in range(bins) if (which == b).any()]
    return float(sum(gaps))


def summarise(judged: Sequence[Judgement]) -> dict[str, float]:
    """Every figure by the name it is printed with; what does not apply is not there."""
    answered = [j for j in judged if j.question.answerable]
    missed = [j for j in judged if not j.question.answerable]
    gold = [j.place for j in answered if j.place is not None]
    found = [j for j in answered if j.negatives]
    figures = {
        "questions": float(len(judged)),
        "ExactMatch": _mean(answered, lambda j: j.exact),
        "CharF1": _mean(answered, lambda j: j.f1),
        "AUROC-retrieved": float(np.mean([area([j.place], j.negatives) for j in found if j.place is not None])) if found else float("nan"),
        "AUROC-near": area(gold, [j.place for j in missed if j.place is not None]),
        "AUROC-question": area([j.best for j in answered if 0 < j.fused <= ANSWERED_FROM], [j.best for j in missed]),
        "R@1-fused": _mean(answered, lambda j: float(j.fused == 1)),
        "R@1-read": _mean(answered, lambda j: float(j.ranked == 1)),
        "R@8-fused": _mean(answered, lambda j: float(0 < j.fused <= ANSWERED_FROM)),
        "MRR@10-fused": _mean(answered, lambda j: 1 / j.fused if j.fused else 0.0),
        "MRR@10-read": _mean(answered, lambda j: 1 / j.ranked if j.ranked else 0.0),
        "ECE": calibration_error(*labelled(judged)),
    }  # fmt: skip
    return {name: value for name, value in figures.items() if value == value}


def _mean(judged: Sequence[Judgement], value: Callable[[Judgement], float | None]) -> float:
    values = [v for v in map(value, judged) if v is not None]
    return float(np.mean(values)) if values else float("nan")


def labelled(judged: Sequence[Judgement]) -> tuple[list[float], list[bool]]:
    """Probabilities with the truth: own passages, and the best searched ones that do not answer."""
    chances: list[float] = []
    labels: list[bool] = []
    for j in judged:
        if j.place is not None:
            chances.append(j.place)
            labels.append(j.question.answerable)
        chances += j.negatives
        labels += [False] * len(j.negatives)
    return chances, labels


def fit_scale(chances: Sequence[float], labels: Sequence[bool]) -> tuple[float, float]:
    """Temperature and bias for logits that gave these probabilities (Platt 1999), by Newton's method."""
    p = np.clip(np.array(chances, np.float64), 1e-6, 1 - 1e-6)
    x = np.stack([np.log(p / (1 - p)), np.ones_like(p)], 1)
    y, w = np.array(labels, np.float64), np.array([1.0, 0.0])
    for _ in range(50):
        q: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(x @ w, -40, 40)))
        slope = x.T @ (q - y) / len(y) + 1e-4 * (w - [1.0, 0.0])
        bend = (x * (q * (1 - q))[:, None]).T @ x / len(y) + 1e-4 * np.eye(2)
        w -= np.linalg.solve(bend, slope)
    return float(1 / max(w[0], 0.05)), float(w[1])
