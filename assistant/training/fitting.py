"""One training run: batches by length, a checkpoint every few minutes, and going on from it.

The examples and their order follow from the seed, so a run that was killed goes on with the batch
it had come to.
"""

from __future__ import annotations

import math
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.training.network import Network, keep_layers, start_network
from assistant.training.records import Example
from assistant.training.restoring import restore
from assistant.training.vocabulary import open_start
from assistant.windows import TEXT, Window, cut_windows, stack

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is made with; saved in its checkpoints."""

    examples: int = 8000
    rate: float = 1.5e-4
    batch: int = 16
    layers: int = 12
    frozen: int = 4
    """Lowest layers that are not trained: a fifth faster, and what they know is not lost."""
    decay: float = 0.01
    warm: float = 0.06
    """Share of the steps over which the rate rises."""
    averaged: float = 0.995
    """Of the weights' moving average that a step keeps; the average is what is exported."""
    heads: float = 5.0
    """The fresh heads' rate, as a multiple."""
    seed: int = 1
    threads: int = 2
    saved: float = 180.0
    """Seconds between checkpoints."""


@dataclass(frozen=True, slots=True)
class Row:
    """An example as token ids; `bounds` are the first and last token of the answer."""

    window: Window
    bounds: tuple[int, int] | None
    group: int = 0


def encode(example: Example) -> Row | None:
    """The window that holds the answer (without one the first); None where a cut parts it."""
    windows = cut_windows(open_start()[2], example.question, example.heading, example.text)
    if example.span is None:
        return Row(windows[0], None, example.group)
    for window in windows:
        bounds = _find_bounds(window, example.span.start, example.span.end)
        if bounds:
            return Row(window, bounds, example.group)
    return None


def _find_bounds(window: Window, start: int, end: int) -> tuple[int, int] | None:
    """The tokens that the stretch touches, where all of it lies in the window."""
    text = window.kinds == TEXT
    touched = np.flatnonzero(text & (window.starts < end) & (window.ends > start))
    if not len(touched):
        return None
    first, last = int(touched[0]), int(touched[-1])
    whole = window.starts[first] <= start and window.ends[last] >= end
    return (first, last) if whole else None


def batch_rows(rows: Sequence[Row], size: int, seed: int) -> list[list[Row]]:
    """Batches of like length in shuffled order: sorted within stretches of 50 batches only.

    A group is never parted, so that a batch may have a few rows more than `size`.
    """
    rng = random.Random(seed)  # noqa: S311
    groups = [list(group) for _, group in groupby(rows, key=lambda row: row.group or id(row))]
    batches = []
    for stretch in _fill(groups, 50 * size):
        part = list(_fill(sorted(stretch, key=_longest), size))
        rng.shuffle(part)
        batches += [[row for group in batch for row in group] for batch in part]
    return batches


def _fill(groups: Iterable[list[Row]], size: int) -> Iterator[list[list[Row]]]:
    """Stretches of groups that have at least `size` rows together; the last may have fewer."""
    stretch: list[list[Row]] = []
    for group in groups:
        stretch.append(group)
        if sum(map(len, stretch)) >= size:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _longest(group: Sequence[Row]) -> int:
    return max(len(row.window.ids) for row in group)


def loss_of(network: nn.Module, rows: Sequence[Row]) -> Tensor:
    """Cross-entropy of start and end where there is an answer, of answerability everywhere, and the
    pairwise logistic loss of RankNet (Burges et al. 2005) within groups.
    """
    ids, kinds = (torch.from_numpy(array).long() for array in stack([row.window for row in rows]))
    starts, ends, answers = network(ids, kinds)
    there = [n for n, row in enumerate(rows) if row.bounds]
    labels = torch.zeros(len(rows))
    labels[there] = 1.0
    loss: Tensor = functional.binary_cross_entropy_with_logits(answers, labels)
    if there:
        bounds = torch.tensor([row.bounds for row in rows if row.bounds])
        loss = loss + 0.5 * functional.cross_entropy(starts[there], bounds[:, 0])
        loss = loss + 0.5 * functional.cross_entropy(ends[there], bounds[:, 1])
    return loss + _rank_loss(answers, labels, torch.tensor([row.group or -1 - n for n, row in enumerate(rows)]))


def _rank_loss(answers: Tensor, labels: Tensor, groups: Tensor) -> Tensor:
    """Over all pairs of a group of which one answers and the other does not; 0 without a pair."""
    pairs = (groups[:, None] == groups[None, :]) & (labels[:, None] > labels[None, :])
    gaps = (answers[:, None] - answers[None, :])[pairs]
    return functional.softplus(-gaps).mean() if len(gaps) else answers.sum() * 0.0


