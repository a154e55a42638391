"""Damaging true claims, one thing at a time, and counting what the verifier lets through.

After mutation testing (DeMillo, Lipton and Sayward 1978): a check is worth what it catches.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant import Answer, Citation, Claim, Evidence, Verified
from eval.cases import Case
from eval.matching import squeeze
from index import Document, display

Verifier = Callable[[Iterable[Claim], Mapping[str, Document]], Verified]
Change = tuple[str, int, int, str]
"""(category, start, end, what stands there instead), in the claim's text."""

GOALS = {"digit": 0.99, "year": 0.99, "unit": 0.99, "negation": 0.90, "bound": 0.95}
"""The least share caught."""
UNGUARDED = ("name", "swap")
"""Reported without a goal: another name, or another number of the same quote."""
WRONGLY_REJECTED = 0.01
"""The largest share of true claims that may be rejected."""
_PER_CATEGORY = 3
"""Damages of one kind to one claim."""

_DIGITS = re.compile(r"[0-9０-９]+")
_UNITS = "億円 万円 円 年度 年間 年 か月 月 日 人 名 件 社 校 機関 大学 拠点 課題 か所 回 台 倍 % ポイント".split()
_UNIT = re.compile(
    r"(?<=[0-9０-９])(?:" + "|".join(sorted(_UNITS, key=len, reverse=True)) + r"|％)"
)
_BOUND = re.compile(
    r"(?<=[0-9０-９億万円年人名件社校歳%％点回])(?:以上|以下|以内|未満|程度)|(?:約|最大|少なくとも)(?=[0-9０-９])"
)
_NAME = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ][A-Za-z0-9Ａ-Ｚａ-ｚ]{2,}|[ァ-ヴー]{4,}")
_NEGATIONS = [
    (re.compile(pattern + r"(?=[。、\s]|$)"), without)
    for pattern, without in (
        ("できない", "できる"),
        ("ではない", "である"),
        ("ていない", "ている"),
        ("されない", "される"),
        ("しない", "する"),
        ("ならない", "なる"),
        ("がない", "がある"),
        ("はない", "はある"),
        ("ません", "ます"),
        ("できる", "できない"),
        ("である", "ではない"),
        ("ている", "ていない"),
        ("される", "されない"),
        ("する", "しない"),
        ("がある", "がない"),
        ("なる", "ならない"),
        ("した", "しなかった"),
        ("ます", "ません"),
        (r"(?<=[一-龥]{2})", "しない"),
    )
]


@dataclass(frozen=True, slots=True)
class Tally:
    """How one category of damage fared."""

    category: str
    tried: int
    caught: int
    missed: tuple[str, ...]
    """Texts that got through, with what was changed."""

    @property
    def share(self) -> float:
        return self.caught / self.tried if self.tried else 1.0


@dataclass(frozen=True, slots=True)
class Mutations:
    """What the verifier did with damaged claims, and with true ones."""

    tallies: tuple[Tally, ...]
    true_claims: int
    rejected: tuple[str, ...]
    """True claims that it rejected, with its reason."""

    @property
    def passed(self) -> bool:
        """Whether every goal is met."""
        kept = len(self.rejected) <= WRONGLY_REJECTED * self.true_claims
        return kept and all(t.share >= GOALS.get(t.category, 0.0) for t in self.tallies)

    def to_text(self) -> str:
        """The result in Japanese, for a terminal."""
        lines = [_tally_line(tally) for tally in self.tallies]
        share = len(self.rejected) / max(1, self.true_claims)
        lines.append(
            f"正しい主張の誤った却下: {len(self.rejected)}/{self.true_claims}({share:.1%}、目標 {WRONGLY_REJECTED:.0%}以下)"
        )
        lines += [f"  {one}" for one in self.rejected[:10]]
        for tally in self.tallies:
            lines += [f"見逃し({tally.category}): {one}" for one in tally.missed[:5]]
        return "\n".join(lines)


def gather_claims(
    answers: Iterable[Answer], cases: Iterable[Case], documents: Mapping[str, Document]
) -> list[Claim]:
    """True claims: what was answered, and every gold span as it is displayed.

    They are of kind `written`: for a quotation every changed character shows, which proves little.
    Derived statements are left out: what is computed is not written as the source has it.
    """
    claims = [
        Claim(statement.text, _evidence(statement.citations), "written")
        for answer in answers
        for statement in answer.statements
        if statement.kind != "derived"
    ]
    gold = dict.fromkeys(span for case in cases for item in case.items for span in item.spans)
    for name, start, end in gold:
        quote = documents[name].text[start:end]
        claims.append(Claim(display(quote).text, (Evidence(name, start, end, quote),), "written"))
    return list(dict.fromkeys(claims))


