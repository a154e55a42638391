"""PDF files, by pdfium: text in reading order, ruled tables as rows, page by page."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from threading import Lock
from typing import Any

from index.drafts import Draft, Source, Writer, clean, sensible_title
from index.grids import Cell, lay_out
from index.pdf_glyphs import Box, Glyph, Sheet, look_at
from index.pdf_layout import LISTED, MARK, NEVER, Block, Grid, Paragraph, continues, read_layout
from index.pdf_lines import (
    NOTE,
    Segment,
    find_segments,
    is_set_vertically,
    join_texts,
    lay_down,
)
from index.pdf_running import find_running
from index.pdf_tables import Field, Ruled, find_tables
from index.reading_text import join_title

_PDFIUM = Lock()
"""pdfium may be called from one thread at a time only."""
GARBLED = 0.15
"""A page with this share of characters that no Japanese text holds has a broken character map."""
STRANGE = re.compile(r"[\u0080-\u00a0\u00a1-\u00a6\u00a8-\u00af\u00b2\u00b3\u00b5\u00b8-\u00d6\u00d8-\u00f6\u00f8-\u02ff\ufffd]")
HEADING = 1.15
"""A heading is set larger than the text by this factor."""
HEADING_LENGTH = 60
BLANK = "は白紙です"
MOST_CELLS = 100_000
LABEL = 12
FEWEST_LABELS = 4
BULLETS = re.compile(r"[\s\u3000]*[•‣⁃◦\ue000-\uf8ff][\s\u3000]*")
"""Bullets, also those of symbol fonts, which have no meaning as characters."""


@dataclass(frozen=True, slots=True)
class _Page:
    number: int
    box: Box
    segments: list[Segment]
    grids: list[Grid]
    boxes: list[Box]
    problem: str = ""
    """Why there is no text to read, to be said after the page's number."""
    vertical: bool = False


def read_pdf(source: Source) -> Draft:
    """The text of a PDF file; raises ReadError when no page has any."""
    with _PDFIUM:
        pages, title = _read_pages(source)
    if all(page.problem for page in pages):
        raise source.refuse(_complain(pages)[0] + "文字認識(OCR)をしたPDFにしてください。")
    blocks = _lay_out(pages)
    return _write(pages, blocks, title)


def _read_pages(source: Source) -> tuple[list[_Page], str]:
    document = _open(source)
    try:
        if len(document) > source.limits.pages:
            raise source.refuse(
                f"{len(document):,}ページあります(上限は{source.limits.pages:,}ページ)。分割してください。"
            )
        pages = [_read_page(document, i) for i in range(len(document))]
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


def _read_page(document: Any, index: int) -> _Page:
    import pypdfium2

    try:
        page = document[index]
        sheet = look_at(page, index + 1)
        page.close()
    except pypdfium2.PdfiumError:
        return _Page(index + 1, Box(0, 0, 1, 1), [], [], [], "は壊れていて読めません")
    box = Box(0, 0, sheet.width, sheet.height)
    solid = [g.char for g in sheet.glyphs if not g.char.isspace()]
    if not solid:
        why = "に文字がありません(画像のみ)" if sheet.pictures or sheet.unmapped else BLANK
        return _Page(index + 1, box, [], [], [], why)
    if sum(bool(STRANGE.match(c)) for c in solid) > GARBLED * len(solid):
        return _Page(index + 1, box, [], [], [], "の文字は読み取れません(文字の対応表が壊れています)")
    return _analyse(sheet)


def _analyse(sheet: Sheet) -> _Page:
    vertical = is_set_vertically(sheet.glyphs)
    sheet = lay_down(sheet) if vertical else sheet
    free = sheet.glyphs
    grids: list[Grid] = []
    for ruled in find_tables(sheet.rules):
        grid, free = _fill(ruled, free)
        if grid:
            grids.append(grid)
    box = Box(0, 0, sheet.width, sheet.height)
    return _Page(
        sheet.number, box, find_segments(free), grids, sheet.boxes, vertical=vertical
    )


