"""A progress bar on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def show_progress(
    about: str = "索引を作成中", unit: str = "B"
) -> Iterator[Callable[[int, int, str], None]]:
    """A function of (done, total, name) that draws a bar; nothing is drawn until it is called.

    `unit` is what is counted: bytes of files unless told otherwise.
    """
    from tqdm import tqdm

    bar = None

    def show(done: int, total: int, name: str) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(total=total, desc=about, unit=unit, unit_scale=True, leave=False)
        bar.total = total
        bar.set_postfix_str(name[-30:], refresh=False)
        bar.update(done - bar.n)

    try:
        yield show
    finally:
        if bar is not None:
            bar.close()
