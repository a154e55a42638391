"""The original PDF page as an image, the quote's lines boxed.

The boxes are looked up on the page by the quote's characters, because a document's text keeps no
coordinates; where they are not found the page is shown without boxes, never with wrong ones.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from assistant.chat_words import Language, say
from index import Document
from index.pdf_glyphs import Box, Glyph, look_at
from index.reading_pdf import PDFIUM

WIDTH = 1100
"""Pixels of the image."""


def has_sheet(document: Document) -> bool:
    """Whether the document is a PDF whose file is still the one that was read."""
    path = Path(document.source)
    if path.suffix.lower() != ".pdf" or not document.pages or not path.is_file():
        return False
    status = path.stat()
    return _digest(path, status.st_mtime_ns, status.st_size) == document.sha256


@lru_cache(maxsize=256)
def _digest(path: Path, changed: int, size: int) -> str:
    """Of the file as it is now: the time and size only make a changed file a new question."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def render_sheet(document: Document, start: int, end: int, language: Language) -> str:
    """The page that holds `start` as an <img> with its picture inside, the quote boxed."""
    number = document.page_at(start)
    if number is None or not has_sheet(document):
        return ""
    picture, width, height, glyphs = _draw(Path(document.source), number)
    boxes = find_boxes(glyphs, document.text[start:end], _before(document, number, start, end))
    marks = "".join(
        f'<i style="left:{b.x0 / width:.2%};top:{b.y0 / height:.2%};'
        f'width:{(b.x1 - b.x0) / width:.2%};height:{(b.y1 - b.y0) / height:.2%}"></i>'
        for b in boxes
    )
    title = html.escape(say(language, "sheet_of", title=document.title, page=number))
    data = base64.b64encode(picture).decode()
    return f'<figure class="sheet"><img alt="{title}" src="data:image/png;base64,{data}">{marks}</figure>'


def _draw(path: Path, number: int) -> tuple[bytes, float, float, list[Glyph]]:
    """The page as PNG, its size in points, and its glyphs. pdfium is not safe between threads."""
    import pypdfium2

    with PDFIUM:
        file = pypdfium2.PdfDocument(path)
        try:
            page = file[number - 1]
            sheet = look_at(page, number)
            image = page.render(scale=WIDTH / sheet.width).to_pil()
        finally:
            file.close()
    out = io.BytesIO()
    image.save(out, "PNG", optimize=False)
    return out.getvalue(), sheet.width, sheet.height, sheet.glyphs


def _before(document: Document, number: int, start: int, end: int) -> int:
    """How often the quote's characters stand on the page in front of the quote."""
    begin = next(page.start for page in document.pages if page.number == number)
    return _plain(document.text[begin:start]).count(_plain(document.text[start:end]))


def find_boxes(glyphs: Sequence[Glyph], quote: str, before: int = 0) -> list[Box]:
    """One box a line around the glyphs that spell the quote, its occurrence number `before`."""
    owners = [n for n, glyph in enumerate(glyphs) for _ in _plain(glyph.char)]
    spelled = "".join(_plain(glyph.char) for glyph in glyphs)
    wanted = _plain(quote)
    at = spelled.find(wanted) if wanted else -1
    for _ in range(before):
        at = spelled.find(wanted, at + 1) if at >= 0 else -1
    if at < 0:
        return []
    lines: list[Box] = []
    for n in dict.fromkeys(owners[at : at + len(wanted)]):
        g = glyphs[n]
        if lines and _same_line(lines[-1], g):
            last = lines[-1]
            lines[-1] = Box(last.x0, min(last.y0, g.y0), max(last.x1, g.x1), max(last.y1, g.y1))
        else:
            lines.append(Box(g.x0, g.y0, g.x1, g.y1))
    return lines


def _same_line(line: Box, glyph: Glyph) -> bool:
    middle = (glyph.y0 + glyph.y1) / 2
    near = -glyph.size < glyph.x0 - line.x1 < 3 * glyph.size
    return near and line.y0 <= middle <= line.y1


def _plain(text: str) -> str:
    """Letters and digits as they are compared: width, blanks and marks do not count."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())
