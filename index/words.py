"""Search terms: dictionary forms, the bigrams of unknown words, Latin words, dates and numbers.

Both legs of search must meet 「してい く」, `A I`, 令和7年度 against 2025年度 and 23億4,500万円 against
2,345百万円: everything is folded first, and dates and numbers get a term for their value.
"""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from typing import Any

from index.eras import find_dates
from index.folding import fold
from index.numbers import find_numbers

_LATIN = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|[a-zà-ÿ0-9][a-zà-ÿ0-9+#]*(?:[-_./'&@][a-zà-ÿ0-9+#]+)*"
)
_PARTS = re.compile(r"[a-zà-ÿ]+|\d+")
_SKIPPED = {"助詞", "助動詞", "補助記号", "記号", "空白", "感動詞", "接続詞", "連体詞"}
_LIGHT = frozenset(
    "為る 居る 有る 成る 事 物 者 様 為 等 此れ 其れ 何れ 此の 其の 何 何処 何時 誰 幾ら 幾つ 何れ 下さる 教える 言う 呉れる"
    " 良い 無い 出来る 行く 来る 頂く 御 貰う 仰る 御座る 訳 所 時 中 上 下 内 的 化 性 達 方 得る 置く 見る 遣る".split()
)
_local = threading.local()


def _tagger() -> Any:  # noqa: ANN401  # fugashi is untyped
    """One tagger a thread: MeCab's is not safe to share."""
    if not hasattr(_local, "tagger"):
        from fugashi import Tagger

        _local.tagger = Tagger()
    return _local.tagger


def index_terms(text: str) -> list[str]:
    """The terms of a text, in order, with repeats; none holds a blank."""
    return _terms(fold(text).text)


def query_terms(text: str) -> list[str]:
    """The terms of a question, each once, in order."""
    return list(dict.fromkeys(_terms(fold(text).text)))


@lru_cache(maxsize=16384)
def content_words(text: str) -> tuple[str, ...]:
    """The terms that carry meaning: as `query_terms`, without bigrams and value terms."""
    return tuple(dict.fromkeys(word for word in _words(fold(text).text, bigrams=False)))


def _terms(folded: str) -> list[str]:
    terms = _words(folded, bigrams=True)
    for date in find_dates(folded):
        terms += date.terms
    terms += [n.term for n in find_numbers(folded) if n.scaled or n.value >= 1000]
    return terms


def _words(folded: str, *, bigrams: bool) -> list[str]:
    words: list[str] = []
    at = 0
    for run in _LATIN.finditer(folded):
        words += _japanese(folded[at : run.start()], bigrams)
        words += _latin(run.group())
        at = run.end()
    return words + _japanese(folded[at:], bigrams)


def _latin(run: str) -> list[str]:
    """A Latin run whole, and its parts: `alphafold2` is met by `alphafold`, `e-rad` by `erad`."""
    run = run.rstrip("./'&@-_").replace(",", "")
    parts = _PARTS.findall(run)
    if len(parts) < 2:
        return [run] if run else []
    if all(part.isdigit() for part in parts):
        return [run]
    words = [run, "".join(parts), *(part for part in parts if len(part) > 1 and part.isalpha())]
    return list(dict.fromkeys(words))


def _japanese(text: str, bigrams: bool) -> list[str]:
    words: list[str] = []
    for token in _tagger()(text) if text.strip() else ():
        kind = token.feature.pos1
        if kind in _SKIPPED or token.surface.isspace():
            continue
        if token.is_unk and bigrams and len(token.surface) > 2:
            words += [token.surface[i : i + 2] for i in range(len(token.surface) - 1)]
        lemma = (token.feature.lemma or token.surface).split("-")[0].strip() or token.surface
        if lemma not in _LIGHT:
            words.append(lemma.replace(" ", ""))
    return words
