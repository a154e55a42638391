"""Whether an index holds what it says, and making its caches again where it does not."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.changes import merge, replace_terms
from index.manifest import translating
from index.records import Document
from index.rows import PASSAGE, digest, unpack_units
from index.segments import Numbers, is_whole, open_segment
from index.store import Store, last_sealed
from index.terms import Terms, list_passages, live_files


def check(store: Store, *, repair: bool) -> list[str]:
    """What is wrong, one Japanese sentence each.

    With `repair`, broken caches are made again from the manifest, and what is left is told.
    IndexBusy while another process writes: the caches are then ahead of the manifest.
    """
    with store.writing(sweep=False) if store.manifest.writable else nullcontext():
        problems = _problems(store)
        if repair and (problems.vectors or problems.terms):
            if problems.terms:  # first: nothing can be swept from what cannot be opened
                replace_terms(store)
            store.recover()
            if problems.vectors:
                merge(store)
            store.forget()
            problems = _problems(store)
    return [*problems.manifest, *problems.vectors, *problems.terms]


@dataclass(frozen=True, slots=True)
class _Problems:
    manifest: list[str]
    vectors: list[str]
    terms: list[str]


def _problems(store: Store) -> _Problems:
    with translating(store.path), store.manifest.reading():
        return _Problems(
            list(_check_manifest(store)), list(_check_vectors(store)), list(_check_terms(store))
        )


def compact(store: Store) -> None:
    """Both caches without what was deleted, and a manifest without free pages."""
    merge(store)
    replace_terms(store)
    with translating(store.path):
        store.manifest.connection.execute("VACUUM")
        store.manifest.flush()


def _check_manifest(store: Store) -> Iterator[str]:
    connection = store.manifest.connection
    for (found,) in connection.execute("PRAGMA integrity_check"):
        if found != "ok":
            yield f"manifest.sqlite が壊れています: {found}"
    for number in store.catalog.numbers():
        document = store.catalog.document(number)
        numbers = store.catalog.passage_numbers(number)
        problem = _problem(connection, document, number, numbers)
        if problem:
            yield f"文書「{document.id}」: {problem}"
    for table in ("passages", "vectors"):
        rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        if rows != store.catalog.size():
            yield f"{table} の行は{rows}件ですが、文書のパッセージは{store.catalog.size()}件です"


def _problem(
    connection: sqlite3.Connection, document: Document, number: int, numbers: range
) -> str:
    """The first thing that is wrong with a document; empty if nothing is."""
    if hashlib.sha256(document.text.encode()).hexdigest() != document.version:
        return "本文が記録されたハッシュと合いません"
    if not connection.execute("SELECT 1 FROM places WHERE document = ?", (number,)).fetchone():
        return "ファイルの場所が記録されていません"
    rows = connection.execute(
        f"SELECT {PASSAGE} FROM passages WHERE document = ? ORDER BY number", (number,)
    ).fetchall()
    if [row[0] for row in rows] != list(numbers):
        return "パッセージの番号が続いていません"
    for _, _, start, end, _, recorded, _, units in rows:
        if not 0 <= start < end <= len(document.text):
            return f"パッセージの位置 {start}〜{end} が本文(全{len(document.text)}字)の外です"
        if digest(document.text[start:end]) != recorded:
            return f"パッセージ {start}〜{end} の文字が記録と合いません"
        if any(not start <= unit.start < unit.end <= end for unit in unpack_units(units, start)):
            return f"パッセージ {start}〜{end} の文の位置が外に出ています"
    return ""


def _check_vectors(store: Store) -> Iterator[str]:
    connection = store.manifest.connection
    covered = np.zeros(0, np.int64)
    folder = store.path / "vectors"
    for name, kind in connection.execute("SELECT name, kind FROM segments ORDER BY first"):
        if not is_whole(folder / name):
            yield f"ベクトルのファイル vectors/{name} がないか、壊れています"
            return
        covered = np.concatenate([covered, open_segment(folder, name, kind).numbers])
    buried = connection.execute("SELECT first, last FROM buried").fetchall()
    dead = np.concatenate([np.arange(a, b + 1) for a, b in buried] or [np.zeros(0, np.int64)])
    last = last_sealed(connection)
    living = _numbers(connection, f"SELECT number FROM passages WHERE number <= {last}")
    if not np.array_equal(np.setdiff1d(covered, dead), living):
        yield "ベクトルのファイルと文書のパッセージが合いません"


def _check_terms(store: Store) -> Iterator[str]:
    connection = store.manifest.connection
    folder = store.path / "terms" / store.manifest.meta("terms")
    try:
        for path in live_files(folder):
            if not _has_checksum(path):
                yield f"単語のファイル terms/{folder.name}/{path.name} が壊れています"
                return
        terms = Terms(folder, writable=store.manifest.writable)
        held = list_passages(terms.searcher())
        terms.close()
    except (OSError, ValueError, KeyError) as error:
        yield f"単語の索引 terms/{folder.name} を開けません: {error}"
        return
    pending = {n for (n,) in connection.execute("SELECT document FROM pending")}
    known = np.array([n for n, document in held if document not in pending], np.int64)
    if not np.array_equal(np.sort(known), _numbers(connection, "SELECT number FROM passages")):
        yield "単語の索引と文書のパッセージが合いません"


def _numbers(connection: sqlite3.Connection, query: str) -> Numbers:
    return np.fromiter((n for (n,) in connection.execute(f"{query} ORDER BY number")), np.int64)


def _has_checksum(path: Path) -> bool:
    """Compare the CRC that tantivy writes in each file's footer: JSON, its length, 1337."""
    data = path.read_bytes()
    if len(data) < 8:
        return False
    length, magic = struct.unpack("<II", data[-8:])
    body, footer = data[: -8 - length], data[-8 - length : -8]
    try:
        return magic == 1337 and bool(json.loads(footer)["crc"] == zlib.crc32(body))
    except (ValueError, KeyError):
        return False
