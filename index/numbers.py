"""Numbers with Japanese multipliers, so that 2,345百万円 and 23億4,500万円 meet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_SCALES = {"千": 10**3, "万": 10**4, "百万": 10**6, "億": 10**8, "十億": 10**9, "兆": 10**12, "京": 10**16}
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_PIECE = rf"(?:{_DIGITS})(?:百万|十億|千万|[千万億兆京])?"
_NUMBER = re.compile(rf"(?<![\d.])(?<!\d,)(?:{_PIECE})+")
_PART = re.compile(rf"(?P<digits>{_DIGITS})(?P<scale>百万|十億|千万|[千万億兆京])?")
_UNIT = re.compile(
    r"(?:円|ドル|ユーロ|ポンド|元|ウォン|%|パーセント|ポイント|倍|人|名|件|課題|社|校|機関|か国|カ国|ヶ国|ヵ国|箇所|か所|拠点"
    r"|年間|年度|年|か月|カ月|ヶ月|ヵ月|月|週間|週|日間|日|時間|分野|分(?![野の科割類析担])|秒|回|位|本|冊|頁|ページ|歳|世代|種類|種|個|台|項目|つ|号|条|章|節|期|版|次"
    r"|km|kg|cm|mm|gb|tb|pb|mb|gbps|tbps|flops|kw|mw|gw|tw|トン|nm|billion|million|thousand|m\b|b\b|usd|eur|塩基|[a-z]{2,8})"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number at [start, end) of a folded text, its unit not included."""

    start: int
    end: int
    value: Decimal
    unit: str
    """What follows it, as far as it is a known unit; else empty."""
    scaled: bool
    """Written with 万, 億 and the like."""

    @property
    def term(self) -> str:
        """The search term of its value: the same however it is written."""
        return f"n{self.value.normalize():f}"


def find_numbers(folded: str) -> list[Number]:
    """Every number of a folded text, in order."""
    found = []
    for match in _NUMBER.finditer(folded):
        for start, end, value, scaled in _values(match):
            unit = _UNIT.match(folded, end)
            found.append(Number(start, end, value, unit.group() if unit else "", scaled))
    return found


def _values(match: re.Match[str]) -> list[tuple[int, int, Decimal, bool]]:
    """One value for parts of falling scale (23億4,500万), several where they do not fall."""
    values: list[tuple[int, int, Decimal, bool]] = []
    total, start, least = Decimal(0), match.start(), None
    for part in _PART.finditer(match.string, match.start(), match.end()):
        scale = 10**7 if part["scale"] == "千万" else _SCALES.get(part["scale"] or "", 1)
        if least is not None and scale >= least:
            values.append((start, part.start(), total, least > 1))
            total, start = Decimal(0), part.start()
        total += Decimal(part["digits"].replace(",", "")) * scale
        least = scale
    values.append((start, match.end(), total, "".join(match.group().split()).strip("0123456789.,") != ""))
    return values