def mutate_claims(
    claims: Sequence[Claim], documents: Mapping[str, Document], verifier: Verifier, *, seed: int = 1
) -> Mutations:
    """Damage each claim that the verifier accepts, and count what it catches."""
    true = [restated for claim in claims for restated in _restate(claim)]
    outcome = verifier(true, documents)
    refused = {one.claim: one.why for one in outcome.rejected}
    names = sorted({name for claim in claims for name in _NAME.findall(claim.text)})
    picker = random.Random(seed)
    damaged = [
        (category, changed)
        for claim in claims
        if claim not in refused
        for category, changed in _damage(claim, names, picker)
    ]
    through = {s.text for s in verifier([claim for _, claim in damaged], documents).statements}
    tallies = tuple(_tally(category, damaged, through) for category in (*GOALS, *UNGUARDED))
    rejected = tuple(f"{claim.text[:80]}: {why}" for claim, why in refused.items())
    return Mutations(tallies, len(true), rejected)


def _evidence(citations: Iterable[Citation]) -> tuple[Evidence, ...]:
    return tuple(Evidence(c.document_id, c.start, c.end, c.quote) for c in citations)


def _restate(claim: Claim) -> Iterator[Claim]:
    """The claim, and the same in other characters that mean the same."""
    texts = (
        claim.text,
        unicodedata.normalize("NFKC", claim.text),
        re.sub(r"(?<=\d),(?=\d{3})", "", claim.text),
    )
    for text in dict.fromkeys(texts):
        yield replace(claim, text=text)


def _damage(
    claim: Claim, names: Sequence[str], picker: random.Random
) -> Iterator[tuple[str, Claim]]:
    quotes = squeeze(" ".join(evidence.quote for evidence in claim.evidence))
    changes = [*_digits(claim.text, picker), *_units(claim.text, picker)]
    changes += [*_names(claim.text, names, picker), *_polarities(claim.text)]
    changes += [("bound", found.start(), found.end(), "") for found in _BOUND.finditer(claim.text)]
    for category in (*GOALS, "name"):
        own = [change for change in changes if change[0] == category]
        for _, start, end, new in picker.sample(own, min(_PER_CATEGORY, len(own))):
            text = claim.text[:start] + new + claim.text[end:]
            around = squeeze(
                claim.text[max(0, start - 3) : start] + new + claim.text[end : end + 3]
            )
            if around not in quotes:
                yield _judged_as(category, text, start, quotes), replace(claim, text=text)


def _judged_as(category: str, text: str, at: int, quotes: str) -> str:
    """`swap` where the changed number is one that its quote has too: characters cannot tell."""
    number = next((n for n in _DIGITS.finditer(text) if n.start() <= at < n.end()), None)
    if number is None or category not in ("digit", "year"):
        return category
    token = re.escape(squeeze(text[number.start() : number.end() + 1]))
    ends = r"(?!\d)" if token[-1].isdigit() else ""
    return "swap" if re.search(rf"(?<!\d){token}{ends}", quotes) else category


def _digits(text: str, picker: random.Random) -> Iterator[Change]:
    """One digit of a number: a year's where 年 follows, a name's where Latin letters precede."""
    for found in _DIGITS.finditer(text):
        start = picker.randrange(found.start(), found.end())
        value = unicodedata.digit(text[start])
        other = (value + picker.randint(1, 9)) % 10
        if start == found.start() and other == 0:
            other = value % 9 + 1
        yield _category(text, found), start, start + 1, str(other)


def _category(text: str, digits: re.Match[str]) -> str:
    if text[digits.end() : digits.end() + 1] == "年":
        return "year"
    before = unicodedata.normalize("NFKC", text[: digits.start()][-1:])
    return "name" if before.isascii() and before.isalpha() else "digit"


def _units(text: str, picker: random.Random) -> Iterator[Change]:
    for found in _UNIT.finditer(text):
        own = unicodedata.normalize("NFKC", found.group())
        other = picker.choice([unit for unit in _UNITS if unit not in own and own not in unit])
        yield "unit", found.start(), found.end(), other


def _names(text: str, names: Sequence[str], picker: random.Random) -> Iterator[Change]:
    for found in _NAME.finditer(text):
        latin = found.group()[0].isascii()
        others = [n for n in names if n[0].isascii() is latin and squeeze(n) not in squeeze(text)]
        if others:
            yield "name", found.start(), found.end(), picker.choice(others)


def _polarities(text: str) -> Iterator[Change]:
    """One negation taken away or put in, at the end of a clause."""
    taken: set[int] = set()
    for pattern, other in _NEGATIONS:
        for found in pattern.finditer(text):
            if found.end() not in taken:
                taken.add(found.end())
                yield "negation", found.start(), found.end(), other


def _tally(category: str, damaged: Sequence[tuple[str, Claim]], through: set[str]) -> Tally:
    own = [claim.text for kind, claim in damaged if kind == category]
    missed = tuple(text for text in own if text in through)
    return Tally(category, len(own), len(own) - len(missed), missed)


def _tally_line(tally: Tally) -> str:
    names = {
        "digit": "数字を変えた",
        "year": "年を変えた",
        "unit": "単位を変えた",
        "negation": "否定を変えた",
        "bound": "以上・約などを除いた",
        "name": "名前を変えた",
        "swap": "同じ引用にある別の数に変えた",
    }
    goal = f"(目標 {GOALS[tally.category]:.0%}以上)" if tally.category in GOALS else "(目標なし)"
    share = f"{tally.caught}/{tally.tried} {tally.share:.1%}"
    return f"{names[tally.category]}主張の検出: {share}{goal}"
