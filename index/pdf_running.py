"""Running headers, footers and page numbers: what stands in the margins of page after page."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from index.pdf_lines import Segment

BAND = 0.12
"""The upper and lower part of a page in which they stand; at the sides half as much."""
FEWEST = 3
NUMBERED = re.compile(r"^(?!.{13})\D{0,4}?(\d{1,4})(?:\s*[/／]\s*\d{1,4})?\D{0,3}$")
ROMAN = re.compile(r"[ivxlcIVXLC]{1,6}$")
Key = tuple[str, int, int]
Margin = Sequence[tuple[Segment, float, float]]
Page = tuple[float, float, Sequence[Segment]]
"""Width, height and the segments outside tables."""


def find_running(pages: Sequence[Page], body: float) -> list[set[Segment]]:
    """For each page the segments that only repeat.

    A text counts as running when it stands at the same place of three pages and of a third of
    them, or of most pages of a stretch (a chapter's); digits may differ. Titles, larger than the
    body, are kept: slides repeat theirs, and it says what the page is about.
    """
    margins = [
        [(s, width, height) for s in segments if _in_margin(s, width, height)]
        for width, height, segments in pages
    ]
    steps = _steps(margins, re.compile(r"^(\d{1,4})\D|\D(\d{1,4})$"), 0.4)
    keyed = [
        [(s, _key(s, width, height, n, steps)) for s, width, height in margin]
        for n, margin in enumerate(margins)
    ]
    found: dict[Key, list[int]] = defaultdict(list)
    for number, page in enumerate(keyed):
        for segment, key in page:
            if segment.size <= 1.25 * body:
                found[key].append(number)
    running = {key for key, at in found.items() if _is_running(sorted(set(at)), len(pages))}
    numbers = _page_numbers(keyed, _steps(margins, NUMBERED, 0.25))
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


def _steps(margins: Sequence[Margin], pattern: re.Pattern[str], share: float) -> set[int]:
    """The differences between a number in the margin and its page's place that recur: a chapter
    may count its own pages.
    """
    counts = Counter[int]()
    for n, margin in enumerate(margins):
        numbers = [_number(s, pattern) for s, _, _ in margin]
        counts.update({number - n for number in numbers if number is not None})
    fewest = max(2, share * len(margins))
    return {step for step, count in counts.items() if count >= fewest}


def _number(segment: Segment, pattern: re.Pattern[str]) -> int | None:
    match = pattern.search(segment.text.strip())
    return int(next(g for g in match.groups() if g)) if match else None


def _key(segment: Segment, width: float, height: float, page: int, steps: set[int]) -> Key:
    """The text without the number of its page, and where it stands, to a fiftieth of the page."""
    text = re.sub(r"\s+", "", segment.text)
    for step in steps:
        text = re.sub(rf"^{page + step}(?=\D)|(?<=\D){page + step}$", "#", text)
    down = round(50 * (segment.y0 + segment.y1) / 2 / height)
    return text, down, round(10 * segment.x0 / width)


def _is_running(at: Sequence[int], pages: int) -> bool:
    if len(at) < FEWEST:
        return False
    stretch = at[-1] - at[0] + 1
    return len(at) >= pages / 3 or len(at) >= 0.4 * stretch


def _page_numbers(
    keyed: Sequence[Sequence[tuple[Segment, Key]]], steps: set[int]
) -> list[set[Segment]]:
    """The segments that are the page's number; also Roman ones, where others have Arabic ones."""
    found = [
        {s for s, _ in page if (number := _number(s, NUMBERED)) is not None and number - n in steps}
        for n, page in enumerate(keyed)
    ]
    lines = {
        key[1] for page, some in zip(keyed, found, strict=True) for s, key in page if s in some
    }
    return [
        some | {s for s, key in page if key[1] in lines and ROMAN.match(s.text)}
        for page, some in zip(keyed, found, strict=True)
    ]
