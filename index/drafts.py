"""What passes between the door (`reading.py`) and the readers, one a format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

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


class TooLarge(Exception):
    """A limit was passed inside a file; the message is the Japanese reason."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a reader took from a file; `reading.read` makes the Document of it."""

    text: str
    title: str = ""
    """Empty where the file names none."""
    pages: tuple[Page, ...] = ()
    warnings: tuple[str, ...] = ()


_UNWRITABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]"
)
_BLANKS = re.compile("[ \t\r\n\v\f\x85\u2028\u2029]+")


def clean(text: str) -> str:
    """One line of text: control characters and lone surrogates dropped, runs of blanks one space.

    The full-width space stays: it is part of how Japanese is set.
    """
    return _BLANKS.sub(" ", _UNWRITABLE.sub("", text)).strip(" ")


_PROGRAM = re.compile(r"^Microsoft \w+ - |\.(?:docx?|pptx?|xlsx?|pdf|pwd|jtdc?|ai|indd)$")
_STRANGE = re.compile(
    "[\u0080-\u00a6\u00a8-\u00af\u00b2-\u00b6\u00b8-\u00d6\u00d8-\u00f6\u00f8-\u00ff\ufffd]{2}"
)


def sensible_title(title: str) -> str:
    """The title in a file's metadata; empty where a program put a file name or garbage there."""
    title = clean(_PROGRAM.sub("", _PROGRAM.sub("", title.strip())))
    has_words = any(ord(char) > 0x2E7F for char in title) or len(title.split()) > 1
    generic = re.fullmatch(r"(?:PowerPoint|Word|Excel|スライド|無題|タイトル).{0,12}", title)
    return title if has_words and not generic and not _STRANGE.search(title) else ""


def _spell(rows: Iterable[Sequence[str]]) -> str:
    lines = ("\t".join(map(clean, row)) for row in rows)
    return "\n".join(line for line in lines if line.strip())


@dataclass(slots=True)
class Writer:
    """Builds a text in the marks that `structure.py` reads, and keeps count of the pages.

    Blocks are separated by a blank line; list items that follow each other by a line break, so
    that a list stays one block.
    """

    parts: list[str] = field(default_factory=list)
    length: int = 0
    starts: list[tuple[int, int]] = field(default_factory=list)
    last: str = ""

    def heading(self, level: int, text: str) -> None:
        """A heading of level 1 to 6."""
        self._block("heading", f"{'#' * min(max(level, 1), 6)} ", clean(text))

    def paragraph(self, text: str) -> None:
        """One paragraph, however long."""
        self._block("paragraph", "", clean(text))

    def item(self, text: str, number: str = "", depth: int = 0) -> None:
        """A list item; a numbered one is written with the number it has, others with `- `."""
        mark = f"{clean(number)} " if number.strip() else "- "
        self._block("item", "  " * depth + mark, clean(text))

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """A table, header first: one line a row, cells separated by tabs. Where the header comes
        again below a line of its own, a new table begins under that line.
        """
        start = 0
        for i in range(1, len(rows) - 1):
            if not any(rows[i][1:]) and rows[i + 1] == rows[0]:
                self._block("table", "", _spell(rows[start:i]))
                self.paragraph(rows[i][0])
                start = i + 1
        self._block("table", "", _spell(rows[start:]))

    def more_rows(self, rows: Iterable[Sequence[str]]) -> None:
        """Further rows of the table before, which a page's end broke off."""
        before = self.length
        self._write("\n")
        self.starts = [(n, self.length if at == before else at) for n, at in self.starts]
        self._write(_spell(rows))

    def page(self, number: int) -> None:
        """From here on the text stands on page `number`."""
        self.starts.append((number, self.length))

    def carry_on(self, text: str) -> None:
        """The rest of the paragraph before, which was broken off (at the end of a page, say)."""
        self._write(text)

    def _block(self, kind: str, mark: str, text: str) -> None:
        if not text:
            return
        if self.parts:
            before = self.length
            self._write("\n" if kind == self.last == "item" else "\n\n")
            # A page begins with its first character, not with the blank line before it.
            self.starts = [(n, self.length if at == before else at) for n, at in self.starts]
        self._write(mark + text)
        self.last = kind

    def _write(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def text(self) -> str:
        """What was written so far."""
        return "".join(self.parts)

    def pages(self) -> tuple[Page, ...]:
        """Each page with its offsets; one without text is empty, and stands where it would."""
        ends = [start for _, start in self.starts[1:]] + [self.length]
        return tuple(Page(n, start, end) for (n, start), end in zip(self.starts, ends, strict=True))
