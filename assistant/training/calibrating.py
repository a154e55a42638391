"""`python -m assistant.training.calibrating`: a checkpoint becomes weights with honest probabilities.

Temperature and bias are fitted on the calibrate papers and articles, which nothing was trained on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assistant.crossing import CrossReader
from assistant.training.__main__ import add_places, make_log, open_corpus
from assistant.training.exporting import write_weights
from assistant.training.fitting import load_network
from assistant.training.judging import fit_scale, labelled, summarise
from assistant.training.policy import POLICY
from assistant.training.report import judge_all, write_table

_ARTICLE_QUESTIONS = 100
"""Of each data set beside the papers': fewer than theirs, as the papers are what is read later."""


def main() -> None:
    """Export, read the calibrate part, fit, export again."""
    parser = argparse.ArgumentParser(
        prog="python -m assistant.training.calibrating", description="学習した重みを書き出し、確率を較正します。"
    )
    add_places(parser)
    parser.add_argument("--run", default="main", help="学習の名前")
    parser.add_argument("--weights", type=Path, required=True, help="書き出すフォルダー")
    options = parser.parse_args()
    network = load_network(options.work / options.run / "checkpoint.pt")
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    write_weights(weights, options.weights, 1.0, 0.0)
    corpus = open_corpus(options, make_log(options.work / "report.log"))
    reader = CrossReader(options.weights)
    judged = judge_all(reader, corpus, corpus.of(POLICY, "calibrate"))
    figures = {"policy calibrate": summarise(judged)}
    for data in dict.fromkeys(q.data for q in corpus.questions if q.data != POLICY):
        searched = [q for q in corpus.of(data, "calibrate") if q.id in corpus.found]
        some = judge_all(reader, corpus, searched[:_ARTICLE_QUESTIONS])
        figures[f"{data} calibrate"] = summarise(some)
        judged += some
    temperature, bias = fit_scale(*labelled(judged))
    write_weights(weights, options.weights, temperature, bias)
    sys.stdout.write(write_table(figures) + f"temperature {temperature:.3f} bias {bias:.3f}\n")


if __name__ == "__main__":
    main()
