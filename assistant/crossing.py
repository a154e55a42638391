"""The trained reader: one small cross-encoder says whether a passage answers, and with which words.

It stands behind the protocol of `reader.py` and is made by `assistant.training`.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from assistant.calibration import logistic
from assistant.records import Asked, Reading
from assistant.windows import TEXT, Window, cut_windows, stack
from index import Passage, Span, TenkyoError, View, display
from index.leaving import computing
from index.workers import Workers, count_cores

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

MODEL, TOKENIZER, FACTS = "reader.onnx", "tokenizer.json", "facts.json"
_LONGEST_ANSWER = 48
"""Tokens of the answering words."""
Floats = NDArray[np.float32]


class _Engine(NamedTuple):
    tokenizer: Tokenizer
    session: InferenceSession
    workers: Workers
    temperature: float
    bias: float


class Judged(NamedTuple):
    """What the model says of one window: logits, of the window's tokens and of the whole."""

    starts: Floats
    ends: Floats
    answer: float


class _Best(NamedTuple):
    """The passage's best answering words in the displayed text, and each character's weight."""

    answer: float
    span: Span
    weight: Floats


class CrossReader:
    """Reads with the trained model. Opening costs nothing; the first passage loads it.

    Any number of threads may share one reader.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        """`folder` holds the three files; `threads` windows are read at once: as many as cores at hand."""
        self._folder = folder
        self._threads = threads or count_cores()
        self._lock = threading.Lock()
        self._engine: _Engine | None = None

    def read(self, asked: Asked, passages: Sequence[Passage]) -> list[Reading]:
        """One Reading a passage, the most probable first; ties keep the passages' order."""
        if not passages:
            return []
        engine = self._open()
        views = [display(passage.text) for passage in passages]
        cut = [
            cut_windows(engine.tokenizer, asked.text, passage.above, view.text)
            for passage, view in zip(passages, views, strict=True)
        ]
        every = [window for windows in cut for window in windows]
        judged = iter(judge(engine.session, every, engine.workers))
        readings = []
        for passage, view, windows in zip(passages, views, cut, strict=True):
            best = _choose(windows, [next(judged) for _ in windows], len(view.text))
            chance = logistic(best.answer / engine.temperature + engine.bias)
            readings.append(_reading(passage, view, best, chance))
        return sorted(readings, key=lambda reading: -reading.probability)

    def _open(self) -> _Engine:
        with self._lock:
            if self._engine is None:
                self._engine = _load(self._folder, self._threads)
            return self._engine


def find_reader() -> Path | None:
    """The folder of the weights that came with the package, None in a copy without them."""
    folder = Path(str(resources.files("assistant"))) / "weights"
    return folder if all((folder / name).is_file() for name in (MODEL, TOKENIZER, FACTS)) else None


def judge(
    session: InferenceSession, windows: Sequence[Window], workers: Workers | None = None
) -> list[Judged]:
    """Every window's logits, in order, each read by itself, as many at once as there are workers.

    A batch would be slower (its padding, and what no longer fits into the cache), and would move the
    logits: inputs are rounded over all that is read at once.
    """
    run = partial(_judge_one, session)
    return workers.map(run, windows) if workers else [run(window) for window in windows]


def _judge_one(session: InferenceSession, window: Window) -> Judged:
    ids, kinds = stack([window])
    with computing():
        starts, ends, answers = session.run(["starts", "ends", "answers"], {"ids": ids, "kinds": kinds})
    return Judged(starts[0], ends[0], float(answers[0]))


def _choose(windows: Sequence[Window], judged: Sequence[Judged], length: int) -> _Best:
    """The window most likely to answer, its best span, and how much each character is in answers.

    A character's weight is the mean of the chances to begin and to end at its token, spread over
    the token's characters, in the window that is surest.
    """
    best = max(range(len(windows)), key=lambda n: (judged[n].answer, -n))
    window, result = windows[best], judged[best]
    weight = np.zeros(length, np.float32)
    text = np.flatnonzero(window.kinds == TEXT)
    if not len(text):
        return _Best(result.answer, Span(0, 0), weight)
    starts, ends = result.starts[text], result.ends[text]
    first, last = _best_span(starts, ends)
    for token, chance in zip(text, (_softmax(starts) + _softmax(ends)) / 2, strict=True):
        a, b = int(window.starts[token]), int(window.ends[token])
        weight[a:b] += chance / max(b - a, 1)
    return _Best(
        result.answer, Span(int(window.starts[text[first]]), int(window.ends[text[last]])), weight
    )


def _softmax(logits: Floats) -> Floats:
    grown: Floats = np.exp(logits - logits.max())
    grown /= grown.sum()
    return grown


def _best_span(starts: Floats, ends: Floats) -> tuple[int, int]:
    """The first and last token with the greatest sum of logits, in order and not too far apart."""
    sums = starts[:, None] + ends[None, :]
    allowed = np.triu(np.ones_like(sums, bool)) & ~np.triu(np.ones_like(sums, bool), _LONGEST_ANSWER)
    first, last = divmod(int(np.where(allowed, sums, -np.inf).argmax()), len(ends))
    return first, last


def _reading(passage: Passage, view: View, best: _Best, chance: float) -> Reading:
    """The unit that holds most of the answer, each unit's score, and the answering words."""
    raw = _trim(passage.text, view.raw(*best.span))
    shares = _shares(passage, view, best.weight)
    if not shares:
        return Reading(passage, chance, raw.start, raw.end, -1, (raw,) if raw.end > raw.start else ())
    unit = max(range(len(shares)), key=lambda n: (_common(passage, n, raw), shares[n], -n))
    chosen = passage.units[unit]
    most = max(max(shares), 1e-6)
    return Reading(
        passage,
        chance,
        chosen.start - passage.start,
        chosen.end - passage.start,
        unit,
        (raw,) if raw.end > raw.start else (),
        tuple(chance * (1.0 if n == unit else min(share / most, 1.0)) for n, share in enumerate(shares)),
    )


def _common(passage: Passage, number: int, raw: Span) -> int:
    unit = passage.units[number]
    return max(0, min(unit.end - passage.start, raw.end) - max(unit.start - passage.start, raw.start))


def _shares(passage: Passage, view: View, weight: Floats) -> list[float]:
    """How much of the answer's chance lies in each unit."""
    at = np.array(view.starts, np.int64) + passage.start
    return [float(weight[(at >= u.start) & (at < u.end)].sum()) for u in passage.units]


def _trim(text: str, span: Span) -> Span:
    start, end = span
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)


def _load(folder: Path, threads: int) -> _Engine:
    """Open all three; the hashes are checked, as a cut-off file would read nonsense."""
    import onnxruntime
    from tokenizers import Tokenizer

    facts: Mapping[str, Any] = json.loads((folder / FACTS).read_text("utf-8"))
    model = _checked(folder / MODEL, facts["model"])
    tokens = _checked(folder / TOKENIZER, facts["tokenizer"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_str(tokens.decode())
    temperature, bias = float(facts["temperature"]), float(facts["bias"])
    return _Engine(tokenizer, session, Workers(threads), temperature, bias)


def _checked(path: Path, expected: str) -> bytes:
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise TenkyoError(
            f"{path}: 読解モデルのファイルが壊れています(sha256 {found[:12]}…、正しくは {expected[:12]}…)。"
            "`pip install --force-reinstall tenkyo` で入れ直してください。"
        )
    return content
