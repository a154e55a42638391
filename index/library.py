"""The index as its users see it: open, add, remove, search."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from index.adding import Adding, Progress, describe, renew
from index.catalog import DocumentInfo
from index.changes import swap
from index.chunking import CUTTING
from index.embedding import Embedder, open_embedder, reopen_embedder
from index.errors import StaleIndex, TenkyoError
from index.filters import Where
from index.manifest import translating
from index.reading import find_files
from index.records import Document, Outcome, Passage
from index.rows import storable
from index.searching import find
from index.store import Store
from index.words import query_terms

if TYPE_CHECKING:
    from types import TracebackType


class Index:
    """A directory of documents that can be searched. Safe to use from several threads."""

    def __init__(self, store: Store, embedder: Embedder) -> None:
        self._store = store
        self.embedder = embedder

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        embedder: Embedder | None = None,
        create: bool = True,
        stale: bool = False,
    ) -> Self:
        """Open the index at `path`, or make it.

        Without an embedder it is the one the index was made with, and for a new index the bundled
        one. With `stale`, an index made with another model opens too, to be rebuilt.
        """
        folder = Path(path).absolute()
        _check_folder(folder, create)
        store = Store(folder)
        with translating(folder):
            embedder = embedder or _recorded(store) or open_embedder(None)
            if create:
                store.create(describe(embedder))
            store.manifest.check_schema()
        index = cls(store, embedder)
        if not stale:
            index._check_model()
        return index

    def _check_model(self) -> None:
        made, name = self._store.manifest.meta("fingerprint"), self._store.manifest.meta("embedder")
        if made != self.embedder.fingerprint:
            raise StaleIndex(
                f"索引は埋め込みモデル「{name}」({made[:12]})で作られていますが、"
                f"いまのモデルは「{self.embedder.name}」({self.embedder.fingerprint[:12]})です: "
                f"{self.path}。`tenkyo index rebuild` で作り直すか、同じモデルで開いてください。"
            )
        cutting = self._store.manifest.meta("cutting") or "なし"
        if cutting != CUTTING:
            raise StaleIndex(
                f"索引は文書の切り方の版 {cutting} で作られていますが、いまの版は {CUTTING} です: "
                f"{self.path}。`tenkyo index rebuild` で作り直してください。"
            )

    @property
    def path(self) -> Path:
        """The directory."""
        return self._store.path

    @property
    def size(self) -> int:
        """How many passages there are."""
        return self._store.catalog.size()

    def add(
        self,
        paths: Iterable[str | os.PathLike[str]],
        *,
        tags: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> list[Outcome]:
        """Add files and folders; one outcome a file. What a batch has committed stays.

        `sources.toml` in an added folder gives titles, issuers, dates and tags.
        """
        with self._store.writing():
            self._check_model()
            return self._adding(tags, progress).run(paths)

    def _adding(self, tags: Iterable[str], progress: Progress | None) -> Adding:
        return Adding(self._store, self.embedder, tuple(tags), progress or (lambda *_: None))

    def sync(
        self, folder: str | os.PathLike[str], *, progress: Progress | None = None
    ) -> list[Outcome]:
        """Make the index hold the files of a folder as they are now.

        Vanished files go first, so that a file with a new name is a new document; then new and
        changed ones come.
        """
        root = Path(folder)
        if not root.is_dir():
            raise TenkyoError(f"フォルダーがありません: {root}")
        with self._store.writing():
            self._check_model()
            removed = self._remove_vanished(root)
            return self._adding((), progress).run([root]) + removed

    def _remove_vanished(self, root: Path) -> list[Outcome]:
        present = {storable(str(file.absolute())) for file, _ in find_files([root])}
        catalog, outcomes, gone = self._store.catalog, [], []
        for source, known in catalog.under(str(root.absolute())):
            if source not in present:
                if not catalog.drop_place(source, known.number):
                    gone.append(known.number)
                outcomes.append(Outcome(source, "removed", known.id))
        if gone:
            swap(self._store, [], gone)
        return outcomes

    def watch(
        self, folder: str | os.PathLike[str], *, seconds: float = 2.0
    ) -> Iterator[list[Outcome]]:
        """`sync` now and after each change of the folder, looked at every `seconds`; without end."""
        from index.watching import watch

        return watch(self, folder, seconds=seconds)

    def remove(self, document_id: str) -> None:
        """Delete a document from both legs and from the disk."""
        with self._store.writing():
            swap(self._store, [], [self._number(document_id)])

    def _number(self, document_id: str) -> int:
        number = self._store.catalog.number(document_id)
        if number is None:
            raise TenkyoError(
                f"文書「{document_id}」は索引にありません。`tenkyo index list` で名前を確かめてください。"
            )
        return number

    def documents(self) -> list[Document]:
        """All documents with their texts, ordered by id."""
        with self._store.snapshot():
            catalog = self._store.catalog
            return [catalog.document(number) for number in catalog.numbers()]

    def list_documents(self) -> list[DocumentInfo]:
        """All documents without their texts, ordered by id: for lists of any length."""
        with self._store.snapshot():
            return self._store.catalog.infos()

    def document(self, document_id: str) -> Document:
        """One document."""
        with self._store.snapshot() as view:
            return view.owner(self._number(document_id))[0]

    def passages(self, document_id: str) -> list[Passage]:
        """All passages of a document, in order."""
        with self._store.snapshot() as view:
            return view.passages(self._store.catalog.passage_numbers(self._number(document_id)))

    def neighbours(self, passage: Passage, before: int = 1, after: int = 1) -> list[Passage]:
        """The passages around one, without it, in order."""
        with self._store.snapshot() as view:
            numbers = self._store.catalog.passage_numbers(self._number(passage.document_id))
            at = int(passage.id.rpartition("#")[2])
            around = [*numbers[max(0, at - before) : at], *numbers[at + 1 : at + 1 + after]]
            return view.passages(around)

    def search(self, query: str, k: int = 8, *, where: Where | None = None) -> list[Passage]:
        """The k best passages, best first; none for a query without words."""
        query = query.encode("utf-8", "replace").decode()  # a terminal gives lone surrogates
        if not query.strip() or k < 1:
            return []
        vector = self.embedder.embed_queries([query])
        with self._store.snapshot() as view:
            self._check_model()
            return find(view, vector, query_terms(query), k, self._store.scope(where))

    def weigh(self, words: Sequence[str]) -> dict[str, float]:
        """The inverse document frequency of each word over the passages, as in BM25."""
        with self._store.snapshot() as view:
            return view.weigh(words)

    def rebuild(self, progress: Progress | None = None) -> None:
        """Cut and embed all documents anew from their stored texts, with the embedder at hand."""
        with self._store.writing():
            renew(self._store, self.embedder, progress or (lambda *_: None))

    def check(self, repair: bool = False) -> list[str]:
        """What is wrong with the index, in words; with `repair`, caches are made again."""
        from index.checking import check

        return check(self._store, repair=repair)

    def compact(self) -> None:
        """Write both caches anew without what was deleted, and give the space back."""
        from index.checking import compact

        with self._store.writing():
            compact(self._store)

    def as_retriever(self, k: int = 8) -> Any:  # noqa: ANN401  # imported only here
        """A LangChain `BaseRetriever` over `search`."""
        from index.retriever import make_retriever

        return make_retriever(self, k)

    def close(self) -> None:
        """Close the files; the index can be opened again."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _check_folder(folder: Path, create: bool) -> None:
    if not (folder / "manifest.sqlite").exists():
        if not create:
            raise TenkyoError(
                f"索引がありません: {folder}。`tenkyo index add` で文書を加えると作られます。"
            )
        if folder.exists() and not folder.is_dir():
            raise TenkyoError(
                f"索引のフォルダーを指定してください(ファイルが指定されました): {folder}"
            )
        strangers = {path.name for path in folder.iterdir()} if folder.exists() else set()
        if strangers - {"lock", "vectors", "terms"}:
            raise TenkyoError(
                f"空でないフォルダーに索引は作れません: {folder}。新しいフォルダーを指定してください。"
            )


def _recorded(store: Store) -> Embedder | None:
    """The embedder the manifest names, None in a manifest without tables."""
    if not (store.path / "manifest.sqlite").exists() or not store.manifest.exists():
        return None
    return reopen_embedder(store.manifest.meta("embedder"), store.manifest.meta("fingerprint"))
