"""The default composer: the sentences, items or rows that answer, verbatim, as few as will do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from assistant.asking import find_want
from assistant.choosing import (
    find_best,
    find_lacking,
    find_missing,
    find_second,
    holds_answer,
    one_each,
    only_names,
)
from assistant.deriving import derive
from assistant.disagreeing import find_disagreement, word_disagreement
from assistant.legends import Marked, find_marked
from assistant.listing import Listed, announces, find_number, gather_below, gather_list
from assistant.pieces import (
    Piece,
    Source,
    find_rest,
    hangs,
    list_pieces,
    look_around,
    make_claim,
)
from assistant.records import Asked, Claim, Note, Part, Reading
from assistant.repeating import add_places
from assistant.shortening import shorten
from assistant.splitting import split
from assistant.tables import find_caption, name_cells
from index import Span, display

_SHORT = 30
"""Characters up to which a unit is shown with the heading or lead it stands under."""
_BOTH = 150
"""Characters of a unit and of what hangs on it that are shown together."""
_LISTED = 250
"""Characters of a list that is quoted beside another unit."""
_LEAD = 40
"""Characters of a heading or lead that is shown with a short unit."""
_POINTS = re.compile(
    r"(?:これ|それ)(?!まで|から|ぞれ|だけ)|(?:この|その)(?!他|ほか|後|間|たび|度|うち|もの)|こうした|そうした|こうして|このよう|そのよう|当該"
)
"""How a sentence begins that speaks of the one above."""
_SENTENCE = re.compile(r"[はが]|[。.]$")


class Composer(Protocol):
    """Turns readings into claims, in the order in which they are to be shown."""

    def compose(self, asked: Asked, readings: Sequence[Reading]) -> Iterable[Part]:
        """Claims for the readings (best first); each is verified before anyone sees it.

        A Note goes to `Answer.notes`. A Doubt lowers the confidence; where the answer is then
        refused, nothing that follows it is taken.
        """
        ...


class QuotingComposer:
    """Quotes; invents nothing. `source` is the index that the readings' passages come from."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def compose(self, asked: Asked, readings: Sequence[Reading]) -> list[Part]:
        """A list whole, the parts of a comparison, or the best unit and what it lacks."""
        pieces = list_pieces(readings)
        best = find_best(asked.text, readings, pieces)
        if best is None:
            return []
        names = split(asked.text)
        if names:
            return self._compare(asked.text, names, best, pieces)
        marked = find_marked(asked.text, best, pieces, self._source)
        if marked:
            return [self._quote_marked(one) for one in marked]
        listed = self._find_list(asked.text, best)
        if listed:
            return list(self._quote_list(listed))
        further = find_lacking(asked.text, best, pieces)
        if not further and readings[0].trained is not None:
            further = find_second(asked.text, best, pieces)
        others = [claim for piece in further for claim in self._quote_further(asked.text, piece, pieces)]
        return [self._state(asked.text, best, pieces), *others, *self._disagree(best, pieces)]

    def _quote_further(self, question: str, piece: Piece, pieces: Sequence[Piece]) -> list[Claim]:
        """One more unit, with its list where that is asked for and short."""
        listed = self._find_list(question, piece)
        if listed and sum(len(item.shown) for item in listed.items) <= _LISTED:
            return self._quote_list(listed)
        return [self._state(question, piece, pieces)]

    def correct(self, asked: Asked, piece: Piece, readings: Sequence[Reading]) -> list[Part]:
        """What stands against a false premise: the unit that says otherwise."""
        return [self._state(asked.text, piece, list_pieces(readings))]

    def _compare(
        self, question: str, names: Sequence[str], best: Piece, pieces: Sequence[Piece]
    ) -> list[Part]:
        """A statement for each name, and a note for each that no passage speaks of."""
        chosen = one_each(question, names, pieces) or [best]
        lost = find_missing(names, pieces)
        notes = [Note(f"「{name}」についての記述は見つかりませんでした。") for name in lost if len(lost) < len(names)]
        return [*(self._state(question, piece, pieces) for piece in chosen), *notes]

    def _disagree(self, best: Piece, pieces: Sequence[Piece]) -> list[Part]:
        other = find_disagreement(best, pieces)
        if other is None:
            return []
        first, second = (self._source.document(p.passage.document_id) for p in (best, other))
        claim = make_claim(other, second.text, [other.span])
        return [claim, Note(word_disagreement(first, second, best, other))]

    def _state(self, question: str, piece: Piece, pieces: Sequence[Piece]) -> Claim:
        claim = derive(question, self._quote(question, piece))
        return add_places(claim, piece, pieces, self._source)

    def _find_list(self, question: str, best: Piece) -> Listed | None:
        """The list asked for; also what a line announces that says nothing by itself."""
        named = only_names(question, best) and not holds_answer(question, best)
        if not named and not announces(best) and find_want(question).kind != "list":
            return None
        around, at = look_around(self._source, best)
        listed = gather_below(around, at) if named else gather_list(question, around, at)
        if listed is None and (named or announces(best)) and at + 1 < len(around):
            below = around[at + 1]
            return None if below.unit.kind == "heading" or hangs(below) else Listed(best, [below])
        return listed

    def _quote_list(self, listed: Listed) -> list[Claim]:
        """One claim an item; the first also shows and cites the line that announces the list."""
        text = self._text(listed.items[0])
        claims = []
        for n, item in enumerate(listed.items):
            mark = "・" if len(listed.items) > 1 and not find_number(item) else ""
            if n or listed.lead is None:
                leads = () if listed.lead else item.unit.context[:1]
                claims.append(make_claim(item, text, [mark, item.span], leads=leads))
            else:
                lead = listed.lead.span
                parting = f"\n{mark}" if len(listed.items) > 1 else _join(text, lead, item.span)
                claims.append(make_claim(item, text, [lead, parting, item.span], leads=[lead]))
        return claims

    def _quote(self, question: str, piece: Piece) -> Claim:
        """A unit as a quotation, with what makes it understood: a row's header, a heading, a lead."""
        text = self._text(piece)
        if piece.unit.kind == "row":
            caption = None
            if not piece.unit.context:
                caption = find_caption(*look_around(self._source, piece))
            row = name_cells(question, text, piece, caption)
            return make_claim(piece, text, row.segments, leads=row.leads, part=row.part)
        if above := _find_pointed(piece):
            return make_claim(piece, text, [Span(above, piece.unit.start), piece.span], part=Span(above, piece.unit.end))
        lead, rest = _find_lead(question, piece, text), find_rest(self._source, piece)
        if rest:
            segments: list[str | Span] = [piece.span, rest]
            if lead:
                segments[:0] = [lead, _join(text, lead, piece.span)]
            return make_claim(piece, text, segments, leads=filter(None, (rest, lead)))
        if lead is None:
            part = shorten(question, text, piece)
            return make_claim(piece, text, [part], part=part)
        return make_claim(piece, text, [lead, _join(text, lead, piece.span), piece.span], leads=[lead])

    def _quote_marked(self, marked: Marked) -> Claim:
        """The marked unit with its mark's meaning, which is cited too."""
        text = self._text(marked.piece)
        segments: list[str | Span] = [marked.span, "（", marked.legend, "）"]
        return make_claim(marked.piece, text, segments, leads=[marked.legend], part=marked.span)

    def _text(self, piece: Piece) -> str:
        return self._source.document(piece.passage.document_id).text


