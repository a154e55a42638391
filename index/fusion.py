"""Rankings into one. Inputs are lists, best first; no set is ever iterated."""

from __future__ import annotations

from collections.abc import Sequence

Ranking = Sequence[tuple[int, float]]
"""(passage number, the leg's score), best first."""


def fuse_ranks(
    rankings: Sequence[Ranking], weights: Sequence[float], *, k: float = 60.0
) -> dict[int, float]:
    """Weighted reciprocal rank fusion: the sum of w / (k + rank), ranks from 1.

    Cormack, Clarke and Büttcher, SIGIR 2009 (k = 60 there). It needs no common scale of scores.
    """
    fused: dict[int, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        for rank, (number, _) in enumerate(ranking, start=1):
            fused[number] = fused.get(number, 0.0) + weight / (k + rank)
    return fused


def fuse_scores(rankings: Sequence[Ranking], weights: Sequence[float]) -> dict[int, float]:
    """Convex combination of scores brought to [0, 1] within each ranking (min-max).

    Bruch, Gai and Ingber, TOIS 2023. A passage that a leg did not return has its least score, 0.
    """
    fused: dict[int, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        scores = [score for _, score in ranking]
        least, span = min(scores, default=0.0), max(scores, default=0.0) - min(scores, default=0.0)
        for number, score in ranking:
            share = (score - least) / span if span else 1.0
            fused[number] = fused.get(number, 0.0) + weight * share
    return fused
