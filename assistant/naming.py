"""The names in a question that are written in Latin letters, and which passages say them.

Acronyms and names of models and programmes stand as they are in Japanese text, so a passage that
lacks one is seldom about it. Names in kanji are left to the readers: they are shortened and inflected.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index import Passage, content_words, display

_JAPANESE = re.compile(r"[ぁ-ヿ一-龥]")
_LATIN = re.compile(r"[a-z][a-z0-9&.'-]{2,}")
_CAPITAL = re.compile(r"(?<=[^.?!:] )[A-Z][A-Za-z0-9&.'-]{2,}|(?<![A-Za-z0-9])[A-Za-z]+[A-Z0-9][A-Za-z0-9]+")
"""A capital inside a sentence, or inside a word."""


def latin_names(question: str) -> set[str]:
    """The folded names: any Latin word of a Japanese question, of an English one those with a capital."""
    words = set(content_words(question))
    if _JAPANESE.search(question):
        return set(filter(_LATIN.fullmatch, words))
    return words & {name.lower() for name in _CAPITAL.findall(question)}


def words_of(passage: Passage) -> set[str]:
    """The content words of a passage and of all that it stands under."""
    return set(content_words(f"{passage.heading}\n{passage.topic}\n{display(passage.text).text}"))


def shares_unsaid(question: str, passages: Sequence[Passage]) -> list[float]:
    """Of the question's Latin names that any of the passages says, the share that each does not say."""
    said = [words_of(passage) for passage in passages]
    names = latin_names(question).intersection(set().union(*said))
    return [len(names - words) / len(names) if names else 0.0 for words in said]