class Run:
    """The state of a run, and its file."""

    def __init__(self, settings: Settings, folder: Path, begun: Path | None = None) -> None:
        """`begun`: another run's checkpoint to take the weights from, that of a deeper one too, or a
        folder of exported weights.
        """
        torch.manual_seed(settings.seed)
        torch.set_num_threads(settings.threads)
        self.settings = settings
        self.file = folder / "checkpoint.pt"
        self.network = start_network(settings.layers)
        if begun:
            state = restore(begun) if begun.is_dir() else torch.load(begun, weights_only=True)["average"]
            self.network.load_state_dict(keep_layers(state, settings.layers))
        self.network.freeze(settings.frozen)
        self.average = {n: p.detach().clone() for n, p in self.network.named_parameters() if p.requires_grad}
        self.optimiser = torch.optim.AdamW(self._groups(), lr=settings.rate, weight_decay=settings.decay)
        self.step = 0
        self.share = 0.0
        folder.mkdir(parents=True, exist_ok=True)
        if self.file.exists():
            self._load()

    def _groups(self) -> list[dict[str, Any]]:
        """The fresh heads learn faster than the encoder."""
        named = [(n, p) for n, p in self.network.named_parameters() if p.requires_grad]
        heads = [p for n, p in named if n.split(".")[0] in ("bounds", "gather", "answer")]
        known = {id(p) for p in heads}
        return [
            {"params": [p for _, p in named if id(p) not in known], "scale": 1.0},
            {"params": heads, "scale": self.settings.heads},
        ]

    def train_step(self, rows: Sequence[Row], share: float) -> float:
        """One step; `share` is how much of the run is done, from which the rate follows."""
        self.share = share
        rate = self.settings.rate * _rate_at(share, self.settings.warm)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["scale"]
        self.network.train()
        with _half():
            loss = loss_of(self.network, rows)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_([p for p in self.network.parameters() if p.requires_grad], 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        self._average()
        return loss.item()

    def _average(self) -> None:
        """The moving average, which begins as a plain one."""
        keep = min(self.settings.averaged, 1 - 1 / (self.step + 1))
        with torch.no_grad():
            for name, value in self.network.named_parameters():
                if name in self.average:
                    self.average[name].lerp_(value, 1 - keep)

    def save(self) -> None:
        """Written beside and renamed: a kill leaves the last whole checkpoint."""
        state = {
            "settings": asdict(self.settings),
            "step": self.step,
            "share": self.share,
            "network": self.network.state_dict(),
            "average": {**self.network.state_dict(), **self.average},
            "optimiser": self.optimiser.state_dict(),
            "random": torch.get_rng_state(),
        }
        part = self.file.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self.file)

    def _load(self) -> None:
        state = torch.load(self.file, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average = {name: state["average"][name] for name in self.average}
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"])
        self.step, self.share = state["step"], state["share"]


def _half() -> torch.autocast:
    """bfloat16 where the processor computes in it: elsewhere it is 80 times slower than float32."""
    supported = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return torch.autocast("cpu", torch.bfloat16, enabled=supported)


def _rate_at(share: float, warm: float) -> float:
    """Linear rise, then linear fall to a hundredth."""
    return share / warm if share < warm else max(0.01, (1 - share) / (1 - warm))


def train(
    examples: Sequence[Example],
    settings: Settings,
    folder: Path,
    log: Log,
    *,
    begun: Path | None = None,
    until: float = math.inf,
) -> Network:
    """Train to the end or, with the rate falling to nothing by then, until a clock time.

    `until` counts as `time.time()` does. A folder with a checkpoint goes on from it.
    """
    rows = [row for row in map(encode, examples) if row]
    batches = batch_rows(rows, settings.batch, settings.seed)
    run = Run(settings, folder, begun)
    log(f"{len(rows)} examples, {len(batches)} steps, from step {run.step}, {settings}")
    first, done, began, saved = run.step, run.share, time.time(), time.time()
    losses: list[float] = []
    for batch in batches[run.step :]:
        share = max(run.step / len(batches), _share_of_time(began, until, done))
        if share >= 1:
            break
        losses.append(run.train_step(batch, share))
        if run.step % 20 == 0:
            speed = (run.step - first) * settings.batch / (time.time() - began)
            log(f"step {run.step}/{len(batches)} loss {np.mean(losses[-20:]):.3f} {speed:.2f} examples/s")
        if time.time() - saved > settings.saved:
            run.save()
            saved = time.time()
    run.save()
    log(f"done after {(time.time() - began) / 60:.0f} minutes")
    return run.network


def _share_of_time(began: float, until: float, done: float) -> float:
    """How much of the run is over by the clock, of what was left when this process began."""
    if until == math.inf:
        return 0.0  # by steps alone
    return done + (1 - done) * (time.time() - began) / max(until - began, 1.0)


def load_network(file: Path) -> Network:
    """The averaged weights of a checkpoint, ready to read."""
    state = torch.load(file, weights_only=True)
    network = start_network(state["settings"]["layers"])
    network.load_state_dict(state["average"])
    return network.eval()


def read_rows(network: Network, rows: Sequence[Row], size: int = 24) -> Iterator[tuple[np.ndarray, ...]]:
    """Start and end logits and answerability of each row, in order."""
    order = sorted(range(len(rows)), key=lambda n: len(rows[n].window.ids))
    found: dict[int, tuple[np.ndarray, ...]] = {}
    with torch.inference_mode(), _half():
        for at in range(0, len(order), size):
            numbers = order[at : at + size]
            arrays = stack([rows[n].window for n in numbers])
            out = network(*(torch.from_numpy(a).long() for a in arrays))
            for place, n in enumerate(numbers):
                found[n] = tuple(o[place].float().numpy() for o in out)
    for n in range(len(rows)):
        yield found[n]
