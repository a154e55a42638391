"""A conversation as HTML: questions, verified statements with citation chips, refusals.

Everything that comes from a document or a user is escaped here; nothing is decided here.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.chat_words import Language, say
from assistant.records import Answer, Citation, Statement
from assistant.showing import emphasise, numbered, open_answer, shorten
from index import Passage, display
from index.presenting import show_heading, show_passage

NEAREST = 3
"""Passages that a refusal shows."""
TIP = 240
"""Characters of a quote that hovering shows."""
REASONS = ("wrong", "incomplete", "citation", "should_refuse", "should_answer")
"""Why an answer was not good."""
_THUMB = (
    '<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" fill="none" stroke="currentColor"'
    ' stroke-width="1.8" stroke-linejoin="round"><path d="M3 10.5h4v10H3zM7 10.5 11.5 3c1.7 0 2.6 1.2 2.3'
    ' 2.8L13 9.5h6c1.4 0 2.3 1.2 2 2.5l-1.7 7c-.3 1-1 1.5-2 1.5H7z"/></svg>'
)
"""Drawn, as not every machine has a font with 👍."""
_DOWN = _THUMB.replace("<svg", '<svg class="down"')


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what has come back so far; `answer` is None while it streams."""

    question: str
    asked: str = ""
    statements: tuple[Statement, ...] = ()
    answer: Answer | None = None
    waiting: int = 0
    """How many questions are answered before this one's turn comes."""
    failure: str = ""
    rated: str = ""
    """`up` or `down` once the user said so."""

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Each place once, in the order of its number, also while the answer streams."""
        seen = {(c.document_id, c.start, c.end): c for s in reversed(self.statements) for c in reversed(s.citations)}
        order = dict.fromkeys((c.document_id, c.start, c.end) for s in self.statements for c in s.citations)
        return tuple(seen[place] for place in order)


def render_feed(turns: Sequence[Turn], language: Language) -> str:
    """All turns, oldest first."""
    return "".join(_render_turn(turn, n, language) for n, turn in enumerate(turns))


def render_welcome(documents: int, language: Language) -> str:
    """The empty conversation: what this is."""
    return (
        f'<section class="welcome"><h2>{_say(language, "welcome", documents=documents)}</h2>'
        f"<p>{_say(language, 'welcome_more')}</p></section>"
    )


def render_chips(questions: Sequence[str], title: str, language: Language) -> str:
    """Questions that can be asked by a click; nothing for none."""
    if not questions:
        return ""
    chips = "".join(
        f'<li><button type="button" class="suggestion" data-do="suggest" data-text="{html.escape(q)}">'
        f"{html.escape(q)}</button></li>"
        for q in questions
    )
    return f'<div class="suggestions"><h3>{_say(language, title)}</h3><ul>{chips}</ul></div>'


def _render_turn(turn: Turn, n: int, language: Language) -> str:
    parts = [f'<article class="turn" data-turn="{n}"><h2 class="question">{html.escape(turn.question)}</h2>']
    if turn.asked and turn.asked != turn.question.strip():
        parts.append(f'<p class="asked">{_say(language, "asked", asked=turn.asked)}</p>')
    busy = turn.answer is None and not turn.failure
    parts.append(f'<div class="answer" aria-live="polite" aria-busy="{str(busy).lower()}">')
    if turn.answer is not None and (opening := open_answer(turn.question, turn.answer.reason)):
        kind = "refusal" if turn.answer.reason else "frame"
        parts.append(f'<p class="{kind}">{html.escape(opening)}</p>')
    for statement, marks in numbered(turn.statements):
        parts.append(_render_statement(statement, marks, n, language))
    if busy:
        key = "queued" if turn.waiting else "thinking"
        parts.append(f'<p class="thinking">{_say(language, key, count=turn.waiting)}</p>')
    if turn.failure:
        parts.append(f'<p class="failure" role="alert">{_say(language, "failed", why=turn.failure)}</p>')
    parts.append("</div>")
    if turn.answer is not None:
        parts.append(_render_rest(turn, turn.answer, n, language))
    return "".join(parts) + "</article>"


def _render_statement(statement: Statement, marks: Sequence[int], turn: int, language: Language) -> str:
    chips = "".join(
        _render_chip(citation, mark, turn, language)
        for citation, mark in zip(statement.citations, marks, strict=True)
    )
    return f'<p class="statement {statement.kind}">{emphasise(statement.text, statement.answer)}{chips}</p>'


def _render_chip(citation: Citation, mark: int, turn: int, language: Language) -> str:
    label = say(language, "open_source", n=mark, place=place_of(citation, language))
    tip = html.escape(shorten(display(citation.quote).text, TIP))
    return (
        f'<button type="button" class="chip" data-do="cite" data-turn="{turn}" data-n="{mark}"'
        f' aria-label="{html.escape(label)}">{mark}<span class="tip" aria-hidden="true">'
        f"<b>{html.escape(place_of(citation, language))}</b>{tip}</span></button>"
    )


def _render_rest(turn: Turn, answer: Answer, n: int, language: Language) -> str:
    """Notes, how sure it is, the nearest passages of a refusal, what to ask next."""
    parts = [f'<p class="note">{html.escape(note)}</p>' for note in answer.notes]
    if answer.abstained and answer.passages:
        parts.append(_render_nearest(answer.passages[:NEAREST], n, language))
    parts.append(f'<div class="tools">{_render_confidence(answer, language)}{_render_tools(turn, answer, n, language)}</div>')
    return "".join(parts)


def _render_tools(turn: Turn, answer: Answer, n: int, language: Language) -> str:
    """Copy, good, not good with its reason."""
    copied = html.escape(answer.to_markdown())
    copy = (
        f'<button type="button" class="tool" data-do="copy" data-text="{copied}"'
        f' data-done="{_say(language, "copied")}">{_say(language, "copy")}</button>'
    )
    if turn.rated:
        return f'{copy}<span class="rated" role="status">{_say(language, "thanks")}</span>'
    reasons = "".join(
        f'<li><button type="button" data-do="rate" data-turn="{n}" data-verdict="down" data-reason="{key}">'
        f"{_say(language, 'reason_' + key)}</button></li>"
        for key in REASONS
    )
    good = (
        f'<button type="button" class="tool" data-do="rate" data-turn="{n}" data-verdict="up"'
        f' aria-label="{_say(language, "good")}" title="{_say(language, "good")}">{_THUMB}</button>'
    )
    bad = (
        f'<details class="tool"><summary aria-label="{_say(language, "bad")}" title="{_say(language, "bad")}">{_DOWN}</summary>'
        f'<ul class="reasons">{reasons}</ul></details>'
    )
    return copy + good + bad


def _render_nearest(passages: Sequence[Passage], turn: int, language: Language) -> str:
    rows = "".join(
        f'<li><button type="button" class="near" data-do="near" data-turn="{turn}" data-n="{n}"'
        f' title="{_say(language, "open_passage")}"><b>{html.escape(show_heading(p.heading))}</b>'
        f"<span>{html.escape(shorten(show_passage(p), 120)).replace(chr(10), '<br>')}</span></button></li>"
        for n, p in enumerate(passages)
    )
    return f'<div class="nearest"><h3>{_say(language, "nearest")}</h3><ul>{rows}</ul></div>'


def _render_confidence(answer: Answer, language: Language) -> str:
    """In words; the number opens on demand. It is of answering, so a refusal has the number alone."""
    if answer.abstained:
        return ""
    key = "high" if answer.confidence >= 0.8 else "middle" if answer.confidence >= 0.6 else "low"
    word = _say(language, "confidence", word=say(language, key))
    more = _say(
        language, "confidence_more", value=f"{answer.confidence:.2f}", seconds=f"{answer.seconds:.1f}"
    )
    return f'<details class="confidence {key}"><summary>{word}</summary><p>{more}</p></details>'


def place_of(citation: Citation, language: Language) -> str:
    """Heading (or title) and page, for a line."""
    page = say(language, "page", page=citation.page) if citation.page is not None else ""
    return "、".join(filter(None, (show_heading(citation.heading or citation.title), page)))


def _say(language: Language, key: str, **values: object) -> str:
    return html.escape(say(language, key, **values))
