"""Building what onnxruntime runs: the ONNX graph and the tokenizer, both with a pruned vocabulary.

Nothing is approximated: the 4-bit codes of the file go into the graph as they are, beside the same
scales, and the arithmetic is float32.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.e5 import BLOCK, Weights

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
"""The first four pieces, in the order of their ids."""
_TILDE, _STAND_IN = "～", "\ufdd0"
_FLOAT32 = 1
"""`accuracy_level` of MatMulNBits: 4 rounds activations to 8 bits; 2 ms a query, no gain in bulk."""
_BITS = 4


def choose_pieces(pieces: Iterable[str]) -> NDArray[np.int64]:
    """The ids of the pieces to keep, ascending: all that Japanese or English text can contain.

    These are the pieces written with the characters of cp932 and, for names in English text, of
    Latin-1 (after NFKC), but for Russian words, which cp932 could spell too and which are a fifth
    of them. A text of those characters is cut exactly as with the full vocabulary. Every single
    character of the full vocabulary stays as well, so nothing becomes unknown that was not.
    """
    alphabet = _japanese_alphabet()
    kept = [
        number
        for number, piece in enumerate(pieces)
        if len(piece.lstrip("▁")) <= 1 or piece in SPECIALS or alphabet.issuperset(piece)
    ]
    return np.array(kept, np.int64)


def _japanese_alphabet() -> set[str]:
    codes = [bytes([lead]) for lead in range(256)]
    codes += [bytes([lead, trail]) for lead in range(256) for trail in range(256)]
    characters = "".join(code.decode("cp932", errors="ignore") for code in codes)
    characters += bytes(range(256)).decode("latin-1")
    alphabet = set(unicodedata.normalize("NFKC", characters)) | {_TILDE, "▁"}
    return {c for c in alphabet if not unicodedata.name(c, "").startswith("CYRILLIC")}


def build_tokenizer(weights: Weights, kept: NDArray[np.int64]) -> Tokenizer:
    """XLM-R's tokenizer over the kept pieces; ids are positions in `kept`. It never truncates."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = [(weights.pieces[number], weights.scores[number]) for number in kept.tolist()]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Nmt(),
            normalizers.Replace(_TILDE, _STAND_IN),
            normalizers.NFKC(),
            normalizers.Replace(_STAND_IN, _TILDE),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always"),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair=None, special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


class _Graph:
    """Collects nodes and constants; every node has one named output."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:  # noqa: ANN401
        """Append a node; a kind such as `com.microsoft.Gelu` carries its domain."""
        from onnx import helper

        domain, _, name = kind.rpartition(".")
        self.nodes.append(helper.make_node(name, inputs, [output], domain=domain, **attributes))
        return output


def build_graph(weights: Weights, kept: NDArray[np.int64]) -> bytes:
    """The serialised ONNX model: `ids`, `mask` int32 (batch, length) -> `vectors` (batch, hidden).

    The vectors are the mean over the mask, of length 1.
    """
    from onnx import TensorProto, helper

    graph = _Graph()
    hidden = _embed(graph, weights, kept)
    for number in range(weights.layers):
        hidden = _add_layer(graph, weights, number, hidden)
    _pool(graph, hidden)
    shape = ["batch", "length"]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "multilingual-e5-small",
            [helper.make_tensor_value_info(n, TensorProto.INT32, shape) for n in ("ids", "mask")],
            [
                helper.make_tensor_value_info(
                    "vectors", TensorProto.FLOAT, ["batch", weights.hidden]
                )
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)],
        ir_version=10,
    )
    serialised: bytes = model.SerializeToString(deterministic=True)
    return serialised


def _embed(graph: _Graph, weights: Weights, kept: NDArray[np.int64]) -> str:
    codes, scales = weights.blocks("emb.word", weights.hidden)
    positions = (
        weights.dense("emb.pos", weights.hidden) + weights.dense("emb.type", weights.hidden)[0]
    )
    words = graph.node(
        "com.microsoft.GatherBlockQuantized",
        [
            graph.constant("word.codes", _pack(codes[kept])),
            "ids",
            graph.constant("word.scales", scales[kept]),
        ],
        "words",
        bits=4,
        block_size=BLOCK,
        gather_axis=0,
        quantize_axis=1,
    )
    length = graph.node("Shape", ["ids"], "length", start=1, end=2)
    places = graph.node(
        "Slice",
        [
            graph.constant("positions", positions),
            graph.constant("zero", np.zeros(1, np.int64)),
            length,
        ],
        "places",
    )
    return graph.node(
        "LayerNormalization",
        [graph.node("Add", [words, places], "sum"), *_gains(graph, weights, "emb.ln")],
        "embedded",
        axis=-1,
        epsilon=weights.eps,
    )


def _pack(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two codes a byte, the earlier one in the low nibble, as onnxruntime reads them."""
    packed: NDArray[np.uint8] = codes[:, ::2] | codes[:, 1::2] << np.uint8(4)
    return packed


