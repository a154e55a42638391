"""The lists of the chat as HTML: documents, files being added, conversations kept."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.chat_shelf import OWN
from assistant.chat_store import Saved
from assistant.chat_words import Language, say
from index import Outcome, ReadError
from index.catalog import DocumentInfo


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file on its way in: `outcome` is None until it is done, `done` a share of its bytes."""

    name: str
    outcome: Outcome | None = None
    done: float | None = None
    failure: str = ""


def render_documents(documents: Sequence[DocumentInfo], language: Language, admin: bool = False) -> str:
    """One's own documents, then the shared ones."""
    own = [d for d in documents if d.id.startswith(OWN)]
    shared = [d for d in documents if not d.id.startswith(OWN)]
    return _render_table(own, "own_documents", language, True) + _render_table(
        shared, "shared_documents", language, admin
    )


def _render_table(documents: Sequence[DocumentInfo], title: str, language: Language, mine: bool) -> str:
    heads = "".join(
        f'<th scope="col">{_say(language, key)}</th>' for key in ("title", "date", "size", "state", "actions")
    )
    rows = "".join(_render_document(d, language, mine) for d in documents)
    table = f'<table class="documents"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    empty = f'<p class="none">{_say(language, "none_yet")}</p>'
    count = f" ({len(documents)})" if documents else ""
    return f"<section><h2>{_say(language, title)}{count}</h2>{table if documents else empty}</section>"


def _render_document(document: DocumentInfo, language: Language, mine: bool) -> str:
    if document.pages:
        size = _say(language, "pages_of", pages=document.pages, passages=document.passages)
    else:
        characters = f"{document.characters:,}"
        size = _say(language, "characters_of", characters=characters, passages=document.passages)
    state = _render_warnings(document.warnings, language) or _say(language, "ready")
    name = document.id.removeprefix(OWN)
    buttons = [_button("open", document.id, language)]
    if mine:
        buttons += [_button("reread", document.id, language)]
        buttons += [_button("remove", document.id, language, "confirm_remove")]
    return (
        f'<tr><th scope="row">{html.escape(document.title)}<small>{html.escape(name)}</small></th>'
        f"<td>{html.escape(document.date) or '—'}</td><td>{size}</td><td>{state}</td>"
        f'<td class="actions">{"".join(buttons)}</td></tr>'
    )


def _render_warnings(warnings: Sequence[str], language: Language) -> str:
    if not warnings:
        return ""
    rows = "".join(f"<li>{html.escape(w)}</li>" for w in warnings)
    count = _say(language, "warnings", count=len(warnings))
    return f'<details class="warnings"><summary>{count}</summary><ul>{rows}</ul></details>'


def render_arrivals(arrivals: Sequence[Arrival], language: Language) -> str:
    """One line a file: what became of it stays readable until the next upload."""
    rows = "".join(_render_arrival(a, language) for a in arrivals)
    return f'<ul class="arrivals" aria-live="polite">{rows}</ul>' if rows else ""


def _render_arrival(arrival: Arrival, language: Language) -> str:
    outcome, detail = arrival.outcome, arrival.failure
    if outcome is not None:
        error = outcome.error
        detail = error.why if isinstance(error, ReadError) else str(error or "")
        key = "failed" if outcome.status == "failed" else "done"
        text = _say(language, f"status_{outcome.status}")
    elif arrival.failure:
        key, text = "failed", _say(language, "status_failed")
    elif arrival.done is None:
        key, text = "waiting", _say(language, "waiting")
    else:
        key, text = "busy", _say(language, "reading", done=f"{arrival.done:.0%}")
    warnings = _render_warnings(outcome.warnings, language) if outcome else ""
    more = f'<p class="why">{html.escape(detail)}</p>' if detail else ""
    return f'<li class="{key}"><b>{html.escape(arrival.name)}</b> <span>{text}</span>{more}{warnings}</li>'


def render_conversations(saved: Sequence[Saved], language: Language) -> str:
    """The visitor's own conversations, newest first."""
    if not saved:
        return f'<p class="none">{_say(language, "no_history")}</p>'
    rows = "".join(
        f'<li><button type="button" class="saved" data-do="resume" data-id="{html.escape(s.id)}">'
        f"<b>{html.escape(s.title)}</b><small>{_render_when(s, language)}</small></button>"
        f"{_button('forget', s.id, language, 'confirm_delete', 'remove')}</li>"
        for s in saved
    )
    return f'<ul class="conversations">{rows}</ul>'


def _render_when(saved: Saved, language: Language) -> str:
    changed = time.strftime("%Y-%m-%d %H:%M", time.localtime(saved.changed))
    return _say(language, "turns_of", turns=saved.turns, changed=changed)


def _button(do: str, name: str, language: Language, confirm: str = "", key: str = "") -> str:
    asking = f' data-confirm="{_say(language, confirm)}"' if confirm else ""
    return (
        f'<button type="button" data-do="{do}" data-id="{html.escape(name)}"{asking}>'
        f"{_say(language, key or do)}</button>"
    )


def _say(language: Language, key: str, **values: object) -> str:
    return html.escape(say(language, key, **values))
