"""Heading paths and passages as people read them; what is stored and embedded stays as it is."""

from __future__ import annotations

import re
from itertools import pairwise

from index.folding import display
from index.records import Passage

_BETWEEN = " › "
_NAME = 60
"""A heading on a path is cut to this many characters; a title is not."""
_NEW_ROW = re.compile(r"[\r\n]|</tr", re.I)


def show_heading(path: str) -> str:
    """A heading path with a name that stands twice in a row once.

    A document whose title is its first heading would be 「休暇規程 › 休暇規程」.
    """
    names: list[str] = []
    for name in path.split(_BETWEEN):
        if not names or name != names[-1][:_NAME]:
            names.append(name)
    return _BETWEEN.join(names)


def show_passage(passage: Passage) -> str:
    """The displayed text with every table row on a line of its own.

    A line break between Japanese characters is dropped from what is embedded, so the last cell of
    a row and the first of the next would be read as one word.
    """
    if not passage.units:
        return display(passage.text).text
    stretches = [[passage.units[0].start, passage.units[0].end]]
    for before, unit in pairwise(passage.units):
        between = passage.text[before.end - passage.start : unit.start - passage.start]
        if "row" in (before.kind, unit.kind) and _NEW_ROW.search(between):
            stretches.append([unit.start, unit.end])
        stretches[-1][1] = unit.end
    texts = (
        display(passage.text[a - passage.start : b - passage.start]).text for a, b in stretches
    )
    return "\n".join(filter(None, texts))
