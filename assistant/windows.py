"""A question and a passage as the reading model sees them: token ids, what each token is, and where
it stands in the passage.

Training and reading both go through here, because a model reads well only what looks like what it
was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LONGEST = 256
"""Tokens a window may have, all included."""
_QUESTION, _HEADING = 72, 40
"""Tokens of each that are kept: a question's first, a heading path's last."""
_OVERLAP = 64
"""Tokens that neighbouring windows have in common: no answer is longer in practice."""
_START, _END = 0, 2
PADDING, ASKED, ABOVE, TEXT = range(4)
"""What a token is: padding, of the question, of the heading path, of the passage's text."""


@dataclass(frozen=True, slots=True)
class Window:
    """One input of the model. Token i stands at [starts[i], ends[i]) of the text if it is TEXT."""

    ids: NDArray[np.int32]
    kinds: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]


def cut_windows(tokenizer: Tokenizer, question: str, heading: str, text: str) -> list[Window]:
    """`<s> question </s> heading </s> text </s>`, in as many overlapping windows as the text needs.

    `text` is a displayed text; at least one window comes back, also for an empty one.
    """
    asked = _ids(tokenizer, question)[:_QUESTION]
    above = _ids(tokenizer, heading)[-_HEADING:]
    encoded = tokenizer.encode(_encodable(text), add_special_tokens=False)
    room = LONGEST - len(asked) - len(above) - 4
    step = room - _OVERLAP
    last = max(1, -(-(len(encoded.ids) - _OVERLAP) // step))
    return [
        _window(asked, above, encoded.ids[at : at + room], encoded.offsets[at : at + room])
        for at in range(0, last * step, step)
    ]


def _ids(tokenizer: Tokenizer, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(_encodable(text), add_special_tokens=False).ids
    return ids


def _encodable(text: str) -> str:
    """A lone surrogate, as a command line can bring one, becomes a question mark: as long as it was."""
    return text.encode(errors="replace").decode()


def _window(
    asked: list[int], above: list[int], ids: list[int], offsets: list[tuple[int, int]]
) -> Window:
    before = [_START, *asked, _END, *above, _END]
    kinds = [ASKED] * (len(asked) + 2) + [ABOVE] * (len(above) + 1) + [TEXT] * len(ids) + [ABOVE]
    blank = [(0, 0)] * len(before)
    places = np.array([*blank, *offsets, (0, 0)], np.int32)
    return Window(
        np.array([*before, *ids, _END], np.int32), np.array(kinds, np.int32), places[:, 0], places[:, 1]
    )


def stack(windows: Sequence[Window]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Ids and kinds, both int32 (windows, longest); padding has id 1."""
    shape = len(windows), max(len(w.ids) for w in windows)
    ids, kinds = np.ones(shape, np.int32), np.zeros(shape, np.int32)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        kinds[row, : len(window.ids)] = window.kinds
    return ids, kinds
