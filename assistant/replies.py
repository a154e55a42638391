"""A language model's reply, read while it comes: JSON from a tool call, or lines of plain text.

Nothing here trusts the reply: what cannot be read is counted, what can be is only a claim.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from index import TenkyoError

_NUMBER = r"\s*[\[［【(（]\s*(?:資料)?\s*(?P<number>\d{1,3})\s*[\]］】)）]\s*"
_QUOTE = r"[「『\"“](?P<quote>.+)[」』\"”]"
_START = r"\s*(?:[-*・]\s*|\d{1,2}[.)]\s+)?(?P<sentence>.+?)"
_LINES = tuple(
    re.compile(_START + rest + r"\s*。?\s*")
    for rest in (rf"{_NUMBER}[:：]?\s*{_QUOTE}", rf"\s*{_QUOTE}{_NUMBER}", _NUMBER)
)
"""「文。[2]「引用」」 as it was asked for, and what small models make of it."""
_REFUSED = re.compile(r"\s*「?資料からは(?:分|わ)かりません[。」]*\s*")
_TAG = re.compile(r"\s*</?[^<>]{1,60}>\s*")
"""A fence that a model copies: no passage shows one, as its angle brackets are full-width."""
_THINK = "<think>"
_THINKING = re.compile(r"<think>.*?(?:</think>|$)", re.DOTALL)
_PLAIN = 5
"""Lines that are tried of a reply in no form."""
_LONGEST = 300
"""Characters of such a line."""


class ReplyError(TenkyoError):
    """A language model gave nothing to use; the message says why, in Japanese."""


class Written(NamedTuple):
    """What a model claims: a sentence, the number of a passage as it was shown, its quotation."""

    sentence: str
    number: int
    quote: str


class Reply:
    """One reply, fed piece by piece. A JSON object or a line counts once it is complete."""

    def __init__(self) -> None:
        self.text = ""
        self.refused = False
        """Whether the model says that the passages do not answer."""
        self._at = 0
        self._opened: list[int] = []
        """Where each JSON object or list that is still open begins."""
        self._string = False
        self._line = 0
        self._broken = 0
        self._found = 0
        self._json = False

    @property
    def whole(self) -> bool:
        """Whether nothing was left open or unreadable."""
        return not self._opened and not self._broken

    def feed(self, piece: str) -> list[Written]:
        """The claims that are complete with this piece."""
        self.text += piece
        if not self._at and _THINK.startswith(self.text.lstrip()[: len(_THINK)]):
            end = self.text.find("</think>")
            if end < 0:
                return []
            self._at = self._line = end + len("</think>")
        found: list[Written] = []
        while self._at < len(self.text):
            found += self._step()
            self._at += 1
        self._found += len(found)
        return found

    def finish(self) -> list[Written]:
        """The claim of a last line that no line break ended; else, of a reply in no form, its lines.

        Such a line has number 0: it can only stand where a passage holds it word for word.
        """
        found = [] if self._opened else self._end_line(len(self.text))
        self._found += len(found)
        if self._found or self.refused or self._json:
            return found
        lines = _THINKING.sub("", self.text).split("\n")
        told = [line.strip() for line in lines if not _TAG.fullmatch(line)]
        return [Written(line, 0, "") for line in told if 0 < len(line) <= _LONGEST][:_PLAIN]

    def _step(self) -> list[Written]:
        char = self.text[self._at]
        if self._string:
            if char == "\\":
                self._at += 1
            self._string = char != '"'
        elif char in "{[" and (self._opened or self._starts_json()):
            self._opened.append(self._at)
            self._json = True
        elif self._opened and char == '"':
            self._string = True
        elif self._opened and char in "}]":
            return self._close(self._opened.pop())
        elif char == "\n" and not self._opened:
            return self._end_line(self._at)
        return []

    def _starts_json(self) -> bool:
        """A brace, or a bracket at the start of a line: 「文。[2]」 is no list."""
        return self.text[self._at] == "{" or not self.text[self._line : self._at].strip()

    def _close(self, start: int) -> list[Written]:
        if not self._opened:
            self._line = self._at + 1
        if self.text[start] == "[":
            return []
        try:
            value = json.loads(self.text[start : self._at + 1], strict=False)
        except ValueError:
            self._broken += 1
            return []
        self.refused = self.refused or value.get("answerable") is False
        return [_written(value)] if isinstance(value.get("sentence"), str) else []

    def _end_line(self, end: int) -> list[Written]:
        line, self._line = self.text[self._line : end], end + 1
        self.refused = self.refused or bool(_REFUSED.fullmatch(line))
        for form in _LINES:
            if found := form.fullmatch(line):
                quote = found.groupdict().get("quote") or ""
                return [Written(found["sentence"].strip(), int(found["number"]), quote)]
        return []


def _written(value: dict[str, Any]) -> Written:
    number = re.search(r"-?\d{1,6}", str(value.get("passage", "")))
    sentence = re.sub(r"\s*[\[［]\d+[\]］]", "", str(value["sentence"])).strip()
    return Written(sentence, int(number[0]) if number else 0, str(value.get("quote", "")))
