"""Spreadsheets (xlsx) and separated values (csv, tsv)."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from index.cell_values import show
from index.drafts import Draft, Source, TooLarge, Writer, clean, sensible_title
from index.grids import Cell, lay_out
from index.packed import open_package, read_title
from index.reading_text import decode_source

DELIMITERS = ",\t;|"
SAMPLE = 50
MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*\bref=\"([A-Z]+)(\d+):([A-Z]+)(\d+)\"")
Row = dict[int, str]
"""The filled cells of one row by column, both counted from 1."""


def read_xlsx(source: Source) -> Draft:
    """The values of a workbook: a sheet is a page, its blocks of rows are tables."""
    from openpyxl import load_workbook

    with open_package(source) as package:
        title = sensible_title(read_title(package))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that carry no text: page headers, styles
            book = load_workbook(io.BytesIO(source.data), read_only=True, data_only=True)
            try:
                return _read_book(source, package, book, title)
            finally:
                book.close()


def _read_book(source: Source, package: zipfile.ZipFile, book: Any, title: str) -> Draft:
    if len(book.worksheets) > source.limits.pages:
        raise source.refuse(
            f"シートが{len(book.worksheets):,}枚あります(上限は{source.limits.pages:,}枚)。分割してください。"
        )
    writer = Writer()
    hidden = []
    left = source.limits.cells
    for number, sheet in enumerate(book.worksheets, 1):
        if sheet.sheet_state != "visible":
            hidden.append(f"「{sheet.title}」")
            continue
        writer.page(number)
        rows = _rows(sheet, left)
        if rows:
            left -= sum(map(len, rows.values()))
            writer.heading(1, sheet.title)
            spans = _spans(package.read(sheet._worksheet_path))
            for block in _blocks(rows, spans):
                _write_block(writer, rows, spans, block, source.limits.cells)
    complaints = [f"非表示のシート{'、'.join(hidden)}は読んでいません。"] if hidden else []
    return Draft(writer.text(), title, writer.pages(), tuple(complaints))


def _rows(sheet: Any, most: int) -> dict[int, Row]:
    """The filled rows of a sheet as they are shown."""
    sheet.reset_dimensions()  # what a file says about its own size may be wrong by millions
    rows: dict[int, Row] = {}
    count = 0
    for cells in sheet.iter_rows():
        row = {
            cell.column: text
            for cell in cells
            if cell.value is not None and (text := clean(show(cell.value, cell.number_format)))
        }
        count += len(row)
        if count > most:
            raise TooLarge(f"セルが多すぎます(上限は{most:,})。分割してください。")
        if row:
            rows[next(cell.row for cell in cells if cell.value is not None)] = row
    return rows


def _spans(sheet: bytes) -> dict[tuple[int, int], tuple[int, int]]:
    """Merged cells: (rows, columns) covered from each (row, column)."""
    spans = {}
    for left, top, right, bottom in MERGED.findall(sheet):
        x0, x1, y0, y1 = _column(left), _column(right), int(top), int(bottom)
        spans[y0, x0] = (y1 - y0 + 1, x1 - x0 + 1)
    return spans


def _column(letters: bytes) -> int:
    n = 0
    for letter in letters:
        n = n * 26 + letter - 64
    return n


def _blocks(
    rows: dict[int, Row], spans: dict[tuple[int, int], tuple[int, int]]
) -> Iterator[list[int]]:
    """Rows that follow each other without an empty one between."""
    block: list[int] = []
    reach = 0
    for number in sorted(rows):
        if block and number > reach + 1:
            yield block
            block = []
        block.append(number)
        reach = max(
            [reach, number, *(number + spans.get((number, c), (1, 1))[0] - 1 for c in rows[number])]
        )
    if block:
        yield block


def _write_block(
    writer: Writer,
    rows: dict[int, Row],
    spans: dict[tuple[int, int], tuple[int, int]],
    block: Sequence[int],
    most: int,
) -> None:
    """Leading rows of a single cell are lines above the table; the rest is the table."""
    block = list(block)
    while block and len(rows[block[0]]) == 1:
        writer.paragraph(next(iter(rows[block.pop(0)].values())))
    if not block:
        return
    top, bottom = block[0], block[-1]
    left = min(min(rows[n]) for n in block)
    right = max(max(rows[n]) for n in block)
    cells = []
    for number in block:
        for column, text in rows[number].items():
            down, across = spans.get((number, column), (1, 1))
            down, across = min(down, bottom - number + 1), min(across, right - column + 1)
            cells.append(Cell(number - top, column - left, down, across, text))
    table = lay_out(cells, most)
    for caption in table.captions:
        writer.paragraph(caption)
    writer.table(table.rows)


def read_csv(source: Source) -> Draft:
    """The decoded file, its delimiters written as tabs.

    Nothing is moved: a quotation mark around a cell, and a line break or tab in it, become a
    blank, so every offset is that of the decoded file.
    """
    decoded = decode_source(source)
    text = decoded.text
    delimiter = "\t" if source.suffix == ".tsv" else find_delimiter(text)
    complaints = (decoded.warning,) if decoded.warning else ()
    return Draft(_tabulate(text, delimiter, source.limits.cells), warnings=complaints)


def find_delimiter(text: str) -> str:
    """The delimiter that gives most of the first lines the same number of cells; else a comma."""
    lines = [line for line in text.splitlines()[:SAMPLE] if line.strip()]

    def fit(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines]
        common = max(set(counts), key=lambda n: (counts.count(n), n), default=0)
        return (counts.count(common) if common else 0, common)

    return max(DELIMITERS, key=fit)


def _tabulate(text: str, delimiter: str, most: int) -> str:
    end = re.escape(delimiter)
    cell = re.compile(rf'"((?:[^"]|"")*)"(?={end}|[\r\n]|$)|[^{end}\r\n]*')
    parts: list[str] = []
    at = count = 0
    while at < len(text):
        match = cell.match(text, at)
        found = match[0] if match else ""
        if match and match[1] is not None:
            inner = re.sub(r"[\r\n\t]", " ", match[1]).replace('""', '" ')
            found = f" {inner} "
        elif delimiter != "\t":
            found = found.replace("\t", " ")
        parts.append(found)
        at += len(found)
        if at < len(text):
            parts.append("\t" if text[at] == delimiter else text[at])
            at += 1
        count += 1
        if count > most:
            raise TooLarge(f"セルが多すぎます(上限は{most:,})。分割してください。")
    return "".join(parts)
