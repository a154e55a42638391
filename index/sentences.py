"""Where sentences end in running text, brackets and soft line breaks considered."""

from __future__ import annotations

import re

from index.records import Span

_OPEN, _CLOSE = "「『（(【〔［[“《〈", "」』）)】〕］]”》〉"
_END = "。．！？!?"
_LATIN_END = re.compile(r"[.!?]['\")\]]*\s+(?=[A-Z0-9\"'(])")
_ABBREVIATION = re.compile(r"(?:\b(?:et al|e\.g|i\.e|vs|Fig|No|Dr|Mr|Ms|Prof|Inc|Ltd|cf|pp|Vol|U\.S|[A-Z]))\.$")
LONGEST = 350
"""Characters: a longer sentence or row is cut at inner boundaries."""


def split_sentences(text: str, start: int, end: int) -> list[Span]:
    """The sentences of text[start:end], blanks at their ends left out; none longer than LONGEST.

    A full stop inside brackets does not end a sentence, unless the bracket never closes.
    """
    cuts = _stops(text, start, end)
    spans = [trim(text, a, b) for a, b in zip([start, *cuts], [*cuts, end], strict=True)]
    return [piece for span in spans if span.end > span.start for piece in cut_long(text, span)]


def trim(text: str, start: int, end: int) -> Span:
    """[start, end) without the blanks at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)


def _stops(text: str, start: int, end: int) -> list[int]:
    """Offsets just behind each sentence's end."""
    stops, depth = [], 0
    balanced = sum(text.count(c, start, end) for c in _OPEN) == sum(text.count(c, start, end) for c in _CLOSE)
    for i in range(start, end):
        char = text[i]
        if char in _OPEN:
            depth += 1
        elif char in _CLOSE:
            depth = max(0, depth - 1)
        elif char in _END and (depth == 0 or not balanced):
            stop = _stop_at(text, i, end)
            if stop:
                stops.append(stop)
    return stops


def _stop_at(text: str, i: int, end: int) -> int | None:
    if text[i] in "。！？":
        j = i + 1
        while j < end and text[j] in "。！？!?":
            j += 1
        return j
    if text[i] == "．":
        return None if text[i + 1 : i + 2].isdigit() else i + 1
    match = _LATIN_END.match(text, i)
    if match and match.end() <= end and not _ABBREVIATION.search(text[max(0, i - 8) : i + 1]):
        return match.end()
    return None


def cut_long(text: str, span: Span) -> list[Span]:
    """A span in pieces of at most LONGEST characters, cut at the best inner boundary there is."""
    pieces, start = [], span.start
    while span.end - start > LONGEST:
        cut = _inner_cut(text, start)
        pieces.append(trim(text, start, cut))
        start = cut
    pieces.append(trim(text, start, span.end))
    return [piece for piece in pieces if piece.end > piece.start]


def _inner_cut(text: str, start: int) -> int:
    """The end of a piece that begins at `start`: row marks first, then 、, then a blank."""
    window = text[start : start + LONGEST]
    for pattern in (r"</tr>|<tr", r"</td>|</p>|<br\s*/?>|\t|\s(?=・)", r"[;；]|、", r"[,，)）」]|\s"):
        cuts = [m.end() for m in re.finditer(pattern, window) if m.end() >= LONGEST // 3]
        if cuts:
            return start + cuts[-1]
    return start + LONGEST
