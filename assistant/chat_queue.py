"""Questions in line: a few are answered at once, the others wait in order and are told how many."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.chat_words import Language, say
from index import TenkyoError

AT_ONCE = 4
"""Questions answered at the same time."""
MOST_WAITING = 20
"""Questions in line; each holds a thread for moments."""
PATIENCE = 0.3
"""Seconds between two looks at the line."""


class Line:
    """Who is answered and who waits, in the order they came."""

    def __init__(self, at_once: int = AT_ONCE, most: int = MOST_WAITING) -> None:
        self._at_once = at_once
        self._most = most
        self._tickets: list[object] = []
        self._changed = threading.Condition()

    @contextmanager
    def place(self, language: Language) -> Iterator[Iterator[int]]:
        """A place in line: iterating waits, giving how many are ahead, and ends when it is one's turn.

        Raises TenkyoError where the line is full.
        """
        ticket = object()
        with self._changed:
            waiting = len(self._tickets) - self._at_once
            if waiting >= self._most:
                raise TenkyoError(say(language, "queue_full", count=waiting))
            self._tickets.append(ticket)
        try:
            yield self._wait(ticket)
        finally:
            with self._changed:
                self._tickets.remove(ticket)
                self._changed.notify_all()

    def _wait(self, ticket: object) -> Iterator[int]:
        while ahead := self._ahead(ticket):
            yield ahead
            with self._changed:
                self._changed.wait(PATIENCE)

    def _ahead(self, ticket: object) -> int:
        """How many must leave before this one's turn."""
        with self._changed:
            return max(0, self._tickets.index(ticket) - self._at_once + 1)
