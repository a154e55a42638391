"""PDF files, by pdfium: text in reading order, ruled tables as rows, page by page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from threading import Lock
from typing import Any

from index.drafts import Draft, Source, Writer, clean, sensible_title
from index.pdf_headings import (
    HEADING,
    find_largest,
    find_levels,
    find_numbered,
    gather_labels,
    join_titles,
    may_head,
    round_size,
    usual_size,
)
from index.pdf_layout import read_layout
from index.pdf_lines import NOTE, join_texts
from index.pdf_pages import BLANK, PdfPage, read_page
from index.pdf_paragraphs import Block, Grid, Paragraph, continues
from index.pdf_running import find_running

PDFIUM = Lock()
"""pdfium may be called from one thread at a time only."""
BULLETS = re.compile(r"[\s\u3000]*[•‣⁃◦⚫⬤\ue000-\uf8ff][\s\u3000]*")
"""Bullets, also those of symbol fonts, which have no meaning as characters."""


def read_pdf(source: Source) -> Draft:
    """The text of a PDF file; raises ReadError when no page has any."""
    with PDFIUM:
        pages, title = _read_pages(source)
    if all(page.problem for page in pages):
        raise source.refuse(_complain(pages)[0] + "文字認識(OCR)をしたPDFにしてください。")
    return _write(pages, _stitch(_lay_out(pages)), title)


def _read_pages(source: Source) -> tuple[list[PdfPage], str]:
    document = _open(source)
    try:
        if len(document) > source.limits.pages:
            raise source.refuse(
                f"{len(document):,}ページあります(上限は{source.limits.pages:,}ページ)。分割してください。"
            )
        pages = [read_page(document, i) for i in range(len(document))]
        return pages, sensible_title(document.get_metadata_dict().get("Title", ""))
    finally:
        document.close()


def _open(source: Source) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(source.data, password=source.password)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise source.refuse(
                "パスワードで保護されています"
                + ("(指定のパスワードでは開けません)" if source.password else "")
                + "。パスワードを指定するか、保護を外したPDFにしてください。"
            ) from None
        raise source.refuse("PDFとして開けません(壊れているか、PDFではありません)。") from None


def _lay_out(pages: Sequence[PdfPage]) -> list[list[Block]]:
    """The blocks of each page, running headers and footers left out."""
    sizes = Counter[float]()
    for page in pages:
        for segment in page.segments:
            sizes[round_size(segment.size)] += len(segment.text)
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    running = find_running([(p.box.x1, p.box.y1, p.segments) for p in pages], body)
    blocks = []
    for page, left_out in zip(pages, running, strict=True):
        kept = [s for s in page.segments if s not in left_out]
        found = read_layout([*kept, *page.grids], page.boxes, page.rules, page.box)
        if page.across:
            found = [*read_layout(page.across, [], [], page.box), *found]
        blocks.append(list(join_titles(gather_labels(found, body), body)))
    return blocks


def _stitch(blocks: list[list[Block]]) -> list[list[Block]]:
    """Footnotes at the end of a page go before the paragraph that the next page continues."""
    for page, after in pairwise(blocks):
        last = next(
            (i for i in range(len(page) - 1, -1, -1) if after and _goes_over(page[i], after[0])),
            None,
        )
        if last is not None and _are_notes(page[last + 1 :], page[last]):
            page.append(page.pop(last))
    return blocks


def _are_notes(rest: Sequence[Block], than: Block) -> bool:
    """Whether the rest of a page is notes: the first one is known by its number or its size, and
    what stands below it belongs to it.
    """
    texts = [b for b in rest if isinstance(b, Paragraph)]
    if not texts or len(texts) < len(rest):
        return not rest
    small = isinstance(than, Paragraph) and all(b.size < 0.95 * than.size for b in texts)
    return small or texts[0].text.startswith((NOTE, "※", "（注", "(注", "注"))


def _goes_over(a: Block, b: Block) -> bool:
    """Whether `b`, at the top of a page, continues `a`: a paragraph, or a table whose columns are
    the same and whose header does not come again.
    """
    if isinstance(a, Grid) and isinstance(b, Grid) and a.table.rows and b.table.rows:
        return (
            len(a.edges) == len(b.edges)
            and all(abs(x - y) <= 3 for x, y in zip(a.edges, b.edges, strict=True))
            and not b.table.captions
            and b.table.rows[0] != a.table.rows[0]
        )
    return continues(a, b)


def _write(pages: Sequence[PdfPage], blocks: list[list[Block]], title: str) -> Draft:
    writer = Writer()
    levels = find_levels(blocks)
    numbered = find_numbered(blocks, levels)
    before: Block | None = None
    for page, found in zip(pages, blocks, strict=True):
        writer.page(page.number)
        usual = usual_size(found)
        for i, (block, depth) in enumerate(zip(found, _depths(found), strict=True)):
            if i == 0 and before is not None and _goes_over(before, block):
                _carry_on(writer, block)
            else:
                level = numbered.get(id(block)) or _level(block, levels, usual)
                _write_block(writer, block, level, depth)
        if found:
            before = _head_on(before, found)
    first = next((found for found in blocks if found), [])
    return Draft(
        writer.text(), title or find_largest(first), writer.pages(), tuple(_complain(pages))
    )


def _head_on(before: Block | None, found: Sequence[Block]) -> Block:
    """The last block of a page; a table that fills the page keeps the header it has from before."""
    last = found[-1]
    if (
        isinstance(last, Grid)
        and isinstance(before, Grid)
        and len(found) == 1
        and _goes_over(before, last)
    ):
        return replace(last, table=before.table)
    return last


def _carry_on(writer: Writer, block: Block) -> None:
    if isinstance(block, Grid):
        writer.more_rows(block.table.rows)
        return
    end = writer.parts[-1][-200:]
    writer.carry_on(join_texts(end, clean(block.text))[len(end) :])


def _level(block: Block, levels: dict[float, int], usual: float) -> int:
    """The level of a heading by its size, larger than most of its page; 0 for other text."""
    if isinstance(block, Grid) or block.size <= HEADING * usual or not may_head(block):
        return 0
    return levels.get(round_size(block.size), 0)


def _write_block(writer: Writer, block: Block, level: int, depth: int) -> None:
    if isinstance(block, Grid):
        for caption in block.table.captions:
            writer.paragraph(caption)
        writer.table(block.table.rows)
    elif bullet := BULLETS.match(block.text):
        writer.item(block.text[bullet.end() :], depth=depth)
    elif level:
        writer.heading(level, block.text)
    else:
        writer.paragraph(block.text)


def _depths(blocks: Sequence[Block]) -> list[int]:
    """How deep each list item stands: the number of items above it that it is indented under."""
    depths: list[int] = []
    lefts: list[float] = []
    height = 0.0
    for block in blocks:
        if block.box.y1 < height:  # the next column
            lefts.clear()
        height = block.box.y0
        if isinstance(block, Paragraph) and BULLETS.match(block.text):
            while lefts and lefts[-1] > block.box.x0 - 0.5 * block.size:
                lefts.pop()
            depths.append(len(lefts))
            lefts.append(block.box.x0)
        else:
            depths.append(0)
            if isinstance(block, Grid) or block.box.x0 < (lefts or [0.0])[0]:
                lefts.clear()
    return depths


def _complain(pages: Sequence[PdfPage]) -> list[str]:
    """What could not be read, one sentence a reason, with the pages' numbers."""
    warnings = []
    for why in dict.fromkeys(p.problem for p in pages if p.problem not in ("", BLANK)):
        where = _ranges([p.number for p in pages if p.problem == why])
        warnings.append(f"{where}ページ{why}。")
    if vertical := [p.number for p in pages if p.across is not None]:
        warnings.append(
            f"{_ranges(vertical)}ページは縦書きです。段や表の順序が乱れている場合があります。"
        )
    if not warnings and all(p.problem for p in pages):
        warnings.append("文字のあるページがありません。")
    return warnings


def _ranges(numbers: Sequence[int]) -> str:
    """1,2,3,5 as 「1〜3、5」."""
    parts: list[list[int]] = []
    for n in numbers:
        if parts and n == parts[-1][-1] + 1:
            parts[-1].append(n)
        else:
            parts.append([n])
    return "、".join(str(p[0]) if len(p) == 1 else f"{p[0]}〜{p[-1]}" for p in parts)
