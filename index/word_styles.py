"""Word's paragraph styles: which are headings, and which belong to a list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from index.word_numbers import W


@dataclass(frozen=True, slots=True)
class Style:
    """What a paragraph style says, its parents' words included."""

    name: str = ""
    outline: int | None = None
    """0 for a heading of level 1."""
    number: tuple[str, int] | None = None


def read_styles(root: Any) -> dict[str, Style]:
    """The styles of `styles.xml` by id; none without that part."""
    raw = {
        s.get(f"{W}styleId", ""): s for s in (root.findall(f"{W}style") if root is not None else ())
    }
    return {key: _gather_style(raw, key) for key in raw}


def _gather_style(raw: dict[str, Any], key: str) -> Style:
    name, outline, number = "", None, None
    seen: set[str] = set()
    while key in raw and key not in seen:
        seen.add(key)
        element = raw[key]
        own = read_value(element, "name").lower()
        name = name or own
        properties = element.find(f"{W}pPr")
        if properties is not None:
            outline = read_outline(properties) if outline is None else outline
            number = read_number(properties) if number is None else number
        if outline is None and (heading := re.fullmatch(r"heading (\d)", own)):
            outline = int(heading[1]) - 1
        key = read_value(element, "basedOn")
    return Style(name, 0 if name == "title" and outline is None else outline, number)


def read_value(element: Any, path: str) -> str:
    """The value of the property at `path` (names below `element`); empty without it."""
    found = element.find("/".join(f"{W}{name}" for name in path.split("/")))
    return found.get(f"{W}val", "") if found is not None else ""


def read_outline(properties: Any) -> int | None:
    """The outline level of paragraph properties, 0 for a heading of level 1."""
    value = read_value(properties, "outlineLvl")
    return int(value) if value.isdigit() and int(value) < 9 else None


def read_number(properties: Any) -> tuple[str, int] | None:
    """The list that paragraph properties name, and the level in it."""
    if properties.find(f"{W}numPr") is None:
        return None
    level = read_value(properties, "numPr/ilvl")
    return read_value(properties, "numPr/numId"), int(level) if level.isdigit() else 0
