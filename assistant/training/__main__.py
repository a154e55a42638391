"""`python -m assistant.training`: from the data to a trained checkpoint, in one command.

On two free Zen 4 cores about 7 examples a second; the default run takes half an hour, after ten
minutes for the indexes. Killed at any point, the same command goes on from the last checkpoint; the
examples of a run are drawn once and kept beside it.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from dataclasses import replace
from pathlib import Path

from assistant.training.corpus import Corpus, build_corpus
from assistant.training.fitting import Log, Settings, train
from assistant.training.mixing import Mixer, Recipe
from assistant.training.records import read_examples, write_examples

ARTICLES, SEARCHED = 120, 3200
"""Train articles that are indexed, and questions of each data set that are searched in them."""
PAPERS = 12_000
"""Questions on papers to train on that are searched; those on invented documents all are."""


def make_log(file: Path) -> Log:
    """Lines with the time, into a file and to standard error."""
    file.parent.mkdir(parents=True, exist_ok=True)

    def log(line: str) -> None:
        stamped = f"{time.strftime('%H:%M:%S')} {line}\n"
        sys.stderr.write(stamped)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(stamped)

    return log


def add_places(parser: argparse.ArgumentParser) -> None:
    """The options that every command of training takes."""
    parser.add_argument("--data", type=Path, required=True, help="JaQuAD・JSQuAD のフォルダー")
    parser.add_argument("--documents", type=Path, required=True, help="政策文書(PDF)のフォルダー")
    parser.add_argument("--articles", type=int, default=ARTICLES, help="索引に入れる学習用の記事の数(データごと)")
    parser.add_argument("--questions", type=int, default=SEARCHED, help="検索する学習用の質問の数(データごと)")
    parser.add_argument("--papers", type=int, default=PAPERS, help="検索する政策文書の学習用の質問の数")
    parser.add_argument("--work", type=Path, required=True, help="索引・記録・途中経過を置くフォルダー")


def open_corpus(options: argparse.Namespace, log: Log) -> Corpus:
    """The corpus, from its folder or built anew."""
    return build_corpus(
        options.data, options.documents, options.work,
        articles=options.articles, searched=options.questions, papers=options.papers, log=log,
    )  # fmt: skip


def main() -> None:
    """Train one variant."""
    parser = argparse.ArgumentParser(prog="python -m assistant.training", description="読解モデルを学習します。")
    add_places(parser)
    standard = Settings()
    parser.add_argument("--run", default="main", help="途中経過の名前(別の条件には別の名前)")
    parser.add_argument("--examples", type=int, default=standard.examples, help="学習例の数")
    parser.add_argument("--minutes", type=float, default=math.inf, help="打ち切るまでの分数")
    parser.add_argument("--rate", type=float, default=standard.rate, help="学習率")
    parser.add_argument("--layers", type=int, default=standard.layers, help="層の数")
    parser.add_argument("--frozen", type=int, default=standard.frozen, help="固定する下の層の数")
    parser.add_argument("--seed", type=int, default=standard.seed, help="乱数の種")
    parser.add_argument("--policy", type=float, default=Recipe().policy, help="政策文書の学習例の割合")
    parser.add_argument(
        "--swapped", type=float, default=Recipe().shares["swapped"], help="語を一つ入れ替えた学習例の割合"
    )
    parser.add_argument("--begin", type=Path, help="重みを引き継ぐ途中経過(checkpoint.pt)か、書き出した重みのフォルダー")
    options = parser.parse_args()
    began = time.time()
    log = make_log(options.work / options.run / "log.txt")
    names = ("examples", "rate", "layers", "frozen", "seed")
    settings = replace(standard, **{name: getattr(options, name) for name in names})
    file = options.work / options.run / "examples.jsonl"
    if not file.exists():
        recipe = Recipe(policy=options.policy, shares={**Recipe().shares, "swapped": options.swapped})
        drawn = Mixer(open_corpus(options, log), recipe).draw(settings.examples, settings.seed)
        write_examples(drawn, file)
    examples = read_examples(file)
    until = began + 60 * options.minutes
    train(examples, settings, options.work / options.run, log, begun=options.begin, until=until)


if __name__ == "__main__":
    main()
