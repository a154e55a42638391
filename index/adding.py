"""Files into an index: what is new is read, cut and embedded, a batch of files a commit."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from index.catalog import Known
from index.changes import Entry, join_words, replace_all, swap
from index.chunking import CUTTING, cut, embedded_text
from index.embedding import Embedder
from index.errors import ReadError
from index.manifest import dump
from index.reading import READERS, find_files, read
from index.records import Document, Outcome, Passage
from index.rows import storable
from index.segments import Vectors
from index.store import Store

Progress = Callable[[int, int, str], None]
"""Bytes done, bytes in all, the file at hand."""

BATCH_PASSAGES = 512
"""Passages a commit: what an interruption can lose."""
SLICE = 128
"""Passages embedded between two reports of progress."""


@dataclass(slots=True)
class _Draft:
    """A document that was read and waits for its batch."""

    document: Document
    passages: list[Passage]
    recipe: str


@dataclass(slots=True)
class Adding:
    """One run of `Index.add`, inside the writer's lock."""

    store: Store
    embedder: Embedder
    tags: tuple[str, ...]
    progress: Progress
    outcomes: list[Outcome] = field(default_factory=list)
    _drafts: list[_Draft] = field(default_factory=list)
    _gone: list[int] = field(default_factory=list)
    _done: int = 0
    _waiting: int = 0
    """Bytes of the files in the batch."""
    _total: int = 0

    def run(self, paths: Iterable[str | os.PathLike[str]]) -> list[Outcome]:
        """Add every file; one outcome a file, in order."""
        files = list(find_files(paths))
        self._total = sum(_size(file) for file, _ in files)
        sources = {root: self._sources(root) for root in dict.fromkeys(root for _, root in files)}
        for file, root in files:
            listed = sources[root]
            if listed is not None:
                self._take(file, root, listed.get(file.relative_to(root).as_posix(), {}))
            self._waiting += _size(file)
            if sum(len(draft.passages) for draft in self._drafts) >= BATCH_PASSAGES:
                self._commit()
        self._commit()
        return self.outcomes

    def _sources(self, root: Path) -> dict[str, dict[str, Any]] | None:
        """None if they cannot be read: without them the files would get other titles and dates."""
        try:
            return read_sources(root)
        except ReadError as error:
            self.outcomes.append(Outcome(error.source, "failed", error=error))
            return None

    def _take(self, file: Path, root: Path, metadata: dict[str, Any]) -> None:
        source, digest = storable(str(file.absolute())), _digest(file)
        recipe = hashlib.sha256(dump(metadata).encode()).hexdigest()
        known = self.store.catalog.at(source)
        if known is not None and _is_current(known, digest, recipe):
            self._tag(known)
            self.outcomes.append(Outcome(source, "unchanged", known.id))
        elif not self._is_copy(source, digest, known):
            kept = known.tags if known is not None and known.recipe == recipe else ()
            tags = dict.fromkeys((*metadata.get("tags", ()), *kept, *self.tags))
            self._read(file, root, metadata | {"tags": list(tags)}, recipe)

    def _tag(self, known: Known) -> None:
        tags = tuple(dict.fromkeys((*known.tags, *self.tags)))
        if tags != known.tags:
            self.store.catalog.set_tags(known.number, tags)

    def _is_copy(self, source: str, digest: str, known: Known | None) -> bool:
        """Note a further path of bytes that still lie at another, too."""
        twin = self.store.catalog.twin(digest)
        if twin is not None and _digest(Path(twin.source)) != digest:
            twin = None
        draft = next((d for d in self._drafts if digest and d.document.sha256 == digest), None)
        if draft is None and (twin is None or twin == known):
            return False
        if known is not None:
            self._leave(source, known)
        if draft is not None:
            places = (*draft.document.places, source)
            draft.document = replace(draft.document, places=places)
            self.outcomes.append(Outcome(source, "duplicate", draft.document.id))
        elif twin is not None:
            self.store.catalog.add_place(source, twin.number)
            self._tag(twin)
            self.outcomes.append(Outcome(source, "duplicate", twin.id))
        return True

    def _leave(self, source: str, known: Known) -> None:
        """Take a path from the document it had; a document without paths goes with the batch."""
        if not self.store.catalog.drop_place(source, known.number):
            self._gone.append(known.number)

    def _read(self, file: Path, root: Path, metadata: dict[str, Any], recipe: str) -> None:
        source = storable(str(file.absolute()))
        try:
            document = replace(read(file, root=root, metadata=metadata), source=source)
        except ReadError as error:
            self.outcomes.append(Outcome(source, "failed", error=error))
            return
        known = self.store.catalog.at(source)
        if known is not None:
            self._leave(source, known)
        name = self._name(document.id)
        document = replace(document, id=name)
        self._drafts.append(_Draft(document, cut(document), recipe))
        status: Literal["added", "replaced"] = "added" if known is None else "replaced"
        self.outcomes.append(Outcome(source, status, name, warnings=document.warnings))

    def _name(self, wanted: str) -> str:
        """`wanted`, or `wanted~2` and so on where another document bears it."""
        taken = {draft.document.id for draft in self._drafts}
        name, n = wanted, 1
        while name in taken or self.store.catalog.number(name) not in (None, *self._gone):
            n += 1
            name = f"{wanted}~{n}"
        return name

    def _commit(self) -> None:
        texts = [embedded_text(p) for draft in self._drafts for p in draft.passages]
        vectors = embed(texts, self.embedder, lambda done: self._report(done / len(texts)))
        entries, at = [], 0
        for draft in self._drafts:
            rows = vectors[at : at + len(draft.passages)]
            entries.append(make_entry(draft.document, draft.passages, rows, draft.recipe))
            at += len(draft.passages)
        if entries or self._gone:
            swap(self.store, entries, self._gone)
        self._drafts, self._gone = [], []
        self._done, self._waiting = self._done + self._waiting, 0
        self._report(0.0)

    def _report(self, share: float) -> None:
        name = self.outcomes[-1].source if self.outcomes else ""
        self.progress(self._done + int(share * self._waiting), self._total, name)


