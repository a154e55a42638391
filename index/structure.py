"""What a text is made of: headings, paragraphs, list items, table rows.

Read from the text alone, so that every format's reader needs to write only these few marks:
`# heading`, `- item`, rows with tabs or pipes. Slides turned into text also carry ■ ◆ 【】 ① and
titles that nothing marks but the empty lines around them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from index.records import Span
from index.sentences import trim

BlockKind = Literal["heading", "paragraph", "item", "row"]

_HASH = re.compile(r"[ \t]*(#{1,6})[ \t]+(?:■\s*)?")
_BULLETS = "・•▪◦‣⁃∙●○◎◆◇■□▼▽▲△▶►➤➢➡⇒→✓✔☑★☆※◯❖▷⚫⚪"
_NUMBERED = (
    r"[①-⑳㉑-㉟❶-❿⓪]|[(（]\s*(?:\d{1,2}|[a-zA-Zア-ンⅠ-Ⅻ一二三四五六七八九十]{1,2})\s*[)）]"
    r"|\d{1,2}(?:[.．]\d{1,2})*[.．)）](?=\s|[^\d\s])|第[\d一二三四五六七八九十]+[章節条項]|[Ⅰ-ⅫIVX]{1,4}[.．](?=\s)"
    r"|[アイウエオカキクケコ][.．](?=\S)"
)
_MARKS = re.compile(
    rf"[ \t\u3000]*(?:(?P<dash>[-*+])(?=[ \t])[ \t]*)?(?P<bullets>(?:[{_BULLETS}](?![:：])\s*)*)(?P<number>{_NUMBERED})?[ \t\u3000]*"
)
_BRACKETED = re.compile(r"[ \t]*(?:[-*] )?(?:【[^】\n]{1,40}】|[＜<〈\[［][^＞>〉\]］\n/]{1,30}[＞>〉\]］]|《[^》\n]{1,30}》)[ \t]*$")
_RULE = re.compile(r"[ \t|:\-–—=_*]{3,}$")
_HTML_ROW = re.compile(r"<tr\b[^<>]*>(.*?)(?=</tr>|<tr\b|</table>|$)", re.S | re.I)
_RECORD = re.compile(r"(?:<[^<>]*>\s*)*[①-⑳㉑-㉟❶-❿⓪]")
_CELL_BREAK = re.compile(r"\t|(?<!\|)\|(?!\|)|</t[dh]>|<t[dh]\b[^<>]*>", re.I)
_SENTENCE_END = re.compile(r"[。．！？!?：:」）)][\s\"']*$")
_CONTINUES = re.compile(r"[ーんっゃゅょぁぃぅぇぉンッャュョァィゥェォを、。，．）」』]")
_UNFINISHED = "をにがのはとでてへやも、・，"
"""A line that ends in a particle or a comma goes on."""
_LEAD = re.compile(r"(?:[:：]|以下|次の|下記|とおり|通り|において、|、|として)[\s*]*$|(?:以下|次の|下記)[^。]{0,80}。?\s*$")
_CAPTION = re.compile(r"単位\s*[:：]|^[（(【\[]?\s*(?:図表|表|Table)\s*\d")
"""What names a table or the unit of its numbers."""
_HEADING_LENGTH = 45
_TITLE_LENGTH = 60
_NO_TITLE = re.compile(
    r"[。、．]|https?:|[:：,，]$|^[（(][^（）()]*[)）]$|^[（(【\[]?(?:出典|出所|資料[:：]|注\d*[:：）)]|備考|Note|Source)|^[※◎]"
    r"|^(?:[\d\s年月日度元期~～〜\-–―/.,()（）現在時点版案改訂]|令和|平成|昭和)+$"
)
"""What a title never is: a sentence, an address, a source, a remark in brackets, a bare date."""


@dataclass(slots=True)
class Line:
    """One line, its ending not included, and what it begins with."""

    start: int
    end: int
    text: str
    kind: Literal["blank", "heading", "item", "row", "rule", "plain"] = "plain"
    body: int = 0
    """The offset behind the marks."""
    level: int = 0
    """Of a heading (or of a numbered line that may be one): smaller is higher."""
    indent: int = 0
    hard: bool = False
    """Ends in two blanks: Markdown's line break."""


