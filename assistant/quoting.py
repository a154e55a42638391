"""The default composer: the one to three sentences, items or rows that answer, verbatim."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from assistant.asking import find_want
from assistant.records import Asked, Claim, Evidence, Reading
from index import Document, Passage, Unit, display, fold

MOST = 3
"""Statements of an answer that is not a list."""
MOST_ITEMS = 12
"""Items of a list that are quoted."""
BUDGET = 400
"""Characters of a whole answer, lists excepted."""
_NEAR = 0.8
"""A further unit is quoted from this share of the best one's probability on."""


class Composer(Protocol):
    """Turns readings into claims, in the order in which they are to be shown."""

    def compose(self, asked: Asked, readings: Sequence[Reading]) -> Sequence[Claim]:
        """Claims for the readings (best first); they are verified before anyone sees them."""
        ...


class QuotingComposer:
    """Quotes; invents nothing. `look_up` finds a document by its id."""

    def __init__(self, look_up: Callable[[str], Document]) -> None:
        self._look_up = look_up

    def compose(self, asked: Asked, readings: Sequence[Reading]) -> list[Claim]:
        if not readings or readings[0].unit < 0:
            return []
        best = readings[0]
        if find_want(asked.text).kind == "list":
            whole = _list_of(best)
            if len(whole) > 1:
                return [self._claim(best.passage, unit) for unit in whole]
        return [self._claim(passage, unit) for passage, unit in _best_units(readings)]

    def _claim(self, passage: Passage, unit: Unit) -> Claim:
        """A unit as a quotation; what a row hangs on (its header) is cited with it."""
        raw = _raw(passage, unit)
        evidence = [Evidence(passage.document_id, unit.start, unit.end, raw)]
        if unit.kind == "row" and unit.context:
            text = self._look_up(passage.document_id).text
            for start, end in unit.context:
                evidence.append(Evidence(passage.document_id, start, end, text[start:end]))
        return Claim(display(raw).text, tuple(evidence))


def _list_of(reading: Reading) -> list[Unit]:
    """All items or rows beside the one that answers: they hang on the same lead or header."""
    chosen = reading.passage.units[reading.unit]
    if chosen.kind not in ("item", "row"):
        return []
    return [u for u in reading.passage.units if u.kind == chosen.kind and u.context == chosen.context][:MOST_ITEMS]


def _best_units(readings: Sequence[Reading]) -> list[tuple[Passage, Unit]]:
    """The best unit, and others nearly as good that say something else."""
    scored = [
        (score, -n, -m, reading.passage, reading.passage.units[m])
        for n, reading in enumerate(readings)
        for m, score in enumerate(reading.units)
    ]
    scored.sort(key=lambda s: s[:3], reverse=True)
    first = scored[0][0]
    chosen: list[tuple[Passage, Unit]] = []
    said: list[str] = []
    size = 0
    for score, _, _, passage, unit in scored:
        text = fold(_raw(passage, unit)).text
        if len(chosen) == MOST or score < _NEAR * first or (chosen and size + len(text) > BUDGET):
            break
        if not any(text in other or other in text for other in said):
            chosen.append((passage, unit))
            said.append(text)
            size += len(text)
    return chosen


def _raw(passage: Passage, unit: Unit) -> str:
    return passage.text[unit.start - passage.start : unit.end - passage.start]
