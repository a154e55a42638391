"""Whether the answer says what is required. Each function is pure: (case, answer) -> float or None.

None: the question has no answer, or the set gives none.
"""

from __future__ import annotations

import unicodedata
from collections import Counter

from assistant import Answer
from eval.cases import Case
from eval.matching import says, shown_text, squeeze


def answer_coverage(case: Case, answer: Answer, characters: int) -> float | None:
    """The share of required items said within the first N characters shown.

    Nugget recall (Voorhees 2003, TREC question answering) with accepted variants in place of an
    assessor; the budget keeps an answer from winning by quoting everything.
    """
    if not case.items:
        return None
    shown = shown_text(answer)[:characters]
    if _says_the_opposite(case, shown):
        return 0.0
    return sum(says(shown, item) for item in case.items) / len(case.items)


def answer_coverage_150(case: Case, answer: Answer) -> float | None:
    """AnswerCoverage@150."""
    return answer_coverage(case, answer, 150)


def answer_coverage_400(case: Case, answer: Answer) -> float | None:
    """AnswerCoverage@400."""
    return answer_coverage(case, answer, 400)


def exact_match(case: Case, answer: Answer) -> float | None:
    """ExactMatch of the answering words (Rajpurkar et al. 2016), on JSQuAD's normalisation.

    Only questions with one required item have one right string; for the others: None.
    """
    if len(case.items) != 1:
        return None
    predicted = _normalized(answering_words(answer))
    return float(any(predicted == _normalized(gold) for gold in case.items[0].variants))


def char_f1(case: Case, answer: Answer) -> float | None:
    """CharF1 of the answering words: JSQuAD's F1 over characters (Kurihara et al. 2022, JGLUE)."""
    if len(case.items) != 1:
        return None
    predicted = _normalized(answering_words(answer))
    return max(_overlap_f1(predicted, _normalized(gold)) for gold in case.items[0].variants)


def answer_length(case: Case, answer: Answer) -> float | None:
    """AnswerLength: the characters shown as the answer; None for a refusal."""
    return None if answer.abstained else float(len(shown_text(answer)))


def seconds(case: Case, answer: Answer) -> float | None:
    """Seconds: the wall-clock time that the question took."""
    return answer.seconds


def answering_words(answer: Answer) -> str:
    """The words marked as the answer in the first statement, or all of that statement."""
    if answer.abstained or not answer.statements:
        return ""
    first = answer.statements[0]
    marked = "".join(first.text[start:end] for start, end in first.answer)
    return marked or first.text


def _says_the_opposite(case: Case, shown: str) -> bool:
    opposite = {"はい": "いいえ", "いいえ": "はい"}.get(case.expected)
    return opposite is not None and squeeze(shown).startswith(opposite)


def _normalized(text: str) -> str:
    kept = [c for c in squeeze(text) if unicodedata.category(c)[0] not in "PS"]
    return "".join(kept)


def _overlap_f1(predicted: str, gold: str) -> float:
    shared = sum((Counter(predicted) & Counter(gold)).values())
    return 2 * shared / (len(predicted) + len(gold)) if shared else 0.0
