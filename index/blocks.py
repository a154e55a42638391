"""Lines and blocks: what a text is read as before it is cut."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from index.records import Span

BlockKind = Literal["heading", "paragraph", "item", "row"]


@dataclass(slots=True)
class Line:
    """One line, its ending not included, and what it begins with."""

    start: int
    end: int
    text: str
    kind: Literal["blank", "heading", "item", "row", "rule", "plain"] = "plain"
    body: int = 0
    """The offset behind the marks."""
    level: int = 0
    """Of a heading (or of a numbered line that may be one): smaller is higher."""
    indent: int = 0
    hard: bool = False
    """Ends in two blanks: Markdown's line break."""


@dataclass(slots=True)
class Block:
    """A heading, a paragraph, an item or a row: [start, end) with marks and blanks left out."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    indent: int = 0
    context: tuple[Span, ...] = ()
    breaks: tuple[int, ...] = field(default=())
    """Offsets of line ends at which a sentence surely ends."""
