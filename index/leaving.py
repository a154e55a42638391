"""Ending a process while a thread computes: native code that is cut off there aborts the process."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LONGEST = 10.0
"""Seconds that leaving waits for what is being computed."""
_changed = threading.Condition()
_running = 0
_left = False


@contextmanager
def computing() -> Iterator[None]:
    """Around a call of a native library that takes long: the end of the process waits for it.

    A daemon thread that comes here after the end has begun stays here.
    """
    global _running  # noqa: PLW0603  # of the process, as its end is
    with _changed:
        if threading.current_thread().daemon:
            _changed.wait_for(lambda: not _left)
        _running += 1
    try:
        yield
    finally:
        with _changed:
            _running -= 1
            _changed.notify_all()


@atexit.register
def _leave() -> None:
    global _left  # noqa: PLW0603
    with _changed:
        _left = True
        _changed.wait_for(lambda: not _running, _LONGEST)
