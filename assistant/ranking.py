"""The order in which passages are returned, beside the one that answers."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.records import Reading
from index import Passage

_LEAN = 0.2
"""Of the better neighbour's probability against 1 for a passage's own; chosen on the development
questions and the calibrate papers together."""


def rank_passages(readings: Sequence[Reading]) -> list[Passage]:
    """The most probable passage first, then by probability with a share of the neighbours'.

    What belongs to an answer stands beside it (a list over two slides, the sentence after), and may
    say little by itself. A smoothing over neighbours as in Diaz, "Regularizing ad hoc retrieval
    scores", CIKM 2005. Readings come best first; passages are numbered within their document.
    """
    probable = {_place(reading): reading.probability for reading in readings}

    def leaning(reading: Reading) -> float:
        document, number = _place(reading)
        beside = (probable.get((document, number + step), 0.0) for step in (-1, 1))
        return reading.probability + _LEAN * max(beside)

    rest = sorted(readings[1:], key=lambda reading: -leaning(reading))
    return [reading.passage for reading in (*readings[:1], *rest)]


def _place(reading: Reading) -> tuple[str, int]:
    document, _, number = reading.passage.id.rpartition("#")
    return document, int(number)
