"""Dates in the form that a question asks for, beside the form of the source."""

from __future__ import annotations

import re
from collections.abc import Iterable

from index import Date, find_dates, fold, write_era

MOST = 3
_WESTERN = re.compile(r"西暦|\b(?:when|year|date|month|day)\b")
_ERA = re.compile(r"和暦|元号|年号|(?:令和|平成|昭和|大正|明治)(?:の?何|では?何|で(?=いう|い|教|答))")
_FRAMES = {False: "西暦では", True: "和暦では"}
FRAME = re.compile(r"（(?:西暦では|和暦では)(?P<dates>[^（）]+)）$")
"""What `convert` writes behind a quotation."""


def convert(question: str, quoted: str) -> str:
    """The dates of a quotation in the other form, in brackets; empty where none was asked for.

    Asked for are all of them (西暦で, 令和何年), or those that the question itself gives in the
    other form (2025年度の…, where the source has 令和7年度).
    """
    asked = fold(question).text
    dates = find_dates(fold(quoted).text)
    for era in (False, True):
        other = [date for date in dates if date.era != era and (not era or date.year > 1868)]
        if not (_ERA if era else _WESTERN).search(asked):
            given = {d.terms[-1] for d in find_dates(asked) if d.era == era}
            other = [date for date in other if given & set(date.terms)]
        written = list(dict.fromkeys(write(date, era) for date in other))
        if written and len(written) <= MOST:
            return f"（{_FRAMES[era]}{'、'.join(written)}）"
    return ""


def write(date: Date, era: bool) -> str:
    """令和7年11月21日 or 2025年11月21日, as exact as the date is; 年度 stays 年度."""
    year = write_era(date.year, date.fiscal) if era else f"{date.year}年{'度' if date.fiscal else ''}"
    month = f"{date.month}月" if date.month else ""
    return f"{year}{month}{f'{date.day}日' if date.day else ''}"


def is_converted(text: str, cited: Iterable[str]) -> bool:
    """Whether every date of `text` is one of the cited texts', as exactly as it stands there."""
    have = {date.iso for quote in cited for date in find_dates(fold(quote).text)}
    dates = find_dates(fold(text).text)
    return bool(dates) and all(date.iso in have for date in dates)
