"""Documents in, passages out."""

from index.embedding import Embedder, WordLengthEmbedder, bundled_embedder
from index.errors import BrokenIndex, IndexBusy, ReadError, StaleIndex, TenkyoError
from index.records import Document, Outcome, Page, Passage, Span, Unit

__all__ = [
    "BrokenIndex",
    "Document",
    "Embedder",
    "IndexBusy",
    "Outcome",
    "Page",
    "Passage",
    "ReadError",
    "Span",
    "StaleIndex",
    "TenkyoError",
    "Unit",
    "WordLengthEmbedder",
    "bundled_embedder",
]