def _gains(graph: _Graph, weights: Weights, name: str) -> list[str]:
    return [graph.constant(f"{name}.{part}", weights.vector(f"{name}.{part}")) for part in "wb"]


def _multiply(graph: _Graph, weights: Weights, names: list[str], inputs: str, output: str) -> str:
    """One linear layer; several names are stacked by rows into one, as query, key and value are."""
    columns = weights.ffn if names[0].endswith(".fo") else weights.hidden
    parts = [weights.blocks(f"{name}.w", columns) for name in names]
    codes = np.concatenate([part[0] for part in parts])
    scales = np.concatenate([part[1] for part in parts])
    bias = np.concatenate([weights.vector(f"{name}.b") for name in names])
    return graph.node(
        "com.microsoft.MatMulNBits",
        [
            inputs,
            graph.constant(f"{output}.codes", _pack(codes).reshape(len(codes), -1, BLOCK // 2)),
            graph.constant(f"{output}.scales", scales),
            "",
            "",
            graph.constant(f"{output}.bias", bias),
        ],
        output,
        K=columns,
        N=len(codes),
        bits=4,
        block_size=BLOCK,
        accuracy_level=_FLOAT32,
    )


def _add_layer(graph: _Graph, weights: Weights, number: int, hidden: str) -> str:
    """One block of BERT (Devlin et al. 2019): attention, then feed-forward, each with its norm."""
    at = f"l{number}."
    stacked = _multiply(graph, weights, [at + "q", at + "k", at + "v"], hidden, at + "qkv")
    parts = [at + name for name in ("query", "key", "value")]
    _split(graph, stacked, parts)
    attended = graph.node(
        "com.microsoft.MultiHeadAttention",
        [*parts, "", "mask"],
        at + "attended",
        num_heads=weights.heads,
        mask_filter_value=-1e30,
    )
    projected = _multiply(graph, weights, [at + "ao"], attended, at + "projected")
    middle = _normalise(graph, weights, at + "aln", projected, hidden)
    wide = _multiply(graph, weights, [at + "fi"], middle, at + "wide")
    active = graph.node("com.microsoft.Gelu", [wide], at + "active")
    narrow = _multiply(graph, weights, [at + "fo"], active, at + "narrow")
    return _normalise(graph, weights, at + "oln", narrow, middle)


def _split(graph: _Graph, stacked: str, parts: list[str]) -> None:
    from onnx import helper

    graph.nodes.append(helper.make_node("Split", [stacked], parts, axis=2))


def _normalise(graph: _Graph, weights: Weights, name: str, new: str, old: str) -> str:
    return graph.node(
        "com.microsoft.SkipLayerNormalization",
        [new, old, *_gains(graph, weights, name)],
        name,
        epsilon=weights.eps,
    )


def _pool(graph: _Graph, hidden: str) -> None:
    """Sum over the mask, then length 1: the mean differs from the sum only in its length."""
    from onnx import TensorProto

    real = graph.node("Cast", ["mask"], "real", to=TensorProto.FLOAT)
    column = graph.node("Unsqueeze", [real, graph.constant("last", np.array([2]))], "column")
    masked = graph.node("Mul", [hidden, column], "masked")
    total = graph.node(
        "ReduceSum", [masked, graph.constant("middle", np.array([1]))], "total", keepdims=0
    )
    graph.node("LpNormalization", [total], "vectors", axis=-1, p=2)
