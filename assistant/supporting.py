"""What a written sentence owes to what it cites: its words, digits and negations, as they stand there.

A quotation is its source. A sentence that a model wrote can be wrong in more ways than numbers
show: another name, a verb turned round, a date reckoned amiss. So everything in it that could
carry content must stand in what it cites (or, a name, in the headings above that); only
particles, endings and the like are its own. What is too strict costs a quotation in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from index import Number, content_words, find_dates, find_numbers

_RUN = re.compile(r"[一-龥々]+|[ァ-ヴー]+")
_NOUN = re.compile(r"(?!令和|平成|昭和|年度|年間)(?:[一-龥々]{2,}|[ァ-ヴー]{2,}|[a-z][a-z0-9]+)")
_AFTER = re.compile(r" ?[a-z]+|[一-龥]?")
"""What follows a number as its unit, known or not."""
_PARTICLE = re.compile(r"[はがのをにへともやで、。,」)\]・:]|$")
_NUMERALS = set("一二三四五六七八九十百千万億兆数両半全各")
_FRAME = frozenset("資料 文書 記載 回答 質問 場合 以下 次 内容 点".split())
"""What a sentence may say of itself."""
_NOT = r"(?:ない|なかっ|なけれ|なく|ません|ず(?=[、。にと]|$)|ざる|なし|無し)"
_NEGATION = re.compile(rf"[^、。「」()・|\n]{{0,2}}{_NOT}|[不非未無][一-龥々]{{1,2}}")
_NEGATED = re.compile(rf"([^、。「」()・|\n]{{2,4}}?)[あかがさたなばまらわ]?{_NOT}")
_HEDGE = (
    r"(?:検討|予定|見込|可能性|目指|目標|期待|必要|想定|計画|提案|べき|かもしれ|だろう|でしょう)"
)
_HEDGED = re.compile(
    rf"([一-龥々]{{2,}}|[ァ-ヴー]{{2,}})(?:する|して|した|し|される|され|れる|が|を|の|に|へ|も|こと|よう|いく|できる)*({_HEDGE})"
)
_CLAUSE = re.compile(r"[、。;；|\n]")
_MODAL = re.compile(
    r"べき|はず|かもしれ|だろう|でしょう|らしい|すべて|ほとんど|だけ|のみ|しか|必ず|最も"
)
"""What makes a statement stronger, weaker or narrower, and no other check sees."""
_BOUND_BEHIND = re.compile(r"以上|以下|以内|未満|を?(?:超|上回|下回)|程度|前後|以降|以後|以前")
_BOUND_BEFORE = re.compile(r"(?:約|およそ|おおよそ|ほぼ|最大|最長|最高|最低|最短|少なくとも|延べ)$")
_SAME_BOUND = {
    "およそ": "約", "おおよそ": "約", "ほぼ": "約", "程度": "約", "前後": "約", "以内": "以下", "上回": "超", "下回": "未満",
    "最長": "最大", "最高": "最大", "最短": "最低", "少なくとも": "最低", "以後": "以降",
}  # fmt: skip
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


def find_unsupported(said: str, cited: Sequence[str], headings: Sequence[str] = ()) -> str | None:
    """The first thing in a sentence that what it cites does not say; all texts folded."""
    said, *cited = (_THOUSANDS.sub("", text) for text in (said, *cited))
    source = "\n".join(cited)
    return (
        _find_number(said, cited)
        or _find_bound(said, cited)
        or _find_displaced(said, cited)
        or _find_exchanged(said, cited)
        or _find_negation(said, source)
        or _find_modality(said, source)
        or _find_word(_without_figures(said), source, "\n".join(headings))
    )


def _find_number(said: str, cited: Sequence[str]) -> str | None:
    """A number that does not stand there digit for digit, with its unit behind it.

    In a table the unit may stand elsewhere, in the header, and the cell holds the number alone.
    """
    for n in find_numbers(said):
        number = said[n.start : n.end]
        unit = _unit_behind(n, said)
        here = rf"(?<![\d.]){re.escape(number)}(?!\d|\.\d)"
        beside = any(re.search(here + re.escape(unit), text) for text in cited)
        in_cell = any(re.search(rf"{here}\s*(?:$|[|\n])", text) for text in cited)
        if not (beside or (in_cell and any(unit in text for text in cited))):
            return number + unit
    return None


def _unit_behind(number: Number, folded: str) -> str:
    """A number's unit, or the word or ideograph that stands in its place; a bound is none (200万以上)."""
    if _BOUND_BEHIND.match(folded, number.end):
        return ""
    after = _AFTER.match(folded, number.end)
    return number.unit or (after.group() if after else "")


def _find_bound(said: str, cited: Sequence[str]) -> str | None:
    """A number that is told as a bound, or as about so much (150万円以上, 約100人), and said without or otherwise."""
    for n in find_numbers(said):
        unit = _unit_behind(n, said)
        found = [(m, quote) for quote in cited for m in find_numbers(quote) if m.value == n.value]
        told = [_bounds(m, quote) for m, quote in found if _unit_behind(m, quote) == unit]
        own = _bounds(n, said)
        if told and own not in told:
            return said[n.start : n.end] + unit
    return None


