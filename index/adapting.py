"""Other people's embedding models behind our protocol: sentence-transformers and LangChain."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import TenkyoError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_PROBE = "次元"


class LangChainEmbeddings(Protocol):
    """What we use of `langchain_core.embeddings.Embeddings`."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]: ...

    def embed_query(self, text: str) -> list[float]: ...


class SentenceTransformerEmbedder:
    """A sentence-transformers model by name or directory, with the prompts of its own configuration.

    The library takes seconds to import, so it is imported at the first text. The fingerprint of a
    directory is the hash of its files (it may move); that of a name is the commit that was fetched.
    A model in the hub's cache is taken as it lies there: a newer one would not fit its fingerprint.
    """

    KIND = "sentence-transformers-"
    """What every fingerprint begins with."""

    def __init__(
        self, name: str, prompts: Mapping[str, str] | None = None, *, local: bool = False
    ) -> None:
        """`prompts` (`query`, `document`) is for models whose configuration lacks them.

        With `local` nothing is fetched; a model that is not on this machine is a TenkyoError.
        """
        self.name = str(Path(name).absolute()) if Path(name).is_dir() else name
        self.local = local
        self._prompts = dict(prompts or {})
        self._model: SentenceTransformer | None = None
        self._fingerprint = ""
        self._dimensions = 0
        self._lock = threading.RLock()

    @property
    def dimensions(self) -> int:
        self._dimensions = self._dimensions or self.embed_queries([_PROBE]).shape[1]
        return self._dimensions

    @property
    def fingerprint(self) -> str:
        with self._lock:
            if not self._fingerprint:
                identity = self._identify() + json.dumps(self._prompts, sort_keys=True)
                digest = hashlib.sha256(identity.encode()).hexdigest()
                self._fingerprint = self.KIND + digest[:16]
            return self._fingerprint

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        encode = self._open().encode_document
        return np.asarray(encode(_clean(texts), normalize_embeddings=True), np.float32)

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        encode = self._open().encode_query
        return np.asarray(encode(_clean(texts), normalize_embeddings=True), np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        model = self._open()
        found = (model.prompts.get(key) for key in ("document", "passage", "corpus"))
        prompt = next((value for value in found if value is not None), "")
        return [
            len(model.tokenizer(prompt + text, truncation=False, verbose=False)["input_ids"])
            for text in _clean(texts)
        ]

    def _open(self) -> SentenceTransformer:
        with self._lock:
            if self._model is None:
                self._model = _load(self.name, self._prompts, local=self.local)
            return self._model

    def _identify(self) -> str:
        if Path(self.name).is_dir():
            return _hash_directory(Path(self.name))
        commit = _find_commit(self.name)
        if not commit:
            self._open()
            commit = _find_commit(self.name)
        return f"{self.name}@{commit}"


class LangChainEmbedder:
    """Any object with LangChain's `embed_documents` and `embed_query`.

    LangChain says nothing about which weights stand behind an object, so the fingerprint is made
    of `name` and the dimensions: give another name when the model changes.
    """

    def __init__(self, embeddings: LangChainEmbeddings, name: str = "") -> None:
        self.name = name or _describe(embeddings)
        self._embeddings = embeddings
        self._dimensions = 0

    @property
    def dimensions(self) -> int:
        self._dimensions = self._dimensions or self.embed_queries([_PROBE]).shape[1]
        return self._dimensions

    @property
    def fingerprint(self) -> str:
        return f"langchain-{self.name}-{self.dimensions}"

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        return _normalise(self._embeddings.embed_documents(_clean(texts)))

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        return _normalise([self._embeddings.embed_query(text) for text in _clean(texts)])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Characters, which no Japanese tokenizer exceeds by much: LangChain has no tokens."""
        return [len(text) for text in texts]


def _load(name: str, prompts: Mapping[str, str], *, local: bool) -> SentenceTransformer:
    """From this machine, else from the hub unless `local`: a copy in the cache may be half of one."""
    given = Path(name).is_dir()
    kept = given or bool(_find_commit(name))
    if local and not kept:
        raise TenkyoError(_tell_missing(name))
    from sentence_transformers import SentenceTransformer

    failure: Exception | None = None
    for offline in (True,) * kept + (False,) * (not local and not given):
        try:
            return SentenceTransformer(
                name, prompts=dict(prompts) or None, local_files_only=offline
            )
        except (OSError, ValueError) as error:
            failure = error
    raise TenkyoError(
        f"埋め込みモデル「{name}」を開けません。sentence-transformers のモデル名か、"
        f"そのモデルのフォルダーを指定し、名前ならネットワークも確かめてください。詳細: {failure}"
    ) from failure


def _tell_missing(name: str) -> str:
    remake = "`tenkyo index rebuild` で同梱のモデルで作り直してください。"
    if Path(name).is_absolute():
        return f"埋め込みモデルのフォルダー「{name}」がありません。元の場所に戻すか、{remake}"
    return (
        f"埋め込みモデル「{name}」がこの計算機にありません。"
        f"ネットワークにつないで `hf download {name}` を実行するか、{remake}"
    )


def _find_commit(name: str) -> str:
    """The commit of the copy in the hub's cache; empty where there is none yet."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        path = try_to_load_from_cache(name, "config.json")
    except HFValidationError:
        return ""
    return Path(path).parent.name if isinstance(path, str) else ""


def _hash_directory(directory: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        total.update(f"{path.relative_to(directory).as_posix()} {digest}\n".encode())
    return total.hexdigest()


def _describe(embeddings: Any) -> str:  # noqa: ANN401
    """The class, with the model's name where the object tells it."""
    told = (getattr(embeddings, key, None) for key in ("model_name", "model", "repo_id"))
    return "-".join(
        [type(embeddings).__name__, *(value for value in told if isinstance(value, str))][:2]
    )


def _normalise(rows: list[list[float]]) -> NDArray[np.float32]:
    vectors = np.asarray(rows, np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def _clean(texts: Sequence[str]) -> list[str]:
    """Lone surrogates, which no tokenizer takes, become question marks."""
    return [text.encode(errors="replace").decode() for text in texts]
