"""A question on its own: cleaned, and completed from the questions before it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from assistant.records import Asked
from index import content_words, find_dates, fold

LONGEST = 600
"""Characters of a question that are searched: what lies beyond no longer names one thing."""
_POINTER = re.compile(
    r"(?:それら?|これら?|あれら?)(?=[はがをにのでともへ、?]|$)|(?:その|この|あの|同|当該|上記の?|前述の?)(?=[ぁ-んァ-ヶ一-龥a-z])"
    r"|^(?:じゃあ|では|それでは|ちなみに|また|あと|そして|さらに|なお|前年|翌年|昨年|他に|ほかに|うち|そのうち)"
    r"|\b(?:it|its|they|their|them|this|that|these|those)\b"
)
_ELLIPSIS = re.compile(r"^.{1,14}(?:は|も|だと|なら|の場合は?|についても?は?|とは)(?:どう(?:ですか)?|いかがですか)?\s*[?。]?$|^(?:and|what about|how about)\b")


def clean(question: str) -> str:
    """The question without control characters and surplus blanks; at most LONGEST characters."""
    kept = "".join(" " if unicodedata.category(c).startswith("C") else c for c in question)
    return " ".join(kept.split())[:LONGEST]


def restate(question: str, history: Sequence[str] = ()) -> Asked:
    """The question standing on its own: where it points back, the earlier topic is put in front.

    Only a question that points (それ, その, じゃあ) or is elliptic (「英国は?」) takes anything from
    `history` (earlier questions, oldest first), so that a new topic is never blurred by an old one.
    """
    text = clean(question)
    past = [clean(q) for q in history if clean(q)]
    if not past or not _points_back(text):
        return Asked(question, text, tuple(past))
    topic = _topic(text, past)
    return Asked(question, f"{topic}について、{text}" if topic else text, tuple(past))


def _points_back(text: str) -> bool:
    folded = fold(text).text
    return bool(_POINTER.search(folded) or _ELLIPSIS.search(folded))


def _topic(text: str, past: Sequence[str]) -> str:
    """What the last self-contained question was about, less what the new one replaces."""
    base = next((q for q in reversed(past) if not _points_back(q)), past[0])
    chain = past[past.index(base) :]
    subject = re.split(r"[?？。]", base)[0]
    subject = re.sub(
        r"(?:について)?(?:教えて.*|(?:は|とは)?(?:何|いつ|誰|だれ|どこ|いくら|いくつ|どの|どう|どれ|なぜ).*|はありますか|でしょうか|ですか|ますか)$",
        "",
        subject,
    )
    subject = _without_replaced(subject.rstrip("はがをにのでと、 ") or base, text)
    extra = [w for q in chain[1:] for w in _new_words(q, subject)]
    return " ".join([subject, *extra]).strip()


def _without_replaced(subject: str, text: str) -> str:
    """A year in the new question takes the place of the old one's."""
    if find_dates(fold(text).text):
        dates = find_dates(fold(subject).text)
        view = fold(subject)
        for date in reversed(dates):
            start, end = view.raw(date.start, date.end)
            subject = subject[:start] + subject[end:].lstrip("のにはで、")
    return subject


def _new_words(question: str, subject: str) -> list[str]:
    """Names in a follow-up of the past that the topic lacks (they may be what is meant now)."""
    have = set(content_words(subject))
    return [w for w in content_words(question) if w not in have and re.search(r"[a-z]{3}", w)][:2]
