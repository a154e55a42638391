"""Keeping an index in step with a folder."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import IndexBusy
from index.reading import find_files
from index.records import Outcome

if TYPE_CHECKING:
    from index.library import Index


def watch(
    index: Index, folder: str | os.PathLike[str], *, seconds: float
) -> Iterator[list[Outcome]]:
    """Sync whenever a file's size or time has changed; yields what each sync did, without end.

    Files are looked at every `seconds`, because notices from the system do not come over network
    folders.
    """
    before: list[tuple[str, int, int]] | None = None
    while True:
        now = _state(Path(folder))
        if now != before:
            with suppress(IndexBusy):  # another writer: the next look tries again
                outcomes = index.sync(folder)
                before = now
                yield outcomes
        time.sleep(seconds)


def _state(folder: Path) -> list[tuple[str, int, int]]:
    """Path, size and time of each file, and of `sources.toml`."""
    state = []
    for file in (*(file for file, _ in find_files([folder])), folder / "sources.toml"):
        if file.exists():
            status = file.stat()
            state.append((str(file), status.st_size, status.st_mtime_ns))
    return state
