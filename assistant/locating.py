"""The place of a quotation that someone else typed: in a passage, by folded comparison.

A model copies what it was shown, which is not what is stored: blanks, width and line breaks
differ. They may; a different letter or digit may not.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from assistant.records import Evidence
from index import Document, Passage, Span, Unit, fold

_SHORTEST = 2
"""Folded characters: a single one stands everywhere and proves nothing."""
_FRAME = '「」『』"“”…'


def locate(quote: str, passage: Passage) -> Span | None:
    """The first stretch of the document, inside the passage, that reads as the quotation does.

    Offsets count in the document's text. None where not every character stands there in order.
    """
    view = fold(passage.text)
    for wanted in (fold(quote).text, fold(quote.strip().strip(_FRAME)).text):
        at = view.text.find(wanted) if len(wanted) >= _SHORTEST else -1
        if at >= 0:
            start, end = view.raw(at, at + len(wanted))
            return Span(passage.start + start, passage.start + end)
    return None


def cite_units(span: Span, passage: Passage, look_up: Callable[[str], Document]) -> list[Evidence]:
    """The whole sentences, items or rows that a span touches, then what they hang on.

    Whole, because a part can drop the 「ない」 that follows it, and with it the truth.
    """
    units = find_units(span, passage)
    start = min([span.start, *(u.start for u in units)])
    end = max([span.end, *(u.end for u in units)])
    text = look_up(passage.document_id).text
    outside = dict.fromkeys(
        c for c in chain(*(u.context for u in units)) if c.end <= start or end <= c.start
    )
    spans = [Span(start, end), *outside]
    return [Evidence(passage.document_id, s, e, text[s:e]) for s, e in spans]


def find_units(span: Span, passage: Passage) -> list[Unit]:
    """The units of the passage that a span touches."""
    return [u for u in passage.units if u.start < span.end and span.start < u.end]
