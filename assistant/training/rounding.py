"""What is needed to round a layer's inputs as they come: how large they get, channel by channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from assistant.training.fitting import Row, read_rows
from assistant.training.network import Network

_MOVED = 0.7
"""Share of the inputs' range that moves into the weights; .5 to 1.0 were tried, .7 and .9 differ least."""
_UNUSUAL = 4.0
"""Times the median peak of a layer above which a channel is not rounded."""
_LEAST_INPUT, _LEAST_WEIGHT = 1e-3, 1e-4
Floats = NDArray[np.float32]


def measure_peaks(network: Network, rows: Sequence[Row]) -> dict[str, Floats]:
    """The greatest magnitude of every input channel of each linear layer, over the rows."""
    peaks: dict[str, Floats] = {}

    def watch(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Any], None]:
        def note(_: nn.Module, inputs: tuple[Tensor, ...], __: object) -> None:
            seen = inputs[0].detach().float().abs().flatten(0, -2).amax(0).numpy()
            peaks[name] = np.maximum(peaks.get(name, 0.0), seen)

        return note

    hooks = [
        module.register_forward_hook(watch(name))
        for name, module in network.named_modules()
        if isinstance(module, nn.Linear)
    ]
    for _ in read_rows(network, rows):
        pass
    for hook in hooks:
        hook.remove()
    return peaks


def level_channels(matrix: Floats, peaks: Floats) -> Floats:
    """By what each input channel is multiplied, and the matrix's column divided, before rounding.

    A few channels of a transformer are ten times as large as the rest, and one scale for all would
    round the rest away. Those have 0 here and stay floats (LLM.int8(): Dettmers et al., NeurIPS
    2022); of the others a part of the range moves into the weights (SmoothQuant: Xiao et al., ICML
    2023, equation 4).
    """
    usual = peaks <= _UNUSUAL * np.median(peaks)
    inputs = np.maximum(peaks, _LEAST_INPUT) ** _MOVED
    factors = inputs / np.maximum(np.abs(matrix).max(0), _LEAST_WEIGHT) ** (1 - _MOVED)
    mean = np.exp(np.log(factors[usual]).mean())
    levels: Floats = np.where(usual, mean / factors, 0.0).astype(np.float32)
    return levels


def level_all(weights: Mapping[str, Floats], peaks: Mapping[str, Floats]) -> dict[str, Floats]:
    """`level_channels` of each layer that was watched, by the layer's name."""
    return {name: level_channels(weights[f"{name}.weight"], peak) for name, peak in peaks.items()}
