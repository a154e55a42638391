"""A follow-up put together with the question that it follows: 「2回目は?」「その理由は?」「前年度は?」."""

from __future__ import annotations

import re
from collections.abc import Callable

from index import Date, content_words, find_dates, fold, write_era

_RUN = r"(?:[A-Za-z][\w.\-]*(?: [A-Za-z][\w.\-]*)+|[ァ-ヶー一-龥々〇A-Za-zＡ-Ｚａ-ｚ0-9０-９・\-‐－.]+)"
_POINTER = re.compile(
    r"(?:それら?|これら?|あれら?)(?!とも)(?=[はがをにのでともへ、?]|$)|(?:その(?!他)|この|あの|当該|上記の?|前述の?)(?=[ぁ-んァ-ヶ一-龥a-z])"
    r"|^(?:その他|同じ)|(?<![ァ-ヶ一-龥])同(?=[一-龥])(?![盟志意時期様一等士窓僚居定封化行額率質性])"
    r"|^(?:他に|ほかに|うち|もっと|詳しく)"
    r"|(?:の|る|た)(?:ほう|方)(?:は|が|も|で)|\b(?:it|its|they|their|them|this|that|these|those)\b"
)
_OPENS = re.compile(r"(?:それ|これ|あれ|そこ|そちら|その|この|あの)")
_BARE = re.compile(
    r"^(?P<what>[^、。?]{1,20}?)(?<!と)(?:の場合は?|については?|は|も|だと|なら|では)"
    r"(?:どう(?:ですか|でしょうか|なりますか)?|いかがですか|同じですか)?[?。]?$"
)
_ASKS = re.compile(
    r"^(?P<what>[^、。?]{1,20}?)(?:は|も|だと|なら|では)、?(?:いつ|いくら|いくつ|誰|だれ|どなた|どこ|どれ|何[一-龥]{0,2}|ど[のれ](?:くらい|ぐらい|ほど))"
    r"(?:から|まで|に|で)?(?:です|でした|でしょう|だった|なの|なん)?(?:か|の)?[?。]?$"
)
"""A thing's name and what is asked of it, and nothing else: complete only if the name is one."""
_GREETING = re.compile(r"^(?:こんにち|こんばん)[はわ]")
_ACRONYM = re.compile(r"\b(?:IT|ＩＴ)\b")
"""A name that is a pointer when folded."""
_YEAR_OF = re.compile(r"^(?:令和|平成|昭和)?\d+年度?の(?P<what>.+)")
_ENGLISH = re.compile(r"^(?:and|what about|how about)\b(?P<what>.*?)[?.]?$")
_DEPENDS = re.compile(r"^(?:第?\d+(?:回|つ|番|条|章|節|項|期|次|位|号)|(?:令和|平成|昭和)?\d+年度?|(?:前年|翌年|昨年|来年)度?|前回|次回)")
_YEAR_BEFORE, _YEAR_AFTER = re.compile(r"前の?年(?P<du>度)?|昨年(?:度)?"), re.compile(r"翌年(?P<du>度)?|次の?年(?:度)?")
_COUNTED = re.compile(r"第?(?P<n>\d+)(?P<counter>回|条|章|節|項|期|次|位|号|番|つ)目?")
_OPENING = re.compile(r"^(?:じゃあ|では|それでは|それなら|ちなみに|また|あと|そして|さらに|なお|次に)、?(?=.)")
_SIDE = re.compile(r"(?:の)?(?:ほう|方)$")
_ATTRIBUTE = re.compile(
    r"(?:担当.*|締切|締め切り|期限|期間|時期|日程|金額|総額|額|実績|結果|予算|費用|上限|下限|規模|内訳|割合|件数|人数|理由|背景|目的|効果|課題|対象.*"
    r"|条件|要件|方法|手順|場所|会場|内容|定義|根拠|出典|名称|略称|代表|座長|主査|委員|連絡先|問い?合わ?せ先?|deadline|budget|reason)$"
)
"""Names of what a thing has, not of a thing: they ask the topic something else."""
_TOPIC_END = re.compile(
    r"(?:について)?(?:教えて.*|(?:は|とは|が|を|に|で|の|も|、)(?:何|いつ|誰|だれ|どこ|いくら|いくつ|どの|どう|どれ|なぜ).*|はありますか.*|でしょうか.*|ですか.*|ますか.*)$"
)
_FRAME = re.compile(r"[^、。?]{2,30}(?:では|には|のうち|においては)、")
"""Within what a question asks, when it says so first: it holds for the next question too."""
_OTHER = re.compile(r"(?P<what>[^、。?]{2,30})の(?:ほう|方)(?P<rest>[はがも]、?[^、。?].*)")
"""Another thing of the same frame, with what is asked of it."""
_NOUNS = re.compile(rf"(?P<nouns>{_RUN}(?:の{_RUN})*)(?=には|では|とは|は|が)")
_FEW = 2
"""A question with no more words than these says too little to be the topic alone."""


def points_back(text: str) -> bool:
    """Whether a question hangs on the one before: it points (その), or is no more than a name (英国は?).

    「源氏物語の作者は?」 is short and yet complete: a name with an attribute asks something new.
    """
    rest = _OPENING.sub("", _ACRONYM.sub("", text))
    folded = fold(rest).text
    if _GREETING.match(folded):
        return False
    if _OPENING.match(text) and len(content_words(folded)) < _FEW:
        return True
    if _POINTER.search(folded) or _ENGLISH.search(folded):
        return True
    bare = _BARE.search(folded)
    return _is_partial(bare["what"]) if bare else _asks_part(folded)


