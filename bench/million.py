"""What an index costs as it grows: 10^4, 10^5 and 10^6 passages.

Texts are drawn word by word from a made-up vocabulary (Zipf) and vectors from clusters, all
seeded. The embedding model is replaced by those vectors, so its time for a question (about 10 ms)
is not in the figures; everything else is `Index.search` and `Index.add` as users call them.

    python bench/million.py --dir FOLDER [--keep] [--sizes 10000 100000 1000000]

writes million.json and million.svg beside this file. A million passages take about 3 GB and ten
minutes. `load_average` says how busy the machine was: above its cores, times are too long.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import index.changes
from index import Document, Index, Passage, Unit, Where
from index.changes import Entry, merge, swap

HERE = Path(__file__).parent
DIMENSIONS = 384
PER_DOCUMENT = 100
WORDS = 60
VOCABULARY = 200_000
CLUSTERS = 2_000
SEARCHES = 300
ADDED = 20


class SeededEmbedder:
    """A text's vector is a cluster's centre with noise, both chosen by its last line."""

    name = "seeded"
    fingerprint = "seeded/1"
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        centres = np.random.default_rng(5).standard_normal((CLUSTERS, DIMENSIONS))
        self.centres = centres.astype(np.float32)

    def around(self, seed: int, rows: int) -> np.ndarray:
        random = np.random.default_rng(seed)
        noise = random.standard_normal((rows, DIMENSIONS), np.float32)
        vectors = self.centres[random.integers(0, CLUSTERS, rows)] + noise
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        lines = (text.splitlines()[-1].encode() for text in texts)
        seeds = (hashlib.blake2b(line, digest_size=4).digest() for line in lines)
        return np.concatenate([self.around(int.from_bytes(seed), 1) for seed in seeds])

    embed_queries = embed_passages

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


def spell(number: int) -> str:
    """A word of letters only, so that it is one search term."""
    letters = ""
    while number or len(letters) < 4:
        number, letter = divmod(number, 26)
        letters += chr(97 + letter)
    return letters


def draw_words(random: np.random.Generator, count: int) -> list[str]:
    """Zipf over the vocabulary: the n-th word about 1/n as often as the first."""
    numbers = np.exp(random.random(count) * np.log(VOCABULARY)).astype(np.int64)
    return [spell(number) for number in numbers.tolist()]


def make_entry(number: int, embedder: SeededEmbedder) -> Entry:
    random = np.random.default_rng(number)
    words = draw_words(random, PER_DOCUMENT * WORDS)
    lines = [" ".join(words[n : n + WORDS]) for n in range(0, len(words), WORDS)]
    text = "\n".join(lines)
    name, passages, start = f"d{number:06}.txt", [], 0
    for n, line in enumerate(lines):
        end = start + len(line)
        units = (Unit(start, end, "sentence"),)
        passages.append(Passage(f"{name}#{n}", name, start, end, line, name, None, units))
        start = end + 1
    digest = hashlib.sha256(text.encode()).hexdigest()
    document = Document(name, name, text, f"/{name}", digest, digest, reader="txt/1")
    return Entry(document, passages, embedder.around(number, PER_DOCUMENT), lines)


def build(path: Path, passages: int) -> float:
    """Make an index; seconds. Sealed once at the end: a bulk load need not merge on the way."""
    shutil.rmtree(path, ignore_errors=True)
    embedder = SeededEmbedder()
    index.changes.SEAL_ROWS = passages + 1
    started = time.perf_counter()
    with Index.open(path, embedder=embedder) as made, made._store.writing():
        for first in range(0, passages // PER_DOCUMENT, 200):
            last = min(first + 200, passages // PER_DOCUMENT)
            swap(made._store, [make_entry(n, embedder) for n in range(first, last)])
            print(f"{last * PER_DOCUMENT:>8} {time.perf_counter() - started:.0f} s", flush=True)
        merge(made._store)
    return time.perf_counter() - started


def measure(path: Path) -> dict[str, float]:
    """In a process of its own: opening, searching, memory, one document until it is found."""
    started = time.perf_counter()
    opened = Index.open(path, embedder=SeededEmbedder())
    opened.search("aaab")
    figures = {"open_s": time.perf_counter() - started}
    random = np.random.default_rng(9)
    searches, processor = [], []
    for _ in range(SEARCHES):
        query = " ".join(draw_words(random, 6))
        started, used = time.perf_counter(), time.thread_time()
        assert len(opened.search(query)) == 8
        searches.append(1000 * (time.perf_counter() - started))
        processor.append(1000 * (time.thread_time() - used))
    figures |= {"search_p50_ms": statistics.median(searches)}
    figures |= {"search_p95_ms": statistics.quantiles(searches, n=20)[-1]}
    figures |= {"search_processor_p50_ms": statistics.median(processor)}
    figures |= {"load_average": os.getloadavg()[0]}
    figures |= memory()
    figures |= {"filtered_p50_ms": statistics.median(filtered(opened, random))}
    figures |= {"recall_at_10": recall(opened)}
    added = [add_one(opened, path.with_name("new"), n) for n in range(ADDED)]
    figures |= {"added_p50_s": statistics.median(added), "added_max_s": max(added)}
    opened.close()
    return figures


def add_one(opened: Index, folder: Path, n: int) -> float:
    """Seconds from the call of `add` to a search that finds the document; then it is removed."""
    folder.mkdir(exist_ok=True)
    file = folder / "new.txt"
    sentence = f"newcomer{chr(97 + n)}zzz とは、あとから加えた文書のことです。"
    file.write_text(sentence, "utf-8")
    started = time.perf_counter()
    opened.add([file])
    found = opened.search(sentence)
    seconds = time.perf_counter() - started
    assert found[0].document_id == "new.txt"
    opened.remove("new.txt")
    return seconds


def filtered(opened: Index, random: np.random.Generator) -> list[float]:
    """Milliseconds of searches in a tenth of the documents."""
    seconds = []
    for n in range(20):
        query = " ".join(draw_words(random, 6))
        where = Where(documents=tuple(f"d{number:06}.txt" for number in range(n, 10_000, 10)))
        started = time.perf_counter()
        assert opened.search(query, where=where)
        seconds.append(1000 * (time.perf_counter() - started))
    return seconds


def recall(opened: Index, queries: int = 50) -> float:
    """The share of the 10 nearest vectors, found by comparing all, that the dense leg finds."""
    wanted = SeededEmbedder().around(77, queries)
    with opened._store.snapshot() as view:
        rows = view.catalog.manifest.connection.execute("SELECT number, vector FROM vectors")
        best = [[] for _ in range(queries)]
        while block := rows.fetchmany(20_000):
            vectors = np.frombuffer(b"".join(row[1] for row in block), np.float32)
            scores = wanted @ vectors.reshape(len(block), -1).T
            for n, row in enumerate(scores):
                near = [(float(row[i]), block[i][0]) for i in np.argpartition(-row, 10)[:10]]
                best[n] = sorted([*best[n], *near], reverse=True)[:10]
        hits = 0
        for n, vector in enumerate(wanted):
            found = {number for number, _ in view.nearest(vector[None], 10, None)}
            hits += len(found & {number for _, number in best[n]})
    return hits / (10 * queries)


def memory() -> dict[str, float]:
    """Private memory is what no file backs; the rest of the resident pages are mapped files."""
    rollup = Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in rollup}
    return {
        "private_mb": kilobytes["Anonymous"] / 1024,
        "resident_mb": kilobytes["Rss"] / 1024,
    }


def draw(results: dict[str, dict[str, float]]) -> None:
    """Four small cost curves, both axes logarithmic."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "million"
    from matplotlib import pyplot

    panels = [
        ("search, ms (p50, p95)", ("search_p50_ms", "search_p95_ms"), 60.0),
        ("opening and first search, s", ("open_s",), 1.0),
        ("one document added until found, s", ("added_p50_s", "added_max_s"), 1.0),
        ("private memory, MB", ("private_mb",), 1536.0),
    ]
    sizes = sorted(results, key=int)
    figure, axes = pyplot.subplots(1, 4, figsize=(14, 3.2), layout="constrained")
    for axis, (title, names, limit) in zip(axes, panels, strict=True):
        for name, style in zip(names, ("o-", "o--"), strict=False):
            axis.loglog([int(n) for n in sizes], [results[n][name] for n in sizes], style)
        axis.axhline(limit, color="0.6", linewidth=0.8, linestyle=":")
        axis.set(title=title, xlabel="passages")
    figure.savefig(HERE / "million.svg", metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument(
        "--keep", action="store_true", help="keep an index, and use one kept before"
    )
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    file = HERE / "million.json"
    report = json.loads(file.read_text()) if file.exists() else {"results": {}}
    report["machine"] = (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    for size in options.sizes:
        path = options.dir / f"index-{size}"
        before = report["results"].get(str(size), {})
        kept = options.keep and path.exists()
        seconds = before.get("build_s", 0.0) if kept else build(path, size)
        command = [sys.executable, __file__, "--dir", options.dir, "--measure", path]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        megabytes = sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) / 2**20
        report["results"][str(size)] = {
            **json.loads(done.stdout), "build_s": seconds, "disk_mb": megabytes,
        }  # fmt: skip
        print(size, json.dumps(report["results"][str(size)], indent=1))
        file.write_text(json.dumps(report, indent=1) + "\n")
        if not options.keep:
            shutil.rmtree(path)
    draw(report["results"])


if __name__ == "__main__":
    main()
