"""Questions and passages changed by a word: near misses, and counterparts that stay answerable.

A near miss made by swapping a word in the question alone would teach that odd wording means
"not answered". So the same swap comes in four forms: in the question (no answer), in the passage
(no answer), in both (answered), in neither; and questions are reworded without changing what they
ask.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from index import Span

_NUMBER = re.compile(r"[0-9０-９]+(?:[,，.．][0-9０-９]+)*")
_NOUNS = {"名詞", "接尾辞", "接頭辞"}
_INTERROGATIVE = re.compile(r"[何誰幾]|どこ|いつ|いくら|なに|だれ|どれ")
_LONGEST_TERM = 14


class Term(NamedTuple):
    """A noun with its prefixes and suffixes, and what kind of thing it names."""

    start: int
    end: int
    text: str
    kind: str


class Swap(NamedTuple):
    """A question and a text in which one word may have been exchanged."""

    question: str
    text: str
    span: Span
    answerable: bool


@lru_cache(maxsize=1)
def _tagger() -> Any:  # noqa: ANN401  # fugashi is untyped
    from fugashi import Tagger

    return Tagger()


@lru_cache(maxsize=65536)
def find_terms(text: str) -> tuple[Term, ...]:
    """The noun runs of a text, in order.

    The kind is the unit for what holds digits (`#年`), else `name` for proper nouns and `noun`,
    with the script and the last character: so 株式会社 is exchanged for another company sooner
    than for a year.
    """
    terms: list[Term] = []
    run: list[tuple[int, int, str]] = []
    at = 0
    for word in _tagger()(text):
        at = text.index(word.surface, at)
        piece = (at, at + len(word.surface), word.feature.pos2 or "")
        at = piece[1]
        joined = word.feature.pos1 in _NOUNS or _NUMBER.fullmatch(word.surface)
        if joined and (not run or run[-1][1] == piece[0]):
            run.append(piece)
            continue
        terms += _close(text, run)
        run = [piece] if joined else []
    terms += _close(text, run)
    return tuple(terms)


def _close(text: str, run: Sequence[tuple[int, int, str]]) -> list[Term]:
    if not run:
        return []
    start, end = run[0][0], run[-1][1]
    surface = text[start:end]
    if not 1 < len(surface) <= _LONGEST_TERM or _INTERROGATIVE.search(surface):
        return []
    return [Term(start, end, surface, _kind(surface, [piece[2] for piece in run]))]


def _kind(surface: str, classes: Sequence[str]) -> str:
    if _NUMBER.search(surface):
        return _NUMBER.sub("#", surface)
    script = "カナ" if "ー" in surface or "ァ" <= surface[-1] <= "ヺ" else "漢字"
    script = "latin" if surface.isascii() else script
    return ("name" if "固有名詞" in classes else "noun") + script


def list_terms(texts: Sequence[str]) -> Mapping[str, list[str]]:
    """Kind to the terms of several texts, each once, in order: what may take another's place."""
    found: dict[str, dict[str, None]] = {}
    for text in texts:
        for term in find_terms(text):
            found.setdefault(term.kind, {})[term.text] = None
    return {kind: list(terms) for kind, terms in found.items()}


def swap_term(
    question: str, text: str, span: Span, others: Mapping[str, list[str]], rng: random.Random
) -> list[Swap]:
    """The three changed forms of an answerable pair; none where question and text share no term.

    The exchanged term stands in both, outside the answer, and its stand-in in neither.
    """
    shared = [t for t in find_terms(question) if _can_go(t, question, text, span)]
    rng.shuffle(shared)
    for term in shared:
        stand_ins = [o for o in others.get(term.kind, ()) if _is_new(o, term.text, question + text)]
        if not stand_ins:
            continue
        new = rng.choice(stand_ins)
        asked = question.replace(term.text, new)
        changed, moved = _replace_around(text, span, term.text, new)
        return [
            Swap(asked, text, span, False),
            Swap(question, changed, moved, False),
            Swap(asked, changed, moved, True),
        ]
    return []


