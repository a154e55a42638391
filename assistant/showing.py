"""An Answer as text, Markdown, HTML and plain data; everything from a document is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from index import Span, display
from index.presenting import show_heading, show_passage

if TYPE_CHECKING:
    from pandas import DataFrame

    from assistant.records import Answer, Citation, Statement

REFUSALS = {
    "not_in_documents": "資料からは分かりません。",
    "off_topic": "資料からは分かりません。資料が扱っている話題ではないようです。",
    "false_premise": "質問の前提が資料と合いません。",
    "too_vague": "資料からは分かりません。何についての質問か、もう少し詳しくお書きください。",
    "empty_index": "資料からは分かりません。索引に文書がありません。`tenkyo index add` で文書を加えてください。",
}

_FRAME = "The documents say:"
_ENGLISH = {
    "not_in_documents": "The documents do not answer this.",
    "off_topic": "The documents do not answer this; it does not seem to be their subject.",
    "false_premise": "The documents contradict what the question assumes.",
    "too_vague": "Please say more about what you would like to know.",
    "empty_index": "There are no documents yet. Add some with `tenkyo index add`.",
}
_JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龥]")
_WORD = re.compile(r"[A-Za-z]{2,}")


def open_answer(question: str, reason: str | None) -> str:
    """The line before the statements: a refusal, or an English frame around Japanese quotations.

    Empty for an answered Japanese question. It is no statement: it says nothing that needs a source.
    """
    english = not _JAPANESE.search(question) and len(_WORD.findall(question)) > 1
    if reason is None:
        return _FRAME if english else ""
    return f"{_ENGLISH[reason]} ({REFUSALS[reason]})" if english else REFUSALS[reason]


def numbered(statements: Sequence[Statement]) -> list[tuple[Statement, list[int]]]:
    """Each statement with the numbers of its citations; the same place has one number."""
    numbers: dict[tuple[str, int, int], int] = {}
    out = []
    for statement in statements:
        places = [(c.document_id, c.start, c.end) for c in statement.citations]
        out.append((statement, [numbers.setdefault(p, len(numbers) + 1) for p in places]))
    return out


def write_answer(question: str, statements: Sequence[Statement], reason: str | None) -> str:
    """The answer's text: statements with their marks, behind the refusal where there is one."""
    lines = list(filter(None, [open_answer(question, reason)]))
    for statement, marks in numbered(statements):
        lines.append(statement.text + "".join(f"[{n}]" for n in marks))
    return "\n".join(lines)


def describe(citation: Citation) -> str:
    """Where a citation stands, in one line."""
    parts = [show_heading(citation.heading or citation.title)]
    if citation.page is not None:
        parts.append(f"{citation.page}ページ")
    if citation.date:
        parts.append(citation.date)
    return "、".join(parts) + f"({citation.document_id} {citation.start}〜{citation.end}字)"


def to_text(answer: Answer) -> str:
    """For a terminal: the answer, then its sources or the nearest passages."""
    lines = [answer.text]
    if answer.asked != answer.question.strip():
        lines.insert(0, f"(質問の解釈: {answer.asked})")
    if answer.citations:
        lines += ["", "出典:"]
    for n, citation in enumerate(answer.citations, 1):
        lines += [f"[{n}] {describe(citation)}", f"    「{display(citation.quote).text}」"]
    if answer.abstained and answer.passages:
        lines += ["", "近い箇所:"]
        for passage in answer.passages[:3]:
            text = shorten(show_passage(passage), 120).replace("\n", "\n    ")
            lines += [f"・{show_heading(passage.heading)}", f"    {text}"]
    lines += [f"※ {note}" for note in answer.notes]
    return "\n".join(lines)


def shorten(text: str, most: int) -> str:
    """At most `most` characters, the last one … where something was cut."""
    return text if len(text) <= most else text[: most - 1] + "…"


def to_markdown(answer: Answer) -> str:
    """The answer with footnotes, to be pasted with its sources."""
    lines = list(filter(None, [open_answer(answer.question, answer.reason)]))
    for statement, marks in numbered(answer.statements):
        lines.append(statement.text + "".join(f"[^{n}]" for n in marks))
    lines += [f"\n※ {note}" for note in answer.notes]
    lines.append("")
    for n, citation in enumerate(answer.citations, 1):
        lines.append(f"[^{n}]: {describe(citation)}「{display(citation.quote).text}」")
    return "\n".join(lines).strip() + "\n"


def to_html(answer: Answer) -> str:
    """For a notebook: the answer and its quotations, answering words bold."""
    out = [f"<p><b>問</b> {html.escape(answer.question)}</p>"]
    if opening := open_answer(answer.question, answer.reason):
        out.append(f"<p>{html.escape(opening)}</p>")
    for statement, marks in numbered(answer.statements):
        chips = "".join(f"<sup>[{n}]</sup>" for n in marks)
        out.append(f"<p>{emphasise(statement.text, statement.answer)}{chips}</p>")
    if answer.citations:
        out.append("<ol>")
        for citation in answer.citations:
            quote = html.escape(display(citation.quote).text)
            out.append(f"<li><small>{html.escape(describe(citation))}</small><br><q>{quote}</q></li>")
        out.append("</ol>")
    elif answer.passages:
        rows = (
            f"<li><small>{html.escape(show_heading(p.heading))}</small><br>"
            f"{html.escape(shorten(show_passage(p), 160)).replace(chr(10), '<br>')}</li>"
            for p in answer.passages[:3]
        )
        out.append(f"<p><small>近い箇所</small></p><ul>{''.join(rows)}</ul>")
    out += [f"<p><small>※ {html.escape(note)}</small></p>" for note in answer.notes]
    out.append(f"<p><small>確信度 {answer.confidence:.2f}、{answer.seconds:.2f}秒</small></p>")
    return "\n".join(out)


def emphasise(text: str, spans: Sequence[Span]) -> str:
    """Escaped text with the spans in <b>."""
    return mark_spans(text, spans, "b")


def mark_spans(text: str, spans: Sequence[Span], tag: str) -> str:
    """Escaped text with the spans in an element; overlapping spans are merged."""
    out, at = [], 0
    for start, end in sorted(spans):
        start = max(start, at)
        if end > start:
            out.append(html.escape(text[at:start]) + f"<{tag}>{html.escape(text[start:end])}</{tag}>")
            at = end
    return "".join(out) + html.escape(text[at:])


def to_dict(answer: Answer) -> dict[str, Any]:
    """Plain data, for JSON; the documents' texts are left out."""
    return {
        "question": answer.question,
        "asked": answer.asked,
        "text": answer.text,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "confidence": round(answer.confidence, 6),
        "statements": [asdict(s) for s in answer.statements],
        "passages": [asdict(p) for p in answer.passages],
        "rejected": [{"text": r.claim.text, "why": r.why} for r in answer.rejected],
        "notes": list(answer.notes),
        "seconds": round(answer.seconds, 3),
    }


def to_frame(answer: Answer) -> DataFrame:
    """One row a citation, numbered as its mark; a refusal has none."""
    from pandas import DataFrame

    columns = ["statement", "kind", "mark", "document_id", "title", "heading", "page", "date", "start", "end", "quote"]
    rows = [
        (s.text, s.kind, mark, c.document_id, c.title, c.heading, c.page, c.date, c.start, c.end, c.quote)
        for s, marks in numbered(answer.statements)
        for mark, c in zip(marks, s.citations, strict=True)
    ]
    return DataFrame(rows, columns=columns).astype({"page": "Int64"})
