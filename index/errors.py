"""Errors the user can meet. Every message is Japanese and says what was given, what was
expected and what to do.

TenkyoError
├── ReadError        a file gave no document (the others go on)
├── StaleIndex       an index was made by another model or another schema
├── IndexBusy        another process is writing
└── BrokenIndex      what is on disk contradicts itself and cannot be repaired
"""

from __future__ import annotations


class TenkyoError(Exception):
    """The root: a door (chat, command line) may show its text as it is."""


class ReadError(TenkyoError):
    """A file could not be turned into a document.

    `source` is the path as given; `why` the reason without it.
    """

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"{source}: {why}")
        self.source = source
        self.why = why

    def __reduce__(self) -> tuple[type[ReadError], tuple[str, str]]:
        return type(self), (self.source, self.why)


class StaleIndex(TenkyoError):
    """The index and the program do not fit: another embedding model, or another schema."""


class IndexBusy(TenkyoError):
    """Another process holds the writer's lock; nothing was changed."""


class BrokenIndex(TenkyoError):
    """The manifest itself is damaged; the message names the check that failed."""
