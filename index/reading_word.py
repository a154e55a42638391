"""Word files: paragraphs, headings by style, lists with their numbers, tables in place.

Read from the XML, because text boxes, footnotes, numbers and content controls are what a Word
library's `document.paragraphs` leaves out.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from index.drafts import Draft, Source, Writer, clean, sensible_title
from index.grids import Cell, lay_out
from index.packed import find_main, open_package, read_part, read_relations, read_title
from index.reading_text import BROKEN, find_title
from index.word_numbers import Numbers, W, read_numbers
from index.word_styles import Style, read_number, read_outline, read_styles, read_value

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
SKIPPED = {
    f"{W}{name}"
    for name in (
        "del",
        "moveFrom",
        "instrText",
        "delText",
        "rt",
        "pPr",
        "rPr",
        "sdtPr",
        "sectPr",
        "fldData",
    )
} | {f"{MC}Fallback"}
"""Deleted text, field codes, readings above the line, properties, and the second copy of what
older versions cannot show."""
LINE = "\n"
RAISED = "\x01"
"""Stands before raised text until the paragraph is put together; XML text cannot hold it."""


@dataclass(slots=True)
class _Word:
    styles: dict[str, Style]
    numbers: Numbers
    notes: dict[tuple[str, str], Any]
    writer: Writer
    limit: int
    cells: int = 0
    seen_notes: int = 0
    pending: list[Any] = field(default_factory=list)
    """Text boxes and notes found inside a paragraph: they follow it."""


def read_docx(source: Source) -> Draft:
    """The text of a Word file; headers and footers left out."""
    with open_package(source) as package:
        main = find_main(package, "word/document.xml")
        root = read_part(package, main)
        if root is None:
            raise source.refuse(
                "Word文書の本文がありません(壊れているか、別の形式です)。作り直してください。"
            )
        parts = dict(read_relations(package, main).values())
        word = _Word(
            read_styles(read_part(package, parts.get("styles", "word/styles.xml"))),
            read_numbers(read_part(package, parts.get("numbering", "word/numbering.xml"))),
            _read_notes(package, parts),
            Writer(),
            source.limits.cells,
        )
        title = sensible_title(read_title(package))
    body = root.find(f"{W}body")
    _walk(word, body if body is not None else root)
    text = word.writer.text()
    return Draft(text, title or find_title(text))


def _read_notes(package: zipfile.ZipFile, parts: dict[str, str]) -> dict[tuple[str, str], Any]:
    notes = {}
    for kind in ("footnote", "endnote"):
        root = read_part(package, parts.get(f"{kind}s", f"word/{kind}s.xml"))
        for note in root if root is not None else ():
            notes[kind, note.get(f"{W}id", "")] = note
    return notes


def _walk(word: _Word, parent: Any) -> None:
    """Write the block elements of `parent`."""
    for element in parent:
        if element.tag == f"{W}p":
            _write_paragraph(word, element)
        elif element.tag == f"{W}tbl":
            _write_table(word, element)
        elif element.tag not in SKIPPED:
            _walk(word, element)


def _write_paragraph(word: _Word, element: Any) -> None:
    properties = element.find(f"{W}pPr")
    style = (
        word.styles.get(read_value(properties, "pStyle"), Style())
        if properties is not None
        else Style()
    )
    outline = read_outline(properties) if properties is not None else None
    own = read_number(properties) if properties is not None else None
    listed = own or style.number
    contents = style.name.startswith("toc ")
    text = _spell(_text(word, element, " … " if contents else " "))
    if text.strip():
        number = word.numbers.next(*listed) if listed and not contents else None
        level = style.outline if outline is None else outline
        _write_text(word.writer, text, number, level, listed[1] if listed else 0)
    pending, word.pending = word.pending, []
    for inner in pending:
        _walk(word, inner)


def _write_text(
    writer: Writer, text: str, number: str | None, level: int | None, depth: int
) -> None:
    lines = _lines(text)
    if level is not None or number is not None:
        lines[0] = lines[0].lstrip()  # the number stands where the indentation was
    if level is not None:
        writer.heading(level + 1, " ".join([number or "", *lines]))
        return
    if number is None:
        writer.paragraph(lines[0])
    else:
        writer.item(lines[0], number, depth)
    for line in lines[1:]:
        writer.paragraph(line)


def _lines(text: str) -> list[str]:
    """The lines of a paragraph; a break in the middle of a phrase is no break."""
    lines: list[str] = []
    for line in text.split(LINE):
        if not line.strip():
            continue
        if lines and BROKEN.search(lines[-1]):
            lines[-1] += line.strip()
        else:
            lines.append(line)
    return lines


def _text(word: _Word, element: Any, tab: str) -> Iterator[str]:
    """The text of a paragraph; text boxes and notes in it are put aside."""
    for child in element:
        tag = child.tag
        if tag in SKIPPED:
            continue
        if tag in (f"{W}t", f"{M}t"):
            yield child.text or ""
        elif tag == f"{W}tab":
            yield tab
        elif tag in (f"{W}br", f"{W}cr"):
            yield LINE
        elif tag == f"{W}noBreakHyphen":
            yield "-"
        elif tag == f"{W}txbxContent":
            word.pending.append(child)
        elif tag in (f"{W}footnoteReference", f"{W}endnoteReference"):
            _put_note(word, tag[len(W) : -len("Reference")], child.get(f"{W}id", ""))
        elif not (tag == f"{W}r" and _is_hidden(child)):
            raised = tag == f"{W}r" and read_value(child, "rPr/vertAlign") == "superscript"
            yield from ([RAISED] if raised else [])
            yield from _text(word, child, tab)


def _is_hidden(run: Any) -> bool:
    properties = run.find(f"{W}rPr")
    found = properties.find(f"{W}vanish") if properties is not None else None
    return found is not None and found.get(f"{W}val", "1") not in ("0", "false")


def _spell(pieces: Iterator[str]) -> str:
    """The text of a paragraph. As in PDF files, the small raised number behind a Japanese word is
    left out: it points to a note, and would read as part of the text.
    """
    text = re.sub(rf"(?<=[\u3000-\u9fff\uff00-\uffef]){RAISED}\d{{1,3}}", "", "".join(pieces))
    return text.replace(RAISED, "")


def _put_note(word: _Word, kind: str, key: str) -> None:
    """A note follows the paragraph that refers to it, with the number it has on the page."""
    note = word.notes.pop((kind, key), None)
    if note is None:
        return
    word.seen_notes += 1
    for first in note.iter(f"{W}t"):
        first.text = f"{word.seen_notes} {(first.text or '').lstrip()}"
        break
    word.pending.append(note)


def _write_table(word: _Word, element: Any) -> None:
    cells = list(_cells(word, element))
    if max((c.column + c.columns for c in cells), default=0) == 1:
        for inner in element.iter(f"{W}tc"):  # a frame around text, no table
            _walk(word, inner)
            return
    table = lay_out(cells, word.limit)
    for caption in table.captions:
        word.writer.paragraph(caption)
    word.writer.table(table.rows)
    pending, word.pending = word.pending, []
    for inner in pending:
        _walk(word, inner)


def _cells(word: _Word, table: Any) -> Iterator[Cell]:
    """The cells of a table; one merged downwards is counted from its first row."""
    open_cells: dict[int, Cell] = {}
    for at, row in enumerate(_children(table, "tr")):
        before = row.find(f"{W}trPr/{W}gridBefore")
        column = int(before.get(f"{W}val", "0")) if before is not None else 0
        for element in _children(row, "tc"):
            span = read_value(element, "tcPr/gridSpan")
            columns = min(int(span), 1000) if span.isdigit() else 1
            merge = element.find(f"{W}tcPr/{W}vMerge")
            going_on = merge is not None and merge.get(f"{W}val", "continue") == "continue"
            if going_on and column in open_cells:
                cell = open_cells[column]
                open_cells[column] = cell._replace(rows=at - cell.row + 1)
            else:
                if column in open_cells:
                    yield open_cells.pop(column)
                open_cells[column] = Cell(at, column, 1, columns, _cell_text(word, element))
            column += columns
    yield from open_cells.values()


def _children(element: Any, name: str) -> Iterator[Any]:
    """The children of that name, content controls and insertions looked through."""
    for child in element:
        if child.tag == f"{W}{name}":
            yield child
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}moveTo", f"{W}customXml"):
            yield from _children(child, name)


def _cell_text(word: _Word, element: Any) -> str:
    lines = []
    for paragraph in element.iter(f"{W}p"):
        properties = paragraph.find(f"{W}pPr")
        listed = read_number(properties) if properties is not None else None
        text = _spell(_text(word, paragraph, " "))
        if text.strip():
            number = word.numbers.next(*listed) if listed else None
            lines.append(f"{number} {text}" if number else text)
    return clean(" ".join(lines))
