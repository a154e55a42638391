"""What kind of thing a question asks for, and whether a text holds such a thing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from index import find_dates, find_numbers, fold

Wanted = Literal["date", "number", "who", "where", "list", "definition", "reason", "yesno", "other"]

_COUNTED = re.compile(
    r"何(?:%|パーセント|割|[ァ-ヶ一-龥a-z]{1,4}?)(?=[でがをはにもとのか、。?]|以上|程度|まで|ほど|くらい|ぐらい|ある|あり|い|参加|掲|示|$)"
)
_PATTERNS: tuple[tuple[Wanted, re.Pattern[str]], ...] = (
    ("date", re.compile(r"いつ|何年|何月|何日|西暦|和暦|[たる]日[はをがに]|時期|期限|締切|締め切り|年月日|日付|期間|\bwhen\b|what (?:year|date|month|day)|deadline")),
    ("number", re.compile(r"いくら|いくつ|幾つ|どれくらい|どのくらい|どれほど|何倍|金額|予算額|人数|件数|割合|総額|規模は|上限|目標値|順位|第何|何位|how (?:many|much|large|long|often)|what (?:percentage|number|amount)")),
    ("who", re.compile(r"誰|だれ|どなた|どの(?:機関|組織|国|大学|企業|省庁|団体|社|研究所)|どこの|何という(?:機関|組織|会社|人)|氏名|名前|主体|\bwho(?:se|m)?\b|which (?:organi[sz]ation|institution|country|company|university)")),
    ("where", re.compile(r"どこ|何処|場所|開催地|所在|\bwhere\b")),
    ("list", re.compile(r"すべて|全て|列挙|何と何|それぞれ|一覧|どんな(?:もの|項目)|どのような(?:もの|項目|取組|課題|分野|施策)|何が(?:あり|ある|挙)|(?:つ|本柱|分野|項目|点)(?:は|を|とは)(?:何|教え|挙)|挙げ|挙が|\blist\b|what are")),
    ("definition", re.compile(r"とは(?:何|なん|どう|どの|\?|。|$)|って何|の意味|定義|の略|何の略|stand for|what is\b|define")),
    ("reason", re.compile(r"なぜ|何故|どうして|理由|背景|要因|原因|\bwhy\b")),
    ("yesno", re.compile(r"(?:ます|です|でしょう|ました|いる|ある|った|る|た|の|い)か[?。]?$|^(?:is|are|was|were|do|does|did|has|have|can|will)\b")),
)
_MONEY = re.compile(r"いくら|金額|予算額|補助額|費用[はがを]|how much (?:money|funding|does it cost)")
_CURRENCIES = ("円", "ドル", "ユーロ", "ポンド", "元", "ウォン")
_INTERROGATIVE = re.compile(r"何|誰|だれ|どこ|いつ|いくら|いくつ|どの|どれ|どう|なぜ|どんな|\b(?:what|who|when|where|which|how|why)\b")
_ORGANISATION = re.compile(
    r"省|庁|局|課|室|府|会議|委員会|部会|機構|機関|研究所|センター|大学|学会|協会|財団|法人|株式会社|社(?=[がはのを、。)]|$)|銀行|学院|チーム"
    r"|氏|さん|教授|長官|大臣|博士|局長|課長|院|university|institute|center|centre|inc|lab"
)
_PLACE = re.compile(r"[都道府県市区町村国州]|で開催|において|所在|拠点|ロンドン|パリ|東京|university|center")
_DEFINES = re.compile(r"とは|という|をいう|を指す|を意味|の略|のこと|定義|\([a-z][^)]{3,}\)|[:：]|is an?\b|refers to")
_NOTE_MARK = re.compile(r"\(?[※*]\d+\)?|\(?注\d*\)?")
"""A note's number is no amount."""
_REASON = re.compile(r"ため|から|ので|により|によって|背景|踏まえ|理由|because|due to|since")


@dataclass(frozen=True, slots=True)
class Want:
    """What a question wants: its kind, and for a number the unit that is counted."""

    kind: Wanted
    unit: str = ""


def find_want(question: str) -> Want:
    """The kind of answer that a question asks for; the first pattern that fits decides."""
    folded = fold(question).text
    counted = _COUNTED.search(folded)
    if counted and not re.match(r"何(?:年|月|日|時|か|が|を|で|の|と|という|ら)", counted.group()):
        return Want("number", counted.group()[1:])
    if _MONEY.search(folded):
        return Want("number", _CURRENCIES[0])
    for kind, pattern in _PATTERNS:
        if pattern.search(folded) and not (kind == "yesno" and _INTERROGATIVE.search(folded)):
            return Want(kind)
    return Want("other")


def fits(want: Want, text: str, unit_kind: str) -> float:
    """How well a quotable text holds what is wanted: 0 not at all, 1 it does; 0.5 where any text may.

    `unit_kind` is the kind of the unit that the text is.
    """
    folded = fold(text).text
    if want.kind == "date":
        return 1.0 if find_dates(folded) or re.search(r"\d月|年度|年間|年以内", folded) else 0.0
    if want.kind == "number":
        return _fits_number(want, folded)
    if want.kind == "list":
        return 1.0 if unit_kind in ("item", "row") or folded.count("、") + folded.count("・") >= 2 else 0.3
    pattern = {"who": _ORGANISATION, "where": _PLACE, "definition": _DEFINES, "reason": _REASON}.get(want.kind)
    return 0.5 if pattern is None else float(bool(pattern.search(folded)))


def _fits_number(want: Want, folded: str) -> float:
    numbers = find_numbers(_NOTE_MARK.sub("", folded))
    if not numbers:
        return 0.0
    if not want.unit or want.unit == "割":
        return 1.0
    if want.unit in _CURRENCIES:
        return 1.0 if any(n.unit in _CURRENCIES for n in numbers) else 0.4
    return 1.0 if any(want.unit.startswith(n.unit[:1]) and n.unit for n in numbers) else 0.4