def _bounds(number: Number, folded: str) -> set[str]:
    """The words right before and behind a number and its unit that make it a bound, one of each meaning."""
    ends = number.end, number.end + len(_unit_behind(number, folded))
    behind = [_BOUND_BEHIND.match(folded, end) for end in ends]
    before = _BOUND_BEFORE.search(folded[max(0, number.start - 5) : number.start])
    words = {match.group().removeprefix("を") for match in (*behind, before) if match}
    return {_SAME_BOUND.get(word, word) for word in words}


def _find_displaced(said: str, cited: Sequence[str]) -> str | None:
    """A number given to another thing: 「Bは5件」 where 「Aは5件、Bは7件」 stands.

    The noun before a number must stand beside it in the source too, no other number between.
    Otherwise it may belong to a later number of the sentence that has no noun of its own
    (「上限は1件当たり500円」); a noun that the quotation lacks is left to the other checks.
    """
    named = list(_name_numbers(said))
    bare = [number for number, noun in named if not noun]
    for number, noun in named:
        beside = list(_find_beside(number, cited))
        if (
            not noun
            or not beside
            or any(noun not in quote or noun in part for quote, part in beside)
        ):
            continue
        if not any(noun in part for other in bare for _, part in _find_beside(other, cited)):
            return f"{noun}…{number}"
    return None


def _find_exchanged(said: str, cited: Sequence[str]) -> str | None:
    """A number said of what another one is told of: 「残すのは6700万」 where 「6700万を返し、4700万を残す」 stands.

    Where a quotation tells two numbers of one unit in clauses of their own and the sentence has only
    one of them, no word of it may stand behind the other alone. What stands before a number is left
    to `_find_displaced`, because it may be what both are told of.
    """
    values = {number.value for number in find_numbers(said)}
    words = set(content_words(_without_figures(said)))
    for quote in cited:
        told = [(unit, value, tail) for clause in _CLAUSE.split(quote) for unit, value, tail in _tell(clause)]
        units = {unit for unit, value, _ in told if value in values}
        rest = quote
        others = [tail for unit, value, tail in told if unit in units and value not in values]
        for tail in filter(None, others):
            rest = rest.replace(tail, "、")
        alone = {word for tail in others for word in content_words(tail)} - set(content_words(rest))
        if taken := sorted(words & alone):
            return taken[0]
    return None


def _tell(clause: str) -> Iterator[tuple[str, Decimal, str]]:
    """The last number of a clause that counts or measures: its unit, its value, and what follows."""
    dates = find_dates(clause)
    counted = [n for n in find_numbers(clause) if not any(d.start <= n.start < d.end for d in dates)]
    for n in counted[-1:]:
        yield _unit_behind(n, clause), n.value, clause[n.end :]


def _name_numbers(said: str) -> Iterator[tuple[str, str]]:
    """Each number of a sentence with the last noun between the number before and it; else none."""
    at = 0
    for n in find_numbers(said):
        nouns = _NOUN.findall(said[at : n.start])
        yield said[n.start : n.end], nouns[-1] if nouns else ""
        at = n.end + len(n.unit)


def _find_beside(number: str, cited: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each quotation that holds a number, and the stretch of it that no other number parts from it."""
    for quote in cited:
        found = find_numbers(quote)
        ends = [0, *(n.end for n in found)]
        starts = [*(n.start for n in found), len(quote)]
        for at, n in enumerate(found):
            if quote[n.start : n.end] == number:
                yield quote, quote[ends[at] : starts[at + 1]]


def _find_negation(said: str, source: str) -> str | None:
    """A negation that is not in the source, or one of the source that is lost."""
    for found in _NEGATION.findall(said):
        if found not in source:
            return str(found)
    for stem in dict.fromkeys(_NEGATED.findall(source)):
        denied = rf"{re.escape(stem)}.?{_NOT}"
        always = source.count(stem) == len(re.findall(denied, source))
        if always and stem in said and not re.search(denied, said):
            return str(stem)
    return None


def _find_modality(said: str, source: str) -> str | None:
    """A modal word that is not in the source, or one lost: 「導入を検討する」 is no 「導入する」."""
    for found in _MODAL.findall(said):
        if found not in source:
            return str(found)
    for stem, hedge in dict.fromkeys(_HEDGED.findall(source)):
        hedged = sum(match[1] == stem for match in _HEDGED.finditer(source))
        if stem in said and not re.search(_HEDGE, said) and hedged == source.count(stem):
            return f"{stem}…{hedge}"
    return None


def _find_word(said: str, source: str, headings: str) -> str | None:
    """A word in kanji or katakana that stands neither in the source nor above it."""
    around = f"{source}\n{headings}"
    have = set(content_words(around))
    for found in _RUN.finditer(said):
        word = found.group()
        if word in around or word in _FRAME or _is_verb(said, found):
            continue
        for part in content_words(word) or (word,):
            if part not in have and part not in around and part not in _FRAME:
                return word
    return None


def _is_verb(said: str, found: re.Match[str]) -> bool:
    """Whether a single kanji has its ending in kana: 学んだ may stand for 学習した."""
    word = found.group()
    return len(word) == 1 and word not in _NUMERALS and not _PARTICLE.match(said, found.end())


def _without_figures(said: str) -> str:
    """The sentence with blanks for its numbers and dates, which are compared as such."""
    spans = [(d.start, d.end) for d in find_dates(said)]
    spans += [(n.start, n.end + len(n.unit)) for n in find_numbers(said)]
    chars = list(said)
    for start, end in spans:
        chars[start:end] = "　" * (end - start)
    return "".join(chars)
