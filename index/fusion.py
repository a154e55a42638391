"""The two legs' scores into one. Inputs are lists, best first; no set is ever iterated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Ranking = Sequence[tuple[int, float]]
"""(passage number, the leg's score), best first."""

LEXICAL_WEIGHT = 0.25
"""Of the lexical leg against 1 for the dense one; chosen on the development questions and on half
of JSQuAD's articles together. The cosines of one question differ by about a tenth."""
NEIGHBOUR_WEIGHT = 0.2
"""Of the better neighbour's score against 1 for a passage's own; chosen likewise."""
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


def lean_on_neighbours(fused: Mapping[int, float], documents: Mapping[int, str]) -> dict[int, float]:
    """Each score with a share of the better of the two beside it in the document.

    What a passage is about often stands only in the one before it (a slide's title, the sentence
    that a list hangs on). A smoothing over neighbours as in Diaz, "Regularizing ad hoc retrieval
    scores", CIKM 2005; a neighbour that no leg returned has the least score. Passages that follow
    one another in a document have successive numbers.
    """
    least = min(fused.values(), default=0.0)

    def beside(number: int) -> float:
        return max(
            fused.get(other, least) if documents.get(other) == documents[number] else least
            for other in (number - 1, number + 1)
        )

    return {
        number: (score + NEIGHBOUR_WEIGHT * beside(number)) / (1 + NEIGHBOUR_WEIGHT)
        for number, score in fused.items()
    }


def ideal_score(weights: Mapping[str, float]) -> float:
    """The BM25 that a passage with endless repeats of every word would have: an upper bound."""
    return sum(weights.values()) * (_K1 + 1) or 1.0