def _is_partial(what: str) -> bool:
    """Whether a bare name needs the question before: a year says of what only by itself.

    「令和6年度の額は?」 has an attribute of something, 「令和6年度の出生数は?」 a subject of its own.
    """
    own = _YEAR_OF.match(what)
    return bool(_ATTRIBUTE.match(own["what"])) if own else bool(_DEPENDS.search(what)) or "の" not in what


def _asks_part(folded: str) -> bool:
    """「2回目はいつですか。」「締切はいつですか。」: a number or an attribute, of nothing named."""
    match = _ASKS.search(folded)
    what = match["what"] if match else ""
    return bool(what) and bool(_DEPENDS.fullmatch(what.removesuffix("目")) or _ATTRIBUTE.match(what))


def is_dangling(text: str) -> bool:
    """Whether a question without any before it points at nothing: 「それはいつ?」「2回目は?」."""
    folded = fold(text).text
    bare = _BARE.search(folded)
    counts = bool(bare and _DEPENDS.fullmatch(bare["what"].removesuffix("目")))
    return counts or (bool(_OPENS.match(folded)) and is_slight(text))


def combine(text: str, base: str) -> str:
    """The follow-up `text` standing on its own, with what it takes from `base`."""
    text = _OPENING.sub("", text)
    for pattern, step in ((_YEAR_BEFORE, -1), (_YEAR_AFTER, 1)):
        if pattern.search(text):
            text = _name_year(text, base, pattern, step)
    if _ENGLISH.search(fold(text).text):
        return f"{text} ({base})"
    what = _bare(text)
    replaced = _substitute(what, base) if what else ""
    if replaced:
        return replaced
    frame, other = _FRAME.match(base), _OTHER.fullmatch(text)
    if frame and other:
        return f"{frame[0]}{other['what']}{other['rest']}"
    topic = find_topic(base, text)
    return f"{topic}について、{text}" if topic else text


def is_slight(question: str) -> bool:
    """Whether a question says too little to be a topic without the one before it."""
    return len(content_words(question)) <= _FEW


def find_topic(base: str, text: str = "") -> str:
    """What a question is about, less a year that `text` names itself."""
    subject = _TOPIC_END.sub("", re.split(r"[?？。]", base)[0])
    subject = subject.rstrip("はがをにのでと、 ") or base
    if not find_dates(fold(text).text):
        return subject
    return _rewrite(subject, find_dates, lambda _: "").strip("のにはで、")


def _bare(text: str) -> str:
    """The name of a thing that a bare follow-up consists of; empty for one that says more."""
    folded = fold(text)
    match = _BARE.search(folded.text) or _ASKS.search(folded.text)
    if match is None or not match["what"].strip():
        return ""
    start, end = folded.raw(*match.span("what"))
    what = text[start:end]
    what = _SIDE.sub("", what)
    return "" if _ATTRIBUTE.match(fold(what).text) or _POINTER.match(fold(what).text) else what


def _substitute(what: str, base: str) -> str:
    """`base` asked of `what`: it takes the place of what is like it, or of the topic; else empty."""
    counted = _COUNTED.fullmatch(fold(what).text)
    if counted:
        return _replace_counted(base, counted)
    dates = find_dates(fold(what).text)
    if dates and find_dates(fold(base).text):
        return _rewrite(base, find_dates, lambda _: what)
    place = None if _DEPENDS.match(fold(what).text) else _find_like(what, base)
    return base[: place[0]] + what + base[place[1] :] if place else ""


def _replace_counted(base: str, counted: re.Match[str]) -> str:
    folded = fold(base)
    for old in _COUNTED.finditer(folded.text):
        if old["counter"] == counted["counter"]:
            start, end = folded.raw(*old.span())
            return f"{base[:start]}第{counted['n']}{counted['counter']}{base[end:]}"
    return ""


def _find_like(what: str, base: str) -> tuple[int, int] | None:
    """The name in `base` that `what` stands beside: of its script or ending, or else the topic."""
    topic = next(iter(_NOUNS.finditer(base)), None)
    if "の" in what:
        return topic.span("nouns") if topic else None
    runs = [m for m in re.finditer(_RUN, base) if not m.group()[0].isdigit()]
    script = _script(what)
    like = [m for m in runs if script and _script(m.group()) == script]
    if not like:
        like = [m for m in runs if m.group()[-1] == what[-1] and m.group() != what]
    if like:
        return like[-1].span()
    if topic is None:
        return None
    first = re.compile(_RUN).match(base, topic.start("nouns"))
    return first.span() if first else None


def _script(name: str) -> str:
    """Katakana or latin; empty for names that begin with kanji, which are of all kinds."""
    return "katakana" if re.match(r"[ァ-ヶ]", name) else "latin" if re.match(r"[A-Za-zＡ-Ｚａ-ｚ]", name) else ""


def _name_year(text: str, base: str, pattern: re.Pattern[str], step: int) -> str:
    """前年度 as the year before the one that `base` names, in its era."""
    dates = find_dates(fold(base).text)
    if not dates:
        return text
    date = dates[-1]
    year = date.year + step
    written = write_era(year, date.fiscal) if date.era else f"{year}年{'度' if date.fiscal else ''}"
    return pattern.sub(written, text, count=1)


def _rewrite(text: str, find: Callable[[str], list[Date]], write: Callable[[Date], str]) -> str:
    """The text with each date written anew."""
    view = fold(text)
    for date in reversed(find(view.text)):
        start, end = view.raw(date.start, date.end)
        text = text[:start] + write(date) + text[end:]
    return text
