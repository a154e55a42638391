"""Whether a text affirms or denies, and what that makes of a yes-or-no question."""

from __future__ import annotations

import re

from index import content_words, fold

_NEGATION = re.compile(
    r"ない(?!し)|なく(?!なる)|なかっ|なけれ|せん(?=[。でかがのと]|$)|ません|ず(?=[、。に]|$)|ぬ(?=[。]|$)"
    r"|不可(?!欠|避|分|逆)|未(?:定|公開|実施|対応|整備|達|着手|策定|承認|確立|解決|登録|発表|完了|確認)"
    r"|非公開|非対象|対象外|禁止|除[くかい]|除外|無効|\bnot\b|\bno\b|n't\b|\bnever\b|\bwithout\b"
)
_NO_NEGATION = re.compile(
    r"少な(?:い|く)|では?ないか|じゃないか|かもしれない|しかない|だけでなく|のみならず|ではなく|危ない"
    r"|(?:な(?:ければ|くては|いと)|ねば)(?:なら|なり|いけ)(?:な[いくか]|ず|ぬ|ん|ません)"
    r"|(?:ざる|やむ)を[得え](?:な[いくか]|ず|ません)|(?:他|外|ほか)なら(?:な[いくか]|ず|ぬ)"
    r"|(?:[漏も]れ|例外|遅滞|滞り|間も|まも|ほど|絶え間|限り|余すところ|つつが)なく"
)
"""What has the form of a negation and denies nothing."""
_FORBIDS = re.compile(r"(?:ない|ません)(?:こと|もの)?(?:とする|とします|です)?$")
_CONDITION = re.compile(r"(?:場合|とき|時|際|限り)(?:は|に|には|も|を除き)?$|(?:れば|たら|なら|ても|でも)$")
"""How a clause ends on which another one depends."""
_CLAUSE = re.compile(r"[。、;；()（）「」]")
_PERMITS = re.compile(r"でき|可能|対象|認め|許[可さ]|含[むまみ]|使え|除[くか]|不可|禁止")
_TAIL = re.compile(r"(?:の|ん)?(?:です|でしょう|ます|ました)?か[?。]*$")
_PRESUMED = (
    re.compile(r"^(?P<what>.{6,}?)(?:こと(?:に|と)?(?:なった|なっている|した|している)?)?(?:の|という)?(?:理由|背景|のはなぜ|のはどうして)"),
    re.compile(r"^(?:なぜ|何故|どうして)、?(?P<what>.{6,}?)(?:の|ん)?(?:です|でしょう)?か[?。]*$"),
)
"""What a question for a reason takes for granted."""
_RUN = r"[ァ-ヶー一-龥々a-z0-9・\-./]+"
_TOPIC = re.compile(rf"({_RUN})(?:でも|にも|とも|でも|は|も)")
_OBJECT = re.compile(rf"({_RUN})(?:を|が|に)")


def is_negated(folded: str) -> bool:
    """Whether an odd number of negations stands in a text: two of them affirm."""
    return len(_NEGATION.findall(_NO_NEGATION.sub("", folded))) % 2 == 1


def decide_yes_no(question: str, cited: str) -> str:
    """はい or いいえ where a clause of the cited text decides the question, else the empty string.

    The clause must name what is asked about, hold at least half of the question's words, and
    have its predicate, or both speak of what is allowed, or it says that what is asked about is
    not done. Anything less is left to the reader, and what is said of a condition.
    """
    asked = fold(question).text
    words = content_words(asked)
    if len(words) < 2 or not _TAIL.search(asked) or is_negated(asked):
        return ""
    topic = next(reversed(_TOPIC.findall(asked)), "") or next(reversed(_OBJECT.findall(asked)), "")
    verdicts = {
        "いいえ" if is_negated(clause) else "はい"
        for clause in _CLAUSE.split(fold(cited).text)
        if topic and topic in clause and _decides(words, asked, clause)
    }
    return verdicts.pop() if len(verdicts) == 1 else ""


def denies(question: str, cited: str) -> bool:
    """Whether a question for a reason takes something for allowed, or not, and a cited clause says the opposite.

    The clause decides as for `decide_yes_no`, and both speak of what is allowed.
    """
    found = next(filter(None, (pattern.search(fold(question).text) for pattern in _PRESUMED)), None)
    presumed = found["what"] if found else ""
    words = content_words(presumed)
    if len(words) < 3 or not _PERMITS.search(_last(presumed)):
        return False
    topic = next(reversed(_OBJECT.findall(presumed)), "") or next(reversed(_TOPIC.findall(presumed)), "")
    said = {
        is_negated(clause)
        for clause in _CLAUSE.split(fold(cited).text)
        if topic and topic in clause and _PERMITS.search(clause) and _decides(words, presumed, clause)
    }
    return said == {not is_negated(presumed)}


def _decides(words: tuple[str, ...], asked: str, clause: str) -> bool:
    *rest, predicate = words
    have = set(content_words(clause))
    if _CONDITION.search(clause):
        return False
    allowed = _PERMITS.search(_last(asked))
    forbids = rest[-1] in have and _FORBIDS.search(clause) and is_negated(clause)
    speaks = predicate in have or (allowed and (_PERMITS.search(clause) or forbids))
    return bool(speaks) and 2 * sum(word in have for word in rest) >= len(rest)


def _last(asked: str) -> str:
    """The end of a question, where its predicate stands."""
    return asked[-14:]