def _fill(ruled: Ruled, glyphs: list[Glyph]) -> tuple[Grid | None, list[Glyph]]:
    """A table with the text in its cells, and the glyphs that stand outside.

    Lines that enclose text in one column only are a frame, no table.
    """
    inside: dict[Field, list[Glyph]] = {}
    rest: list[Glyph] = []
    for glyph in glyphs:
        x, y = (glyph.x0 + glyph.x1) / 2, (glyph.y0 + glyph.y1) / 2
        home = next((f for f in ruled.fields if _covers(f.box, x, y)), None)
        if home is None:
            rest.append(glyph)
        else:
            inside.setdefault(home, []).append(glyph)
    segments = {f: found for f, g in inside.items() if (found := find_segments(g))}
    rows = Counter(f.row for f in segments)
    if len({f.column for f in segments}) < 2 or sum(n > 1 for n in rows.values()) < 2:
        return None, glyphs
    return Grid(ruled.box, lay_out(_cells(segments), MOST_CELLS)), rest


def _covers(box: Box, x: float, y: float) -> bool:
    return box.x0 <= x < box.x1 and box.y0 <= y < box.y1


def _cells(segments: dict[Field, list[Segment]]) -> list[Cell]:
    """The cells with their text. A row whose columns hold the same number of lines was several
    rows, with no line drawn between them.
    """
    cells: list[Cell] = []
    added = 0
    for row in sorted({f.row for f in segments}):
        fields = [f for f in segments if f.row == row]
        levels = _levels([s for f in fields for s in segments[f]])
        single = all(f.rows == 1 for f in fields)
        if single and _is_split([segments[f] for f in fields], len(levels)):
            for field in fields:
                for segment in segments[field]:
                    at = next(i for i, y in enumerate(levels) if abs(_middle(segment) - y) < 0.5 * segment.size)
                    cells.append(Cell(row + added + at, field.column, 1, field.columns, segment.text))
            added += len(levels) - 1
        else:
            cells += [
                Cell(row + added, f.column, f.rows, f.columns, _text(segments[f])) for f in fields
            ]
    return cells


def _middle(segment: Segment) -> float:
    return (segment.y0 + segment.y1) / 2


def _levels(segments: Iterable[Segment]) -> list[float]:
    levels: list[float] = []
    for segment in sorted(segments, key=_middle):
        if not levels or _middle(segment) - levels[-1] >= 0.5 * segment.size:
            levels.append(_middle(segment))
    return levels


def _is_split(columns: Sequence[Sequence[Segment]], levels: int) -> bool:
    """Whether most columns have a line at most levels, and one of them is numbers."""
    full = [c for c in columns if len(c) >= 0.7 * levels]
    numeric = any(sum(bool(re.search(r"\d", s.text)) for s in c) >= 0.7 * len(c) for c in full)
    return levels >= 2 and len(full) >= max(2, 0.6 * len(columns)) and numeric


def _text(segments: Sequence[Segment]) -> str:
    text = ""
    for segment in segments:
        text = join_texts(text, segment.text)
    return text


def _lay_out(pages: Sequence[_Page]) -> list[list[Block]]:
    """The blocks of each page, running headers and footers left out."""
    sizes = Counter[float]()
    for page in pages:
        for segment in page.segments:
            sizes[round(segment.size * 2) / 2] += len(segment.text)
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    running = find_running([(p.box.x1, p.box.y1, p.segments) for p in pages], body)
    blocks = []
    for page, left_out in zip(pages, running, strict=True):
        kept = [s for s in page.segments if s not in left_out]
        blocks.append(list(_gather(read_layout([*kept, *page.grids], page.boxes, page.box), body)))
    return blocks


def _gather(blocks: Sequence[Block], body: float) -> Iterator[Block]:
    """The labels of a chart as one paragraph: alone, each would look like a heading. Labels that
    begin at one edge are a list, and stay.
    """
    for labels, group in groupby(blocks, key=lambda block: _is_label(block, body)):
        found = list(group)
        lines = [b for b in found if isinstance(b, Paragraph)]
        lefts = {round(b.left / b.size) for b in lines}
        if labels and len(lines) >= FEWEST_LABELS and len(lefts) > len(lines) / 2:
            text = " ".join(b.text for b in lines)
            yield replace(lines[0], text=text, left=lines[0].edge + body, slack=NEVER)
        else:
            yield from found


def _is_label(block: Block, body: float) -> bool:
    return (
        isinstance(block, Paragraph)
        and len(block.text) <= LABEL
        and block.size <= HEADING * body
        and not MARK.match(block.text)
        and not LISTED.search(block.text)
    )


