"""Claims and documents in, statements out: the only place where a Citation is made.

A claim passes when each place it names exists as it says, and everything that could change its
meaning (numbers with their units, dates, Latin terms, polarity, and for a quotation every
character) stands in what it cites. What fails is returned with its reason; nothing is repaired.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assistant.calibration import SUPPORT
from assistant.dating import FRAME, is_converted
from assistant.polarity import decide_yes_no, is_negated
from assistant.records import Citation, Claim, Evidence, Reading, Rejected, Statement
from assistant.supporting import find_unsupported
from index import Date, Document, Number, Passage, display, find_dates, find_numbers, fold

_BESIDE = 0.1
"""Of the best passage's probability, below which a written sentence may not cite another: on the development
questions 97 in 100 answering passages lie above it, and 39 of the others."""
_LATIN = re.compile(r"[a-z][a-z0-9]*(?:[-.&'/][a-z0-9]+)*|\d+[a-z]+[a-z0-9]*")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_BULLET = re.compile(r"\n・?|^・")
"""Set before the items of a quoted list: it parts pieces, as cells are parted."""
_ASKS = re.compile(r"か[。?]*$|\?$")
_VERDICT = re.compile(r"(?P<word>はい|いいえ)。")
_PIECE = re.compile(r"\s*[|｜:：…／/、。,()（）「」]\s*")


@dataclass(frozen=True, slots=True)
class Verified:
    """What passed and what did not, each in the order of the claims."""

    statements: tuple[Statement, ...]
    rejected: tuple[Rejected, ...]


def verify(
    claims: Iterable[Claim],
    documents: Mapping[str, Document],
    passages: Sequence[Passage] = (),
    readings: Sequence[Reading] = (),
) -> Verified:
    """Statements for the claims that stand; `passages` give the citations their headings.

    With `readings`, what a model wrote must also cite a passage that answers as they have it.
    """
    statements: list[Statement] = []
    rejected: list[Rejected] = []
    for claim in claims:
        why = _why_not(claim, documents, passages) or _unanswering(claim, readings)
        if why:
            rejected.append(Rejected(claim, why))
            continue
        citations = tuple(_cite(e, documents[e.document_id], passages) for e in claim.evidence)
        statements.append(Statement(claim.text, claim.kind, citations, claim.answer))
    return Verified(tuple(statements), tuple(rejected))


def _why_not(
    claim: Claim, documents: Mapping[str, Document], passages: Sequence[Passage]
) -> str | None:
    """Why a claim does not stand; None if it does."""
    if not claim.text.strip():
        return "文がありません。"
    if not claim.evidence:
        return "根拠となる引用がありません。"
    for evidence in claim.evidence:
        why = _misplaced(evidence, documents.get(evidence.document_id))
        if why:
            return why
    said = fold(_BULLET.sub(" ｜ ", claim.text)).text
    in_order = sorted(claim.evidence, key=lambda evidence: (evidence.document_id, evidence.start))
    cited = [fold(evidence.quote).text for evidence in in_order]
    if claim.kind == "quote":
        verbatim = fold(claim.text).text
        return None if any(verbatim in quote for quote in cited) else _misquoted(said, cited)
    if claim.kind == "derived":
        return _misderived(claim, cited)
    return _unsupported(said, cited) or _miswritten(claim, said, cited, documents, passages)


def _misderived(claim: Claim, cited: Sequence[str]) -> str | None:
    """A derived statement is a quotation with what can be computed from it, and nothing else.

    That is はい or いいえ before it, and its dates in another era behind it.
    """
    quotation = claim.text
    if verdict := _VERDICT.match(quotation):
        quotation = quotation[verdict.end() :]
        if decide_yes_no(claim.asks, quotation) != verdict["word"]:
            return f"引用だけでは「{verdict['word']}」と言えません。"
    if dates := FRAME.search(quotation):
        quotation = quotation[: dates.start()]
        if not is_converted(dates["dates"], [quotation]):
            return f"「{dates['dates']}」は引用元の日付ではありません。"
    return _misquoted(fold(quotation).text, cited)


def _miswritten(
    claim: Claim,
    said: str,
    cited: Sequence[str],
    documents: Mapping[str, Document],
    passages: Sequence[Passage],
) -> str | None:
    """What a model wrote is held to its sources word for word, headings included."""
    if claim.kind != "written":
        return None
    if _ASKS.search(said) and not any(said in quote for quote in cited):
        return "質問の形の文で、何も述べていません。"
    headings: list[str] = []
    for evidence in claim.evidence:
        citation = _cite(evidence, documents[evidence.document_id], passages)
        headings += [fold(citation.heading).text, fold(citation.title).text]
    missing = find_unsupported(said, cited, headings)
    return f"「{missing}」は引用元にそのとおりには書かれていません。" if missing else None


def _unanswering(claim: Claim, readings: Sequence[Reading]) -> str | None:
    """What a model wrote of passages that, to the trained reader, have nothing to do with the question,
    or so much less than another that the sentence, true as it is, answers something else.
    """
    read = [r for r in readings if r.trained is not None and any(holds(r.passage, e) for e in claim.evidence)]
    least = max(SUPPORT, _BESIDE * max((r.probability for r in readings), default=0.0))
    if claim.kind != "written" or not read or max(r.probability for r in read) >= least:
        return None
    return "読解モデルによれば、引用した箇所は質問に答えていません。"


def _misplaced(evidence: Evidence, document: Document | None) -> str | None:
    if document is None:
        return f"引用元の文書「{evidence.document_id}」がありません。"
    if not 0 <= evidence.start < evidence.end <= len(document.text):
        return f"引用の位置 {evidence.start}〜{evidence.end} は文書の外です。"
    if document.text[evidence.start : evidence.end] != evidence.quote:
        return "引用が文書のその位置の文字と一致しません。"
    if not fold(evidence.quote).text:
        return "引用に文字がありません。"
    return None


def _misquoted(said: str, cited: Sequence[str]) -> str | None:
    """A quotation shows nothing but what it cites: whole, or in the pieces of a table row."""
    if any(said in quote for quote in cited) or said in "".join(cited):
        return None
    for piece in filter(None, _PIECE.split(said)):
        if not any(piece in quote for quote in cited):
            return f"「{piece[:40]}」は引用元にありません。"
    return _unsupported(said, cited)


def _unsupported(said: str, cited: Sequence[str]) -> str | None:
    """The first thing said that is not cited: a number, a date, a term, or its opposite."""
    for check in (_missing_number, _missing_date, _missing_latin):
        missing = check(said, cited)
        if missing:
            return f"「{missing}」は引用元にありません。"
    if is_negated(said) and not any(map(is_negated, cited)):
        return "引用元にない否定が含まれています。"
    if not is_negated(said) and all(map(is_negated, cited)):
        return "引用元の否定が失われています。"
    return None


def _missing_number(said: str, cited: Sequence[str]) -> str | None:
    """A number whose value and unit no citation has.

    One without a unit matches whatever its unit, one with a unit also a bare one of a table's cell.
    """
    have = {(n.value, _unit(n, quote)) for quote in cited for n in find_numbers(quote)}
    values = {value for value, _ in have}
    dates = find_dates(said)
    for n in find_numbers(said):
        if any(_is_told(n, date) for date in dates):
            continue
        unit = _unit(n, said)
        if (n.value, unit) not in have and (unit or n.value not in values):
            if not n.unit and (n.value, "") in have:
                continue
            return said[n.start : n.end] + unit
    return None


def _unit(number: Number, folded: str) -> str:
    """The unit, or the ideograph that follows: 5大学 is not 5拠点, whether or not 大学 is known."""
    after = folded[number.end : number.end + 1]
    return number.unit or (after if "一" <= after <= "龥" else "")


def _is_told(number: Number, date: Date) -> bool:
    """Whether the number is a part of a date that the date's terms hold, so that it is checked there."""
    if not date.start <= number.start < date.end:
        return False
    if number.unit == "月":
        return number.value == date.month
    if number.unit == "日":
        return number.value == date.day
    return number.unit in ("年", "年度", "")


