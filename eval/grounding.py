"""Groundedness from characters alone: an independent second look at what `verify` let through.

It shares no code with the verifier, so that a broken one shows. A statement is grounded when
every digit run with its unit, every Latin run and every negation of it stands in its quotes,
after NFKC; and when no negation of a quoted phrase was dropped.
"""

from __future__ import annotations

import re
import unicodedata

from assistant import Answer, Statement
from eval.cases import Case

_UNITS = (
    "年度 年間 年 か月 ヶ月 カ月 ヵ月 箇月 月 週間 週 日間 日 時間 時 分 秒 兆円 億円 百万円 千万円 万円 "
    "千円 円 兆 億 万 千 % 割 倍 ポイント 人 名 件 社 校 機関 大学 拠点 課題 か所 箇所 カ所 ヶ所 回 個 "
    "台 枚 点 冊 本 種類 種 位 歳 才 つ 者 県 国 条 項 号 章 節 頁 期 次 版 世代 階 層 度 ドル ユーロ "
    "元 ウォン メートル グラム トン リットル ワット ノード コア"
)
_UNIT = "|".join(sorted(map(re.escape, _UNITS.split()), key=len, reverse=True))
_NUMBER = re.compile(rf"(\d+(?:\.\d+)*)\s*((?:{_UNIT}|[a-z%℃]+)?)")
_LATIN = re.compile(r"[a-z][a-z0-9]*")
_NOT = r"(?:ない|なかっ|なけれ|なく|ません|ず(?=[、。にと\s]|$)|ざる|なし|無し)"
_NEGATION = re.compile(rf"[^\s、。「」()・]{{0,2}}{_NOT}|(?:不|非|未|無)[一-龥々]{{1,2}}")
_NEGATED = re.compile(rf"([^\s、。「」()・]{{2,4}}?)[あかがさたなばまらわ]?{_NOT}")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "r": 2018, "h": 1988, "s": 1925}
_ERA_YEAR = re.compile(r"(令和|平成|昭和|(?<![a-z])[rhs])(元|\d{1,2})(?:年|\.(?=\d))")
_WESTERN_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})年")
_DOTTED = re.compile(r"(\d{4}年)(\d{1,2})\.?(?!月|\d)")
_TAGS = re.compile(r"<[^<>\n]{1,40}>")
_PARTED = "\n¶\n"
"""Between quotes, so that a digit that ends one never meets a digit that begins the next."""
_LATIN_GAP = re.compile(r"(?<=[a-z0-9])\s+(?=[a-z0-9])")


def groundedness(case: Case, answer: Answer) -> float | None:
    """Groundedness: the share of statements with nothing in them that their quotes do not say.

    After "attributable to identified sources" (Rashkin et al. 2023), judged on the three things
    that make a sentence false most often and that characters can decide. None without statements.
    """
    if not answer.statements:
        return None
    return sum(is_grounded(s) for s in answer.statements) / len(answer.statements)


def is_grounded(statement: Statement) -> bool:
    """Whether every number, Latin run and negation of the statement stands in its quotes."""
    return not list_ungrounded(statement.text, [c.quote for c in statement.citations])


def list_ungrounded(text: str, quotes: list[str]) -> list[str]:
    """What `text` says and the quotes do not: numbers with units, Latin runs, negations."""
    said, source = _flat(text), _in_both_eras(_flat(_PARTED.join(quotes)))
    return (
        [n + unit for n, unit in _NUMBER.findall(said) if not _has_number(n, unit, source)]
        + [run for run in _LATIN.findall(said) if not _has_latin(run, source)]
        + [one for one in _negations(said) if one not in _joined(source)]
        + _list_dropped(said, _joined(source))
    )


def _flat(text: str) -> str:
    folded = unicodedata.normalize("NFKC", _TAGS.sub("\t", text).replace("**", "")).lower()
    return _THOUSANDS.sub("", folded)


def _in_both_eras(source: str) -> str:
    """The quotes, and again with their years in the other era: a converted date is no invention."""
    western = _ERA_YEAR.sub(lambda m: f"{_ERAS[m[1]] + (1 if m[2] == '元' else int(m[2]))}年", source)
    western = _DOTTED.sub(r"\1\2月", western)
    era = _WESTERN_YEAR.sub(lambda m: _in_era(int(m[1])), source)
    return "\n".join(dict.fromkeys([source, western, era]))


def _in_era(year: int) -> str:
    name, before = next((n, b) for n, b in _ERAS.items() if year > b or n == "昭和")
    return f"{name}{'元' if year == before + 1 else year - before}年"


def _joined(text: str) -> str:
    return "".join(text.split())


def _has_number(number: str, unit: str, source: str) -> bool:
    """Beside its unit; or bare, as in a table's cell, with the unit elsewhere in the quotes."""
    here = rf"(?<![\d.]){re.escape(number)}(?!\d|\.\d)\s*+"
    if re.search(here + re.escape(unit), source.replace("\n", "")):
        return True
    in_cell = re.search(here + r"(?:$|(?<=[\t\n])|[|<])", source)
    return bool(in_cell) and unit in source


def _has_latin(run: str, source: str) -> bool:
    if re.search(rf"(?<![a-z]){re.escape(run)}(?![a-z0-9])", source):
        return True
    return len(run) > 1 and run in _LATIN_GAP.sub("", source)


def _negations(text: str) -> list[str]:
    return [_joined(found) for found in _NEGATION.findall(text)]


def _list_dropped(said: str, source: str) -> list[str]:
    """Phrases that the source only denies and `said` affirms: 「できる」 where 「できない」 stands."""
    return [
        stem
        for stem in dict.fromkeys(_NEGATED.findall(source))
        if stem in _joined(said)
        and not re.search(rf"{re.escape(stem)}.?{_NOT}", _joined(said))
        and source.count(stem) == len(re.findall(rf"{re.escape(stem)}.?{_NOT}", source))
    ]