def make_entry(
    document: Document, passages: Sequence[Passage], vectors: Vectors, recipe: str
) -> Entry:
    """A document with what both legs need."""
    return Entry(document, passages, vectors, [join_words(p) for p in passages], recipe)


def describe(embedder: Embedder) -> dict[str, str]:
    """What an index is made with, as its manifest keeps it."""
    return {"embedder": embedder.name, "fingerprint": embedder.fingerprint, "cutting": CUTTING}


def renew(store: Store, embedder: Embedder, progress: Progress) -> None:
    """Cut and embed every document anew from its stored text."""
    numbers = store.catalog.numbers()

    def entries() -> Iterator[tuple[int, Entry]]:
        for n, number in enumerate(numbers):
            document = store.catalog.document(number)
            progress(n, len(numbers), document.id)
            passages = cut(document)
            vectors = embed([embedded_text(p) for p in passages], embedder)
            yield number, make_entry(document, passages, vectors, "")

    replace_all(store, entries(), describe(embedder))
    progress(len(numbers), len(numbers), "")


def embed(
    texts: Sequence[str], embedder: Embedder, report: Callable[[int], None] = lambda done: None
) -> Vectors:
    """float32 (len(texts), dimensions), in the order of the texts.

    Embedded by length, because a batch takes as long as its longest text; `report` is told how
    many are done.
    """
    vectors = np.zeros((len(texts), embedder.dimensions), np.float32)
    order = sorted(range(len(texts)), key=lambda n: (len(texts[n]), n))
    for start in range(0, len(order), SLICE):
        part = order[start : start + SLICE]
        vectors[part] = embedder.embed_passages([texts[n] for n in part])
        report(start + len(part))
    return vectors


def read_sources(folder: Path) -> dict[str, dict[str, Any]]:
    """What a folder's `sources.toml` says of its files, by their path in it."""
    path = folder / "sources.toml"
    if not path.is_file():
        return {}
    try:
        listed = tomllib.loads(path.read_text("utf-8")).get("source", [])
        return {str(entry["file"]): dict(entry) for entry in listed}
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ReadError(
            str(path),
            f'書き方が正しくありません({error})。[[source]] に file = "…" を書いてください。',
        ) from error


def _is_current(known: Known, digest: str, recipe: str) -> bool:
    """Whether reading again would give the same: a newer reader may read the same bytes better."""
    readers = {name for name, _ in READERS.values()}
    return known.reader in readers and (known.sha256, known.recipe) == (digest, recipe)


def _digest(file: Path) -> str:
    """The sha256 of a file's bytes; empty if it cannot be read, which `read` then explains."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
