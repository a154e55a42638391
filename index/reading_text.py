"""Plain text and Markdown: the decoded file is the text, so offsets are offsets in the file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from index.drafts import Draft, Source
from index.encodings import Decoded, Undecodable, decode

CONTENTS = re.compile(r"(?:目\s*次|もくじ|内容|contents)$", re.I)
BROKEN = re.compile(r"[とのにをはがでへ・、]$")
"""No title ends so: its next line belongs to it."""
HEADING = re.compile(r" {0,3}#{1,6}[ \t\u3000]+(.+?)[ \t#]*$")
TITLE_LINES = 5
"""A heading further down names a part, not the whole."""
TITLE_LENGTH = 80


def decode_source(source: Source) -> Decoded:
    """Decode a text file; raises ReadError with the reason."""
    try:
        return decode(source.data)
    except Undecodable as error:
        raise source.refuse(str(error)) from None


def read_text(source: Source) -> Draft:
    """The decoded file; its title is a heading near the top, or the first line if it is short."""
    decoded = decode_source(source)
    warnings = (decoded.warning,) if decoded.warning else ()
    return Draft(decoded.text, find_title(decoded.text), warnings=warnings)


read_markdown = read_text


def find_title(text: str) -> str:
    """A `#` heading among the first lines, else the first line if it reads like a title."""
    lines = list(islice((line for line in text.splitlines() if line.strip()), TITLE_LINES))
    for line in lines:
        heading = HEADING.match(line)
        if heading and not CONTENTS.match(heading[1].strip()):
            return _clean(heading[1])
    first = join_title([_clean(line) for line in lines[:2]])
    is_title = (
        len(first) <= TITLE_LENGTH and any(map(str.isalpha, first)) and not first.endswith("。")
    )
    return first if is_title and "<" not in first and not any("\t" in x for x in lines[:1]) else ""


def join_title(lines: Sequence[str]) -> str:
    """The first line, with the next as long as it is broken off in the middle of a phrase."""
    title = lines[0] if lines else ""
    for line in lines[1:]:
        if not BROKEN.search(title):
            break
        title += line
    return title


def _clean(line: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\*\*|__|`", "", line)).strip()
