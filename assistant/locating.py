"""The place of a quotation that someone else typed: in a passage, by folded comparison.

A model copies what it was shown, which is not what is stored: blanks, width and line breaks
differ. They may; a different letter or digit may not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from itertools import chain

from assistant.records import Evidence
from index import Document, Passage, Span, Unit, find_numbers, fold

_SHORTEST = 2
"""Folded characters: a single one stands everywhere and proves nothing."""
_GARBLED = 0.9
"""Of a quotation's characters that a unit must have, in order, to be the place that was meant."""
_TERM = re.compile(r"[a-z][a-z0-9.&'-]*[a-z0-9]|\d+[一-龥]{1,2}|[一-龥々]{2,}|[ァ-ヴー]{2,}")
"""What a sentence may name, folded: a name, a year, a counted thing (13期)."""
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


def locate_garbled(quote: str, passage: Passage) -> Span | None:
    """The sentence, item or row that a quotation with a letter or two amiss was copied from; no
    number may differ.

    What is cited is the unit as it stands, never the quotation: a sentence must hold against that.
    """
    wanted = fold(quote).text
    numbers = {number.value for number in find_numbers(wanted)}
    for unit in (unit for unit in passage.units if unit.kind != "heading"):
        text = fold(passage.text[unit.start - passage.start : unit.end - passage.start]).text
        blocks = SequenceMatcher(None, wanted, text, autojunk=False).get_matching_blocks()
        like = sum(block.size for block in blocks) >= _GARBLED * len(wanted) > 0
        if like and numbers <= {number.value for number in find_numbers(text)}:
            return Span(unit.start, unit.end)
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


def cite_above(
    sentence: str, evidence: Sequence[Evidence], passage: Passage, look_up: Callable[[str], Document]
) -> list[Evidence]:
    """The lines above a passage that name what the sentence names and its evidence does not.

    A slide says 「人件費は対象となりません」 and only its title of which programme; a sentence about the
    programme rests on both. Nearest first, none that adds no name.
    """
    cited = "\n".join(fold(e.quote).text for e in evidence)
    missing = {term for term in _TERM.findall(fold(sentence).text) if term not in cited}
    found = []
    for line in (passage.topic, *reversed(passage.heading.split(" › "))):
        named = {term for term in missing if term in fold(line).text}
        if named and (span := _find_above(line, passage, look_up)):
            text = look_up(passage.document_id).text
            found.append(Evidence(passage.document_id, *span, text[slice(*span)]))
            missing -= named
    return found


def _find_above(line: str, passage: Passage, look_up: Callable[[str], Document]) -> Span | None:
    """The last place before a passage's end where a displayed line stands, whatever blanks are in it."""
    letters = "".join(line.split())
    pattern = r"[\s*#]*".join(map(re.escape, letters))
    places = list(re.finditer(pattern, look_up(passage.document_id).text[: passage.end])) if letters else []
    return Span(*places[-1].span()) if places else None
