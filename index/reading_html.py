"""HTML pages: the main text with headings, lists and tables; never scripts or menus."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from index.drafts import Draft, Source, TooLarge, Writer, clean
from index.encodings import Decoded
from index.grids import Cell, lay_out
from index.reading_text import decode_source

NEVER = {
    "script", "style", "noscript", "template", "iframe", "svg", "math", "button", "select", "form", "object",
    "audio", "video", "canvas", "rt", "rp", "head", "input", "textarea", "map",
}  # fmt: skip
AROUND = {"nav", "footer", "aside"}
"""What stands around the text of a page."""
BLOCKS = {
    "p", "div", "section", "article", "main", "header", "address", "blockquote", "pre", "figure", "figcaption", "dl",
    "dt", "dd", "details", "summary", "fieldset", "center", "hr", "body", "td", "th", "caption", "hgroup",
}  # fmt: skip
CHARSET = re.compile(rb"<meta[^>]{0,200}?charset=[\"']?([\w-]+)", re.I)
ALIASES = {
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "windows-31j": "cp932",
}
DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
ENOUGH = 200
"""So many characters in <main> or <article> are the page's text."""


@dataclass(slots=True)
class _Page:
    writer: Writer
    cells: int
    line: list[str] = field(default_factory=list)
    """Inline text not yet written."""
    item: tuple[str, int] | None = None
    """The number and depth of the list item whose first line is being gathered."""


def read_html(source: Source) -> Draft:
    """The text of an HTML page."""
    from lxml import html

    decoded = _decode(source)
    text = DECLARATION.sub("", decoded.text)
    if not text.strip():
        return Draft("")
    parser = html.HTMLParser(
        no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    root = html.document_fromstring(text, parser=parser)
    title = _title(root)
    page = _Page(Writer(), source.limits.cells)
    _walk(page, _main(root), 0)
    _flush(page)
    warnings = (decoded.warning,) if decoded.warning else ()
    return Draft(page.writer.text(), title, warnings=warnings)


def _decode(source: Source) -> Decoded:
    """By the page's own word where it holds, else as any text."""
    named = CHARSET.search(source.data[:4096])
    name = named[1].decode("ascii", "replace").lower() if named else ""
    if name and not source.data.startswith(
        (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    ):
        try:
            encoding = codecs.lookup(ALIASES.get(name, name)).name
            return Decoded(source.data.decode(encoding), encoding)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode_source(source)


def _title(root: Any) -> str:
    headings = [_inline(h) for h in root.iter("h1")]
    named = root.find(".//title")
    if len(headings) == 1 and headings[0]:
        return headings[0]
    return clean(named.text_content()) if named is not None else ""


def _main(root: Any) -> Any:
    """The element that holds the page's own text."""
    candidates = [*root.iter("main"), *root.xpath("//*[@role='main']")] or list(
        root.iter("article")
    )
    if len(candidates) == 1 and len(clean(candidates[0].text_content())) >= ENOUGH:
        return candidates[0]
    body = root.find("body")
    return body if body is not None else root


def _walk(page: _Page, element: Any, depth: int) -> None:
    """Write an element and, by the caller, what follows it."""
    tag = element.tag if isinstance(element.tag, str) else ""
    if tag in NEVER or tag in AROUND or _is_hidden(element):
        return
    if re.fullmatch(r"h[1-6]", tag):
        _flush(page)
        page.writer.heading(int(tag[1]), _inline(element))
    elif tag == "table":
        _flush(page)
        _write_table(page, element)
    elif tag in ("ul", "ol", "menu"):
        _flush(page)
        _write_list(page, element, depth)
    elif tag == "br":
        _flush(page)
    else:
        if tag in BLOCKS:
            _flush(page)
        _take(page, element.text)
        for child in element:
            _walk(page, child, depth)
            _take(page, child.tail)
        if tag in BLOCKS:
            _flush(page)


def _is_hidden(element: Any) -> bool:
    style = element.get("style", "").replace(" ", "").lower()
    return "hidden" in element.attrib or "display:none" in style


def _take(page: _Page, text: str | None) -> None:
    if text:
        page.line.append(text)


def _flush(page: _Page) -> None:
    """Write the inline text gathered so far."""
    text = clean("".join(page.line))
    page.line.clear()
    if not text:
        return
    if page.item is None:
        page.writer.paragraph(text)
    else:
        number, depth = page.item
        page.writer.item(text, number, depth)
        page.item = None


def _write_list(page: _Page, element: Any, depth: int) -> None:
    """Items with their numbers, as a browser shows them."""
    start = element.get("start", "1")
    number = int(start) if start.lstrip("-").isdigit() else 1
    for child in element:
        if child.tag in ("ul", "ol"):
            _write_list(page, child, depth + 1)
        elif child.tag == "li":
            value = child.get("value", "")
            number = int(value) if value.isdigit() else number
            page.item = (f"{number}." if element.tag == "ol" else "", depth)
            _take(page, child.text)
            for inner in child:
                _walk(page, inner, depth + 1)
                _take(page, inner.tail)
            _flush(page)
            page.item = None
            number += 1


def _inline(element: Any) -> str:
    return clean("".join(_texts(element)))


def _texts(element: Any) -> Iterator[str]:
    """The text inside an element, without scripts, readings and hidden parts."""
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str) and child.tag not in NEVER and not _is_hidden(child):
            yield " " if child.tag in ("br", "p", "div", "li", "tr", "td", "th") else ""
            yield from _texts(child)
        yield child.tail or ""


def _write_table(page: _Page, element: Any) -> None:
    """A table with rowspan and colspan; one of a single cell is a frame, its content is written."""
    cells = list(_cells(element, page.cells))
    for caption in element.iter("caption"):
        page.writer.paragraph(_inline(caption))
    if max((c.column + c.columns for c in cells), default=0) <= 1:
        for part in element.iter("td", "th"):
            if part.getparent() is not None and _table_of(part) is element:
                _walk(page, part, 0)
        return
    table = lay_out(cells, page.cells)
    for caption in table.captions:
        page.writer.paragraph(caption)
    page.writer.table(table.rows)


def _cells(table: Any, most: int) -> Iterator[Cell]:
    taken: set[tuple[int, int]] = set()
    rows = [row for row in table.iter("tr") if _table_of(row) is table]
    for at, row in enumerate(rows):
        column = 0
        for element in row:
            if element.tag not in ("td", "th"):
                continue
            while (at, column) in taken:
                column += 1
            across = _span(element, "colspan", 1000)
            down = _span(element, "rowspan", len(rows) - at)
            if len(taken) + down * across > most:
                raise TooLarge(f"表が大きすぎます(上限は{most:,}セル)。分割してください。")
            taken.update((at + i, column + j) for i in range(down) for j in range(across))
            yield Cell(at, column, down, across, _inline(element))
            column += across


def _table_of(element: Any) -> Any:
    return next(element.iterancestors("table"), None)


def _span(element: Any, name: str, most: int) -> int:
    value = element.get(name, "1")
    return max(1, min(int(value), most)) if value.isdigit() else 1
