"""The manifest: one SQLite file that is the only truth about an index.

Everything else on disk (FAISS segments, the tantivy index) can be made again from it. Each thread
has a connection of its own, because a read transaction belongs to a connection: two threads that
shared one would see each other's snapshot.
"""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from index.errors import BrokenIndex, StaleIndex, TenkyoError

SCHEMA = 1

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE documents (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL, sha256 TEXT NOT NULL,
  version TEXT NOT NULL, recipe TEXT NOT NULL, reader TEXT NOT NULL, title TEXT NOT NULL,
  date TEXT NOT NULL, day TEXT NOT NULL, issuer TEXT NOT NULL, tags TEXT NOT NULL,
  pages TEXT NOT NULL, warnings TEXT NOT NULL,
  first INTEGER NOT NULL, count INTEGER NOT NULL, text TEXT NOT NULL);
CREATE INDEX documents_sha256 ON documents (sha256);
CREATE TABLE places (path TEXT PRIMARY KEY, document INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX places_document ON places (document);
CREATE TABLE passages (
  number INTEGER PRIMARY KEY, document INTEGER NOT NULL, start INTEGER NOT NULL,
  end INTEGER NOT NULL, page INTEGER, digest BLOB NOT NULL, heading TEXT NOT NULL,
  units TEXT NOT NULL);
CREATE INDEX passages_digest ON passages (digest);
CREATE TABLE vectors (number INTEGER PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE segments (name TEXT PRIMARY KEY, kind TEXT NOT NULL, first INTEGER NOT NULL,
  last INTEGER NOT NULL, rows INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE buried (first INTEGER PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE pending (document INTEGER PRIMARY KEY);
"""
"""`places` holds every path of a document, its source among them. `buried` holds the passage
numbers that were deleted but still lie in a segment; `pending` the documents that may lie in the
terms but must not. Passage numbers are never used twice, so a stale cache can only be masked, not
mistaken for another passage."""


class Manifest:
    """Connections to one manifest file, one a thread; `writable` says whether it can be changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writable = _writable(path)
        self._local = threading.local()
        self._open: weakref.WeakSet[sqlite3.Connection] = weakref.WeakSet()
        self._stamp: tuple[int, ...] = ()

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection of the calling thread, opened when first asked for."""
        stamp = self._stamp if self.writable else _stamp(self.path)
        if getattr(self._local, "connection", None) is None or self._local.stamp != stamp:
            self._local.connection = self._connect()
            self._local.stamp = stamp
            self._open.add(self._local.connection)
        connection: sqlite3.Connection = self._local.connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        if not self.writable:
            return _connect_read_only(self.path)
        connection = _connect(f"file:{quote(str(self.path))}?mode=rwc")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        return connection

    def create(self, meta: dict[str, str | int]) -> None:
        """Make the tables and the first meta values, in one transaction; nothing if they exist."""
        with self.writing() as connection:
            if self.exists():
                return
            for statement in TABLES.split(";"):
                connection.execute(statement)
            first = {"schema": SCHEMA, "generation": 0, "next_passage": 1, "next_document": 1}
            connection.executemany("INSERT INTO meta VALUES (?, ?)", (first | meta).items())

    def exists(self) -> bool:
        """Whether the tables were made: an empty file is an index killed while it was created."""
        found = self.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'")
        return found.fetchone() is not None

    def check_schema(self) -> None:
        """Refuse a schema this program does not know."""
        schema = int(self.meta("schema"))
        if schema != SCHEMA:
            raise StaleIndex(
                f"索引の形式は第{schema}版、このプログラムの形式は第{SCHEMA}版です: {self.path.parent}。"
                "新しいtenkyoで開くか、索引を作り直してください。"
            )

    def meta(self, name: str) -> str:
        """One value as text; empty where it was never set."""
        row = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return "" if row is None else str(row[0])

    def set_meta(self, name: str, value: str | int) -> None:
        """Set one value; inside `writing`."""
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A snapshot: every statement inside sees the same commit. May be nested."""
        connection = self.connection
        if connection.in_transaction:
            yield connection
            return
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise

    def reserve(self, name: str, count: int) -> int:
        """The first of `count` fresh numbers; inside `writing`. They are used up even by a crash."""
        first = int(self.meta(name))
        self.set_meta(name, first + count)
        return first

    def advance(self) -> None:
        """Mark what readers see as changed; inside `writing`."""
        self.set_meta("generation", int(self.meta("generation")) + 1)

    def flush(self) -> None:
        """Move the log into the file and empty it, so that deleted text is not left in the log."""
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the connections of all threads; the last one empties the log."""
        for connection in list(self._open):
            with suppress(sqlite3.Error):
                connection.close()
        self._local = threading.local()


def dump(value: object) -> str:
    """JSON without blanks, characters as they are; what JSON does not know, as text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


@contextmanager
def translating(path: Path) -> Iterator[None]:
    """Turn what SQLite, the file system, tantivy and FAISS raise into errors a user can act on."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _translated(error, path) from error
    except (OSError, ValueError, RuntimeError) as error:
        if _is_full(error):
            raise _full(path) from error
        if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise read_only(path) from error
        raise


def _translated(error: sqlite3.DatabaseError, path: Path) -> TenkyoError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
        return _full(path)
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
        return read_only(path)
    if code == sqlite3.SQLITE_CANTOPEN:
        return TenkyoError(f"索引を開けません: {path}。読み取りの権限を確かめてください。")
    return BrokenIndex(
        f"索引が壊れています({error}): {path}。"
        "このフォルダーを消して、`tenkyo index add` で作り直してください。"
    )


def read_only(path: Path) -> TenkyoError:
    """What a writer is told."""
    return TenkyoError(
        f"索引に書き込めません(読み取り専用です): {path}。書き込みの権限を確かめてください。"
    )


def _full(path: Path) -> TenkyoError:
    return TenkyoError(
        f"ディスクの空きが足りず、索引に書き込めませんでした: {path}。"
        "最後に確定したところまでは残っています。空きを作ってから、もう一度実行してください。"
    )


def _is_full(error: Exception) -> bool:
    """Whether the system had no room: FAISS and tantivy tell it in words only."""
    codes = (errno.EFBIG, errno.ENOSPC, errno.EDQUOT)
    signs = [sign for code in codes for sign in (f"os error {code})", f"code: {code},")]
    return getattr(error, "errno", None) in codes or any(
        sign in str(error) for sign in (*signs, "write error")
    )


def _writable(path: Path) -> bool:
    """Whether a manifest can be written here, or made where there is none yet."""
    folder = next(parent for parent in path.parents if parent.exists())
    return os.access(folder, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def _stamp(path: Path) -> tuple[int, ...]:
    """Changes when another user's process writes: an immutable connection would not notice."""
    status = path.stat()
    wal = path.with_name(path.name + "-wal")
    return (status.st_mtime_ns, status.st_size, int(wal.exists()))


class _Connection(sqlite3.Connection):
    """One that can be referred to weakly: a thread that ends takes its connection with it."""


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(
        uri, uri=True, timeout=10.0, isolation_level=None, check_same_thread=False,
        factory=_Connection,
    )  # fmt: skip


def _connect_read_only(path: Path) -> sqlite3.Connection:
    """In a folder that cannot be written, SQLite cannot make the files of the log.

    Then `immutable` is right as long as no log lies there; where one does, it can be read.
    """
    uri = f"file:{quote(str(path))}?mode=ro"
    connection = _connect(uri)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        connection = _connect(uri + "&immutable=1")
    return connection
