"""What a question compares or asks about side by side: its parts, each to be answered by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable

from index import content_words, find_dates, fold

_NAME = r"[ァ-ヶー一-龥々〇A-Za-zＡ-Ｚａ-ｚ0-9０-９・\-‐－./%]"
_JOINED = re.compile(
    rf"(?P<names>{_NAME}{{2,}}(?:(?:と|や|及び|および|、|対){_NAME}{{2,}})+)"
    r"(?=とで|では|とは|で|は|の|を|が|に|も|、|について|という|のうち|[?？]|$)"
)
_PARTS = re.compile(r"と|や|及び|および|、|対")
_SIDE_BY_SIDE = re.compile(
    r"それぞれ|おのおの|各々|違い|違う|違っ|違わ|差(?=[はがを異])|比べ|比較|異な|どちら|いずれ|両方|双方|どう変|別に"
)
_BETWEEN = re.compile(r"\bbetween (?P<a>.+?) and (?P<b>.+?)(?=[?,.]|\bin\b|\bfor\b|$)", re.I)
_RESPECTIVELY = re.compile(r"\b(?:respectively|each|both|compare|differ)", re.I)
_ENGLISH = re.compile(r"(?P<a>[\w\-]+(?: [\w\-]+)?) and (?P<b>[\w\-]+(?: [\w\-]+)?)")


_TITLE = re.compile(r"(?:氏|さん|教授|博士|長官|大臣)$")


def split(question: str) -> tuple[str, ...]:
    """The names that a question puts side by side (造船と防衛産業はそれぞれ…); none where it does not.

    Only names count, runs without hiragana, because only they can be looked for by themselves; and
    years, which may stand apart (令和7年度は令和6年度と比べて…).
    """
    if found := _BETWEEN.search(question):
        return _distinct((found["a"], found["b"]))
    if _RESPECTIVELY.search(question) and (found := _ENGLISH.search(question)):
        return _distinct((found["a"], found["b"]))
    if not _SIDE_BY_SIDE.search(question):
        return ()
    for match in _JOINED.finditer(question):
        names = _distinct(_PARTS.split(match["names"]))
        if names and not any(question.count(name) > 1 for name in names):  # 訓練のデータと検証のデータ
            return names
    return _years(question)


def _years(question: str) -> tuple[str, ...]:
    """The years that a question puts side by side, as it writes them: one of each."""
    folded = fold(question).text
    told = {date.year: folded[date.start : date.end] for date in reversed(find_dates(folded))}
    return tuple(reversed(told.values())) if len(told) > 1 else ()


def ask_about(question: str, name: str, names: Iterable[str]) -> str:
    """The question without the other names, for searching."""
    for other in names:
        if other != name and other not in name:
            question = question.replace(other, "")
    return question


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """The names that each have a word of their own; none if that leaves fewer than two."""
    kept = tuple(dict.fromkeys(name.strip() for name in names))
    return kept if len(kept) > 1 and all(own_words(name, kept) for name in kept) else ()


def own_words(name: str, names: Iterable[str]) -> set[str]:
    """The words of a name that no other of the names has."""
    others = {word for other in names if other != name for word in content_words(other)}
    return set(content_words(name)) - others


def mentions(text: str, name: str, names: Iterable[str]) -> bool:
    """Whether a text speaks of one of the names: it has it, or most of the words that only it has.

    Of a year it speaks by whatever calendar.
    """
    if years := {date.year for date in find_dates(fold(name).text)}:
        return bool(years & {date.year for date in find_dates(fold(text).text)})
    if _TITLE.sub("", fold(name).text) in fold(text).text:
        return True
    own = own_words(name, names)
    have = own & set(content_words(text))
    return bool(own) and 2 * len(have) > len(own)