def _missing_date(said: str, cited: Sequence[str]) -> str | None:
    """A date that no citation has, in whichever era; a part of a cited date is had."""
    have = {term for quote in cited for date in find_dates(quote) for term in date.terms}
    for date in find_dates(said):
        if date.terms[-1] not in have:
            return said[date.start : date.end]
    return None


def _missing_latin(said: str, cited: Sequence[str]) -> str | None:
    have = _THOUSANDS.sub("", " ".join(cited))
    said = _THOUSANDS.sub("", said)
    for term in _LATIN.findall(said):
        if not re.search(rf"(?<![a-z0-9]){re.escape(term)}(?![a-z0-9])", have):
            return str(term)
    return None


def _cite(evidence: Evidence, document: Document, passages: Sequence[Passage]) -> Citation:
    passage = next((p for p in passages if holds(p, evidence)), None)
    return Citation(
        document_id=document.id,
        version=document.version,
        title=document.title,
        heading=_heading(passage, evidence, document) if passage else "",
        date=document.date,
        page=document.page_at(evidence.start),
        place=document.source,
        start=evidence.start,
        end=evidence.end,
        quote=evidence.quote,
        passage_id=passage.id if passage else "",
    )


def holds(passage: Passage, evidence: Evidence) -> bool:
    """Whether the evidence lies inside the passage."""
    inside = passage.start <= evidence.start and evidence.end <= passage.end
    return inside and passage.document_id == evidence.document_id


def _heading(passage: Passage, evidence: Evidence, document: Document) -> str:
    """The passage's heading path and the last heading inside it above the quote."""
    above = [u for u in passage.units if u.kind == "heading" and u.end <= evidence.start]
    inner = display(document.text[above[-1].start : above[-1].end]).text if above else ""
    return " › ".join(filter(None, (passage.heading, inner)))