@dataclass(slots=True)
class Block:
    """A heading, a paragraph, an item or a row: [start, end) with marks and blanks left out."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    indent: int = 0
    context: tuple[Span, ...] = ()
    breaks: tuple[int, ...] = field(default=())
    """Offsets of line ends at which a sentence surely ends."""


def find_blocks(text: str) -> list[Block]:
    """The blocks of a text, in order; every character that is not blank or a mark lies in one."""
    lines = [_classify(line) for line in _lines(text)]
    _find_titles(lines)
    blocks = list(_gather(text, lines))
    _give_context(text, blocks)
    return blocks


_LINE_END = re.compile(r"\r\n|[\r\n\f\u2028]")
_ROW_OPENS = re.compile(r"\s*(?:[-*+]\s+)?\|[^|\n]*\|")


def _lines(text: str) -> Iterator[Line]:
    """The lines of a text; a Markdown row that was broken over lines is one."""
    start = 0
    ends = [(m.start(), m.end()) for m in _LINE_END.finditer(text)] + [(len(text), len(text))]
    i = 0
    while i < len(ends):
        raw = text[start : ends[i][0]]
        if _ROW_OPENS.match(raw) and not raw.rstrip().endswith("|"):
            closing = next((j for j in range(i + 1, min(i + 6, len(ends))) if _closes_row(text, ends, j)), i)
            i = closing
        yield Line(start, ends[i][0], text[start : ends[i][0]], hard=text[start : ends[i][0]].endswith("  "))
        start = ends[i][1]
        i += 1


def _closes_row(text: str, ends: list[tuple[int, int]], j: int) -> bool:
    line = text[ends[j - 1][1] : ends[j][0]].strip()
    return line.endswith("|") and not line.startswith("|") and not line.startswith("-")


def _classify(line: Line) -> Line:
    text = line.text
    line.body = line.start
    if not text.strip():
        line.kind = "blank"
    elif hashed := _HASH.match(text):
        line.kind, line.level = "heading", len(hashed[1])
        line.body = line.start + hashed.end()
    elif _RULE.match(text):
        line.kind = "rule"
    elif "\t" in text.strip(" \u3000") or _is_pipe_row(text) or _HTML_ROW.search(text):
        line.kind = "row"
    elif _BRACKETED.match(text):
        line.kind, line.level = "heading", 11
    else:
        _classify_marked(line)
    return line


def _is_pipe_row(text: str) -> bool:
    stripped = re.sub(r"^\s*(?:[-*+]\s+)?", "", text)
    return stripped.startswith("|") and stripped.rstrip().endswith("|") and stripped.count("|") > 2


def _classify_marked(line: Line) -> None:
    """An item, or a heading that a mark announces: short, and no sentence."""
    marks = _MARKS.match(line.text)
    if not marks or not (marks["dash"] or marks["bullets"] or marks["number"]):
        return
    line.kind = "item"
    keep = marks.start("number") if marks["number"] else marks.end()
    line.body = line.start + keep
    line.indent = len(line.text) - len(line.text.lstrip(" \t\u3000"))
    body = line.text[marks.end() :].strip()
    if len(body) > _HEADING_LENGTH or not body or _SENTENCE_END.search(body) or "、" in body or marks["dash"]:
        return
    if marks["bullets"].strip() and marks["bullets"].strip()[0] in "■□◆◇●▼":
        line.kind, line.level = "heading", 12 if marks["bullets"][0] in "■□" else 13
    elif marks["number"] and not marks["bullets"]:
        line.level = 14 if marks["number"][0] in "(（①②③④⑤⑥⑦⑧⑨⑩" else 12


def _find_titles(lines: list[Line]) -> None:
    """Mark unmarked titles (short, alone, above something) and numbered lines that head text."""
    for i, line in enumerate(lines):
        before = lines[i - 1].kind if i else "blank"
        after = next((x for x in lines[i + 1 :] if x.kind != "blank"), None)
        if line.kind == "plain" and before in ("blank", "heading", "rule"):
            alone = i + 1 == len(lines) or lines[i + 1].kind != "plain"
            heads = after is not None and after.kind != "heading" and not _goes_on(after)
            if alone and heads and _is_title(line.text):
                line.kind, line.level = "heading", 10
        elif line.kind == "item" and line.level >= 12 and after is not None:
            follows = lines[i + 1].kind if i + 1 < len(lines) else "blank"
            if follows in ("blank", "plain", "item") and after.kind in ("plain", "item", "row") and after.level != line.level:
                line.kind = "heading"


def _goes_on(line: Line) -> bool:
    return line.kind == "plain" and bool(_CONTINUES.match(line.text.lstrip()[:1]))


def _is_title(text: str) -> bool:
    stripped = text.strip(" \t\u3000*")
    return (
        2 <= len(stripped) <= _TITLE_LENGTH
        and not _NO_TITLE.search(stripped)
        and bool(re.search(r"[^\W\d_]", stripped))
    )


def _gather(text: str, lines: list[Line]) -> Iterator[Block]:
    """Lines into blocks: plain lines continue what is above them."""
    i = 0
    while i < len(lines):
        line = lines[i]
        if line.kind in ("blank", "rule"):
            i += 1
            continue
        if line.kind == "row":
            yield from _row_blocks(text, line)
            i += 1
            continue
        j = i + 1
        while line.kind != "heading" and j < len(lines) and _joins(lines, i, j):
            j += 1
        while lines[j - 1].kind == "blank":
            j -= 1
        start, end = trim(text, line.body, lines[j - 1].end)
        if end > start:
            kind: BlockKind = "paragraph" if line.kind == "plain" else "item" if line.kind == "item" else "heading"
            yield Block(kind, start, end, line.level, line.indent, breaks=_breaks(lines[i:j]))
        i = j


def _joins(lines: list[Line], first: int, j: int) -> bool:
    """Whether line j belongs to the block that began at line `first`.

    A sentence may run over an empty line (a page border); then the next line begins with what no
    sentence begins with.
    """
    if lines[j].kind == "blank":
        ahead = next((x for x in lines[j : j + 4] if x.kind != "blank"), None)
        last = next(x for x in reversed(lines[:j]) if x.kind != "blank")
        return ahead is not None and _goes_on(ahead) and not _SENTENCE_END.search(last.text)
    return lines[j].kind == "plain"


def _breaks(lines: list[Line]) -> tuple[int, ...]:
    """Line ends at which a sentence ends although no full stop says so.

    A line that is much shorter than its neighbours was not broken for want of room.
    """
    widest = max(len(line.text.strip()) for line in lines)
    found = []
    for line, after in zip(lines, lines[1:], strict=False):
        stripped = line.text.strip()
        short = len(stripped) < max(12, 0.55 * widest)
        if _goes_on(after) or after.kind == "blank" or not stripped or stripped[-1] in _UNFINISHED:
            continue
        if line.hard or short or _SENTENCE_END.search(stripped) and stripped[-1] in "。：:！？":
            found.append(line.end)
    return tuple(found)


def _row_blocks(text: str, line: Line) -> Iterator[Block]:
    """The rows of a line: itself, its cells where each is a record of its own, or an HTML table's.

    What stands before and behind an HTML table on its line is a row too: nothing is left out.
    """
    rows = list(_HTML_ROW.finditer(line.text))
    cuts = [line.start, *(line.start + c for m in rows for c in m.span()), line.end]
    for start, end in zip(cuts, cuts[1:], strict=False):
        span = trim(text, start, end)
        cells = find_cells(text, span)
        if len(cells) > 1 and all(_RECORD.match(text, cell.start) for cell in cells):
            yield from (Block("row", *cell) for cell in cells)
        elif cells:
            yield Block("row", *span)


def find_cells(text: str, row: Span) -> list[Span]:
    """The filled cells of a row, in order."""
    cuts = [row.start]
    for mark in _CELL_BREAK.finditer(text, row.start, row.end):
        cuts += [mark.start(), mark.end()]
    cuts.append(row.end)
    cells = [trim(text, a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
    return [c for c in cells if re.search(r"[^\s\-|]", re.sub(r"<[^<>]*>", "", text[c.start : c.end]))]


def _give_context(text: str, blocks: list[Block]) -> None:
    """Rows get their header and inherited first cell, items the sentence or item that leads them."""
    i = 0
    while i < len(blocks):
        if blocks[i].kind == "row":
            j = i
            while j < len(blocks) and blocks[j].kind == "row" and _touch(text, blocks, i, j):
                j += 1
            _give_headers(text, blocks[i:j], _captions(text, blocks[:i]))
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
        if block.kind != "paragraph" or len(body) > _TITLE_LENGTH or not _CAPTION.search(body):
            break
        found.insert(0, Span(block.start, block.end))
    return tuple(found)


def _give_headers(text: str, rows: list[Block], captions: tuple[Span, ...]) -> None:
    cells = [find_cells(text, Span(row.start, row.end)) for row in rows]
    while len(cells) > 1 and len(cells[0]) == 1 and _CAPTION.search(text[slice(*cells[0][0])]):
        captions += (cells[0][0],)
        rows, cells = rows[1:], cells[1:]
    header = _header_of(text, rows, cells)
    above: Span | None = None
    for i, row in enumerate(rows):
        raw = text[row.start - 1 : row.end] if row.start else text[: row.end]
        inherits = raw.startswith("\t") and above is not None and i > 0
        if cells[i] and not inherits:
            above = cells[i][0]
        if i != header:
            spans = [Span(rows[header].start, rows[header].end)] if header is not None and header < i else []
            row.context = (*captions, *spans, *([above] if inherits and above else []))


def _header_of(text: str, rows: list[Block], cells: list[list[Span]]) -> int | None:
    """The header row: marked by a rule below it, or short words above longer or numeric cells."""
    if len(rows) < 2 or len(cells[0]) < 2:
        return None
    between = text[rows[0].end : rows[1].start]
    if re.search(r"\|\s*:?-{2,}", between):
        return 0
    words = [text[c.start : c.end] for c in cells[0]]
    if any(re.fullmatch(r"[\d.,%+\-▲△億万円人件]+", word.strip()) for word in words):
        return None
    body = [text[c.start : c.end] for row in cells[1:] for c in row]
    mean = sum(map(len, words)) / len(words)
    numeric = sum(bool(re.search(r"\d", word)) for word in body) > len(body) / 2
    longer = sum(map(len, body)) / max(1, len(body)) > 1.6 * mean
    return 0 if mean <= 25 and (numeric or longer) else None


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


def _last_sentence(text: str, block: Block) -> Span:
    stop = max(text.rfind(end, block.start, block.end - 1) for end in "。！？")
    return trim(text, max(block.start, stop + 1), block.end)
