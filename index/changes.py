"""Changes of a store, each one commit; all of them inside `Store.writing`.

The order makes a kill harmless anywhere: note in the manifest which documents the terms may come
to hold wrongly → terms take the new ones → the manifest's transaction → terms drop the old ones →
vectors are sealed into segments. The manifest is then at its last commit; what the caches hold
too much is masked by it, and swept by the next writer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from index.chunking import indexed_text
from index.records import Document, Passage
from index.rows import PASSAGE, insert_document, insert_passages, read_passage
from index.segments import IVF_ROWS, Kind, Numbers, Vectors, write_segment
from index.store import Store, fresh_name, last_sealed
from index.terms import Terms
from index.words import index_terms

SEAL_ROWS = 256
"""Rows outside any segment before they are sealed into one: fewer are quickly read at opening."""
MOST_SEGMENTS = 8
"""Small segments before they are merged."""
BLOCK = 65_536
"""Vectors read from the manifest at a time (100 MB at 384 dimensions)."""

Words = Iterator[tuple[int, int, str]]
"""(passage number, document number, words joined by blanks)"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document ready to be stored.

    `vectors` is float32 (len(passages), dimensions); `words` holds each passage's terms joined by
    blanks; `recipe` tells what besides the file's bytes the document was made from.
    """

    document: Document
    passages: Sequence[Passage]
    vectors: Vectors
    words: Sequence[str]
    recipe: str = ""


def join_words(passage: Passage) -> str:
    """What the lexical leg holds of a passage."""
    return " ".join(index_terms(indexed_text(passage)))


def swap(store: Store, entries: Sequence[Entry], gone: Sequence[int] = ()) -> None:
    """Add documents and delete others (by number) in one commit."""
    counts = [len(entry.passages) for entry in entries]
    with store.manifest.writing() as connection:
        document = store.manifest.reserve("next_document", len(entries))
        passage = store.manifest.reserve("next_passage", sum(counts))
        numbers = range(document, document + len(entries))
        _note(connection, numbers)
    firsts = [passage + sum(counts[:n]) for n in range(len(entries))]
    if entries:
        store.terms().change(added=_words(entries, numbers, firsts))
    with store.manifest.writing() as connection:
        for number in gone:
            _delete(connection, number)
        for entry, number, first in zip(entries, numbers, firsts, strict=True):
            count = len(entry.passages)
            insert_document(connection, entry.document, entry.recipe, number, first, count)
            _insert_passages(connection, entry, number, first)
        connection.execute("DELETE FROM pending")
        _note(connection, gone)
        store.manifest.advance()
    store.sweep()
    seal(store)
    if gone:
        store.manifest.flush()


def seal(store: Store) -> None:
    """Write the rows outside any segment into one, if there are enough; merge small ones."""
    with store.manifest.reading() as connection:
        last = last_sealed(connection)
        flat = connection.execute(
            "SELECT first, rows FROM segments WHERE kind = 'flat' ORDER BY first"
        ).fetchall()
        tail = _count(connection, last + 1)
        dead = connection.execute("SELECT total(last - first + 1) FROM buried").fetchone()[0]
        mostly_dead = dead >= SEAL_ROWS and dead > _count(connection, 0)
    if mostly_dead:
        merge(store)
    elif tail < SEAL_ROWS:
        return
    elif tail + sum(rows for _, rows in flat) >= IVF_ROWS:
        _write_rows(store, 0, "ivf")
    elif len(flat) >= MOST_SEGMENTS:
        _write_rows(store, _mergeable(flat, tail, last + 1), "flat")
    else:
        _write_rows(store, last + 1, "flat")


def _mergeable(flat: Sequence[tuple[int, int]], tail: int, first: int) -> int:
    """Where to begin so that segments no larger than what follows them are merged with it.

    Their sizes then grow geometrically: a row is rewritten a few times only.
    """
    for start, rows in reversed(flat):
        if rows > 2 * tail:
            break
        tail, first = tail + rows, start
    return first


def merge(store: Store) -> None:
    """All rows into one segment, deleted ones left out."""
    with store.manifest.reading() as connection:
        rows = _count(connection, 0)
    _write_rows(store, 0, "ivf" if rows >= IVF_ROWS else "flat")


def _write_rows(store: Store, first: int, kind: Kind) -> None:
    """One segment of all rows from passage `first` on, instead of those that hold them."""
    name, connection = fresh_name(), store.manifest.connection
    found = connection.execute(
        "SELECT number FROM passages WHERE number >= ? ORDER BY number", (first,)
    )
    numbers = np.fromiter((n for (n,) in found), np.int64)
    if len(numbers):
        blocks = partial(_vectors, connection, numbers)
        write_segment(store.path / "vectors", name, numbers, blocks, kind)
    with store.manifest.writing():
        connection.execute("DELETE FROM segments WHERE first >= ?", (first,))
        connection.execute("DELETE FROM buried WHERE first >= ?", (first,))
        if len(numbers):
            connection.execute(
                "INSERT INTO segments VALUES (?, ?, ?, ?, ?)",
                (name, kind, int(numbers[0]), int(numbers[-1]), len(numbers)),
            )
        store.manifest.advance()
    store.sweep()


def _vectors(connection: sqlite3.Connection, numbers: Numbers) -> Iterator[Vectors]:
    """The vectors of ascending passage numbers, a block at a time."""
    for at in range(0, len(numbers), BLOCK):
        block = numbers[at : at + BLOCK]
        rows = connection.execute(
            "SELECT vector FROM vectors WHERE number BETWEEN ? AND ? ORDER BY number",
            (int(block[0]), int(block[-1])),
        )
        yield np.frombuffer(b"".join(v for (v,) in rows), np.float32).reshape(len(block), -1)


def replace_terms(store: Store) -> None:
    """A new tantivy index made from the manifest, instead of the old one."""
    name = fresh_name()
    Terms.create(store.path / "terms" / name).change(added=_all_words(store))
    with store.manifest.writing() as connection:
        connection.execute("DELETE FROM pending")
        store.manifest.set_meta("terms", name)
        store.manifest.advance()
    store.sweep()


def _all_words(store: Store) -> Words:
    for number in store.catalog.numbers():
        document = store.catalog.document(number)
        first = store.catalog.passage_numbers(number).start
        rows = store.manifest.connection.execute(
            f"SELECT {PASSAGE} FROM passages WHERE document = ? ORDER BY number", (number,)
        )
        for row in rows.fetchall():
            yield row[0], number, join_words(read_passage(row, document, first))


def replace_all(
    store: Store, entries: Iterable[tuple[int, Entry]], meta: Mapping[str, str]
) -> None:
    """Give every document (by its number) new passages, in one commit; for another model."""
    name = fresh_name()
    with store.manifest.writing() as connection:
        for table in ("passages", "vectors", "segments", "buried", "pending"):
            connection.execute(f"DELETE FROM {table}")
        words = _renew(store, entries)
        Terms.create(store.path / "terms" / name).change(added=words)
        for key, value in {**meta, "terms": name}.items():
            store.manifest.set_meta(key, value)
        store.manifest.advance()
    store.sweep()
    seal(store)
    store.manifest.flush()


def _renew(store: Store, entries: Iterable[tuple[int, Entry]]) -> Words:
    connection = store.manifest.connection
    for number, entry in entries:
        count = len(entry.passages)
        first = store.manifest.reserve("next_passage", count)
        connection.execute(
            "UPDATE documents SET first = ?, count = ? WHERE number = ?", (first, count, number)
        )
        _insert_passages(connection, entry, number, first)
        yield from _words([entry], [number], [first])


def _words(entries: Sequence[Entry], numbers: Sequence[int], firsts: Sequence[int]) -> Words:
    for entry, number, first in zip(entries, numbers, firsts, strict=True):
        for n, words in enumerate(entry.words):
            yield first + n, number, words


def _insert_passages(connection: sqlite3.Connection, entry: Entry, number: int, first: int) -> None:
    insert_passages(connection, entry.passages, number, first)
    connection.executemany(
        "INSERT INTO vectors VALUES (?, ?)",
        ((first + n, np.asarray(v, np.float32).tobytes()) for n, v in enumerate(entry.vectors)),
    )


def _delete(connection: sqlite3.Connection, number: int) -> None:
    first, count = connection.execute(
        "SELECT first, count FROM documents WHERE number = ?", (number,)
    ).fetchone()
    last = first + count - 1
    connection.execute("DELETE FROM documents WHERE number = ?", (number,))
    connection.execute("DELETE FROM places WHERE document = ?", (number,))
    for table in ("passages", "vectors"):
        connection.execute(f"DELETE FROM {table} WHERE number BETWEEN ? AND ?", (first, last))
    if count and first <= last_sealed(connection):
        connection.execute("INSERT INTO buried VALUES (?, ?)", (first, last))


def _note(connection: sqlite3.Connection, documents: Iterable[int]) -> None:
    connection.executemany("INSERT OR IGNORE INTO pending VALUES (?)", ((n,) for n in documents))


def _count(connection: sqlite3.Connection, first: int) -> int:
    found = connection.execute("SELECT count(*) FROM passages WHERE number >= ?", (first,))
    return int(found.fetchone()[0])
