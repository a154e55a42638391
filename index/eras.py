"""Dates in Japanese and western years, so that 令和7年度, R7, 2025年度 and FY2025 meet.

A date is recognised in a folded text (`fold`): digits are ASCII, letters lower case, blanks gone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867}
_LETTERS = {"r": "令和", "h": "平成", "s": "昭和"}
_LENGTH = {"令和": 99, "平成": 31, "昭和": 64, "大正": 15, "明治": 45}

_YEAR = (
    r"(?P<era>令和|平成|昭和|大正|明治)(?P<n>元|\d{1,2})(?=年|[./-]\d|[~)]|度|$|[^\d年])"
    r"|(?<![a-z0-9.])(?P<letter>[rhs])\.?(?P<m>元|\d{1,2})(?=年|\.\d|度|\()"
    r"|(?<![\d,.])(?P<west>(?:1[89]|20|21)\d{2})(?=年|\.\d{1,2}(?!\d)|[/-]\d{1,2}(?!\d))"
    r"|(?<![a-z])fy\.?'?(?P<fy>(?:20|19)?\d{2})(?!\d)"
    r"|(?<![\d,.])(?P<range>(?:19|20)\d{2})(?=[~-](?:(?:19|20)?\d{2})年)"
)
_REST = (
    r"(?P<du>年度)"
    r"|年(?:(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})日)?)?"
    r"|[./-](?P<month2>\d{1,2})(?:[./-](?P<day2>\d{1,2}))?(?!\d)"
)
_DATE = re.compile(f"(?:{_YEAR})(?:{_REST})?")
_TAIL = re.compile(r"[~-](?P<n>(?:(?:令和|平成|昭和|19|20)?\d{1,2}))年(?P<du>度)?")


@dataclass(frozen=True, slots=True)
class Date:
    """A year, month or day that stands at [start, end) of the folded text."""

    start: int
    end: int
    year: int
    """Western."""
    month: int | None = None
    day: int | None = None
    fiscal: bool = False
    """年度: April to March."""
    era: bool = False
    """Written in a Japanese era."""

    @property
    def terms(self) -> list[str]:
        """Search terms, from the year down: a day is found by its year and month too."""
        terms = [f"y{self.year}"]
        if self.fiscal:
            terms.append(f"fy{self.year}")
        if self.month:
            terms.append(f"m{self.year}-{self.month:02}")
        if self.month and self.day:
            terms.append(f"d{self.year}-{self.month:02}-{self.day:02}")
        return terms

    @property
    def iso(self) -> str:
        """`2025`, `2025-07` or `2025-07-23`; a fiscal year as `FY2025`."""
        if self.fiscal:
            return f"FY{self.year}"
        parts = [f"{self.year}", *(f"{n:02}" for n in (self.month, self.day) if n)]
        return "-".join(parts)


def find_dates(folded: str) -> list[Date]:
    """Every date with a year in a folded text, in order; a range gives both its ends."""
    dates: list[Date] = []
    for match in _DATE.finditer(folded):
        year, era = _year(match)
        if year is None:
            continue
        tail = _TAIL.match(folded, match.end())
        fiscal = bool(match["du"] or match["fy"] or (tail and tail["du"]))
        month = _number(match["month"] or match["month2"], 12)
        day = _number(match["day"] or match["day2"], 31) if month else None
        dates.append(Date(match.start(), match.end(), year, month, day, fiscal, era))
        if tail and len(tail["n"]) < 3:
            dates.append(_range_end(tail, dates[-1]))
    return dates


def _range_end(tail: re.Match[str], first: Date) -> Date:
    """The end of 2026~30年 or 令和4~6年: the century or the era is the first year's."""
    written = int(tail["n"])
    era = next((before for before in _ERAS.values() if first.era and first.year > before), None)
    year = written + (era if era is not None else first.year - first.year % 100)
    return Date(tail.start() + 1, tail.end(), year, fiscal=bool(tail["du"]), era=first.era)


def _year(match: re.Match[str]) -> tuple[int | None, bool]:
    era = match["era"] or _LETTERS.get(match["letter"] or "", "")
    if era:
        written = match["n"] or match["m"]
        n = 1 if written == "元" else int(written)
        return (_ERAS[era] + n, True) if 1 <= n <= _LENGTH[era] else (None, True)
    written = match["west"] or match["range"] or match["fy"]
    year = int(written)
    return (year + 2000 if year < 100 else year), False


def _number(written: str | None, most: int) -> int | None:
    value = int(written) if written else 0
    return value if 1 <= value <= most else None


def parse_date(folded: str) -> Date | None:
    """The first date of a folded text, for a document's own date."""
    return next(iter(find_dates(folded)), None)


def write_era(year: int, fiscal: bool = False) -> str:
    """2025 as 令和7年 (or 年度); western before 1868. A year in which an era changed takes the new one."""
    for era, before in _ERAS.items():
        if year > before:
            n = year - before
            return f"{era}{'元' if n == 1 else n}年{'度' if fiscal else ''}"
    return f"{year}年{'度' if fiscal else ''}"
