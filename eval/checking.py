"""Proving the question set itself: offsets, variants, sentences, absent words, splits.

Each check yields Japanese problems and nothing when all is well. A set that fails here would
make every figure a lie, so `tenkyo eval --check` is part of the tests.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.cases import ANSWERABLE_KINDS, UNANSWERABLE_KINDS, Case, GoldSpan
from eval.loading import BadQuestions
from eval.matching import says, squeeze
from index import Document, Passage

WINDOW = 120
"""Characters within which an absent pair must never stand together."""
SHARED = 8
"""A string this long in question and passage is wording taken over."""
_ANSWERABLE, _UNANSWERABLE, _PER_KIND = 150, 50, 10


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of a document that serves one split only."""

    document: str
    start: int
    end: int
    split: str


def load_regions(path: Path) -> list[Region]:
    """The regions of a JSON lines file; BadQuestions where it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [Region(**json.loads(line)) for line in lines if line.strip()]
    except OSError as error:
        why = f"  領域のファイルを開けません({error.strerror})。質問集と同じフォルダーに置いてください。"
    except (ValueError, TypeError) as error:
        why = f"  領域のファイルとして読めません({error})。"
    raise BadQuestions(str(path), [why])


def check_cases(
    cases: Sequence[Case],
    documents: Mapping[str, Document],
    regions: Sequence[Region],
    passages: Sequence[Passage],
) -> list[str]:
    """Every problem of the set, one Japanese sentence each; empty for a sound set."""
    problems = list(_check_counts(cases))
    misplaced = [p for case in cases for p in _check_places(case, documents)]
    if misplaced:
        return problems + misplaced
    for case in cases:
        problems += _check_shape(case)
        problems += _check_items(case, documents)
        problems += _check_regions(case, regions)
    problems += _check_absences(cases, documents)
    problems += _check_sentences(cases)
    problems += _check_wording(cases, documents, passages)
    problems += _check_passages(cases, passages)
    problems += _check_borders(regions, documents)
    return problems


def _check_counts(cases: Sequence[Case]) -> Iterator[str]:
    answerable = sum(case.answerable for case in cases)
    wanted = ((answerable, _ANSWERABLE, "ある"), (len(cases) - answerable, _UNANSWERABLE, "ない"))
    for count, least, which in wanted:
        if count < least:
            yield f"答えの{which}質問が{count}問しかありません({least}問以上)。"
    kinds = Counter(case.kind for case in cases)
    for kind in (*ANSWERABLE_KINDS, *UNANSWERABLE_KINDS):
        if kinds[kind] < _PER_KIND:
            yield f"種類「{kind}」が{kinds[kind]}問しかありません({_PER_KIND}問以上)。"
    for kind in sorted(kinds.keys() - {*ANSWERABLE_KINDS, *UNANSWERABLE_KINDS}):
        yield f"種類「{kind}」は知りません。"


def _check_places(case: Case, documents: Mapping[str, Document]) -> Iterator[str]:
    for span in (*_gold(case), *case.tempting):
        text = documents[span.document].text if span.document in documents else ""
        quote = text[span.start : span.end]
        if span.end > len(text) or not quote.strip():
            yield f"{case.id}: {span} は文書の中の文字を指していません。"
        elif quote != quote.strip():
            yield f"{case.id}: {span} の端に空白や改行があります。"


def _check_shape(case: Case) -> Iterator[str]:
    if case.answerable != (case.kind in ANSWERABLE_KINDS):
        yield f"{case.id}: kind「{case.kind}」と answerable が食い違っています。"
    if case.answerable and not case.has_gold:
        yield f"{case.id}: 正解の箇所(spans)がありません。"
    if (case.kind == "followup") != bool(case.history):
        yield f"{case.id}: 続きの質問には history が要り、ほかの質問には要りません。"
    if (case.kind == "yesno") != (case.expected in ("はい", "いいえ")):
        yield f"{case.id}: yesno には expected(はい/いいえ)が要り、ほかには要りません。"
    if not case.answerable and not (case.absent or case.absent_together or case.tempting):
        yield f"{case.id}: 答えがないことの証拠(absent・absent_together・tempting)がありません。"
    if case.split not in ("dev", "test"):
        yield f"{case.id}: split は dev か test です。"


def _check_items(case: Case, documents: Mapping[str, Document]) -> Iterator[str]:
    for item in case.items:
        for span in item.spans:
            if not says(_quote(span, documents), item):
                yield f"{case.id}: {span} に variants {list(item.variants)} のどれもありません。"


def _check_regions(case: Case, regions: Sequence[Region]) -> Iterator[str]:
    for span in (*_gold(case), *case.tempting):
        if not any(_inside(span, region) and region.split == case.split for region in regions):
            yield f"{case.id}: {span} は {case.split} の領域の中にありません。"


def _check_absences(cases: Sequence[Case], documents: Mapping[str, Document]) -> Iterator[str]:
    texts = {name: squeeze(document.text) for name, document in documents.items()}
    for case in cases:
        for term in case.absent:
            for name in (name for name, text in texts.items() if squeeze(term) in text):
                yield f"{case.id}: ないはずの「{term}」が {name} にあります。"
        for one, other in case.absent_together:
            for name in (n for n, text in texts.items() if _stand_together(one, other, text)):
                yield f"{case.id}: 「{one}」と「{other}」が {name} で{WINDOW}字以内に並んでいます。"


def _check_sentences(cases: Sequence[Case]) -> Iterator[str]:
    owners: dict[str, list[tuple[GoldSpan, str]]] = {}
    for case in cases:
        for span in dict.fromkeys(_gold(case)):
            owners.setdefault(span.document, []).append((span, case.id))
    for spans in owners.values():
        spans.sort()
        for number, (span, case_id) in enumerate(spans):
            for other, other_id in spans[number + 1 :]:
                if other.start >= span.end:
                    break
                if other_id != case_id:
                    yield f"{case_id} と {other_id} が同じ文 {span} に基づいています。"


def _check_wording(
    cases: Sequence[Case], documents: Mapping[str, Document], passages: Sequence[Passage]
) -> Iterator[str]:
    """At least half of the answerable questions share no long string with their passages."""
    judged = [case for case in cases if case.answerable]
    free = sum(not _shares_wording(case, documents, passages) for case in judged)
    if 2 * free < len(judged):
        yield f"{SHARED}字以上の言い回しを資料と共有しない質問が{free}/{len(judged)}問です(半分以上)。"


def _check_passages(cases: Sequence[Case], passages: Sequence[Passage]) -> Iterator[str]:
    """No passage of the index holds gold or tempting spans of both splits."""
    for passage in passages:
        splits = {
            case.split: case.id
            for case in cases
            for span in (*_gold(case), *case.tempting)
            if _meets(span, passage)
        }
        if len(splits) > 1:
            yield f"パッセージ {passage.id} が dev と test の両方({'、'.join(splits.values())})に使われています。"


def _check_borders(regions: Sequence[Region], documents: Mapping[str, Document]) -> Iterator[str]:
    for name, document in documents.items():
        own = sorted((r for r in regions if r.document == name), key=lambda r: r.start)
        for region, after in zip(own, own[1:], strict=False):
            if after.start < region.end:
                yield f"{name} の領域 {region.start}〜{region.end} が次の領域と重なっています。"
        if own and own[-1].end > len(document.text):
            yield f"{name} の最後の領域が文書の外に出ています。"
        if {region.split for region in own} != {"dev", "test"}:
            yield f"{name} に dev と test の両方の領域がありません。"


def _shares_wording(
    case: Case, documents: Mapping[str, Document], passages: Sequence[Passage]
) -> bool:
    asked = _folded(case.question)
    spans = _gold(case)
    texts = [_quote(span, documents) for span in spans]
    texts += [p.text for p in passages if any(_meets(span, p) for span in spans)]
    parts = {asked[i : i + SHARED] for i in range(len(asked) - SHARED + 1)}
    return any(part in folded for folded in map(_folded, texts) for part in parts)


def _gold(case: Case) -> list[GoldSpan]:
    return [span for item in case.items for span in item.spans]


def _quote(span: GoldSpan, documents: Mapping[str, Document]) -> str:
    return documents[span.document].text[span.start : span.end]


def _inside(span: GoldSpan, region: Region) -> bool:
    same = span.document == region.document
    return same and region.start <= span.start and span.end <= region.end


def _meets(span: GoldSpan, passage: Passage) -> bool:
    same = span.document == passage.document_id
    return same and span.start < passage.end and passage.start < span.end


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _stand_together(one: str, other: str, text: str) -> bool:
    places = list(_find_all(squeeze(other), text))
    return any(
        abs(start - place) <= WINDOW for start in _find_all(squeeze(one), text) for place in places
    )


def _find_all(term: str, text: str) -> Iterable[int]:
    start = text.find(term)
    while start >= 0:
        yield start
        start = text.find(term, start + 1)
