"""Questions in line: a few are answered at once, the others wait in order and are told how many.

Whoever waits, in line or for an answer, can leave at any moment.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

from assistant.chat_words import Language, say
from index import TenkyoError

T = TypeVar("T")
_END = object()
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


def poll(source: Iterable[T]) -> Iterator[T | None]:
    """The items of `source`, made in a thread of its own; None whenever none came for PATIENCE.

    A step that takes long (a language model writes) cannot be interrupted, but it can be left
    behind: the thread then ends with that step. Errors are raised here.
    """
    news: queue.SimpleQueue[object] = queue.SimpleQueue()
    left = threading.Event()

    def work() -> None:
        try:
            for item in source:
                news.put(item)
                if left.is_set():
                    return
            news.put(_END)
        except Exception as error:
            news.put(_Failed(error))

    threading.Thread(target=work, daemon=True).start()
    try:
        while (item := _next(news)) is not _END:
            if isinstance(item, _Failed):
                raise item.error
            yield cast("T | None", item)
    finally:
        left.set()


class _Failed:
    def __init__(self, error: Exception) -> None:
        self.error = error


def _next(news: queue.SimpleQueue[object]) -> object:
    try:
        return news.get(timeout=PATIENCE)
    except queue.Empty:
        return None
