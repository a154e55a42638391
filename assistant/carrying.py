"""What a passage is about although it does not say so: the line above that names it.

A slide deck names its programme on the title slide, and the slides after it say 「補助上限」 alone. To
a reader that sees one passage, a question on the programme is then not answered there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from assistant.choosing import states
from assistant.naming import latin_names, words_of
from assistant.pieces import Piece
from index import Passage, Unit, content_words

_BACK = 14
"""Passages above that are looked at."""
_LONGEST = 60
"""Characters of a line that names something."""


class Shelf(Protocol):
    """What carrying needs of an index."""

    def neighbours(self, passage: Passage, before: int = 1, after: int = 1) -> list[Passage]:
        """The passages around one, without it, in order."""
        ...

    def weigh(self, words: Sequence[str]) -> Mapping[str, float]:
        """The inverse document frequency of each word."""
        ...


def carry(question: str, passages: Sequence[Passage], shelf: Shelf) -> list[Passage]:
    """The passages, each with the line above as its `topic` that names what it leaves unsaid."""
    weights = shelf.weigh(content_words(question))
    names = latin_names(question)
    return [replace(p, topic=_find_topic(p, weights, names, shelf)) for p in passages]


def _find_topic(passage: Passage, weights: Mapping[str, float], names: set[str], shelf: Shelf) -> str:
    """The nearest of the lines that add most of the question's words.

    One word in common is a coincidence (補助上限 above 対象経費) unless it is a name in Latin letters.
    """
    missing = weights.keys() - words_of(passage)
    mean = sum(weights.values()) / max(len(weights), 1)
    best, topic = 0.0, ""
    for above in reversed(shelf.neighbours(passage, _BACK, 0) if missing else ()):
        for unit in reversed(above.units):
            line = _name(above, unit)
            shared = weights.keys() & set(content_words(line))
            added = sum(weights[word] for word in shared & missing)
            if added > best and (shared & missing & names or (len(shared) > 1 and added >= mean)):
                best, topic = added, line
    return topic


def _name(passage: Passage, unit: Unit) -> str:
    """A unit's displayed text where it names rather than states; empty otherwise."""
    if unit.kind == "row":
        return ""
    shown = Piece(passage, unit).shown
    return shown if len(shown) <= _LONGEST and not states(shown) else ""
