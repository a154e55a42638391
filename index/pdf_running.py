"""Running headers, footers and page numbers: what stands in the margins of page after page."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from index.pdf_lines import Segment

BAND = 0.12
"""The upper and lower part of a page in which they stand; at the sides half as much."""
FEWEST = 3
NUMBERED = re.compile(r"\D{0,4}?(\d{1,4})(?:\s*[/／]\s*\d{1,4})?\D{0,3}$")
Page = tuple[float, float, Sequence[Segment]]
"""Width, height and the segments outside tables."""


def find_running(pages: Sequence[Page], body: float) -> list[set[Segment]]:
    """For each page the segments that only repeat.

    A text counts as running when it stands at the same place of three pages and of a third of
    them, or of most pages of a stretch (a chapter's); digits may differ. Titles, larger than the
    body, are kept: slides repeat theirs, and it says what the page is about.
    """
    keyed = [
        [(s, _key(s, width, height)) for s in segments if _in_margin(s, width, height)]
        for width, height, segments in pages
    ]
    found: dict[tuple[str, int, int], list[int]] = defaultdict(list)
    for number, page in enumerate(keyed):
        for segment, key in page:
            if segment.size <= 1.25 * body:
                found[key].append(number)
    running = {key for key, at in found.items() if _is_running(sorted(set(at)), len(pages))}
    numbers = _page_numbers(keyed)
    return [
        {s for s, key in page if key in running or (s.size <= 1.6 * body and s in numbers[n])}
        for n, page in enumerate(keyed)
    ]


def _in_margin(segment: Segment, width: float, height: float) -> bool:
    return (
        segment.y1 < BAND * height
        or segment.y0 > (1 - BAND) * height
        or segment.x1 < BAND / 2 * width
        or segment.x0 > (1 - BAND / 2) * width
    )


def _key(segment: Segment, width: float, height: float) -> tuple[str, int, int]:
    """The text without its digits, and where it stands, to a fiftieth of the page."""
    text = re.sub(r"^\D?\d+|\d+\D?$", "0", re.sub(r"\s+", "", segment.text))
    down = round(50 * (segment.y0 + segment.y1) / 2 / height)
    across = 0 if text in ("0", "-0-") else round(10 * segment.x0 / width)
    return text, down, across


def _is_running(at: Sequence[int], pages: int) -> bool:
    if len(at) < FEWEST:
        return False
    stretch = at[-1] - at[0] + 1
    return len(at) >= pages / 3 or len(at) >= 0.4 * stretch


def _page_numbers(
    keyed: Sequence[Sequence[tuple[Segment, tuple[str, int, int]]]],
) -> list[set[Segment]]:
    """The segments that count the pages: number less page is the same on several pages."""
    candidates = [
        [(s, int(m[1])) for s, _ in page if len(s.text) <= 12 and (m := NUMBERED.match(s.text))]
        for page in keyed
    ]
    steps = Counter(
        step
        for n, page in enumerate(candidates)
        for step in {number - n for _, number in page}
    )
    fewest = max(2, len(keyed) // 4)
    known = {step for step, count in steps.items() if count >= fewest}
    found = [{s for s, number in page if number - n in known} for n, page in enumerate(candidates)]
    lines = {key[1] for page, some in zip(keyed, found, strict=True) for s, key in page if s in some}
    roman = re.compile(r"[ivxlcIVXLC]{1,6}$")
    return [
        some | {s for s, key in page if key[1] in lines and roman.match(s.text)}
        for page, some in zip(keyed, found, strict=True)
    ]
