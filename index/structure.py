"""What a text is made of: headings, paragraphs, list items, table rows.

Read from the text alone, so that every format's reader needs to write only these few marks:
`# heading`, `- item`, rows with tabs or pipes. Slides turned into text also carry ■ ◆ 【】 ① and
titles that nothing marks but the empty lines around them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.blocks import Block, BlockKind, Line
from index.folding import CONTINUES
from index.hanging import find_cells, give_context
from index.sentences import trim

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
_SENTENCE_END = re.compile(r"[。．！？!?：:」）)][\s\"']*$")
_UNFINISHED = "をにがのはとでてへやも、・，"
"""A line that ends in a particle or a comma goes on."""
_HEADING_LENGTH = 45
_TITLE_LENGTH = 60
_NO_TITLE = re.compile(
    r"[。、．]|https?:|[:：,，]$|^[（(][^（）()]*[)）]$|^[（(【\[]?(?:出典|出所|資料[:：]|注\d*[:：）)]|備考|Note|Source)|^[※◎]"
    r"|^(?:[\d\s年月日度元期~～〜\-–―/.,()（）現在時点版案改訂]|令和|平成|昭和)+$"
)
"""What a title never is: a sentence, an address, a source, a remark in brackets, a bare date."""


def find_blocks(text: str, *, named: bool = False) -> list[Block]:
    """The blocks of a text, in order; every character that is not blank or a mark lies in one.

    `named`: the first row of a table names its columns.
    """
    lines = [_classify(line) for line in _lines(text)]
    _find_titles(lines)
    blocks = list(_gather(text, lines))
    give_context(text, blocks, named=named)
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
    line.indent = _indent(line.text, dashed=bool(marks["dash"]))
    body = line.text[marks.end() :].strip()
    if len(body) > _HEADING_LENGTH or not body or _SENTENCE_END.search(body) or "、" in body or marks["dash"]:
        return
    if marks["bullets"].strip() and marks["bullets"].strip()[0] in "■□◆◇●▼":
        line.kind, line.level = "heading", 12 if marks["bullets"][0] in "■□" else 13
    elif marks["number"] and not marks["bullets"]:
        line.level = 14 if marks["number"][0] in "(（①②③④⑤⑥⑦⑧⑨⑩" else 12


def _indent(text: str, *, dashed: bool) -> int:
    """Blanks before a mark; one before a dash nests nothing, as Markdown has it."""
    blanks = text[: len(text) - len(text.lstrip(" \t\u3000"))]
    return 0 if dashed and blanks == " " else len(blanks)


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
    return line.kind == "plain" and bool(CONTINUES.match(line.text.lstrip()[:1]))


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
