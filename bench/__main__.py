"""What a user waits for, in medians: indexing the seeds, one question, one whole command.

    python -m bench [--runs 20] [--builds 20]

Everything is measured in new processes with a cache of its own, except the warm question.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

QUESTIONS = [
    "令和7年度のAI関連の予算はいくらですか。",
    "欧州委員会がAI in Science戦略を発表したのはいつですか。",
    "Which institute developed Evo2?",
    "科学研究にAIを使う目的は何ですか。",
    "英国が優先する分野は何ですか。",
]
INDEX = (
    "import sys, time; from index import Index; from index.seeding import seeds_folder\n"
    "began = time.perf_counter(); Index.open(sys.argv[1]).add([seeds_folder()]); print(time.perf_counter() - began)"
)
FIRST = (
    "import time; began = time.perf_counter()\n"
    "from index import open_seeds; open_seeds(); print(time.perf_counter() - began)"
)


def measure(runs: int, work: Callable[[], float]) -> tuple[float, float, float]:
    """(median, least, greatest) seconds."""
    seconds = sorted(work() for _ in range(runs))
    return statistics.median(seconds), seconds[0], seconds[-1]


def python(program: str, *arguments: str, cache: str | None = None) -> float:
    """The seconds that a program prints last."""
    environment = os.environ | ({"XDG_CACHE_HOME": cache} if cache else {})
    run = [sys.executable, "-c", program, *arguments]
    printed = subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout
    return float(printed.split()[-1])


def index_seeds() -> float:
    with tempfile.TemporaryDirectory() as folder:
        return python(INDEX, f"{folder}/index")


def first_use() -> float:
    with tempfile.TemporaryDirectory() as folder:
        return python(FIRST, cache=folder)


def ask() -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "index.command", "ask", QUESTIONS[0]]
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - began


def warm(runs: int) -> tuple[list[float], list[float]]:
    """Seconds of questions asked for the first time, and of searches, in one warm process."""
    from assistant import Assistant

    assistant = Assistant.open()
    assistant.answer("準備")
    answers, searches = [], []
    for n in range(runs):
        question = QUESTIONS[n % len(QUESTIONS)] + f"({n}回目)"
        answers.append(assistant.answer(question).seconds)
        began = time.perf_counter()
        assistant.search(question)
        searches.append(time.perf_counter() - began)
    return sorted(answers), sorted(searches)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20, help="questions and commands")
    parser.add_argument("--builds", type=int, default=20, help="indexings, 15 seconds each")
    options = parser.parse_args()
    runs = options.runs
    print(f"{platform.processor() or platform.machine()}、{os.cpu_count()}コア、Python {platform.python_version()}")
    print(f"{runs}回(索引は{options.builds}回)の中央値(最小〜最大)、秒")
    python(FIRST)
    for name, times, work in (
        ("初回(モデルの構築と5文書の索引)", options.builds, first_use),
        ("5文書の索引", options.builds, index_seeds),
        ("tenkyo ask 全体", runs, ask),
    ):
        print(f"{name:<24} {'{:.2f} ({:.2f}〜{:.2f})'.format(*measure(times, work))}", flush=True)
    for name, seconds in zip(("温まった質問", "温まった検索"), warm(max(runs, 20)), strict=True):
        print(f"{name:<24} {statistics.median(seconds):.3f} ({seconds[0]:.3f}〜{seconds[-1]:.3f})")


if __name__ == "__main__":
    main()
