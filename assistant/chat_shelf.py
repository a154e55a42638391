"""The documents one person may ask: the shared ones and their own uploads, as one index.

Each person's uploads are an index of their own in a folder of their own, so that nobody's search,
list or deletion can touch another's.
"""

from __future__ import annotations

import copy
import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from assistant.assistant import Assistant
from index import Document, Embedder, Index, Outcome, Passage, StaleIndex, TenkyoError, Where
from index.adding import Progress
from index.catalog import DocumentInfo

OWN = "マイ文書/"
"""In front of the ids of one's own documents, which may be named like shared ones."""
MOST_FILES = 500
"""Files one person may upload."""


class Shelf:
    """Two indexes seen as one; reads like an `Index`, writes go to one's own."""

    def __init__(self, shared: Index, own: Index) -> None:
        self.shared = shared
        self.own = own

    @property
    def embedder(self) -> Embedder:
        return self.shared.embedder

    @property
    def size(self) -> int:
        return self.shared.size + self.own.size

    def weigh(self, terms: Sequence[str]) -> Mapping[str, float]:
        """As the shared documents weigh them: one's own are too few to tell rare words."""
        return self.shared.weigh(terms)

    def documents(self) -> list[Document]:
        own = [_mark_document(d) for d in self.own.documents()]
        return [*own, *self.shared.documents()]

    def list_documents(self) -> list[DocumentInfo]:
        own = [replace(d, id=OWN + d.id) for d in self.own.list_documents()]
        return [*own, *self.shared.list_documents()]

    def document(self, document_id: str) -> Document:
        if document_id.startswith(OWN):
            return _mark_document(self.own.document(document_id.removeprefix(OWN)))
        return self.shared.document(document_id)

    def passages(self, document_id: str) -> list[Passage]:
        if document_id.startswith(OWN):
            return [_mark(p) for p in self.own.passages(document_id.removeprefix(OWN))]
        return self.shared.passages(document_id)

    def neighbours(self, passage: Passage, before: int = 1, after: int = 1) -> list[Passage]:
        if passage.document_id.startswith(OWN):
            return [_mark(p) for p in self.own.neighbours(_unmark(passage), before, after)]
        return self.shared.neighbours(passage, before, after)

    def search(self, query: str, k: int = 8, *, where: Where | None = None) -> list[Passage]:
        """The k best of both: a fused score is a cosine and a share of the best BM25 there could be,
        so two indexes of one embedder can be compared.
        """
        mine, theirs = _divide(where)
        found = [_mark(p) for p in self.own.search(query, k, where=mine)] if mine else []
        found += self.shared.search(query, k, where=theirs) if theirs else []
        return sorted(found, key=lambda p: -p.score)[:k]


def _divide(where: Where | None) -> tuple[Where | None, Where | None]:
    """The limits for one's own documents and for the shared ones; None where nothing is wanted."""
    if where is None or not where.documents:
        return where or Where(), where or Where()
    own = tuple(d.removeprefix(OWN) for d in where.documents if d.startswith(OWN))
    shared = tuple(d for d in where.documents if not d.startswith(OWN))
    return (
        replace(where, documents=own) if own else None,
        replace(where, documents=shared) if shared else None,
    )


def _mark(passage: Passage) -> Passage:
    return replace(passage, id=OWN + passage.id, document_id=OWN + passage.document_id)


def _unmark(passage: Passage) -> Passage:
    plain = passage.document_id.removeprefix(OWN)
    return replace(passage, id=passage.id.removeprefix(OWN), document_id=plain)


def _mark_document(document: Document) -> Document:
    return replace(document, id=OWN + document.id)


