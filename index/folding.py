"""Views of a text, each with a map back to its offsets.

`display` is what people and models see: markup and the line breaks inside a sentence are gone.
`fold` is what is compared: besides, width, case, ligatures and the blanks that character
recognition leaves between Japanese characters no longer differ. Neither is ever stored, because
NFKC moves characters (㍿ becomes four, ｶﾞ one) and a citation must count in the stored text.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from index.records import Span

_TAGS = (
    "p|br|hr|table|caption|colgroup|col|thead|tbody|tfoot|tr|td|th|ul|ol|li|dl|dt|dd|div|section|article"
    "|h[1-6]|pre|code|blockquote|center|img|a|details|summary|figure|figcaption|label|input|button"
)
_MARKUP = re.compile(
    r"(?P<gone>\*\*|<!--.*?-->|!\[[^\]\n]*\]\([^)\n]*\)|</?(?:b|i|u|em|strong|span|sup|sub|font)\b[^<>]*>)"
    rf"|(?P<gap>(?i:</?(?:{_TAGS})(?:\s[^<>]*)?/?>))"
    r"|(?P<link>(?<!!)\[(?P<label>(?:[^\]\[\n]|\\.)+)\]\((?:https?:|#|/|mailto:)[^)\s]*\))"
    r"|(?P<wave>\\sim\b)"
    r"|(?P<entity>&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});)"
    r"|(?P<escape>\\(?=[_$*#&%\[\](){}]))"
    r"|(?P<cell>[ \t]*(?:\t|(?<!\|)\|(?!\|))[ \t]*)"
    r"|(?P<lines>[ \t\u3000\u00a0]*(?:\r\n|\r|\n|\f)\s*(?P<marks>(?:#{1,6}[ \t]+|[-*+][ \t]+)*))"
)
_NEW_BLOCK = re.compile(r"[■□◆◇●○▶▷➤✓✔☑★※・•①-⑳【<＜]|[(（]?\d{1,2}[.)）．]")
CONTINUES = re.compile(r"[ーんっゃゅょぁぃぅぇぉンッャュョァィゥェォを、。，．）」』]")
"""What no sentence begins with: a line that begins so goes on with the one above, also over an empty line."""
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff9f々〆ー\U00020000-\U0003ffff]")
_CELL = " ｜ "


@dataclass(frozen=True, slots=True)
class View:
    """A text seen differently, and where each of its characters came from.

    `starts[i]` and `ends[i]` are the offsets, in the text it was made of, of the stretch that
    became `text[i]`.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def raw(self, start: int, end: int) -> Span:
        """The stretch of the original text that became `text[start:end]`."""
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else (self.ends[-1] if self.ends else 0)
            return Span(at, at)
        return Span(self.starts[start], self.ends[end - 1])

    def seen(self, start: int, end: int) -> Span:
        """The stretch of `text` that shows the original's [start, end)."""
        inside = [i for i, (s, e) in enumerate(zip(self.starts, self.ends, strict=True)) if s < end and e > start]
        return Span(inside[0], inside[-1] + 1) if inside else Span(0, 0)


class _Builder:
    """Collects characters with the stretch that each came from."""

    def __init__(self) -> None:
        self.chars: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []

    def put(self, text: str, start: int, end: int) -> None:
        for char in text:
            self.chars.append(char)
            self.starts.append(start)
            self.ends.append(end)

    def keep(self, text: str, start: int) -> None:
        for i, char in enumerate(text):
            self.put(char, start + i, start + i + 1)

    def gap(self, start: int, end: int) -> None:
        if self.chars and self.chars[-1] != " ":
            self.put(" ", start, end)

    def view(self) -> View:
        first, last = 0, len(self.chars)
        while first < last and self.chars[first].isspace():
            first += 1
        while last > first and self.chars[last - 1].isspace():
            last -= 1
        return View(
            "".join(self.chars[first:last]), tuple(self.starts[first:last]), tuple(self.ends[first:last])
        )


def is_wide(char: str) -> bool:
    """Whether a character is written without blanks around it: kana, kanji, full-width forms."""
    return bool(_WIDE.match(char))


