"""The lexical leg: a tantivy index of words that the app has cut.

tantivy sees only words joined by blanks, so that what counts as a word is decided in one place
(`words.py`) for documents and questions alike. One thread writes, so that two builds of the same
documents number them alike.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

HEAP = 64_000_000
MOST_WORDS = 512
"""A question of 20,000 characters has more; the first ones are searched."""


class Terms:
    """One tantivy index on disk. Scores are BM25 (k1 1.2, b 0.75)."""

    def __init__(self, folder: Path, *, writable: bool) -> None:
        """FileNotFoundError if there is none: a new one would look like one without words."""
        import tantivy

        if not (folder / "meta.json").exists():
            raise FileNotFoundError(folder)
        self._mirror: tempfile.TemporaryDirectory[str] | None = None
        self._folder = folder if writable else self._mirrored(folder)
        self._index = tantivy.Index.open(str(self._folder))
        words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer("words", words)
        self._index.config_reader("manual")

    @classmethod
    def create(cls, folder: Path) -> Terms:
        """An empty index."""
        import tantivy

        folder.mkdir(parents=True, exist_ok=True)
        tantivy.Index(_schema(), str(folder), reuse=True)
        return cls(folder, writable=True)

    def _mirrored(self, folder: Path) -> Path:
        """Links to the files, in a folder where tantivy can put the lock it takes for reading."""
        self._mirror = tempfile.TemporaryDirectory(prefix="tenkyo-")
        for file in sorted(folder.iterdir()):
            if not file.name.endswith(".lock"):
                (Path(self._mirror.name) / file.name).symlink_to(file.resolve())
        return Path(self._mirror.name)

    def searcher(self) -> Any:
        """A snapshot of what is committed now."""
        self._index.reload()
        return self._index.searcher()

    def change(
        self,
        added: Iterable[tuple[int, int, str]] = (),
        removed: Sequence[int] = (),
    ) -> None:
        """Add (passage number, document number, words) and delete documents, in one commit."""
        import tantivy

        writer = self._index.writer(heap_size=HEAP, num_threads=1)
        try:
            if removed:  # by query: `delete_documents_by_term` takes a number for a signed one
                gone = tantivy.Query.term_set_query(_schema(), "document", list(removed))
                writer.delete_documents_by_query(gone)
            for number, document, words in added:
                row = tantivy.Document()
                row.add_unsigned("passage", number)
                row.add_unsigned("document", document)
                row.add_text("words", words)
                writer.add_document(row)
            writer.commit()
            writer.garbage_collect_files()
            writer.wait_merging_threads()
        finally:
            del writer  # an exception would keep it, and with it tantivy's lock
        for name in ("meta.json", ".managed.json"):  # tantivy hides these from other users
            shutil.copymode(self._folder / ".tantivy-writer.lock", self._folder / name)

    def clean(self) -> None:
        """Delete what a killed writer left: tantivy refuses to write a file that is there."""
        known = {path.name for path in live_files(self._folder)} | {"meta.json", ".managed.json"}
        for path in self._folder.iterdir():
            if path.name not in known and path.suffix != ".lock":
                path.unlink()

    def close(self) -> None:
        """Remove the links of a read-only index."""
        if self._mirror is not None:
            self._mirror.cleanup()


def search_terms(
    searcher: Any, words: Sequence[str], n: int, documents: Sequence[int] | None
) -> list[tuple[int, float]]:
    """The n best (passage number, BM25) with any of the words; `documents` limits them first."""
    query = _query(words, documents)
    if query is None:
        return []
    hits = searcher.search(query, limit=n, count=False).hits
    numbers = searcher.fast_field_values("passage", [address for _, address in hits])
    return [(number, score) for number, (score, _) in zip(numbers, hits, strict=True)]


def live_files(folder: Path) -> Iterator[Path]:
    """The files of the last commit."""
    for segment in json.loads((folder / "meta.json").read_text("utf-8"))["segments"]:
        name = segment["segment_id"].replace("-", "")
        deletes = f"{name}.{(segment['deletes'] or {}).get('opstamp')}.del"
        for path in sorted(folder.glob(f"{name}.*")):
            if path.suffix != ".del" or path.name == deletes:
                yield path


def list_passages(searcher: Any) -> list[tuple[int, int]]:  # noqa: ANN401
    """Every (passage number, document number) that is held."""
    import tantivy

    if not searcher.num_docs:
        return []
    hits = searcher.search(tantivy.Query.all_query(), limit=searcher.num_docs, count=False).hits
    addresses = [address for _, address in hits]
    passages, documents = (
        searcher.fast_field_values(name, addresses) for name in ("passage", "document")
    )
    return list(zip(passages, documents, strict=True))


def _query(words: Sequence[str], documents: Sequence[int] | None) -> Any:
    from tantivy import Occur, Query

    distinct = list(dict.fromkeys(words))[:MOST_WORDS]
    if not distinct or (documents is not None and not documents):
        return None
    schema = _schema()
    query = Query.boolean_query(
        [(Occur.Should, Query.term_query(schema, "words", word, "freq")) for word in distinct]
    )
    if documents is None:
        return query
    within = Query.const_score_query(Query.term_set_query(schema, "document", documents), 0.0)
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, within)])


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("passage", indexed=True, fast=True)
    builder.add_unsigned_field("document", indexed=True, fast=True)
    builder.add_text_field("words", tokenizer_name="words", index_option="freq")
    return builder.build()
