"""The two legs' scores into one. Inputs are lists, best first; no set is ever iterated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Ranking = Sequence[tuple[int, float]]
"""(passage number, the leg's score), best first."""

LEXICAL_WEIGHT = 0.25
"""Of the lexical leg against 1 for the dense one; chosen on the development questions and on half
of JSQuAD's articles together. The cosines of one question differ by about a tenth."""
_K1 = 1.2
"""Of BM25, as the lexical leg computes it."""


def fuse_scores(dense: Ranking, lexical: Ranking, ideal: float) -> dict[int, float]:
    """Cosine + LEXICAL_WEIGHT x BM25 / ideal, for every passage that a leg returned.

    A convex combination with the theoretical maximum as the lexical scale (TMM in Bruch, Gai and
    Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023): where the
    question's words hardly occur (another language, other wording) that leg says little, however
    its passages are ranked. A passage that the dense leg did not return has its least cosine.
    """
    least = dense[-1][1] if dense else 0.0
    fused = dict(dense)
    for number, score in lexical:
        fused[number] = fused.get(number, least) + LEXICAL_WEIGHT * score / ideal
    return fused


def ideal_score(weights: Mapping[str, float]) -> float:
    """The BM25 that a passage with endless repeats of every word would have: an upper bound."""
    return sum(weights.values()) * (_K1 + 1) or 1.0
