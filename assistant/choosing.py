"""Which units of what was read are quoted: the best one, one for each name, what the best lacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.asking import find_want, fits
from assistant.pieces import Piece, list_pieces
from assistant.records import Asked, Reading
from assistant.splitting import ask_about, mentions, split
from index import Passage, content_words

_NEAR = 0.8
"""A further unit is quoted only from this share of the best one's score on."""
_HALF = 0.5
"""A unit takes the place of a better heading only from this share of its score on."""
BUDGET = 150
"""Characters beyond which nothing is added to an answer that is no list."""


def find_best(question: str, readings: Sequence[Reading], pieces: Sequence[Piece]) -> Piece | None:
    """The unit that the best reading chose; a heading only where it holds what is asked for."""
    if not readings or readings[0].unit < 0:
        return None
    own = [piece for piece in pieces if piece.passage.id == readings[0].passage.id]
    told = [p for p in own if _adds(question, p) and (p.unit.kind != "heading" or holds_answer(question, p))]
    near = [piece for piece in told if piece.score >= _HALF * own[0].score]
    return next(iter(near or own or pieces), None)


def holds_answer(question: str, piece: Piece) -> bool:
    """Whether the answering words lie in a unit, or at least what could be the answer."""
    return bool(piece.answer) or fits(find_want(question), piece.shown, piece.unit.kind) >= 1


def _adds(question: str, piece: Piece) -> bool:
    """Whether a unit says more than the question does: its words alone are no answer."""
    return bool(piece.answer or set(content_words(piece.shown)) - set(content_words(question)))


def one_each(question: str, names: Sequence[str], pieces: Sequence[Piece]) -> list[Piece]:
    """For each name the best unit that speaks of it, or that stands under a heading that does."""
    telling = [piece for piece in pieces if _adds(question, piece)]
    chosen: list[Piece] = []
    for name in names:
        found = _best_about(name, names, telling)
        if found and not any(found.is_same(piece) for piece in chosen):
            chosen.append(found)
    return chosen


def _best_about(name: str, names: Sequence[str], pieces: Sequence[Piece]) -> Piece | None:
    told = [piece for piece in pieces if piece.unit.kind != "heading"]
    own = [piece for piece in told if mentions(piece.shown, name, names)]
    under = [piece for piece in told if mentions(piece.context, name, names)]
    others = [other for other in names if other != name]
    alone = (p for p in (*own, *under) if not any(mentions(p.shown, other, names) for other in others))
    return next(alone, None) or next(iter([*own, *under]), None)


def find_missing(names: Sequence[str], pieces: Sequence[Piece]) -> list[str]:
    """The names that no unit speaks of, nor a heading above one."""
    return [name for name in names if _best_about(name, names, pieces) is None]


def find_lacking(question: str, best: Piece, pieces: Sequence[Piece]) -> list[Piece]:
    """One more unit, nearly as good, where it holds what is asked for and the best one does not."""
    want = find_want(question)
    if fits(want, best.shown, best.unit.kind) >= 0.5:
        return []
    asked = set(content_words(question))
    lacking = asked - set(content_words(best.shown))
    for piece in pieces:
        if piece.score < _NEAR * best.score or len(best.shown) + len(piece.shown) > BUDGET:
            return []
        adds = lacking & set(content_words(piece.shown))
        if piece.unit.kind != "heading" and adds and fits(want, piece.shown, piece.unit.kind) >= 1:
            return [piece]
    return []


def find_further(
    asked: Asked, readings: Sequence[Reading], search: Callable[[str], Sequence[Passage]]
) -> list[Passage]:
    """Passages found by themselves for the names in a comparison that no reading speaks of yet."""
    names = split(asked.text)
    queries = [ask_about(asked.text, name, names) for name in find_missing(names, list_pieces(readings))]
    found = {passage.id: passage for query in queries for passage in search(query)}
    known = {reading.passage.id for reading in readings}
    return [passage for name, passage in found.items() if name not in known]
