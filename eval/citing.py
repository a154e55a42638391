"""Whether the citations lie where the answer stands. Pure functions of (case, answer).

After ALCE (Gao et al. 2023, "Enabling Large Language Models to Generate Text with Citations"),
with gold spans in the place of its entailment model: cheaper, reproducible, and stricter, since
a good sentence that nobody marked counts as wrong.
"""

from __future__ import annotations

import re

from assistant import Answer, Citation, Statement
from eval.cases import Case, GoldSpan
from eval.matching import Place, covers, covers_item, letters

_PIECES = re.compile(r"[｜|:：…/／、。,()（）「」\n\t]")
"""Where the display of a table row joins its header to its cells."""


def citation_precision(case: Case, answer: Answer) -> float | None:
    """CitationPrecision: the share of citations that cover a gold span.

    A header, lead or legend cited with its row in one statement is read as part of that row's
    citation. An answer without any citation scores 0; a refusal, and a question without gold
    spans, give None.
    """
    if not case.has_gold or answer.abstained:
        return None
    gold = [span for item in case.items for span in item.spans]
    judged = [hit for statement in answer.statements for hit in _hits(statement, gold)]
    return sum(judged) / len(judged) if judged else 0.0


def citation_recall(case: Case, answer: Answer) -> float | None:
    """CitationRecall: the share of required items of which a gold span is covered by a citation."""
    if not case.has_gold:
        return None
    cited = [] if answer.abstained else answer.citations
    places = [_place(citation) for citation in cited]
    return sum(covers_item(places, item) for item in case.items) / len(case.items)


def citation_exactness(case: Case, answer: Answer) -> float | None:
    """CitationExactness: the share of citations that hold character by character (our own).

    The offsets must give the quote in the stored document, and a statement that claims to be a
    quotation must stand in its quotes, letter for letter, whole or in a row's cells. None where nothing is cited.
    """
    stored = {document.id: document.text for document in answer.documents}
    held = [
        _holds(citation, statement, stored)
        for statement in answer.statements
        for citation in statement.citations
    ]
    return sum(held) / len(held) if held else None


def _hits(statement: Statement, gold: list[GoldSpan]) -> list[bool]:
    hits = [any(covers(_place(c), span) for span in gold) for c in statement.citations]
    judged = list(zip(statement.citations, hits, strict=True))
    right = [c for c, hit in judged if hit]
    return [hit for c, hit in judged if hit or not _belongs(c, right, statement)]


def _belongs(citation: Citation, right: list[Citation], statement: Statement) -> bool:
    """Whether it stands above a right one, or, as a legend below a list does, says part of it."""
    said = letters(citation.quote) in letters(statement.text)
    near = (other for other in right if other.document_id == citation.document_id)
    return any(said or citation.end <= other.start for other in near)


def _holds(citation: Citation, statement: Statement, stored: dict[str, str]) -> bool:
    text = stored.get(citation.document_id)
    if text is not None and text[citation.start : citation.end] != citation.quote:
        return False
    if statement.kind != "quote":
        return True
    quoted = letters(*(c.quote for c in statement.citations))
    pieces = _PIECES.split(statement.text)
    return letters(statement.text) in quoted or all(letters(piece) in quoted for piece in pieces)


def _place(citation: Citation) -> Place:
    return citation.document_id, citation.start, citation.end
