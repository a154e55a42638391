"""What a block hangs on: a row on its header, caption and first cell, an item on its lead."""

from __future__ import annotations

import re

from index.blocks import Block
from index.records import Span
from index.sentences import trim

_CELL_BREAK = re.compile(r"\t|(?<!\|)\|(?!\|)|</t[dh]>|<t[dh]\b[^<>]*>", re.I)
BELOW = r"(?<![0-9０-９a-zA-Zａ-ｚＡ-Ｚ％%円年月日人名件個回倍歳割])以下"
"""以下 that points down the page: behind a number or a unit it means "or less"."""
_LEAD = re.compile(
    rf"(?:[:：]|{BELOW}|次の|下記|とおり|通り|において、|、|として)[\s*]*$|(?:{BELOW}|次の|下記)[^。]{{0,80}}。?\s*$"
)
_CAPTION_LENGTH = 60
_CAPTION = re.compile(r"単位\s*[:：]|^[（(【\[]?\s*(?:図表|表|Table)\s*\d")
"""What names a table or the unit of its numbers."""


def find_cells(text: str, row: Span) -> list[Span]:
    """The filled cells of a row, in order."""
    cuts = [row.start]
    for mark in _CELL_BREAK.finditer(text, row.start, row.end):
        cuts += [mark.start(), mark.end()]
    cuts.append(row.end)
    cells = [trim(text, a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
    return [c for c in cells if re.search(r"[^\s\-|]", re.sub(r"<[^<>]*>", "", text[c.start : c.end]))]


def give_context(text: str, blocks: list[Block], *, named: bool = False) -> None:
    """Rows get their header and inherited first cell, items the sentence or item that leads them.

    With `named`, short words in a table's first row are its header whatever stands below, as in a
    file of separated values.
    """
    i = 0
    while i < len(blocks):
        if blocks[i].kind == "row":
            j = i
            while j < len(blocks) and blocks[j].kind == "row" and _touch(text, blocks, i, j):
                j += 1
            _give_headers(text, blocks[i:j], _captions(text, blocks[:i]), named)
            i = j
        else:
            if blocks[i].kind == "item":
                _give_lead(text, blocks, i)
            i += 1


def _touch(text: str, blocks: list[Block], first: int, j: int) -> bool:
    return j == first or not re.search(r"\n[ \t]*\n", text[blocks[j - 1].end : blocks[j].start])


def _captions(text: str, above: list[Block]) -> tuple[Span, ...]:
    """The paragraphs right above a table that name it or its unit: 2,345 says nothing without 百万円."""
    found: list[Span] = []
    for block in reversed(above[-2:]):
        body = text[block.start : block.end]
        if block.kind != "paragraph" or len(body) > _CAPTION_LENGTH or not _CAPTION.search(body):
            break
        found.insert(0, Span(block.start, block.end))
    return tuple(found)


def _give_headers(text: str, rows: list[Block], captions: tuple[Span, ...], named: bool) -> None:
    cells = [find_cells(text, Span(row.start, row.end)) for row in rows]
    title: tuple[Span, ...] = ()
    while len(cells) > 1 and (_names(text, cells[0]) or _entitles(text, cells[0], cells[1])):
        if _names(text, cells[0]):
            captions += (cells[0][0],)
        else:
            title = (cells[0][0],)
        rows, cells = rows[1:], cells[1:]
    header = _header_of(text, rows, cells, named)
    words = [_words(text, found) for found in cells]
    above: Span | None = None
    for i, row in enumerate(rows):
        if header is not None and i > header and words[i] == words[header]:
            header = i  # said again below the next part's title, or on the next page
            title = (cells[i - 1][0],) if _entitles(text, cells[i - 1], cells[i]) else title
        raw = text[row.start - 1 : row.end] if row.start else text[: row.end]
        inherits = raw.startswith("\t") and above is not None and i > 0
        if cells[i] and not inherits:
            above = cells[i][0]
        if i != header:
            spans = [Span(rows[header].start, rows[header].end)] if header is not None and header < i else []
            row.context = (*captions, *title, *spans, *([above] if inherits and above else []))


def _names(text: str, cells: list[Span]) -> bool:
    """A row of one cell that names the table or its unit."""
    return len(cells) == 1 and bool(_CAPTION.search(text[slice(*cells[0])]))


def _entitles(text: str, cells: list[Span], below: list[Span]) -> bool:
    """A row of one short cell, in the first column, above several: the title of what follows."""
    if len(cells) != 1 or len(below) < 2:
        return False
    first = not text[: cells[0].start].endswith("\t")
    return first and cells[0].end - cells[0].start <= _CAPTION_LENGTH


def _words(text: str, cells: list[Span]) -> list[str]:
    return [text[cell.start : cell.end] for cell in cells]


def _header_of(text: str, rows: list[Block], cells: list[list[Span]], named: bool) -> int | None:
    """The header row: marked by a rule below it, or short words above longer or numeric cells.

    With `named` the words must only be as many as the widest row's, and stand nowhere below.
    """
    if len(rows) < 2 or len(cells[0]) < 2:
        return None
    between = text[rows[0].end : rows[1].start]
    if re.search(r"\|\s*:?-{2,}", between):
        return 0
    words = _words(text, cells[0])
    if any(re.fullmatch(r"[\d.,%+\-▲△億万円人件]+", word.strip()) for word in words):
        return None
    body = [word for row in cells[1:] for word in _words(text, row)]
    mean = sum(map(len, words)) / len(words)
    numeric = sum(bool(re.search(r"\d", word)) for word in body) > len(body) / 2
    longer = sum(map(len, body)) / max(1, len(body)) > 1.6 * mean
    names = named and len(words) >= max(map(len, cells)) and not set(words) & set(body)
    return 0 if mean <= 25 and (numeric or longer or names) else None


def _give_lead(text: str, blocks: list[Block], i: int) -> None:
    """The lead of an item: the nearest block above that announces a list, or the item it hangs on."""
    item = blocks[i]
    for j in range(i - 1, max(-1, i - 30), -1):
        block = blocks[j]
        if block.kind in ("heading", "row"):
            return
        if block.kind == "item" and block.indent >= item.indent:
            if block.indent == item.indent:
                item.context = block.context
                if block.context:
                    return
            continue
        tail = text[block.start : block.end]
        if block.kind == "item" or _LEAD.search(tail):
            item.context = (*block.context, Span(block.start, block.end))
        return
