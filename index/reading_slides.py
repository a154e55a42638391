"""PowerPoint files: a slide is a page; its title a heading, its outline a list, tables as rows."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from index.drafts import Draft, Source, Writer, clean, sensible_title
from index.grids import Cell, lay_out
from index.packed import open_package, parse_xml, read_title
from index.pdf_lines import join_texts

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
FURNITURE = ("DATE", "FOOTER", "SLIDE_NUMBER", "HEADER")
BAND = 20
"""Shapes whose tops differ by less than this part of the slide's height stand side by side."""


def read_pptx(source: Source) -> Draft:
    """The text of a PowerPoint file, speaker notes after each slide."""
    from pptx import Presentation

    with open_package(source) as package:
        title = sensible_title(read_title(package))
    presentation = Presentation(io.BytesIO(source.data))
    if len(presentation.slides) > source.limits.pages:
        raise source.refuse(
            f"スライドが{len(presentation.slides):,}枚あります(上限は{source.limits.pages:,}枚)。分割してください。"
        )
    writer = Writer()
    band = max(1, int(presentation.slide_height or BAND) // BAND)
    first = ""
    silent = []
    for number, slide in enumerate(presentation.slides, 1):
        writer.page(number)
        before = writer.length
        heading = _write_slide(writer, slide, band, source.limits.cells)
        first = first or heading
        if writer.length == before:
            silent.append(number)
    warnings = (
        [f"スライド{'、'.join(map(str, silent))}に文字がありません(画像のみ)。"] if silent else []
    )
    return Draft(writer.text(), title or first, writer.pages(), tuple(warnings))


def _write_slide(writer: Writer, slide: Any, band: int, cells: int) -> str:
    """Write one slide; returns its title."""
    title = slide.shapes.title
    heading = _joined(title.text_frame) if title is not None and title.has_text_frame else ""
    writer.heading(1, heading)
    shapes = [s for s in slide.shapes if title is None or s.shape_id != title.shape_id]
    for shape in _ordered(shapes, band):
        _write_shape(writer, shape, band, cells)
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None:
        for paragraph in notes.paragraphs:
            writer.paragraph(_line(paragraph))
    return heading


def _ordered(shapes: Iterable[Any], band: int) -> list[Any]:
    """From top to bottom, what stands at about one height from left to right."""
    return sorted(shapes, key=lambda s: ((s.top or 0) // band, s.left or 0))


def _write_shape(writer: Writer, shape: Any, band: int, cells: int) -> None:
    if shape.is_placeholder and shape.placeholder_format.type is not None:
        kind = shape.placeholder_format.type.name
        if kind in FURNITURE:
            return
        outline = kind in ("BODY", "OBJECT", "VERTICAL_BODY", "VERTICAL_OBJECT")
    else:
        outline = False
    if hasattr(shape, "shapes"):
        for inner in _ordered(shape.shapes, band):
            _write_shape(writer, inner, band, cells)
    elif getattr(shape, "has_table", False) and shape.has_table:
        _write_table(writer, shape.table, cells)
    elif getattr(shape, "has_chart", False) and shape.has_chart:
        _write_chart(writer, shape.chart)
    elif shape.has_text_frame:
        for paragraph in shape.text_frame.paragraphs:
            _write_paragraph(writer, paragraph, outline)
    else:
        for text in _diagram(shape):
            writer.paragraph(text)


def _write_paragraph(writer: Writer, paragraph: Any, outline: bool) -> None:
    """A paragraph; a list item where the layout or the paragraph itself sets a bullet."""
    properties = paragraph._p.pPr
    marks = {child.tag[len(A) :] for child in properties} if properties is not None else set()
    bulleted = "buChar" in marks or "buBlip" in marks or (outline and "buNone" not in marks)
    if bulleted and "buAutoNum" not in marks:
        writer.item(_line(paragraph), depth=paragraph.level)
    else:
        writer.paragraph(_line(paragraph))


def _line(paragraph: Any) -> str:
    """A paragraph's text, its line breaks joined as Japanese is."""
    text = ""
    for part in paragraph.text.split("\v"):
        text = join_texts(text, part.strip(" "))
    return clean(text)


def _joined(frame: Any) -> str:
    text = ""
    for paragraph in frame.paragraphs:
        text = join_texts(text, _line(paragraph))
    return text


def _write_table(writer: Writer, table: Any, most: int) -> None:
    cells = [
        Cell(
            i,
            j,
            cell.span_height,
            cell.span_width,
            " ".join(map(_line, cell.text_frame.paragraphs)),
        )
        if cell.is_merge_origin
        else Cell(i, j, 1, 1, " ".join(map(_line, cell.text_frame.paragraphs)))
        for i, row in enumerate(table.rows)
        for j, cell in enumerate(row.cells)
        if not cell.is_spanned
    ]
    laid = lay_out(cells, most)
    for caption in laid.captions:
        writer.paragraph(caption)
    writer.table(laid.rows)


def _write_chart(writer: Writer, chart: Any) -> None:
    """The numbers behind a chart: a row for each category."""
    if chart.has_title and chart.chart_title.has_text_frame:
        writer.paragraph(_joined(chart.chart_title.text_frame))
    for plot in chart.plots:
        series = list(plot.series)
        names = [str(name) for name in plot.categories]
        rows = [["", *(s.name or "" for s in series)]]
        rows += [
            [name, *(_number(s.values[i]) if i < len(s.values) else "" for s in series)]
            for i, name in enumerate(names)
        ]
        if names and series:
            writer.table(rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.15g}"


def _diagram(shape: Any) -> Iterator[str]:
    """The texts of a SmartArt drawing, which lie in a part of their own."""
    for element in shape._element.iter(
        "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
    ):
        key = element.get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm")
        root = parse_xml(shape.part.related_part(key).blob)
        for paragraph in root.iter(f"{A}p"):
            yield "".join(text.text or "" for text in paragraph.iter(f"{A}t"))
