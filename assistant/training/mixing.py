"""The examples of a run: which questions, with which passages, in which shares.

Shares are weights of one draw, so that a run of any length has the same mix.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain

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
_NEIGHBOURS = 0.3
"""Of article questions, those with a passage from around the answer in place of a searched one."""
_SEARCHED = 2
"""Searched passages beside the one that answers a question on a paper."""
_ROUNDS = 60
"""Times that a pool is gone through at most, where few of its questions give an example."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What variants differ in; the shares of each pool need not add up to 1."""

    policy: float = 0.7
    """Of the examples, those on policy papers; the rest are on articles."""
    shares: Mapping[str, float] = field(
        default_factory=lambda: {"ranked": 0.62, "missed": 0.22, "swapped": 0.1, "emptied": 0.06}
    )
    """Of the examples of each pool; articles have no near misses, so there `missed` gives none."""
    roughened: float = 0.35
    """Of passages: bullets, blanks, parts missing or merged, another width."""
    reworded: float = 0.25
    """Of questions, answerable or not."""


class Mixer:
    """Draws groups of examples from the train part of a corpus; the same seed gives the same ones.

    A group holds what must be told apart: a question with the passage that answers and those that
    search ranks high beside it, or a passage with a question that it answers and one that it does not.
    """

    def __init__(self, corpus: Corpus, recipe: Recipe) -> None:
        self._corpus = corpus
        self._recipe = recipe
        policy = [q for q in corpus.of(POLICY, "train") if q.id in corpus.found]
        others = dict.fromkeys(q.data for q in corpus.questions if q.data != POLICY)
        self._pools = {
            "policy": [q for q in policy if q.answerable],
            "wiki": [q for data in others for q in corpus.of(data, "train") if q.id in corpus.found],
        }
        self._missed = {"policy": [q for q in policy if not q.answerable], "wiki": []}
        self._beside: dict[str, list[Question]] = defaultdict(list)
        for question in self._missed["policy"]:
            passage = corpus.holding(question.document, question.place)
            if passage:
                self._beside[passage.id].append(question)
        self._terms: dict[str, Mapping[str, list[str]]] = {}

    def draw(self, count: int, seed: int) -> list[Example]:
        """About `count` examples, the groups shuffled."""
        rng = random.Random(seed)  # noqa: S311
        groups: list[list[Example]] = []
        for pool, part in (("policy", self._recipe.policy), ("wiki", 1 - self._recipe.policy)):
            total = sum(share for kind, share in self._recipe.shares.items() if self._asked(pool, kind))
            for kind, share in self._recipe.shares.items():
                wanted = round(count * part * share / total) if total else 0
                groups += self._draw_source(pool, kind, wanted, rng)
        rng.shuffle(groups)
        return [replace(example, group=n) for n, group in enumerate(groups, 1) for example in group]

    def _asked(self, pool: str, kind: str) -> list[Question]:
        return self._missed[pool] if kind == "missed" else self._pools[pool]

    def _draw_source(
        self, pool: str, kind: str, wanted: int, rng: random.Random
    ) -> list[list[Example]]:
        """Questions are gone through in shuffled rounds, so that none is met much more often."""
        asked = self._asked(pool, kind)
        make = {
            "ranked": self._ranked,
            "missed": self._tempted,
            "swapped": self._swapped,
            "emptied": self._emptied,
        }[kind]
        groups: list[list[Example]] = []
        drawn = rounds = 0
        while drawn < wanted and asked and rounds < _ROUNDS:
            rounds += 1
            for question in rng.sample(asked, len(asked)):
                group = make(question, f"{pool}/{kind}", rng)
                groups += [group] if group else []
                drawn += len(group)
                if drawn >= wanted:
                    break
        return groups

    def _ranked(self, question: Question, source: str, rng: random.Random) -> list[Example]:
        """The passage that answers beside some that do not, and a near miss over the same passage.

        Articles are told apart easily: one passage beside is enough, and leaves room for answers.
        """
        gold = self._gold(question, source, rng)
        if not gold:
            return []
        if question.data != POLICY:
            make = self._neighbour if rng.random() < _NEIGHBOURS else self._searched
            return gold + make(question, source, rng)
        searched = [self._searched(question, source, rng) for _ in range(_SEARCHED)]
        passage = self._corpus.holding(question.document, question.spans[0])
        beside = self._beside[passage.id] if passage else []
        missed = self._gold(rng.choice(beside), source, rng) if beside else []
        return [*gold, *chain(*searched), *missed]

    def _tempted(self, question: Question, source: str, rng: random.Random) -> list[Example]:
        """A near miss with the passage that tempts and, for half of them, another one searched."""
        more = self._searched(question, source, rng) if rng.random() < 0.5 else []
        return self._gold(question, source, rng) + more

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
        above = self._corpus.above(question, question.text, passage)
        swaps = swap_term(question.text, shown.text, shown.span, self._stand_ins(question.document), rng)
        return [
            Example(swap.question, above, swap.text, swap.span if swap.answerable else None, source)
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
        return Example(text, self._corpus.above(question, text, passage), shown.text, shown.span, source)
