"""What a spreadsheet cell shows: the stored value through its number format.

A reader sees 25.3% and 2024年4月1日 where the file holds 0.253 and 45383.
"""

from __future__ import annotations

import datetime
import re

ERAS = (
    (datetime.date(2019, 5, 1), "令和", "R"),
    (datetime.date(1989, 1, 8), "平成", "H"),
    (datetime.date(1926, 12, 25), "昭和", "S"),
    (datetime.date(1912, 7, 30), "大正", "T"),
)


def show(value: object, form: str = "General") -> str:
    """The value as text; `form` is the cell's number format code."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime | datetime.date):
        return _date(value, form)
    if isinstance(value, datetime.time):
        return f"{value.hour}:{value.minute:02d}"
    if isinstance(value, int | float):
        return _number(value, form.split(";")[0])
    return str(value)


def _number(value: float, form: str) -> str:
    plain = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.', "", form)
    decimals = len(m[1]) if (m := re.search(r"[0#?]\.([0#?]+)", plain)) else 0
    comma = "," if re.search(r"#,##|0,0", plain) else ""
    suffix = "".join(re.findall(r'"([^"]*)"', form.split(".")[-1])) if '"' in form else ""
    if "%" in plain:
        return f"{value * 100:{comma}.{decimals}f}%"
    if "0" in plain or comma:
        return f"{value:{comma}.{decimals}f}{suffix}"
    return f"{value:.15g}"


def _date(value: datetime.date, form: str) -> str:
    day = value.date() if isinstance(value, datetime.datetime) else value
    code = form.lower()
    if "g" in code.replace("general", ""):
        return _japanese(day, code)
    if "年" in form:
        text = f"{day.year}年{day.month}月"
        return text + (f"{day.day}日" if "日" in form or "d" in code else "")
    text = f"{day.year}/{day.month}/{day.day}"
    if isinstance(value, datetime.datetime) and "h" in code:
        text += f" {value.hour}:{value.minute:02d}"
    return text


def _japanese(day: datetime.date, code: str) -> str:
    for start, name, letter in ERAS:
        if day >= start:
            year = day.year - start.year + 1
            if "ggg" in code:
                return f"{name}{year}年{day.month}月{day.day}日"
            return f"{letter}{year}.{day.month}.{day.day}"
    return f"{day.year}年{day.month}月{day.day}日"
