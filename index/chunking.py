"""Blocks into passages of about 100 to 230 characters that never cut a sentence or a row.

A longer sentence is a passage of its own. Passages of up to 350 characters were tried: the gold
sentence then stood less often within the first 400 characters returned (.55 against .63 of the
development questions, .94 against .97 on JSQuAD).

A passage keeps the headings it stands under beside its offsets: they are embedded and indexed
with it, because 「第2回は6月上旬を予定」 says nothing without its heading.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from index.blocks import Block
from index.folding import display
from index.hanging import find_cells
from index.records import Document, Passage, Span, Unit, UnitKind
from index.sentences import LONGEST, cut_long, split_sentences, trim
from index.structure import find_blocks

CUTTING = "8"
"""Raised whenever texts are cut, displayed or made into words otherwise: an index holds both."""
TARGET = 190
"""Characters at which a passage is full."""
MOST = 230
"""Characters that one more sentence may not go beyond."""
SMALLEST = 70
"""A passage below this goes on over a heading."""
_LEAD_CELL = 60
"""A cell up to this many characters names the row rather than fills it."""
_BORROWED = 80
"""Characters of a header or lead that a passage without it carries in its heading."""
_DEEPEST_ALWAYS = 2
"""Headings up to this level always begin a passage."""


@dataclass(slots=True)
class _Draft:
    units: list[Unit] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    """The level of each unit's heading; 0 for what is none."""
    size: int = 0
    heading: tuple[str, ...] = ()


def cut(document: Document) -> list[Passage]:
    """The passages of a document, in order; every block lies in exactly one.

    Ids are `<document id>#<n>`, n from 0.
    """
    drafts = _draft(document)
    passages = []
    for n, draft in enumerate(drafts):
        start, end = draft.units[0].start, draft.units[-1].end
        passages.append(
            Passage(
                id=f"{document.id}#{n}",
                document_id=document.id,
                start=start,
                end=end,
                text=document.text[start:end],
                heading=" › ".join((document.title, *draft.heading, *_borrowed(document, draft, start))),
                page=document.page_at(start),
                units=tuple(draft.units),
            )
        )
    return passages


def embedded_text(passage: Passage) -> str:
    """What is embedded for a passage: the nearest heading, then its displayed text.

    The whole path costs a third more tokens in documents with long titles and finds no more: the
    gold sentence stood within 400 characters for .66 of the development questions (.67 with the
    nearest heading) and .97 of JSQuAD's (.96), within 1,600 for .83 (.80) and .98 (.98).
    """
    return f"{passage.heading.rpartition(' › ')[2]}\n{display(passage.text).text}"


def indexed_text(passage: Passage) -> str:
    """What the lexical leg holds of a passage: its heading path, then its displayed text."""
    return f"{passage.heading}\n{display(passage.text).text}"


def _borrowed(document: Document, draft: _Draft, start: int) -> list[str]:
    """What the first unit hangs on and the passage does not hold: a table's header, a list's lead."""
    first = next((u for u in draft.units if u.kind != "heading"), draft.units[0])
    spans = [span for span in first.context if span.start < start]
    return [display(document.text[span.start : span.end]).text[:_BORROWED] for span in spans]


def _draft(document: Document) -> list[_Draft]:
    drafts = [_Draft()]
    path: list[tuple[int, str]] = []
    for block in find_blocks(document.text, named=document.reader.startswith("csv/")):
        units = [u for u in _units(document.text, block) if display(document.text[u.start : u.end]).text]
        if not units:
            continue
        size = sum(unit.end - unit.start for unit in units)
        if _is_full(drafts[-1], block, size):
            drafts.append(_next(drafts[-1]))
        if block.kind == "heading":
            _enter(path, block, display(document.text[block.start : block.end]).text)
        for unit in units:
            draft = drafts[-1]
            if draft.size + unit.end - unit.start > MOST and draft.size >= SMALLEST:
                draft = _Draft()
                drafts.append(draft)
            if not draft.units:
                above = path[:-1] if block.kind == "heading" else path
                draft.heading = tuple(name for _, name in above)[-4:]
            draft.units.append(unit)
            draft.levels.append(block.level if block.kind == "heading" else 0)
            draft.size += unit.end - unit.start
    return [draft for draft in drafts if draft.units]


def _is_full(draft: _Draft, block: Block, size: int) -> bool:
    if not draft.units:
        return False
    if block.kind == "heading":
        only_headings = all(draft.levels)
        if only_headings:
            return draft.size + size > TARGET
        return block.level <= _DEEPEST_ALWAYS or draft.size >= SMALLEST
    return draft.size + size > TARGET and draft.size >= SMALLEST


def _next(full: _Draft) -> _Draft:
    """A new draft; headings at the end of the full one belong to what follows them."""
    draft = _Draft(heading=full.heading)
    while full.levels[-1] and not all(full.levels):
        draft.units.insert(0, full.units.pop())
        draft.levels.insert(0, full.levels.pop())
        draft.size += draft.units[0].end - draft.units[0].start
        full.size -= draft.units[0].end - draft.units[0].start
    return draft


def _enter(path: list[tuple[int, str]], block: Block, name: str) -> None:
    """Put a heading on the path, below those of a higher level."""
    while path and path[-1][0] >= block.level:
        path.pop()
    path.append((block.level, name[:60]))


def _units(text: str, block: Block) -> list[Unit]:
    if block.kind == "heading":
        return [Unit(*piece, "heading") for piece in cut_long(text, Span(block.start, block.end))]
    if block.kind == "row":
        return _row_units(text, block)
    borders = [block.start, *block.breaks, block.end]
    spans = [
        span for a, b in zip(borders, borders[1:], strict=False) for span in split_sentences(text, a, b)
    ]
    kind: UnitKind = "item" if block.kind == "item" else "sentence"
    return [Unit(*span, kind, block.context) for span in spans]


def _row_units(text: str, block: Block) -> list[Unit]:
    """A row whole, or where it is too long its sentences, each with the row's leading cells."""
    if block.end - block.start <= LONGEST:
        return [Unit(block.start, block.end, "row", block.context)]
    cells = find_cells(text, Span(block.start, block.end))
    starts = [cells[0].start]
    for before, cell in zip(cells, cells[1:], strict=False):
        if before.end - before.start > _LEAD_CELL:
            starts.append(cell.start)
    spans = [
        span
        for a, b in zip(starts, [*starts[1:], block.end], strict=True)
        for span in split_sentences(text, a, b)
    ]
    lead = next((c for c in cells if c.end - c.start > _LEAD_CELL), cells[-1])
    leads = (trim(text, cells[0].start, lead.start),) if lead != cells[0] else ()
    return [Unit(*span, "row", block.context + (leads if i else ())) for i, span in enumerate(spans)]
