"""The trained network as one ONNX file: rounded integers for what was trained, the word embeddings in
the 4-bit codes they came in, and beside it the tokenizer and the file's hash.

A layer is stored in one of two ways. In blocks: 8-bit weights, 32 of them with one scale, and
inputs rounded block by block too. In columns: 7-bit weights with one scale an output, and inputs
rounded with one scale a batch; that is faster, and needs the levels of `rounding.py`.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.crossing import FACTS, MODEL, TOKENIZER
from assistant.training.vocabulary import open_start
from assistant.windows import LONGEST, TEXT
from index.e5 import BLOCK

Arrays = Mapping[str, NDArray[np.float32]]
_NEVER = -1e4
_BITS, _MIDDLE = 8, 128
_ACCURACY = 4
"""Of MatMulNBits: activations are rounded to 8 bits too, one scale a block."""
_LARGEST = 64
"""Of a column's codes: processors without VNNI add two products of 8-bit inputs in 16 bits."""


class _Graph:
    """Collects nodes and constants; every node has one named output."""

    def __init__(self, weights: Arrays, levels: Arrays | None) -> None:
        self.weights = weights
        self.levels = levels
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def weight(self, name: str) -> str:
        return self.constant(name, self.weights[name])

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:  # noqa: ANN401
        """Append a node; a kind such as `com.microsoft.Gelu` carries its domain."""
        from onnx import helper

        domain, _, name = kind.rpartition(".")
        self.nodes.append(helper.make_node(name, inputs, [output], domain=domain, **attributes))
        return output

    def linear(self, name: str, inputs: str) -> str:
        """A linear layer, in columns where there are levels and else in blocks."""
        return self._columns(name, inputs, self.levels[name]) if self.levels else self._blocks(name, inputs)

    def _columns(self, name: str, inputs: str, levels: NDArray[np.float32]) -> str:
        """Channels of level 0 are multiplied as floats, beside the others."""
        matrix, kept = self.weights[f"{name}.weight"], np.flatnonzero(levels == 0)
        divided = np.divide(matrix, levels, out=np.zeros_like(matrix), where=levels > 0)
        codes, scales = _quantise_columns(divided)
        stored = [self.constant(f"{name}.codes", codes), self.constant(f"{name}.scales", scales)]
        zeros = self.constant(f"{name}.zeros", np.zeros(len(scales), np.int8))
        level = self.node("Mul", [inputs, self.constant(f"{name}.levels", levels)], f"{name}.in")
        rounded = self.node(
            "com.microsoft.DynamicQuantizeMatMul",
            [level, *stored, zeros, self.weight(f"{name}.bias")],
            f"{name}.rounded",
        )
        if not len(kept):
            return rounded
        large = self.node("Gather", [inputs, self.constant(f"{name}.kept", kept)], f"{name}.large", axis=-1)
        exact = self.node("MatMul", [large, self.constant(f"{name}.floats", matrix[:, kept].T)], f"{name}.exact")
        return self.node("Add", [rounded, exact], f"{name}.out")

    def _blocks(self, name: str, inputs: str) -> str:
        matrix = self.weights[f"{name}.weight"]
        codes, scales = _quantise(matrix)
        stored = [self.constant(f"{name}.codes", codes), self.constant(f"{name}.scales", scales)]
        return self.node(
            "com.microsoft.MatMulNBits",
            [inputs, *stored, "", "", self.weight(f"{name}.bias")],
            f"{name}.out",
            K=matrix.shape[1], N=matrix.shape[0], bits=_BITS, block_size=BLOCK,
            accuracy_level=_ACCURACY,
        )  # fmt: skip

    def normalise(self, name: str, new: str, old: str, eps: float) -> str:
        gains = [self.weight(f"{name}.{part}") for part in ("weight", "bias")]
        return self.node(
            "com.microsoft.SkipLayerNormalization", [new, old, *gains], f"{name}.out", epsilon=eps
        )


