"""The index of the five seed documents, kept in the user's cache and built at first use."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path

import platformdirs

from index.adding import Progress
from index.chunking import CUTTING
from index.embedding import bundled_embedder
from index.library import Index


def seeds_folder() -> Path:
    """Where the seed documents lie."""
    return Path(str(resources.files("seeds")))


def seed_index_path() -> Path:
    """The seed index's directory, named by the seeds' and the model's fingerprint."""
    digest = hashlib.sha256(f"{CUTTING}\0{bundled_embedder().fingerprint}".encode())
    for file in sorted(seeds_folder().glob("*.t[xo]*")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return Path(platformdirs.user_cache_dir("tenkyo")) / "seeds" / digest.hexdigest()[:16]


def open_seeds(progress: Progress | None = None) -> Index:
    """The seed index; built when it is not there, completed when its building was interrupted."""
    index = Index.open(seed_index_path())
    if len(index.list_documents()) < len(list(seeds_folder().glob("*.txt"))):
        index.add([seeds_folder()], progress=progress)
    return index
