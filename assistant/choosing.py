"""Which units of what was read are quoted: the best one, one for each name, what the best lacks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import chain

from assistant.asking import find_want, fits
from assistant.pieces import Piece, hangs, list_pieces
from assistant.records import Asked, Reading
from assistant.splitting import ask_about, mentions, split
from assistant.tables import ROW_NAME, find_cells
from index import Passage, Span, content_words, fold

_NEAR = 0.8
"""A further unit is quoted only from this share of the best one's score on."""
_HALF = 0.5
"""A unit takes the place of a better heading only from this share of its score on."""
_NAME = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]{3})[A-Za-z]+[A-Z0-9][A-Za-z0-9]*")
_TITLE = 80
"""Characters up to which a line that states nothing is the title of what follows."""
_WORD = re.compile(r"[a-zァ-ヶー一-龥々][a-z0-9\-ァ-ヶー一-龥々]+")
_LINE = re.compile(r"\n|<br\s*/?>")
_BRACKETED = re.compile(r"[(（][^()（）]*[)）]")
_STATES = re.compile(r"[はがをにで]|[。.!?！？…]$|(?<![A-Za-z0-9\-])\d|[a-z] [a-z]")
"""What a line has that says something: a particle, a full stop, a figure, words of English."""
AS_LIKELY = 0.4
"""Of the best unit's score, from which on a second passage's unit is shown beside it."""
_ROW = 0.2
"""The same for two rows of one table, of which the question names the second."""
_TWO = 250
"""Characters of two units that are quoted one after the other."""


def find_best(question: str, readings: Sequence[Reading], pieces: Sequence[Piece]) -> Piece | None:
    """The unit that the best reading chose; what is only named there, only where that answers.

    In place of a name comes the best unit of that passage that says more, or else of any other.
    """
    if not readings or readings[0].unit < 0:
        return None
    own = [piece for piece in pieces if piece.passage.id == readings[0].passage.id]
    least = _HALF * own[0].score if own else 0.0
    asked = set(content_words(question))
    others = (p for p in pieces if asked & set(content_words(p.shown)))
    near = (p for p in chain(own, others) if p.score >= least and _tells(question, p))
    best = next(chain(near, own, pieces), None)
    return best and _find_named(question, best, pieces)


def _find_named(question: str, best: Piece, pieces: Sequence[Piece]) -> Piece:
    """A row hardly less likely that the question names, where it does not name the best unit."""
    return next((p for p in pieces if _is_likely(p, best) and _is_other_row(question, p, best)), best)


def _is_likely(piece: Piece, best: Piece) -> bool:
    beside = best.unit.kind == "row" and piece.passage.id == best.passage.id
    return piece.score >= (_ROW if beside else AS_LIKELY) * best.score


def _is_other_row(question: str, row: Piece, other: Piece) -> bool:
    """Whether the question names a row, and not the other unit: a row of the same document (its own
    header is none to be named), or any unit of a passage that does not speak of what names the row.
    """
    if row.unit.kind != "row":
        return False
    asked, names = fold(question).text, _names_in(row)
    if other.unit.kind == "row" and row.passage.document_id == other.passage.document_id:
        others = set() if other.span in row.unit.context else _names_in(other)
        return _said(asked, names - others) and not _said(asked, others - names)
    around = fold(f"{other.context}\n{other.passage.text}").text
    return _said(asked, {name for name in names if not _said(around, {name})})


def _said(folded: str, names: set[str]) -> bool:
    """Whether a text has one of the names: evo2 is no evo."""
    return any(re.search(rf"(?<!{_latin(name[0])}){re.escape(name)}(?!{_latin(name[-1])})", folded) for name in names)


def _latin(letter: str) -> str:
    """What must not stand beside a name's outer letter: another letter of Latin script; else nothing."""
    return "[a-z0-9]" if letter.isascii() else "(?!)"


def _names_in(row: Piece) -> set[str]:
    """The words that could name a row, folded: those of the first line of its first cell, if that is short."""
    cells = find_cells(row.raw, Span(0, len(row.raw)))
    lines = (line for cell in cells for line in _LINE.split(row.raw[cell.start : cell.end]))
    first = next(filter(_WORD.search, (fold(line).text for line in lines)), "")
    return set(_WORD.findall(first)) if len(first) <= ROW_NAME else set()


def _tells(question: str, piece: Piece) -> bool:
    named = only_names(question, piece)
    return _adds(question, piece) and (not named or holds_answer(question, piece))