class Shelves:
    """Everyone's shelf: opened when first needed, in folders named so that no name can escape."""

    def __init__(self, assistant: Assistant, folder: Path | None) -> None:
        self.assistant = assistant
        self._folder = folder
        self._open: dict[str, Assistant] = {}
        self._lock = threading.Lock()

    def assistant_of(self, owner: str) -> Assistant:
        """The assistant over what `owner` may ask."""
        with self._lock:
            if owner not in self._open and self._has_files(owner):
                self._open[owner] = self._join(owner)
            return self._open.get(owner, self.assistant)

    def add(
        self, owner: str, file: Path, name: str, progress: Progress | None = None, shared: bool = False
    ) -> Outcome:
        """Keep an uploaded file under its name and index it; a file that cannot be read is not kept."""
        index, folder = self._place_of(owner, shared)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = folder / safe_name(name)
        if not target.exists() and sum(1 for _ in folder.iterdir()) >= MOST_FILES:
            raise TenkyoError(f"アップロードできるのは{MOST_FILES}件までです。要らない文書を消してください。")
        before = target.read_bytes() if target.exists() else None
        target.write_bytes(file.read_bytes())
        [outcome] = index.add([target], progress=progress)
        if outcome.status in ("failed", "duplicate"):
            target.unlink() if before is None else target.write_bytes(before)
        return outcome

    def reread(self, owner: str, document_id: str, admin: bool = False) -> Outcome:
        """Index the kept file of a document again; a shared one only for an admin."""
        index, _, name = self._find(owner, document_id, admin)
        [outcome] = index.add([index.document(name).source])
        return outcome

    def remove(self, owner: str, document_id: str, admin: bool = False) -> None:
        """Delete a document from its index, and its file if it was uploaded here."""
        index, folder, name = self._find(owner, document_id, admin)
        document = index.document(name)
        index.remove(name)
        for place in (document.source, *document.places):
            if Path(place).parent == folder:
                Path(place).unlink(missing_ok=True)

    def _find(self, owner: str, document_id: str, admin: bool) -> tuple[Index, Path, str]:
        """Where a document may be changed: its index, its folder, its id there."""
        own = document_id.startswith(OWN)
        if not own and not admin:
            raise TenkyoError("共有の文書は、管理者か `tenkyo index` だけが変えられます。")
        return *self._place_of(owner, not own), document_id.removeprefix(OWN)

    def _place_of(self, owner: str, shared: bool) -> tuple[Index, Path]:
        if shared and self._folder is not None:
            return self.assistant.index, self._folder / "shared"
        return self._own(owner), self.folder_of(owner) / "files"

    def folder_of(self, owner: str) -> Path:
        """One person's folder, named by a digest."""
        if self._folder is None:
            raise TenkyoError("この画面では文書を加えられません。`tenkyo index add` を使ってください。")
        return self._folder / "users" / hashlib.sha256(owner.encode()).hexdigest()[:32]

    def _has_files(self, owner: str) -> bool:
        return self._folder is not None and (self.folder_of(owner) / "index").exists()

    def _own(self, owner: str) -> Index:
        with self._lock:
            if owner not in self._open:
                self._open[owner] = self._join(owner)
            return cast(Shelf, self._open[owner].index).own

    def _join(self, owner: str) -> Assistant:
        path, embedder = self.folder_of(owner) / "index", self.assistant.index.embedder
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            own = Index.open(path, embedder=embedder)
        except StaleIndex:
            own = Index.open(path, embedder=embedder, stale=True)
            own.rebuild()
        return put_over(self.assistant, cast(Index, Shelf(self.assistant.index, own)))


def put_over(assistant: Assistant, index: Index) -> Assistant:
    """The same assistant over another index; the reader is loaded once."""
    _ = assistant.reader
    twin = copy.copy(assistant)
    twin.index = index
    vars(twin).pop("composer", None)
    return twin


def without_model(assistant: Assistant) -> Assistant:
    """The same assistant quoting instead of writing: quick, and free of charge."""
    return Assistant(
        assistant.index, reader=assistant.reader, caution=assistant.caution, k=assistant.k
    )


def safe_name(name: str) -> str:
    """A file name that stays in its folder and is not hidden."""
    plain = "".join(c for c in name.replace("\\", "/").split("/")[-1] if c.isprintable()).strip()
    plain = plain.lstrip(".~")[-150:]
    if not plain:
        raise TenkyoError(f"ファイル名がありません(「{name}」)。名前を付けてアップロードしてください。")
    return plain


def choose(documents: Iterable[str]) -> Where | None:
    """The limit to some documents; None for all."""
    names = tuple(documents)
    return Where(documents=names) if names else None
