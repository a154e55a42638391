"""The writer's lock: one process, one thread writes an index at a time; the others are told."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import IndexBusy, TenkyoError


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold the lock of an index; IndexBusy at once if it is held.

    The system drops it when the process dies, however it dies: a lock file that merely exists
    would have to be removed by hand after a crash.
    """
    try:
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise TenkyoError(f"索引に書き込めません({error.strerror}): {folder}") from error
    try:
        _acquire(handle, folder)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, folder: Path) -> None:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise IndexBusy(
            f"別の処理がこの索引に書き込んでいます: {folder}。終わってから、もう一度実行してください。"
        ) from error
