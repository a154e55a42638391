"""Exported weights as a network's state again, so that training can go on from what was shipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from assistant.crossing import MODEL
from assistant.training.network import start_network
from index import TenkyoError


def restore(folder: Path) -> dict[str, Tensor]:
    """The state of the network whose layers lie in a folder in columns, as far as rounding left it.

    Raises TenkyoError for weights in blocks.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(folder / MODEL).graph
    stored = {c.name: numpy_helper.to_array(c) for c in graph.initializer}
    if not any(name.endswith(".levels") for name in stored):
        raise TenkyoError(f"{folder}: 列ごとに丸めた重み(--rounding columns)だけが学習に戻せます。")
    layers = 1 + max(int(name.split(".")[1]) for name in stored if name.startswith("layers."))
    state = start_network(layers).state_dict()
    for name, value in state.items():
        found = _find(name, stored)
        if found is not None:
            rows = found.shape[0]  # positions beyond the longest input were left out
            state[name] = torch.cat([torch.tensor(found), value[rows:]]) if value.dim() else value
    return state


def _find(name: str, stored: dict[str, NDArray[np.float32]]) -> NDArray[np.float32] | None:
    if name == "places.weight":
        return stored["places.all"]
    if name == "bounds.weight":
        return stored["bounds.matrix"].T
    layer, _, part = name.rpartition(".")
    if part == "weight" and f"{layer}.codes" in stored and layer != "words":
        return _join(layer, stored)
    return stored.get(name)


def _join(layer: str, stored: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """The matrix of a layer: its codes with both scales, and the channels that stayed floats."""
    codes = stored[f"{layer}.codes"].T.astype(np.float32)
    matrix = codes * stored[f"{layer}.scales"][:, None] * stored[f"{layer}.levels"]
    if f"{layer}.kept" in stored:
        matrix[:, stored[f"{layer}.kept"]] = stored[f"{layer}.floats"].T
    return np.asarray(matrix, np.float32)
