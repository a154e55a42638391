"""Native computations side by side: one thread a piece of work keeps each in its core's cache."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")


def count_cores() -> int:
    """Cores this process may use, which in a container are fewer than the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """Threads that any number of callers share; none is started before the first work comes."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="computing")

    def map(self, run: Callable[[Work], Result], works: Iterable[Work]) -> list[Result]:
        """`run` of each, in order. Once the process is ending, the caller's own thread does it.

        Where one fails, or the caller is interrupted, what was not begun is left undone.
        """
        works = list(works)
        try:
            begun = [self._pool.submit(run, work) for work in works]
        except RuntimeError:
            return [run(work) for work in works]
        try:
            return [one.result() for one in begun]
        finally:
            for one in begun:
                one.cancel()
