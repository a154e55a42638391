"""The source pane: a stretch of a document as HTML, the quoted characters in <mark>.

Offsets are counted here, in Python: JavaScript counts UTF-16. A document of a million characters
is shown a few passages at a time.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from assistant.chat_sheet import has_sheet, render_sheet
from assistant.chat_words import Language, say
from assistant.records import Citation
from assistant.showing import mark_spans
from index import Document, Index, Passage, Span, TenkyoError, display
from index.presenting import show_heading

AROUND = 4
"""Passages shown before and behind the quoted one."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the pane shows: a stretch of a document, and which citation of which turn it is."""

    document_id: str
    start: int
    end: int
    quote: str
    heading: str = ""
    turn: int = -1
    number: int = 0
    """From 1; 0 for a place that is no citation."""
    of: int = 0
    """How many citations the answer has."""
    first: int | None = None
    """The first passage shown, once the reader has moved away from the quote."""
    sheet: bool = False
    """Whether the original page is shown in place of the text."""

    @classmethod
    def of_citation(cls, citation: Citation, turn: int, number: int, of: int) -> Place:
        c = citation
        return cls(c.document_id, c.start, c.end, c.quote, c.heading, turn, number, of)

    @classmethod
    def of_passage(cls, passage: Passage, turn: int) -> Place:
        p = passage
        return cls(p.document_id, p.start, p.end, p.text, p.heading, turn)


class Segment(NamedTuple):
    """A unit of a document, or the text between two units (kind `gap`)."""

    start: int
    end: int
    kind: str


def render_source(index: Index, place: Place, language: Language) -> str:
    """The pane's HTML; where the quote no longer stands in the document, the quote alone."""
    try:
        document = index.document(place.document_id)
    except TenkyoError:
        document = None
    if document is None or document.text[place.start : place.end] != place.quote:
        return _render_changed(place, language)
    sheet = render_sheet(document, place.start, place.end, language) if place.sheet else ""
    body = sheet or _render_window(document, index.passages(place.document_id), place, language)
    return (
        f'<section class="source">{_render_head(document, place, language)}'
        f'<div class="paper" tabindex="0">{body}</div></section>'
    )


def _render_window(
    document: Document, passages: Sequence[Passage], place: Place, language: Language
) -> str:
    first, last = find_window(passages, place)
    quote = Span(place.start, place.end)
    parts = [_turn_page(first > 0, "earlier", language)]
    parts += _render_segments(document, passages[first:last], quote, language)
    parts.append(_turn_page(last < len(passages), "later", language))
    return "".join(parts)


def find_window(passages: Sequence[Passage], place: Place) -> tuple[int, int]:
    """Which passages are shown, [first, last): those around the quote, or where the reader went."""
    inside = [n for n, p in enumerate(passages) if p.start < place.end and p.end > place.start]
    at = inside[0] if inside else sum(p.end <= place.start for p in passages)
    size = 2 * AROUND + max(1, len(inside))
    wanted = at - AROUND if place.first is None else place.first
    first = max(0, min(wanted, len(passages) - size))
    return first, min(len(passages), first + size)


def _render_changed(place: Place, language: Language) -> str:
    quote = html.escape(display(place.quote).text)
    close = _button("close", "close", language, "close")
    return (
        f'<section class="source changed"><header>{close}<p>{html.escape(say(language, "changed"))}</p>'
        f"</header><blockquote>{quote}</blockquote></section>"
    )


def _render_head(document: Document, place: Place, language: Language) -> str:
    page = document.page_at(place.start)
    facts = [
        document.date,
        document.issuer,
        say(language, "page", page=page) if page is not None else "",
        say(language, "characters", start=f"{place.start:,}", end=f"{place.end:,}"),
    ]
    heading = show_heading(place.heading).removeprefix(document.title).removeprefix(" › ")
    number = f'<span class="number">{place.number}</span>' if place.number else ""
    return (
        f"<header>{_button('close', 'close', language, 'close')}<h2>{number}{html.escape(document.title)}</h2>"
        f'<p class="path">{html.escape(heading)}</p>'
        f'<p class="facts">{html.escape(" ・ ".join(filter(None, facts)))}</p>{_render_steps(document, place, language)}</header>'
    )


def _render_steps(document: Document, place: Place, language: Language) -> str:
    """Back to the quote, the original page, the answer's other citations."""
    steps = [_button("return", "back_to_quote", language)] if place.quote else []
    if place.sheet:
        steps.append(_button("sheet", "as_text", language))
    elif has_sheet(document):
        steps.append(_button("sheet", "sheet", language))
    for key, number in (("previous_citation", place.number - 1), ("next_citation", place.number + 1)):
        if place.number and 1 <= number <= place.of:
            text = html.escape(say(language, key))
            steps.append(
                f'<button type="button" data-do="cite" data-turn="{place.turn}" data-n="{number}">{text}</button>'
            )
    return f'<nav class="steps">{"".join(steps)}</nav>'


def _button(do: str, key: str, language: Language, style: str = "") -> str:
    text = html.escape(say(language, key))
    return f'<button type="button" class="{style}" data-do="{do}">{text}</button>'


def _turn_page(more: bool, key: str, language: Language) -> str:
    return f'<p class="more">{_button(key, key, language)}</p>' if more else ""


def _render_segments(
    document: Document, passages: Sequence[Passage], quote: Span, language: Language
) -> Iterator[str]:
    """Units as blocks; sentences that follow each other share a paragraph; pages are announced."""
    page, running = None, False
    for segment in cut_segments(document.text, passages):
        now = document.page_at(segment.start)
        inline = segment.kind == "sentence" and now == page
        if running and not inline:
            yield "</p>"
            running = False
        if now != page and now is not None:
            yield f'<p class="pagemark">{html.escape(say(language, "page", page=now))}</p>'
        page = now
        text = render_marked(document.text, segment, quote)
        if segment.kind == "sentence":
            yield text if running else f"<p>{text}"
            running = True
        elif text:
            yield f'<div class="{segment.kind}">{text}</div>'
    if running:
        yield "</p>"


def cut_segments(text: str, passages: Sequence[Passage]) -> Iterator[Segment]:
    """The passages' units and what stands between them (list marks left out), in order."""
    if not passages:
        return
    at = passages[0].start
    for passage in passages:
        for unit in (*passage.units, None):
            start, end = (unit.start, unit.end) if unit else (passage.end, passage.end)
            start = max(start, at)
            if any(map(str.isalnum, text[at:start])):
                yield Segment(at, start, "gap")
            if unit and end > start:
                yield Segment(start, end, unit.kind)
            at = max(at, end)


def render_marked(text: str, segment: Segment, quote: Span) -> str:
    """A segment as people read it, escaped, what of the quote lies in it in <mark>."""
    view = display(text[segment.start : segment.end])
    start, end = max(quote.start, segment.start), min(quote.end, segment.end)
    spans = [view.seen(start - segment.start, end - segment.start)] if start < end else []
    return mark_spans(view.text, spans, "mark")
