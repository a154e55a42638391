"""What is on disk: the manifest, and the two caches that follow it.

    manifest.sqlite   the only truth
    vectors/NAME/     FAISS segments
    terms/NAME/       the tantivy index
    lock              held by the one writer

Readers take a snapshot of one commit. Passages that lie in no segment yet are read from the
manifest; what a cache holds too much is masked by it.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from index.catalog import Catalog
from index.errors import BrokenIndex
from index.filters import Where
from index.locking import lock
from index.manifest import Manifest, read_only, translating
from index.segments import Ranges, in_memory, open_segment
from index.terms import Terms
from index.views import Scope, View


class Store:
    """One index directory. Reading is safe from any thread; changing takes the writer's lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest = Manifest(path / "manifest.sqlite")
        self.catalog = Catalog(self.manifest)
        self._lock = threading.Lock()
        self._view: View | None = None
        self._terms: tuple[str, Terms] | None = None

    def create(self, meta: Mapping[str, str | int]) -> None:
        """Make an empty index; completes one that was killed while it was made."""
        with translating(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            if not self.manifest.path.exists() or not self.manifest.exists():
                with lock(self.path):
                    name = fresh_name()
                    Terms.create(self.path / "terms" / name)
                    self.manifest.create({**meta, "terms": name})

    @contextmanager
    def writing(self, *, sweep: bool = True) -> Iterator[None]:
        """Hold the writer's lock, with what an earlier writer left half done swept first."""
        if not self.manifest.writable:
            raise read_only(self.path)
        with translating(self.path), lock(self.path):
            if sweep:
                self.recover()
            yield

    def recover(self) -> None:
        """Finish what a killed writer began; one that ended well left nothing pending."""
        if self.manifest.connection.execute("SELECT 1 FROM pending").fetchone():
            self.terms().clean()
        self.sweep()

    def sweep(self) -> None:
        """Delete from the terms what must not be there, and files that no commit names.

        Inside `writing`.
        """
        pending = [n for (n,) in self.manifest.connection.execute("SELECT document FROM pending")]
        if pending:
            self.terms().change(removed=pending)
            with self.manifest.writing() as connection:
                connection.execute("DELETE FROM pending")
        names = {name for (name,) in self.manifest.connection.execute("SELECT name FROM segments")}
        _keep(self.path / "vectors", names)
        _keep(self.path / "terms", {self.manifest.meta("terms")})

    def terms(self) -> Terms:
        """The tantivy index that the manifest names, for a writer.

        Opened each time: what another process has written since would not be deleted otherwise.
        """
        try:
            return Terms(self.path / "terms" / self.manifest.meta("terms"), writable=True)
        except (OSError, ValueError) as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> BrokenIndex:
        return BrokenIndex(
            f"索引のファイルがないか、壊れています({error}): {self.path}。"
            "`tenkyo index check --repair` で直してください。"
        )

    def _open_terms(self) -> Terms:
        name = self.manifest.meta("terms")
        with self._lock:
            # links of a read-only index lead to the files of the commit they were made for
            if self._terms is None or self._terms[0] != name or not self.manifest.writable:
                self._close_terms()
                folder = self.path / "terms" / name
                self._terms = name, Terms(folder, writable=self.manifest.writable)
            return self._terms[1]

    @contextmanager
    def snapshot(self) -> Iterator[View]:
        """One commit to search and read in; later commits are not seen until the next one."""
        failure: Exception = FileNotFoundError(self.path)
        for _ in range(5):
            with translating(self.path), self.manifest.reading():
                try:
                    view = self._current()
                except (OSError, RuntimeError, ValueError) as error:
                    failure = error  # a writer may have replaced the file meanwhile: look again
                    continue
                yield view
                return
        raise self._broken(failure) from failure

    def _current(self) -> View:
        """The view of this thread's snapshot."""
        generation = int(self.manifest.meta("generation"))
        view = self._view
        if view is None or view.generation != generation:
            view = self._view = self._open(generation)
        return view

    def _open(self, generation: int) -> View:
        connection = self.manifest.connection
        live = connection.execute("SELECT name, kind FROM segments ORDER BY first").fetchall()
        before = {segment.name: segment for segment in (self._view.segments if self._view else ())}
        segments = [
            before.get(name) or open_segment(self.path / "vectors", name, kind)
            for name, kind in live
        ]
        tail = connection.execute(
            "SELECT number, vector FROM vectors WHERE number > ? ORDER BY number",
            (last_sealed(connection),),
        ).fetchall()
        if tail:
            vectors = np.frombuffer(b"".join(row[1] for row in tail), np.float32)
            numbers = np.array([row[0] for row in tail], np.int64)
            segments.append(in_memory(numbers, vectors.reshape(len(tail), -1)))
        buried = connection.execute("SELECT first, last FROM buried ORDER BY first").fetchall()
        ranges = Ranges(np.array(buried, np.int64).reshape(-1, 2))
        searcher = self._open_terms().searcher()
        return View(generation, self.catalog, tuple(segments), ranges, searcher)

    def scope(self, where: Where | None) -> Scope:
        """The documents that a search may look at, and their passages; None for all."""
        if where is None:
            return None
        clauses, values = where.clauses()
        rows = self.manifest.connection.execute(
            f"SELECT number, first, first + count - 1 FROM documents WHERE {clauses} AND count > 0"
            " ORDER BY first",
            values,
        ).fetchall()
        ranges = Ranges(np.array([row[1:] for row in rows], np.int64).reshape(-1, 2))
        return [row[0] for row in rows], ranges

    def forget(self) -> None:
        """Drop what is mapped; it is opened again when needed."""
        self._view = None
        self._close_terms()

    def _close_terms(self) -> None:
        if self._terms is not None:
            self._terms[1].close()
            self._terms = None

    def close(self) -> None:
        """Close connections and drop what is mapped."""
        self.manifest.close()
        self.forget()


def fresh_name() -> str:
    """A name no file has borne: a reader may still hold an old one."""
    return secrets.token_hex(8)


def _keep(folder: Path, names: set[str]) -> None:
    for path in sorted(folder.iterdir()) if folder.exists() else ():
        if path.name not in names:
            shutil.rmtree(path, ignore_errors=True)


def last_sealed(connection: sqlite3.Connection) -> int:
    """The last passage number that segments cover."""
    return int(connection.execute("SELECT coalesce(max(last), 0) FROM segments").fetchone()[0])