def _can_go(term: Term, question: str, text: str, span: Span) -> bool:
    answer = text[span.start : span.end]
    return term.text in text and term.text not in answer and answer not in term.text and len(question) > 4


def _is_new(other: str, old: str, around: str) -> bool:
    return other not in around and other not in old and old not in other


def _replace_around(text: str, span: Span, old: str, new: str) -> tuple[str, Span]:
    """Every occurrence before and after the answer; the answer itself stays as it is."""
    before = text[: span.start].replace(old, new)
    after = text[span.end :].replace(old, new)
    answer = text[span.start : span.end]
    return before + answer + after, Span(len(before), len(before) + len(answer))


_ENDINGS = (
    ("は何ですか", "は何"), ("は何か", "はなんですか"), ("はいつですか", "はいつ"), ("はいつか", "の時期は"),
    ("は誰ですか", "は誰"), ("は誰か", "はどなたですか"), ("はどこですか", "はどこ"), ("はどこか", "はどこでしょうか"),
    ("はいくらですか", "の金額は"), ("はいくらか", "はいくらですか"), ("ですか", "でしょうか"), ("ますか", "るか"),
    ("何年", "いつ"), ("何人", "人数はどれだけ"), ("何というか", "どう呼ばれるか"), ("いくつ", "幾つ"),
)  # fmt: skip
_SYNONYMS = (
    ("予算", "予算額"), ("開始", "スタート"), ("終了", "完了"), ("実施", "行われる"), ("割合", "比率"), ("増加", "増"),
    ("減少", "減"), ("目的", "ねらい"), ("理由", "わけ"), ("方法", "やり方"), ("場所", "所在"), ("名前", "名称"),
    ("作成", "策定"), ("対象", "ターゲット"), ("期限", "締め切り"), ("人数", "人の数"), ("費用", "コスト"), ("会社", "企業"),
    ("必要", "不可欠"), ("一覧", "リスト"), ("担当", "受け持ち"), ("調査", "リサーチ"), ("公表", "発表"), ("設置", "設ける"),
)  # fmt: skip


def reword(question: str, rng: random.Random) -> str:
    """The same question in other wording, spelling, width or with a slip of the finger.

    The tables are of everyday synonyms and question endings, in both directions.
    """
    change = rng.choice((_new_ending, _new_synonym, _new_width, _to_kana, _mistype))
    return change(question, rng) or question


def _exchange(question: str, table: Sequence[tuple[str, str]], rng: random.Random) -> str:
    pairs = [(a, b) for pair in table for a, b in (pair, pair[::-1]) if a in question and b not in question]
    return question.replace(*rng.choice(pairs), 1) if pairs else question


def _new_ending(question: str, rng: random.Random) -> str:
    bare = question.rstrip("?？。 ")
    changed = _exchange(bare, _ENDINGS, rng)
    return changed + rng.choice(("", "?", "？", "。", "教えて" if changed.endswith("は") else ""))


def _new_synonym(question: str, rng: random.Random) -> str:
    return _exchange(question, _SYNONYMS, rng)


def _new_width(question: str, rng: random.Random) -> str:
    if rng.random() < 0.5:
        return unicodedata.normalize("NFKC", question)
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in question)


def _to_kana(question: str, rng: random.Random) -> str:
    """One word as it is spoken."""
    words = list(_tagger()(question))
    kanji = [i for i, w in enumerate(words) if re.search(r"[一-龥]", w.surface) and w.feature.kana]
    if not kanji:
        return question
    chosen = rng.choice(kanji)
    hiragana = "".join(
        chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in words[chosen].feature.kana
    )
    return "".join(hiragana if i == chosen else w.surface for i, w in enumerate(words))


def _mistype(question: str, rng: random.Random) -> str:
    """A character doubled, dropped or changed places with the next; digits stay."""
    places = [i for i in range(1, len(question) - 1) if not re.search(r"\d", question[i : i + 2])]
    if len(question) < 8 or not places:
        return question
    at = rng.choice(places)
    a, b = question[at], question[at + 1]
    return question[:at] + rng.choice((a + a + b, b, b + a)) + question[at + 2 :]
