"""The model as torch trains it: the embedding model's encoder, with heads for span and answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.training.vocabulary import open_start
from assistant.windows import TEXT
from index.e5 import Weights

DROPOUT = 0.1
_NEVER = -1e4
"""The logit of a place outside the text."""


class Layer(nn.Module):
    """One block of BERT (Devlin et al. 2019), norm after each half."""

    def __init__(self, hidden: int, heads: int, wide: int, eps: float) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.ao = nn.Linear(hidden, hidden)
        self.aln = nn.LayerNorm(hidden, eps)
        self.fi = nn.Linear(hidden, wide)
        self.fo = nn.Linear(wide, hidden)
        self.oln = nn.LayerNorm(hidden, eps)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """`x` is (batch, length, hidden), `mask` (batch, 1, 1, length), True where a token is."""
        batch, length, hidden = x.shape
        split = self.qkv(x).view(batch, length, 3, self.heads, hidden // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        mixed = mixed.transpose(1, 2).reshape(batch, length, hidden)
        middle = self.aln(x + self.drop(self.ao(mixed)))
        narrow = self.fo(functional.gelu(self.fi(middle)))
        normalised: Tensor = self.oln(middle + self.drop(narrow))
        return normalised


class Network(nn.Module):
    """ids, kinds (batch, length) -> start and end logits (batch, length), answerability (batch,).

    Answerability is judged from the first token, the text's mean, and the hidden states where the
    answer would begin and end: so it sees the best candidate and what stands around it.
    """

    def __init__(self, weights: Weights, kept: np.ndarray, layers: int) -> None:
        super().__init__()
        hidden = weights.hidden
        self.words = nn.Embedding(len(kept), hidden)
        self.places = nn.Embedding(weights.positions, hidden)
        self.ln = nn.LayerNorm(hidden, weights.eps)
        self.layers = nn.ModuleList(
            Layer(hidden, weights.heads, weights.ffn, weights.eps) for _ in range(layers)
        )
        self.bounds = nn.Linear(hidden, 2)
        self.gather = nn.Linear(4 * hidden, hidden)
        self.answer = nn.Linear(hidden, 1)
        self.drop = nn.Dropout(DROPOUT)
        self.freeze(0)

    def freeze(self, layers: int) -> None:
        """Leave the word embeddings, and with them the lowest layers, as they are."""
        fixed: list[nn.Module] = [self.words]
        if layers:
            fixed += [self.places, self.ln, *self.layers[:layers]]
        for module in fixed:
            module.requires_grad_(False)

    def forward(self, ids: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        at = torch.arange(ids.shape[1], device=ids.device)
        x = self.drop(self.ln(self.words(ids) + self.places(at)))
        mask = (kinds > 0)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        return self._judge(x.float(), kinds == TEXT)

    def _judge(self, x: Tensor, text: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        bounds = self.bounds(x).float().masked_fill(~text[:, :, None], _NEVER)
        shares = torch.softmax(bounds, 1).transpose(1, 2) @ x
        mean = (x * text[:, :, None]).sum(1) / text.sum(1, keepdim=True).clamp(min=1)
        seen = torch.cat([x[:, 0], mean, shares[:, 0], shares[:, 1]], 1)
        judged = self.answer(self.drop(torch.tanh(self.gather(seen))))
        return bounds[:, :, 0], bounds[:, :, 1], judged[:, 0].float()


def start_network(layers: int | None = None) -> Network:
    """A network with the embedding model's weights and fresh heads.

    With fewer `layers` than the embedding model has, evenly spaced ones are kept.
    """
    weights, kept, _ = open_start()
    count = layers or weights.layers
    network = Network(weights, kept, count)
    with torch.no_grad():
        for name, value in _name_weights(weights, kept, _spread(weights.layers, count)):
            network.get_parameter(name).copy_(torch.tensor(value))
    return network


def keep_layers(state: Mapping[str, Tensor], count: int) -> dict[str, Tensor]:
    """A trained network's state with so many of its layers: where a smaller student begins."""
    layers = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("layers."))
    place = {f"layers.{old}.": f"layers.{new}." for new, old in enumerate(_spread(layers, count))}
    kept = {}
    for name, value in state.items():
        at = re.match(r"layers\.\d+\.", name)
        if at is None:
            kept[name] = value
        elif at[0] in place:
            kept[place[at[0]] + name[at.end() :]] = value
    return kept


def _spread(layers: int, count: int) -> list[int]:
    """Evenly spaced layers, the last among them, as DistilBERT keeps (Sanh et al. 2019)."""
    return [round((n + 1) * layers / count) - 1 for n in range(count)]


def _name_weights(
    weights: Weights, kept: np.ndarray, chosen: list[int]
) -> Iterator[tuple[str, np.ndarray]]:
    """The network's parameter names with the stored values.

    Question and passage are told apart by the marks between them, as in XLM-R, so the one type
    there is goes into the positions.
    """
    hidden = weights.hidden
    yield "words.weight", weights.dense("emb.word", hidden)[kept]
    yield "places.weight", weights.dense("emb.pos", hidden) + weights.dense("emb.type", hidden)[0]
    yield "ln.weight", weights.vector("emb.ln.w")
    yield "ln.bias", weights.vector("emb.ln.b")
    for number, old in enumerate(chosen):
        new, stored = f"layers.{number}.", f"l{old}."
        for part, dense in (("weight", True), ("bias", False)):
            rows = [
                weights.dense(f"{stored}{n}.w", hidden) if dense else weights.vector(f"{stored}{n}.b")
                for n in "qkv"
            ]
            yield f"{new}qkv.{part}", np.concatenate(rows)
        for name in ("ao", "fi", "fo"):
            columns = weights.ffn if name == "fo" else hidden
            yield f"{new}{name}.weight", weights.dense(f"{stored}{name}.w", columns)
            yield f"{new}{name}.bias", weights.vector(f"{stored}{name}.b")
        for name in ("aln", "oln"):
            yield f"{new}{name}.weight", weights.vector(f"{stored}{name}.w")
            yield f"{new}{name}.bias", weights.vector(f"{stored}{name}.b")