def _write(pages: Sequence[_Page], blocks: list[list[Block]], title: str) -> Draft:
    writer = Writer()
    levels = _heading_levels(blocks)
    before: Block | None = None
    for page, found in zip(pages, _stitch(blocks), strict=True):
        writer.page(page.number)
        large = _page_size(found)
        depths = _depths(found)
        for i, block in enumerate(found):
            if i == 0 and before is not None and continues(before, block):
                _carry_on(writer, block)
            else:
                _write_block(writer, block, levels, large, depths[i])
        before = found[-1] if found else None
    return Draft(
        writer.text(), title or _largest(blocks[0] if blocks else []), writer.pages(), tuple(_complain(pages))
    )


def _carry_on(writer: Writer, block: Block) -> None:
    if isinstance(block, Paragraph):
        text = writer.parts[-1]
        writer.carry_on(join_texts(text[-40:], clean(block.text))[len(text[-40:]) :])


def _depths(blocks: Sequence[Block]) -> list[int]:
    """How deep each list item stands: the number of items above it that it is indented under."""
    depths: list[int] = []
    lefts: list[float] = []
    for block in blocks:
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


def _write_block(
    writer: Writer, block: Block, levels: dict[float, int], large: float, depth: int
) -> None:
    if isinstance(block, Grid):
        for caption in block.table.captions:
            writer.paragraph(caption)
        writer.table(block.table.rows)
        return
    size = _rounded(block.size)
    bullet = BULLETS.match(block.text)
    if bullet:
        writer.item(block.text[bullet.end() :], depth=depth)
    elif size in levels and block.size > HEADING * large and _may_head(block):
        writer.heading(levels[size], block.text)
    else:
        writer.paragraph(block.text)


def _stitch(blocks: list[list[Block]]) -> list[list[Block]]:
    """Footnotes at the end of a page go before the paragraph that the next page continues."""
    for page, after in zip(blocks, blocks[1:], strict=False):
        last = next(
            (i for i in range(len(page) - 1, -1, -1) if after and continues(page[i], after[0])), None
        )
        if last is not None and all(_is_note(b, page[last]) for b in page[last + 1 :]):
            page.append(page.pop(last))
    return blocks


def _is_note(block: Block, than: Block) -> bool:
    if isinstance(block, Grid) or isinstance(than, Grid):
        return False
    return block.size < 0.95 * than.size or block.text.startswith(NOTE)


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _page_size(blocks: Iterable[Block]) -> float:
    """The size that most of a page's text has: slides have their own."""
    sizes = Counter[float]()
    for block in blocks:
        if isinstance(block, Paragraph):
            sizes[block.size] += len(block.text)
    return sizes.most_common(1)[0][0] if sizes.total() >= 100 else 0.0


def _may_head(block: Paragraph) -> bool:
    text = block.text.strip()
    return (
        len(text) <= HEADING_LENGTH
        and not text.endswith(("。", "、", "，"))
        and any(unicodedata.category(c)[0] == "L" for c in text)
    )


def _heading_levels(blocks: Iterable[Iterable[Block]]) -> dict[float, int]:
    """Heading sizes with their level: what is larger than the body and set in short lines."""
    sizes = Counter[float]()
    heads = Counter[float]()
    for page in blocks:
        for block in page:
            if isinstance(block, Paragraph):
                sizes[_rounded(block.size)] += len(block.text)
                heads[_rounded(block.size)] += len(block.text) if _may_head(block) else 0
    if not sizes:
        return {}
    body = sizes.most_common(1)[0][0]
    large = [
        s for s in sorted(sizes, reverse=True) if s > HEADING * body and heads[s] > 0.5 * sizes[s]
    ]
    return {size: min(level, 6) for level, size in enumerate(large, 1)}


def _largest(blocks: Sequence[Block]) -> str:
    """The largest text of the first page."""
    texts = [b for b in blocks if isinstance(b, Paragraph) and _may_head(b)]
    if not texts:
        return ""
    top = max(b.size for b in texts)
    lines = [b.text for b in texts if b.size > 0.95 * top]
    broken = join_title(lines)
    rest = lines[1:] if broken == lines[0] else []
    title = " ".join([broken, *rest])
    return clean(title if len(title) <= 2 * HEADING_LENGTH else broken)


def _complain(pages: Sequence[_Page]) -> list[str]:
    """What could not be read, one sentence a reason, with the pages' numbers."""
    warnings = []
    for why in dict.fromkeys(p.problem for p in pages if p.problem not in ("", BLANK)):
        where = _ranges([p.number for p in pages if p.problem == why])
        warnings.append(f"{where}ページ{why}。")
    if vertical := [p.number for p in pages if p.vertical]:
        warnings.append(f"{_ranges(vertical)}ページは縦書きです。段や表の順序が乱れている場合があります。")
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