def _find_lead(question: str, piece: Piece, text: str) -> Span | None:
    """What a unit is understood by that is short and no sentence: its lead, or the heading above.

    For one that hangs on what is above it is that, whatever it is.
    """
    units = piece.passage.units
    at = units.index(piece.unit)
    above = Span(units[at - 1].start, units[at - 1].end) if at else None
    if hangs(piece):
        return above if above and len(_shown(text, above)) + len(piece.shown) <= _BOTH else None
    if len(piece.shown) > _SHORT or piece.unit.kind == "heading" or _SENTENCE.search(piece.shown):
        return None
    lead = piece.unit.context[-1] if piece.unit.context else None
    if lead is None and at and only_names(question, piece._replace(unit=units[at - 1])):
        lead = above
    return lead if lead and len(_shown(text, lead)) <= _LEAD else None


def _find_pointed(piece: Piece) -> int | None:
    """Where the sentence above begins that a sentence points at (これは…), if both are not too long."""
    at = piece.passage.units.index(piece.unit)
    above = piece.passage.units[at - 1] if at else None
    if not (above and above.kind == piece.unit.kind == "sentence" and _POINTS.match(piece.shown)):
        return None
    return above.start if piece.unit.end - above.start <= _BOTH else None


def _join(text: str, lead: Span, below: Span) -> str:
    """The colon between a lead and what it leads; none where a mark or bracket already parts them."""
    above, under = _shown(text, lead), _shown(text, below)
    if above.endswith(tuple("】〉》>」］]")):
        return "\n"
    return "" if above.endswith(tuple(":：、。,")) or under.startswith(tuple("：:(（")) else "："


def _shown(text: str, span: Span) -> str:
    return display(text[span.start : span.end]).text
