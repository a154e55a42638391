"""Documents in, passages out."""

import os

from index.adapting import LangChainEmbedder, SentenceTransformerEmbedder
from index.catalog import DocumentInfo
from index.embedding import (
    Embedder,
    WordLengthEmbedder,
    bundled_embedder,
    export_model,
    open_embedder,
)
from index.eras import Date, find_dates, write_era
from index.errors import BrokenIndex, IndexBusy, ReadError, StaleIndex, TenkyoError
from index.filters import Where
from index.folding import View, display, fold
from index.library import Index
from index.numbers import Number, find_numbers
from index.presenting import show_heading
from index.reading import read
from index.records import Document, Outcome, Page, Passage, Span, Unit
from index.seeding import open_seeds
from index.words import content_words

for _switch, _off in (
    ("ORT_DISABLE_TELEMETRY", "1"),
    ("HF_HUB_DISABLE_TELEMETRY", "1"),
    ("GRADIO_ANALYTICS_ENABLED", "False"),
):
    os.environ.setdefault(_switch, _off)  # libraries, imported later, that report use to their makers

__all__ = [
    "BrokenIndex",
    "Date",
    "Document",
    "DocumentInfo",
    "Embedder",
    "Index",
    "IndexBusy",
    "LangChainEmbedder",
    "Number",
    "Outcome",
    "Page",
    "Passage",
    "ReadError",
    "SentenceTransformerEmbedder",
    "Span",
    "StaleIndex",
    "TenkyoError",
    "Unit",
    "View",
    "Where",
    "WordLengthEmbedder",
    "bundled_embedder",
    "content_words",
    "display",
    "export_model",
    "find_dates",
    "find_numbers",
    "fold",
    "open_embedder",
    "open_seeds",
    "read",
    "show_heading",
    "write_era",
]
