"""Documents and passages as rows of the manifest, and back."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from index.filters import iso_day
from index.manifest import dump
from index.records import Document, Page, Passage, Span, Unit

DOCUMENT = (
    "number, id, source, sha256, version, recipe, reader, title, date, day, issuer, tags, pages,"
    " warnings, first, count, text"
)
PASSAGE = "number, document, start, end, page, digest, heading, units"
_KINDS = ("sentence", "item", "row", "heading")


def insert_document(
    connection: sqlite3.Connection,
    document: Document,
    recipe: str,
    number: int,
    first: int,
    count: int,
) -> None:
    """Write a document's row and its places; its passages are `first` to `first + count - 1`."""
    connection.execute(
        f"INSERT INTO documents ({DOCUMENT}) VALUES ({', '.join('?' * 17)})",
        (
            number, document.id, storable(document.source), document.sha256, document.version,
            recipe, document.reader, document.title, document.date, iso_day(document.date),
            document.issuer, dump(document.tags), dump(document.pages), dump(document.warnings),
            first, count, document.text,
        ),
    )  # fmt: skip
    paths = dict.fromkeys(storable(path) for path in (document.source, *document.places))
    connection.executemany(
        "INSERT OR REPLACE INTO places VALUES (?, ?)", ((path, number) for path in paths)
    )


def read_document(connection: sqlite3.Connection, row: Sequence[Any]) -> Document:
    """A Document from a row of the columns DOCUMENT."""
    places = connection.execute(
        "SELECT path FROM places WHERE document = ? AND path <> ? ORDER BY path", (row[0], row[2])
    )
    return Document(
        id=row[1], source=row[2], sha256=row[3], version=row[4], reader=row[6], title=row[7],
        date=row[8], issuer=row[10], tags=tuple(json.loads(row[11])),
        pages=tuple(Page(*page) for page in json.loads(row[12])),
        warnings=tuple(json.loads(row[13])), text=row[16],
        places=tuple(path for (path,) in places),
    )  # fmt: skip


def insert_passages(
    connection: sqlite3.Connection, passages: Iterable[Passage], document: int, first: int
) -> None:
    """Write the rows of one document's passages."""
    connection.executemany(
        f"INSERT INTO passages ({PASSAGE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (first + n, document, p.start, p.end, p.page, digest(p.text), p.heading, pack_units(p))
            for n, p in enumerate(passages)
        ),
    )


def read_passage(row: Sequence[Any], document: Document, first: int) -> Passage:
    """A Passage from a row of the columns PASSAGE; `first` is its document's first number."""
    number, _, start, end, page, _, heading, units = row
    return Passage(
        id=f"{document.id}#{number - first}", document_id=document.id, start=start, end=end,
        text=document.text[start:end], heading=heading, page=page,
        units=unpack_units(units, start),
    )  # fmt: skip


def digest(text: str) -> bytes:
    """Equal for texts that differ in blanks and line breaks only: 16 bytes."""
    return hashlib.blake2b("".join(text.split()).encode(), digest_size=16).digest()


def pack_units(passage: Passage) -> str:
    """Units as JSON, offsets counted from the passage's start."""
    return dump(
        [
            [unit.start - passage.start, unit.end - passage.start, _KINDS.index(unit.kind)]
            + [offset - passage.start for span in unit.context for offset in span]
            for unit in passage.units
        ]
    )


def unpack_units(packed: str, base: int) -> tuple[Unit, ...]:
    """The inverse of `pack_units`."""
    units = []
    for start, end, kind, *spans in json.loads(packed):
        pairs = zip(spans[::2], spans[1::2], strict=True)
        context = tuple(Span(base + first, base + last) for first, last in pairs)
        units.append(Unit(base + start, base + end, _KINDS[kind], context))  # type: ignore[arg-type]
    return tuple(units)


def storable(path: str) -> str:
    """A path as text: bytes that are not UTF-8 come from the system as lone surrogates."""
    return path.encode("utf-8", "backslashreplace").decode()