def _quantise(matrix: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Codes (rows, blocks, 32) around 128 and scales (rows, blocks): weight = (code - 128) * scale."""
    blocks = matrix.reshape(len(matrix), -1, BLOCK)
    scales = np.abs(blocks).max(-1, keepdims=True) / (_MIDDLE - 1)
    scales[scales == 0] = 1.0
    codes = np.rint(blocks / scales).astype(np.int16) + _MIDDLE
    return codes.astype(np.uint8), scales[:, :, 0].astype(np.float32)


def _quantise_columns(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Codes (columns, rows) and scales (rows,): weight[r, c] = codes[c, r] * scales[r]."""
    scales = np.abs(matrix).max(1) / _LARGEST
    scales[scales == 0] = 1.0
    return np.rint(matrix / scales[:, None]).astype(np.int8).T, scales.astype(np.float32)


def write_weights(
    weights: Arrays, folder: Path, temperature: float, bias: float, levels: Arrays | None = None
) -> None:
    """The model, its tokenizer and its facts into a folder; with `levels` in columns.

    A probability is the logistic of `answer / temperature + bias`, as fitted on held-out questions.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = build_model(weights, levels)
    (folder / MODEL).write_bytes(content)
    tokens = open_start()[2].to_str().encode()
    (folder / TOKENIZER).write_bytes(tokens)
    facts = {
        "model": hashlib.sha256(content).hexdigest(),
        "tokenizer": hashlib.sha256(tokens).hexdigest(),
        "temperature": round(temperature, 4),
        "bias": round(bias, 4),
    }
    (folder / FACTS).write_text(json.dumps(facts, indent=2) + "\n", "utf-8")


def build_model(weights: Arrays, levels: Arrays | None = None) -> bytes:
    """ids, kinds int32 (batch, length) -> starts, ends (batch, length) and answers (batch,)."""
    from onnx import TensorProto, helper

    graph = _Graph(weights, levels)
    hidden = _embed(graph)
    mask = graph.node("Cast", ["kinds_there"], "mask", to=TensorProto.INT32)
    for number in range(1 + max(int(n.split(".")[1]) for n in weights if n.startswith("layers."))):
        hidden = _add_layer(graph, number, hidden, mask)
    _judge(graph, hidden)
    wide, flat = ["batch", "length"], ["batch"]
    outputs = {"starts": wide, "ends": wide, "answers": flat}
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "reader",
            [helper.make_tensor_value_info(n, TensorProto.INT32, wide) for n in ("ids", "kinds")],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs.items()],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)],
        ir_version=10,
    )
    serialised: bytes = model.SerializeToString(deterministic=True)
    return serialised


def _embed(graph: _Graph) -> str:
    stored, kept, _ = open_start()
    codes, scales = stored.blocks("emb.word", stored.hidden)
    codes = codes[kept]
    packed = codes[:, ::2] | codes[:, 1::2] << np.uint8(4)
    names = [graph.constant("words.codes", packed), "ids", graph.constant("words.scales", scales[kept])]
    words = graph.node(
        "com.microsoft.GatherBlockQuantized", names, "words",
        bits=4, block_size=BLOCK, gather_axis=0, quantize_axis=1,
    )  # fmt: skip
    places = graph.constant("places.all", graph.weights["places.weight"][:LONGEST])
    length = graph.node("Shape", ["ids"], "length", start=1, end=2)
    near = graph.node("Slice", [places, graph.constant("zero", np.zeros(1, np.int64)), length], "places")
    graph.node("Greater", ["kinds", graph.constant("padding", np.zeros(1, np.int32))], "kinds_there")
    total = graph.node("Add", [words, near], "sum")
    gains = [graph.weight("ln.weight"), graph.weight("ln.bias")]
    return graph.node("LayerNormalization", [total, *gains], "embedded", axis=-1, epsilon=stored.eps)


def _add_layer(graph: _Graph, number: int, hidden: str, mask: str) -> str:
    from onnx import helper

    stored, at = open_start()[0], f"layers.{number}."
    stacked = graph.linear(at + "qkv", hidden)
    parts = [at + name for name in ("query", "key", "value")]
    graph.nodes.append(helper.make_node("Split", [stacked], parts, axis=2))
    mixed = graph.node(
        "com.microsoft.MultiHeadAttention", [*parts, "", mask], at + "mixed",
        num_heads=stored.heads, mask_filter_value=-1e30, scale=1 / math.sqrt(stored.hidden / stored.heads),
    )  # fmt: skip
    middle = graph.normalise(at + "aln", graph.linear(at + "ao", mixed), hidden, stored.eps)
    active = graph.node("com.microsoft.Gelu", [graph.linear(at + "fi", middle)], at + "active")
    return graph.normalise(at + "oln", graph.linear(at + "fo", active), middle, stored.eps)


def _judge(graph: _Graph, hidden: str) -> None:
    """The heads, as `Network._judge` computes them."""
    from onnx import TensorProto

    axis = graph.constant("axis1", np.array([1]))
    graph.node("Equal", ["kinds", graph.constant("text", np.array([TEXT], np.int32))], "is_text")
    graph.node("Unsqueeze", ["is_text", graph.constant("axis2", np.array([2]))], "text_column")
    graph.constant("bounds.matrix", graph.weights["bounds.weight"].T)
    graph.node("MatMul", [hidden, "bounds.matrix"], "bounds.free")
    graph.node("Add", ["bounds.free", graph.weight("bounds.bias")], "bounds.all")
    graph.node("Where", ["text_column", "bounds.all", graph.constant("never", np.array(_NEVER, np.float32))], "bounds")
    graph.node("Softmax", ["bounds"], "chances", axis=1)
    graph.node("Transpose", ["chances"], "chances.rows", perm=[0, 2, 1])
    graph.node("MatMul", ["chances.rows", hidden], "candidates")
    graph.node("Flatten", ["candidates"], "candidates.flat", axis=1)
    graph.node("Cast", ["text_column"], "text.weight", to=TensorProto.FLOAT)
    graph.node("Mul", [hidden, "text.weight"], "text.hidden")
    graph.node("ReduceSum", ["text.hidden", axis], "text.sum", keepdims=0)
    graph.node("ReduceSum", ["text.weight", axis], "text.count", keepdims=0)
    graph.node("Max", ["text.count", graph.constant("one", np.ones(1, np.float32))], "text.least")
    graph.node("Div", ["text.sum", "text.least"], "text.mean")
    first = graph.constant("first", np.array(0))
    graph.node("Gather", [hidden, first], "whole", axis=1)
    graph.node("Concat", ["whole", "text.mean", "candidates.flat"], "seen", axis=1)
    graph.node("Tanh", [graph.linear("gather", "seen")], "gathered")
    graph.node("Gemm", ["gathered", graph.weight("answer.weight"), graph.weight("answer.bias")], "answer", transB=1)
    graph.node("Squeeze", ["answer", axis], "answers")
    graph.node("Gather", ["bounds", first], "starts", axis=2)
    graph.node("Gather", ["bounds", graph.constant("second", np.array(1))], "ends", axis=2)
