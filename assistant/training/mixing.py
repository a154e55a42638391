"""The examples of a run: which questions, with which passages, in which shares.

Shares are weights of one draw, so that a run of any length has the same mix. A recipe is what
variants differ in, and is saved with the checkpoint.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from assistant.training.corpus import Corpus
from assistant.training.editing import list_terms, reword, swap_term
from assistant.training.policy import POLICY, squeeze
from assistant.training.records import Example, Question
from assistant.training.roughening import (
    Piece,
    Shown,
    add_bullets,
    cut_pieces,
    join_pieces,
    roughen,
    show,
    thin_out,
)
from index import Passage, display

_HARDEST = 8
"""Searched passages from which a negative is drawn, the first more often."""
_SHORTEST_CLUE = 2
"""An answer of fewer letters may stand anywhere, so its occurrence does not rule a passage out."""




@dataclass(frozen=True, slots=True)
class Recipe:
    """Shares by source; they need not add up to 1."""

    shares: Mapping[str, float] = field(
        default_factory=lambda: {
            "policy/gold": 0.14,
            "policy/miss": 0.10,
            "policy/searched": 0.11,
            "policy/missed": 0.03,
            "policy/swapped": 0.08,
            "policy/emptied": 0.03,
            "wiki/gold": 0.22,
            "wiki/searched": 0.15,
            "wiki/neighbour": 0.03,
            "wiki/swapped": 0.08,
            "wiki/emptied": 0.03,
        }
    )
    roughened: float = 0.35
    """Of passages: bullets, blanks, parts missing or merged, another width."""
    reworded: float = 0.25
    """Of questions, answerable or not."""


class Mixer:
    """Draws examples from the train part of a corpus; the same seed gives the same ones."""

    def __init__(self, corpus: Corpus, recipe: Recipe) -> None:
        self._corpus = corpus
        self._recipe = recipe
        policy = corpus.of(POLICY, "train")
        others = dict.fromkeys(q.data for q in corpus.questions if q.data != POLICY)
        wiki = [q for data in others for q in corpus.of(data, "train") if q.id in corpus.found]
        self._pools = {
            "policy": [q for q in policy if q.answerable],
            "miss": [q for q in policy if not q.answerable],
            "wiki": wiki,
        }
        self._terms: dict[str, Mapping[str, list[str]]] = {}

    def draw(self, count: int, seed: int) -> list[Example]:
        """About `count` examples, shuffled."""
        rng = random.Random(seed)  # noqa: S311
        total = sum(self._recipe.shares.values())
        examples: list[Example] = []
        for source, share in self._recipe.shares.items():
            wanted = round(count * share / total)
            examples += self._draw_source(source, wanted, rng)
        rng.shuffle(examples)
        return examples

    def _draw_source(self, source: str, wanted: int, rng: random.Random) -> list[Example]:
        """Questions are gone through in shuffled rounds, so that none is met much more often."""
        pool_name, kind = source.split("/")
        pool = self._pools["miss" if kind in ("miss", "missed") else pool_name]
        make = {
            "gold": self._gold,
            "miss": self._gold,
            "searched": self._searched,
            "missed": self._searched,
            "neighbour": self._neighbour,
            "swapped": self._swapped,
            "emptied": self._emptied,
        }[kind]
        found: list[Example] = []
        rounds = 0
        while len(found) < wanted and pool and rounds < 60:
            rounds += 1
            for question in rng.sample(pool, len(pool)):
                found += make(question, source, rng)
                if len(found) >= wanted:
                    break
        return found[:wanted]

    def _gold(self, question: Question, source: str, rng: random.Random) -> list[Example]:
        """The passage that answers or, for a near miss, that tempts."""
        place = question.spans[0] if question.spans else None
        passage = self._corpus.holding(question.document, place or question.place)
        if passage is None:
            return []
        shown = self._look(passage, question, rng)
        if place is not None and shown.span is None:
            return []
        return [self._example(question, passage, shown, source, rng)]

    def _look(self, passage: Passage, question: Question, rng: random.Random) -> Shown:
        place = question.spans[0] if question.spans else None
        if rng.random() >= self._recipe.roughened:
            return show(passage, place)
        pieces = cut_pieces(passage, place)
        change = rng.choice((partial(thin_out, rng=rng), partial(add_bullets, rng=rng), partial(roughen, rng=rng), self._merge(passage, rng)))
        return join_pieces(change(pieces), rng.choice(("", " ")))

    def _merge(self, passage: Passage, rng: random.Random) -> Callable[[Sequence[Piece]], list[Piece]]:
        """With some units of the next passage behind, as a chunker of another size would cut."""
        passages = self._corpus.passages[passage.document_id]
        at = passages.index(passage)
        behind = cut_pieces(passages[at + 1], None)[: rng.randint(1, 3)] if at + 1 < len(passages) else []
        return lambda pieces: [*pieces, *behind]

    def _searched(self, question: Question, source: str, rng: random.Random) -> list[Example]:
        """A passage that search ranks high and that does not hold the answer."""
        ranked = [p for p in self._corpus.found[question.id] if not self._answers(p, question)]
        if not ranked:
            return []
        best = min(len(ranked), _HARDEST)
        passage = ranked[min(rng.randrange(best), rng.randrange(best))]
        return [self._refused(question, passage, source, rng)]

    def _neighbour(self, question: Question, source: str, rng: random.Random) -> list[Example]:
        passages = self._corpus.passages[question.document]
        holding = self._corpus.holding(question.document, question.spans[0])
        at = passages.index(holding) if holding else 0
        near = [p for p in passages[max(0, at - 2) : at + 3] if not self._answers(p, question)]
        return [self._refused(question, rng.choice(near), source, rng)] if near else []

    def _refused(self, question: Question, passage: Passage, source: str, rng: random.Random) -> Example:
        shown = show(passage, None)
        if rng.random() < self._recipe.roughened:
            change = rng.choice((thin_out, add_bullets, roughen))
            shown = join_pieces(change(cut_pieces(passage, None), rng), rng.choice(("", " ")))
        return self._example(question, passage, shown, source, rng)

    def _answers(self, passage: Passage, question: Question) -> bool:
        """Whether the passage holds the place, or the letters of an answer."""
        same = passage.document_id == question.document
        if same and passage.start < question.place.end and question.place.start < passage.end:
            return True
        text = squeeze(passage.text).text
        clues = [squeeze(answer).text for answer in question.answers]
        return any(len(clue) >= _SHORTEST_CLUE and clue in text for clue in clues)

    def _swapped(self, question: Question, source: str, rng: random.Random) -> list[Example]:
        passage = self._corpus.holding(question.document, question.spans[0])
        shown = show(passage, question.spans[0]) if passage else Shown("", None)
        if passage is None or shown.span is None:
            return []
        swaps = swap_term(question.text, shown.text, shown.span, self._stand_ins(question.document), rng)
        return [
            Example(swap.question, passage.heading, swap.text, swap.span if swap.answerable else None, source)
            for swap in swaps
        ]

    def _stand_ins(self, document: str) -> Mapping[str, list[str]]:
        if document not in self._terms:
            texts = [display(p.text).text for p in self._corpus.passages[document]]
            self._terms[document] = list_terms(texts)
        return self._terms[document]

    def _emptied(self, question: Question, source: str, rng: random.Random) -> list[Example]:
        """The passage that answered, without the unit that did."""
        passage = self._corpus.holding(question.document, question.spans[0])
        pieces = cut_pieces(passage, question.spans[0]) if passage else []
        left = [piece for piece in pieces if piece.span is None]
        if passage is None or len(left) == len(pieces) or sum(len(p.text) for p in left) < 40:
            return []
        shown = join_pieces(left)
        clues = [squeeze(answer).text for answer in question.answers]
        if any(clue in squeeze(shown.text).text for clue in clues):
            return []
        return [self._example(question, passage, shown, source, rng)]

    def _example(
        self, question: Question, passage: Passage, shown: Shown, source: str, rng: random.Random
    ) -> Example:
        text = reword(question.text, rng) if rng.random() < self._recipe.reworded else question.text
        return Example(text, passage.heading, shown.text, shown.span, source)