def only_names(question: str, piece: Piece) -> bool:
    """Whether a unit is a heading, or a line that names like one what it stands above.

    An item does so only where it repeats the question: 「予算規模・採択課題数」 has its value below.
    """
    kind, shown = piece.unit.kind, piece.shown
    if kind == "heading":
        return True
    if hangs(piece) or kind not in ("sentence", "item") or len(shown) > _TITLE:
        return False
    if states(shown):
        return False
    asked = set(content_words(question))
    own = set(content_words(shown))
    label, colon, _ = shown.replace(":", "：").partition("：")
    if colon and asked & set(content_words(label)):
        return False
    return len(own & asked) > len(own) * (_HALF if kind == "item" else 0)


def states(shown: str) -> bool:
    """Whether a displayed line says something, outside of its brackets, rather than naming it."""
    return bool(_STATES.search(_BRACKETED.sub("", shown)))


def holds_answer(question: str, piece: Piece) -> bool:
    """Whether the answering words lie in a unit, or at least what could be the answer.

    Of a name only what the question does not name itself can be who is asked for.
    """
    want, text, kind = find_want(question), piece.shown, piece.unit.kind
    if only_names(question, piece):
        kind = "heading"
        if want.kind == "who":
            asked = set(content_words(question))
            text = " ".join(word for word in content_words(text) if word not in asked)
    return bool(piece.answer) or fits(want, text, kind) >= 1


def _adds(question: str, piece: Piece) -> bool:
    """Whether a unit says more than the question does: its words alone are no answer."""
    return bool(piece.answer or set(content_words(piece.shown)) - set(content_words(question)))


def one_each(question: str, names: Sequence[str], pieces: Sequence[Piece]) -> list[Piece]:
    """For each name the best unit that speaks of it, or that stands under a heading that does.

    Of a table it is the row that the question names. A unit that speaks of several stands for all of them.
    """
    telling = [piece for piece in pieces if _adds(question, piece)]
    chosen: list[Piece] = []
    for name in names:
        if any(mentions(piece.shown, name, names) for piece in chosen):
            continue
        about = _list_about(name, names, telling)
        found = about and _find_named(question, about[0], about)
        if found and not any(found.is_same(piece) for piece in chosen):
            chosen.append(found)
    return chosen


def _list_about(name: str, names: Sequence[str], pieces: Sequence[Piece]) -> list[Piece]:
    """The units that speak of a name, then those under a heading that does; first those that name no other."""
    told = [piece for piece in pieces if piece.unit.kind != "heading"]
    own = [piece for piece in told if mentions(piece.shown, name, names)]
    under = [piece for piece in told if mentions(piece.context, name, names)]
    others = [other for other in names if other != name]
    return sorted((*own, *under), key=lambda p: any(mentions(p.shown, other, names) for other in others))


def find_missing(names: Sequence[str], pieces: Sequence[Piece]) -> list[str]:
    """The names that no unit speaks of, nor a heading above one."""
    return [name for name in names if not _list_about(name, names, pieces)]


def find_lacking(question: str, best: Piece, pieces: Sequence[Piece]) -> list[Piece]:
    """One more unit, nearly as good: it has what is asked for or named, and the best one does not."""
    above = fold(f"{best.context} {best.shown}").text
    names = [name for name in find_names(question) if name not in above]
    want = find_want(question)
    wanting = fits(want, best.shown, best.unit.kind) < 0.5
    lacking = set(content_words(question)) - set(content_words(best.shown))
    for piece in pieces:
        if piece.score < _NEAR * best.score:
            return []
        if piece.score > best.score or not _adds_to(question, best, piece):
            continue
        small = len(best.shown) + len(piece.shown) <= _TWO
        fitting = wanting and fits(want, piece.shown, piece.unit.kind) >= 1
        named = any(name in piece.folded for name in names)
        if small and (named or fitting) and lacking & set(content_words(piece.shown)):
            return [piece]
    return []


def _adds_to(question: str, best: Piece, piece: Piece) -> bool:
    """Whether a unit tells something beside the best one: it is no header of it, nor a row not asked for."""
    header = piece.span in best.unit.context and piece.passage.document_id == best.passage.document_id
    shown = header or piece.is_same(best) or _is_other_row(question, best, piece)
    return not shown and _tells(question, piece)


def find_names(question: str) -> list[str]:
    """What a question names in Latin letters with a capital or figure inside, folded: NIST, scGPT."""
    return [name.lower() for name in _NAME.findall(unicodedata.normalize("NFKC", question))]


def find_second(question: str, best: Piece, pieces: Sequence[Piece]) -> list[Piece]:
    """The best unit of another passage, where the reader can hardly tell which of the two answers.

    For scores that are probabilities, as a trained reader's are.
    """
    for piece in pieces:
        if piece.score < AS_LIKELY * best.score:
            return []
        other = piece.passage.id != best.passage.id and piece.folded != best.folded
        if other and _adds_to(question, best, piece) and len(best.shown) + len(piece.shown) <= _TWO:
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
