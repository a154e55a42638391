"""Comparing texts and spans, for the measures: by characters alone, nothing learnt."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from assistant import Answer
from eval.cases import GoldSpan, Item
from index import Passage

Place = tuple[str, int, int]
"""(document_id, start, end): a stretch of a document."""

_DROPPED = re.compile(r"<[^<>\n]{1,40}>|\*\*|\s")
_BLANK_LINES = re.compile(r"\s+")


def squeeze(text: str) -> str:
    """`text` as answers are compared: NFKC, lower case, without blanks, `**` and HTML tags."""
    plain = unicodedata.normalize("NFKC", text.replace("\\sim", "~"))
    return _DROPPED.sub("", plain).lower()


def says(text: str, item: Item) -> bool:
    """Whether `text` holds one of the item's accepted variants, after `squeeze`."""
    squeezed = squeeze(text)
    return any(squeeze(variant) in squeezed for variant in item.variants)


def covers(place: Place, span: GoldSpan) -> bool:
    """Whether `place` shares at least half of the shorter of the two with the gold span.

    One shared character is no evidence: a neighbouring sentence may touch a span by its full stop.
    """
    document, start, end = place
    if document != span.document:
        return False
    shared = min(end, span.end) - max(start, span.start)
    return shared > 0 and 2 * shared >= min(end - start, span.end - span.start)


def covers_item(places: Iterable[Place], item: Item) -> bool:
    """Whether any of the places covers any of the item's gold spans."""
    return any(covers(place, span) for place in places for span in item.spans)


def places_of(passage: Passage) -> list[Place]:
    """Where a passage stands: its own document, and those with the same text."""
    return [(passage.document_id, passage.start, passage.end), *passage.places]


def shown_text(answer: Answer) -> str:
    """The words that are shown as the answer, without citation marks; empty for a refusal.

    What is said beside a refusal (a corrected premise, the nearest passages) is no answer.
    """
    if answer.abstained:
        return ""
    return "\n".join(statement.text for statement in answer.statements)


def one_line(text: str) -> str:
    """`text` with every run of blanks and line breaks as one blank, for lists and tables."""
    return _BLANK_LINES.sub(" ", text).strip()


def letters(*texts: str) -> str:
    """The letters and digits of the texts, one after the other: what a layout cannot change."""
    return "".join(c for text in texts for c in squeeze(text) if c.isalnum())
