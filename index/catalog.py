"""Which documents the manifest holds, and at which paths."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from index.manifest import Manifest, dump
from index.records import Document
from index.rows import DOCUMENT, read_document, storable

_KNOWN = "number, id, source, sha256, recipe, reader, tags"


@dataclass(frozen=True, slots=True)
class Known:
    """What deciding about a file needs of the document that is already there."""

    number: int
    id: str
    source: str
    sha256: str
    recipe: str
    reader: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document without its text; the fields of the same name are those of `Document`."""

    id: str
    title: str
    source: str
    version: str
    date: str
    issuer: str
    tags: tuple[str, ...]
    warnings: tuple[str, ...]
    places: tuple[str, ...]
    pages: int
    """How many; 0 for formats without pages."""
    passages: int
    characters: int


@dataclass(frozen=True, slots=True)
class Catalog:
    """Questions to the manifest about documents; what changes it stands at the end."""

    manifest: Manifest

    def size(self) -> int:
        """How many passages there are."""
        row = self.manifest.connection.execute("SELECT total(count) FROM documents").fetchone()
        return int(row[0])

    def number(self, document_id: str) -> int | None:
        """The number of a document, None if it is not there."""
        row = self.manifest.connection.execute(
            "SELECT number FROM documents WHERE id = ?", (document_id,)
        ).fetchone()
        return None if row is None else int(row[0])

    def numbers(self) -> list[int]:
        """The numbers of all documents, ordered by id."""
        return [n for (n,) in self.manifest.connection.execute(
            "SELECT number FROM documents ORDER BY id")]  # fmt: skip

    def infos(self) -> list[DocumentInfo]:
        """All documents without their texts, ordered by id."""
        connection = self.manifest.connection
        places: dict[int, list[str]] = {}
        for number, path in connection.execute(
            "SELECT document, path FROM places JOIN documents ON number = document"
            " WHERE path <> source ORDER BY path"
        ):
            places.setdefault(number, []).append(path)
        rows = connection.execute(
            "SELECT number, id, title, source, version, date, issuer, tags, warnings,"
            " json_array_length(pages), count, length(text) FROM documents ORDER BY id"
        )
        return [
            DocumentInfo(
                id=row[1], title=row[2], source=row[3], version=row[4], date=row[5], issuer=row[6],
                tags=tuple(json.loads(row[7])), warnings=tuple(json.loads(row[8])),
                places=tuple(places.get(row[0], ())), pages=row[9], passages=row[10],
                characters=row[11],
            )
            for row in rows
        ]  # fmt: skip

    def document(self, number: int) -> Document:
        """A document by its number."""
        row = self.manifest.connection.execute(
            f"SELECT {DOCUMENT} FROM documents WHERE number = ?", (number,)
        ).fetchone()
        return read_document(self.manifest.connection, row)

    def passage_numbers(self, number: int) -> range:
        """The numbers of a document's passages, in order."""
        first, count = self.manifest.connection.execute(
            "SELECT first, count FROM documents WHERE number = ?", (number,)
        ).fetchone()
        return range(first, first + count)

    def at(self, source: str) -> Known | None:
        """The document that was read from, or also lies at, a path."""
        return self._known("number = (SELECT document FROM places WHERE path = ?)", source)

    def twin(self, sha256: str) -> Known | None:
        """A document with the same bytes."""
        return self._known("sha256 = ? AND sha256 <> '' ORDER BY number LIMIT 1", sha256)

    def _known(self, condition: str, value: str) -> Known | None:
        row = self.manifest.connection.execute(
            f"SELECT {_KNOWN} FROM documents WHERE {condition}", (value,)
        ).fetchone()
        if row is None:
            return None
        number, name, source, sha256, recipe, reader, tags = row
        return Known(number, name, source, sha256, recipe, reader, tuple(json.loads(tags)))

    def under(self, folder: str) -> Iterator[tuple[str, Known]]:
        """The paths under a folder, with their documents."""
        prefix = storable(folder).rstrip("/") + "/"
        paths = self.manifest.connection.execute(
            "SELECT path FROM places WHERE substr(path, 1, length(?)) = ? ORDER BY path",
            (prefix, prefix),
        ).fetchall()
        for (path,) in paths:
            known = self.at(path)
            if known is not None:
                yield path, known

    def add_place(self, source: str, number: int) -> None:
        """Note a further path of a document."""
        with self.manifest.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO places VALUES (?, ?)", (source, number))
            self.manifest.advance()

    def drop_place(self, source: str, number: int) -> bool:
        """Forget a path of a document that has others; False, and nothing done, if it has none."""
        with self.manifest.writing() as connection:
            other = connection.execute(
                "SELECT min(path) FROM places WHERE document = ? AND path <> ?", (number, source)
            ).fetchone()[0]
            if other is None:
                return False
            connection.execute("DELETE FROM places WHERE path = ?", (source,))
            connection.execute(
                "UPDATE documents SET source = ? WHERE number = ? AND source = ?",
                (other, number, source),
            )
            self.manifest.advance()
        return True

    def set_tags(self, number: int, tags: tuple[str, ...]) -> None:
        """Replace the tags of a document."""
        with self.manifest.writing() as connection:
            connection.execute(
                "UPDATE documents SET tags = ? WHERE number = ?", (dump(tags), number)
            )
            self.manifest.advance()
