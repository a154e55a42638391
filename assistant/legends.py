"""Marks with a meaning: the row marked ◎ where a line of the same list says 「◎：主査」."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from assistant.asking import find_want
from assistant.pieces import Piece, Source, look_around
from assistant.tables import find_cells
from index import Span, content_words

_MARK = r"[◎○●◯△▲☆★※＊*§†]"
_ENTRY = re.compile(rf"(?P<mark>{_MARK})[ \t　]*[:：はが]?[ \t　]*(?P<meaning>[^◎○●◯△▲☆★※＊*§†:：\n、,。]{{1,25}}?)[ \t　]*[、,。)）]*[ \t　]*(?=$|{_MARK})")
_LEGEND = re.compile(rf"[(（]?(?:{_ENTRY.pattern.replace('?P<mark>', '?:').replace('?P<meaning>', '?:')})+")
_NOTES = "※＊*§†"
"""Marks that explain by themselves; ○ without a colon begins any item."""
_MOST = 5
"""Marked units that are quoted: a mark that most of a list bears singles nothing out."""


class Marked(NamedTuple):
    """A unit that bears a mark, where it begins with the mark, and the words that explain it."""

    piece: Piece
    span: Span
    legend: Span


def find_marked(question: str, best: Piece, pieces: Sequence[Piece], source: Source) -> list[Marked]:
    """The units marked as what the question asks for, in document order; empty without a legend.

    Among meanings that the question has whole, the longest is meant: 主査代理 before 主査.
    """
    if find_want(question).kind not in ("who", "list", "other"):
        return []
    asked = set(content_words(question))
    entries = [(entry, piece) for piece in pieces for entry in _read(piece, source)]
    known = [(words, e, p) for e, p in entries if (words := set(content_words(e["meaning"]))) and words <= asked]
    if not known:
        return []
    words, entry, legend = max(known, key=lambda k: len(k[0]))
    if words <= set(content_words(best.shown)) and not _read(best, source):
        return []
    return _gather(entry, legend, source)


def _read(piece: Piece, source: Source) -> list[re.Match[str]]:
    """The entries of a unit whose line is a legend and nothing else."""
    if piece.unit.kind not in ("sentence", "item"):
        return []
    line = _line(piece, source)
    text = source.document(piece.passage.document_id).text
    if not _LEGEND.fullmatch(text, line.start, line.end):
        return []
    entries = list(_ENTRY.finditer(text, line.start, line.end))
    told = len(entries) > 1 or entries[0]["mark"] in _NOTES or re.search(r"[:：]", entries[0].group())
    return entries if told else []


def _line(piece: Piece, source: Source) -> Span:
    """The unit with what stands before it on its line: an item's mark is no part of the unit."""
    text = source.document(piece.passage.document_id).text
    start = text.rfind("\n", 0, piece.unit.start) + 1
    lead = text[start : piece.unit.start]
    return Span(start if re.fullmatch(rf"[\s\-・(（]*{_MARK}?\s*", lead) else piece.unit.start, piece.unit.end)


def _gather(entry: re.Match[str], legend: Piece, source: Source) -> list[Marked]:
    """The marked units between the legend and the next heading or legend of that mark."""
    around, at = look_around(source, legend)
    meaning = Span(entry.start(), entry.end("meaning"))
    for step in (-1, 1):
        found: list[Marked] = []
        n = at + step
        while 0 <= n < len(around) and around[n].unit.kind != "heading":
            piece = around[n]
            if any(other["mark"] == entry["mark"] for other in _read(piece, source)):
                break
            if _bears(entry["mark"], piece, source):
                found.append(Marked(piece, _line(piece, source), meaning))
            n += step
        if found:
            return found[::step] if len(found) <= _MOST else []
    return []


def _bears(mark: str, piece: Piece, source: Source) -> bool:
    """Whether a cell of a row, or an item, begins or ends with the mark."""
    text = source.document(piece.passage.document_id).text
    span = _line(piece, source)
    parts = find_cells(text, piece.span) if piece.unit.kind == "row" else [span]
    shown = (text[part.start : part.end].strip(" \t　|-") for part in parts)
    return any(part != mark and (part.startswith(mark) or part.endswith(mark)) for part in shown)
