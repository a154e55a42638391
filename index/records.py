"""Documents, passages and units: frozen records whose offsets never move.

An offset counts Unicode code points of `Document.text`, because every view of a text (folded,
displayed) moves characters; the stored text is the only thing two programs can agree on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

UnitKind = Literal["sentence", "item", "row", "heading"]


class Span(NamedTuple):
    """A half-open stretch [start, end) of a document's text."""

    start: int
    end: int


class Page(NamedTuple):
    """One page (slide, sheet) of a document: its number as printed in the file, from 1."""

    number: int
    start: int
    end: int


class Unit(NamedTuple):
    """What can be quoted whole: one sentence, list item or table row.

    `context` holds the spans a reader needs to understand it: a row's header, an item's lead
    sentence. They lie in the same document and are cited beside it.
    """

    start: int
    end: int
    kind: UnitKind
    context: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One source file, read.

    `text` is what every offset counts in. For txt, md and csv it is the decoded file less its
    byte order mark, newlines untouched; for the other formats it is what the reader wrote, in
    the marks that `structure.py` reads (`# heading`, `- item`, tab-separated rows).
    """

    id: str
    title: str
    text: str
    source: str
    """The absolute path of the file that was read."""
    sha256: str
    """Of the file's bytes: two places with the same bytes are one document."""
    version: str
    """The sha256 of `text` in UTF-8: a citation names it."""
    date: str = ""
    """As printed in the source (令和7年11月25日); empty where none is known."""
    issuer: str = ""
    tags: tuple[str, ...] = ()
    pages: tuple[Page, ...] = ()
    """Empty for formats without pages."""
    warnings: tuple[str, ...] = ()
    """What the reader could not read, one Japanese sentence each."""
    reader: str = ""
    """Which reader made it, with a version (`pdf/1`): a newer one reads the file again."""
    places: tuple[str, ...] = ()
    """Further paths at which the same bytes were found."""

    def page_at(self, offset: int) -> int | None:
        """The number of the page that holds `offset`; None without pages."""
        for page in reversed(self.pages):
            if page.start <= offset:
                return page.number
        return None


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a document that is embedded, searched and shown: `text == document.text[start:end]`."""

    id: str
    document_id: str
    start: int
    end: int
    text: str
    heading: str = ""
    """The document's title and the headings above, joined by ` › `; not part of the offsets."""
    page: int | None = None
    units: tuple[Unit, ...] = ()
    """In document order, inside [start, end)."""
    score: float = 0.0
    """The fused retrieval score, higher is better; comparable within one search only."""
    dense: float = 0.0
    """Cosine of query and passage vector, 0 where that leg did not return it."""
    lexical: float = 0.0
    """BM25 of the lexical leg, 0 where that leg did not return it."""
    places: tuple[tuple[str, int, int], ...] = ()
    """Where the same text stands in other documents: (document_id, start, end)."""
    topic: str = ""
    """For one question: a line further above that names what the question asks about."""

    @property
    def above(self) -> str:
        """What the passage stands under for a reader: the headings, or the topic and the nearest."""
        return f"{self.topic} › {self.heading.rpartition(' › ')[2]}" if self.topic else self.heading


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `Index.add` or `Index.sync` did with one file."""

    source: str
    status: Literal["added", "unchanged", "replaced", "duplicate", "removed", "failed"]
    document_id: str = ""
    error: Exception | None = None
    """The ReadError of a failed file."""
    warnings: tuple[str, ...] = ()
