"""Limits to a search: which documents it may look at, decided before anything is ranked."""

from __future__ import annotations

import calendar
from dataclasses import dataclass

from index.errors import TenkyoError
from index.manifest import dump


@dataclass(frozen=True, slots=True)
class Where:
    """Every field that is given must hold; of several values of one field any is enough.

    `within` names documents or folders, by id or by the absolute path they were read from.
    `after` and `before` are ISO dates (`2025`, `2025-04`, `2025-04-01`), both inclusive; a
    document whose date is not known does not pass them.
    """

    documents: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    after: str = ""
    before: str = ""

    def clauses(self) -> tuple[str, list[str]]:
        """An SQL condition over `documents`, and its parameters."""
        clauses: list[str] = []
        values: list[str] = []
        if self.documents:
            clauses.append("id IN (SELECT value FROM json_each(?))")
            values.append(dump(self.documents))
        if self.tags:
            clauses.append(
                "EXISTS (SELECT 1 FROM json_each(tags) AS tag"
                " WHERE tag.value IN (SELECT value FROM json_each(?)))"
            )
            values.append(dump(self.tags))
        if self.within:
            inside = "{0} = value OR substr({0}, 1, length(value) + 1) = value || '/'"
            clauses.append(
                f"EXISTS (SELECT 1 FROM json_each(?) WHERE {inside.format('documents.id')} OR EXISTS"
                " (SELECT 1 FROM places WHERE document = number"
                f" AND ({inside.format('path')})))"
            )
            values.append(dump([name.rstrip("/") for name in self.within]))
        if self.after:
            clauses.append("day >= ?")
            values.append(_boundary(self.after, last=False))
        if self.before:
            clauses.append("day <> '' AND day <= ?")
            values.append(_boundary(self.before, last=True))
        return " AND ".join(clauses) or "1", values


def _boundary(date: str, *, last: bool) -> str:
    """The first or last day of the year, month or day that is given."""
    try:
        year, month, day = ([int(part) for part in date.split("-")] + [0, 0])[:3]
        if not month:
            month = 12 if last else 1
        if not day:
            day = calendar.monthrange(year, month)[1] if last else 1
        if not 1 <= day <= calendar.monthrange(year, month)[1]:
            raise ValueError(date)
    except ValueError as error:
        raise TenkyoError(
            f"日付「{date}」を読めません。2025、2025-04、2025-04-01 の形で書いてください。"
        ) from error
    return f"{year:04}-{month:02}-{day:02}"


def iso_day(printed: str) -> str:
    """The first day of a printed date (令和7年4月 → 2025-04-01); empty where there is none.

    A fiscal year begins in April.
    """
    from index.eras import parse_date
    from index.folding import fold

    date = parse_date(fold(printed).text) if printed.strip() else None
    if date is None:
        return ""
    month = date.month or (4 if date.fiscal else 1)
    return f"{date.year:04}-{month:02}-{date.day or 1:02}"