@lru_cache(maxsize=8192)
def display(text: str) -> View:
    """The text as people read it: no markup, no line breaks inside a sentence, cells parted by `｜`.

    Blocks (paragraphs, items, headings) stay on lines of their own, without their marks.
    """
    out = _Builder()
    at = 0
    for mark in _MARKUP.finditer(text):
        out.keep(text[at : mark.start()], at)
        _put_mark(out, text, mark)
        at = mark.end()
    out.keep(text[at:], at)
    return _without_border_cells(out.view())


def _put_mark(out: _Builder, text: str, mark: re.Match[str]) -> None:
    start, end = mark.span()
    kind = {"label": "link", "marks": "lines"}.get(mark.lastgroup or "", mark.lastgroup)
    if kind == "gap":
        out.gap(start, end)
    elif kind == "link":
        out.keep(mark["label"].replace("\\", " "), mark.start("label"))
    elif kind == "wave":
        out.put("～", start, end)
    elif kind == "entity":
        out.put(html.unescape(mark.group()), start, end)
    elif kind == "cell":
        if out.chars and not "".join(out.chars[-3:]).endswith(_CELL):
            out.put(_CELL, start, end)
    elif kind == "lines":
        before, after = (out.chars[-1:] or [" "])[0], text[end : end + 1]
        if _ends_block(mark, text):
            out.put("\n", start, end)
        elif not (is_wide(before) or (after and is_wide(after))):
            out.gap(start, end)


def _ends_block(mark: re.Match[str], text: str) -> bool:
    """Whether a line break parts two blocks rather than the halves of a sentence."""
    if mark["marks"] or _NEW_BLOCK.match(text, mark.end()):
        return True
    blank = len(re.findall(r"\r\n|\r|\n|\f", mark.group())) > 1
    return blank and not CONTINUES.match(text, mark.end())


def _without_border_cells(view: View) -> View:
    """Drop the cell marks that a Markdown row's outer pipes leave at both ends."""
    first, last = 0, len(view.text)
    while first < last and view.text[first] in "｜ ":
        first += 1
    while last > first and view.text[last - 1] in "｜ ":
        last -= 1
    return View(view.text[first:last], view.starts[first:last], view.ends[first:last])


def _clusters(text: str) -> list[tuple[int, int]]:
    """Stretches that normalise together: a character and the marks that combine with it."""
    cuts = [
        i
        for i, char in enumerate(text)
        if i == 0 or not (unicodedata.combining(char) or char in "ﾞﾟ\u200d\ufe0e\ufe0f")
    ]
    return list(zip(cuts, [*cuts[1:], len(text)], strict=False))


_DASHES: dict[int, str | None] = dict.fromkeys(map(ord, "‐‑‒–—―−－"), "-")
_DASHES |= {ord("〜"): "~", ord("～"): "~", ord("•"): "・", ord("·"): "・"}
_DASHES |= dict.fromkeys((0x00AD, 0x200B, 0xFEFF))


@lru_cache(maxsize=8192)
def fold(text: str) -> View:
    """The text as it is compared: displayed, NFKC, lower case, without the blanks beside Japanese.

    Blanks between single Latin letters go too (`A I` is read off slides for `AI`); between Latin
    words one blank stays.
    """
    seen = display(text)
    out = _Builder()
    for start, end in _clusters(seen.text):
        folded = unicodedata.normalize("NFKC", seen.text[start:end].translate(_DASHES)).lower()
        folded = folded.translate(_DASHES)
        raw = seen.raw(start, end)
        for char in folded:
            if not char.isspace():
                out.put(char, raw.start, raw.end)
            else:
                out.gap(raw.start, raw.end)
    return _without_blanks(out.view())


_BLANK = re.compile(r"(?<=[^a-z0-9]) | (?=[^a-z0-9])|(?<=\b[a-z]) (?=[a-z]\b)")


def _without_blanks(view: View) -> View:
    """Blanks stay between Latin words and numbers only: elsewhere layout, not meaning, set them."""
    gone = {m.start() for m in _BLANK.finditer(view.text)}
    keep = [i for i in range(len(view.text)) if i not in gone]
    return View(
        "".join(view.text[i] for i in keep),
        tuple(view.starts[i] for i in keep),
        tuple(view.ends[i] for i in keep),
    )
