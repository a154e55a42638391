"""The numbers that Word writes before headings and list items (`第1章`, `(2)`, `①`).

They stand nowhere in the text of the file, but readers see them and papers refer to them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
AIUEO = (
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
)
IROHA = (
    "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス"
)
DIGITS = "〇一二三四五六七八九"
ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: how its number is written (`text` has `%1` for the first level's)."""

    kind: str
    text: str
    start: int


@dataclass(slots=True)
class Numbers:
    """Counts the numbered paragraphs of one document."""

    lists: dict[str, tuple[str, dict[int, Level]]]
    counts: dict[str, dict[int, int]] = field(default_factory=dict)

    def next(self, number: str, level: int) -> str | None:
        """The number of the next paragraph of a list: empty for a bullet, None if it has none."""
        if number not in self.lists:
            return None
        group, levels = self.lists[number]
        if level not in levels:
            return None
        counts = self.counts.setdefault(group, {})
        counts[level] = counts.get(level, levels[level].start - 1) + 1
        for deeper in [k for k in counts if k > level]:
            del counts[deeper]
        own = levels[level]
        if own.kind == "bullet":
            return ""
        if own.kind == "none" and "%" not in own.text.replace(f"%{level + 1}", ""):
            return None
        return (
            re.sub(r"%(\d)", lambda m: self._one(levels, counts, int(m[1]) - 1), own.text).strip()
            or None
        )

    def _one(self, levels: dict[int, Level], counts: dict[int, int], level: int) -> str:
        known = levels.get(level)
        return write_number(counts.get(level, known.start), known.kind) if known else ""


def read_numbers(root: Any) -> Numbers:
    """The lists that `numbering.xml` defines; none without that part."""
    lists: dict[str, tuple[str, dict[int, Level]]] = {}
    if root is None:
        return Numbers(lists)
    abstract = {
        a.get(f"{W}abstractNumId"): {
            int(level.get(f"{W}ilvl", "0")): _level(level) for level in a.findall(f"{W}lvl")
        }
        for a in root.findall(f"{W}abstractNum")
    }
    for num in root.findall(f"{W}num"):
        number, base = num.get(f"{W}numId"), _value(num, "abstractNumId")
        levels = dict(abstract.get(base, {}))
        group = base
        for override in num.findall(f"{W}lvlOverride"):
            at = int(override.get(f"{W}ilvl", "0"))
            changed = override.find(f"{W}lvl")
            if changed is not None:
                levels[at] = _level(changed)
            start = _value(override, "startOverride")
            if start.isdigit() and at in levels:
                levels[at] = Level(levels[at].kind, levels[at].text, int(start))
                group = f"{base}/{number}"
        lists[number] = (group, levels)
    return Numbers(lists)


def _level(element: Any) -> Level:
    start = _value(element, "start")
    return Level(
        _value(element, "numFmt") or "decimal",
        _value(element, "lvlText"),
        int(start) if start.isdigit() else 1,
    )


def _value(element: Any, name: str) -> str:
    found = element.find(f"{W}{name}")
    return found.get(f"{W}val", "") if found is not None else ""


def write_number(n: int, kind: str) -> str:
    """`n` as Word writes it in the given numFmt (ECMA-376 part 1, 17.18.59); else in digits."""
    if n < 1:
        return str(n)
    if kind == "decimalFullWidth":
        return str(n).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    if kind.startswith("decimalEnclosedCircle") and n <= 20:
        return chr(0x2460 + n - 1)
    if kind.startswith(("aiueo", "iroha")):
        row = AIUEO if kind.startswith("aiueo") else IROHA
        return row[(n - 1) % len(row)]
    if kind in ("lowerLetter", "upperLetter"):
        letter = chr(ord("a") + (n - 1) % 26) * ((n - 1) // 26 + 1)
        return letter if kind == "lowerLetter" else letter.upper()
    if kind in ("lowerRoman", "upperRoman"):
        return _roman(n) if kind == "lowerRoman" else _roman(n).upper()
    if kind in ("japaneseCounting", "chineseCounting", "taiwaneseCounting", "ideographDigital"):
        return _kanji(n)
    return str(n)


def _roman(n: int) -> str:
    text = ""
    for value, letters in ROMAN:
        text += letters * (n // value)
        n %= value
    return text


def _kanji(n: int) -> str:
    if n >= 100:
        return "".join(DIGITS[int(d)] for d in str(n))
    tens, ones = divmod(n, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{DIGITS[tens]}十"
    return head + (DIGITS[ones] if ones else "")
