"""What passes between the door (`reading.py`) and the readers, one a format."""

from __future__ import annotations

from dataclasses import dataclass

from index.errors import ReadError
from index.limits import Limits
from index.records import Page


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of one file, and what a reader may need to know about it."""

    path: str
    """As the user gave it: errors name it."""
    suffix: str
    data: bytes
    limits: Limits
    password: str | None = None

    def refuse(self, why: str) -> ReadError:
        """The error to raise when this file gives no document."""
        return ReadError(self.path, why)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a reader took from a file; `reading.read` makes the Document of it."""

    text: str
    title: str = ""
    """Empty where the file names none."""
    pages: tuple[Page, ...] = ()
    warnings: tuple[str, ...] = ()
