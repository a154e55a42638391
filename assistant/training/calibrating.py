"""`python -m assistant.training.calibrating`: a checkpoint becomes weights with honest probabilities.

Temperature and bias are fitted on the calibrate papers and articles, which nothing was trained on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from assistant.crossing import CrossReader
from assistant.training.__main__ import add_places, make_log, open_corpus
from assistant.training.corpus import spread
from assistant.training.exporting import write_weights
from assistant.training.fitting import encode, load_network
from assistant.training.judging import fit_scale, labelled, summarise
from assistant.training.network import Network
from assistant.training.policy import POLICY
from assistant.training.records import read_examples
from assistant.training.report import judge_all, write_table
from assistant.training.restoring import restore
from assistant.training.rounding import level_all, measure_peaks

_ARTICLE_QUESTIONS = 100
"""Of each data set beside the papers': fewer than theirs, as the papers are what is read later."""
_WATCHED = 256
"""Of the run's examples, those by which the inputs' rounding is set."""


def average(network: Network, state: Mapping[str, Tensor]) -> None:
    """The network half way between itself and another state, as that it began from.

    What is learnt from new questions then costs less of what was known (WiSE-FT: Wortsman et al.,
    CVPR 2022).
    """
    own = network.state_dict()
    network.load_state_dict({name: torch.lerp(state[name], value, 0.5) for name, value in own.items()})


def main() -> None:
    """Export, read the calibrate part, fit, export again."""
    parser = argparse.ArgumentParser(
        prog="python -m assistant.training.calibrating", description="学習した重みを書き出し、確率を較正します。"
    )
    add_places(parser)
    parser.add_argument("--run", default="main", help="学習の名前")
    parser.add_argument("--weights", type=Path, required=True, help="書き出すフォルダー")
    parser.add_argument(
        "--rounding", choices=["columns", "blocks"], default="columns", help="重みの丸め方"
    )
    parser.add_argument(
        "--average", type=Path, help="重みをこのフォルダーのものと平均する(学習を始めた重みなど)"
    )
    parser.add_argument("--most", type=int, default=1000, help="政策文書の質問の数(全体から等間隔に)")
    options = parser.parse_args()
    run = options.work / options.run
    network = load_network(run / "checkpoint.pt")
    if options.average:
        average(network, restore(options.average))
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    levels = None
    if options.rounding == "columns":
        watched = [row for row in map(encode, read_examples(run / "examples.jsonl")[:_WATCHED]) if row]
        levels = level_all(weights, measure_peaks(network, watched))
    write_weights(weights, options.weights, 1.0, 0.0, levels)
    corpus = open_corpus(options, make_log(options.work / "report.log"))
    reader = CrossReader(options.weights)
    judged = judge_all(reader, corpus, spread(corpus.of(POLICY, "calibrate"), options.most))
    figures = {"policy calibrate": summarise(judged)}
    for data in dict.fromkeys(q.data for q in corpus.questions if q.data != POLICY):
        searched = [q for q in corpus.of(data, "calibrate") if q.id in corpus.found]
        some = judge_all(reader, corpus, searched[:_ARTICLE_QUESTIONS])
        figures[f"{data} calibrate"] = summarise(some)
        judged += some
    temperature, bias = fit_scale(*labelled(judged))
    write_weights(weights, options.weights, temperature, bias, levels)
    sys.stdout.write(write_table(figures) + f"temperature {temperature:.3f} bias {bias:.3f}\n")


if __name__ == "__main__":
    main()
