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
from assistant.training.fitting import encode, load_network
from assistant.training.judging import fit_scale, labelled, summarise
from assistant.training.policy import POLICY
from assistant.training.records import read_examples
from assistant.training.report import judge_all, write_table
from assistant.training.rounding import level_all, measure_peaks

_ARTICLE_QUESTIONS = 100
"""Of each data set beside the papers': fewer than theirs, as the papers are what is read later."""
_WATCHED = 256
"""Of the run's examples, those by which the inputs' rounding is set."""


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
    options = parser.parse_args()
    run = options.work / options.run
    network = load_network(run / "checkpoint.pt")
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    levels = None
    if options.rounding == "columns":
        watched = [row for row in map(encode, read_examples(run / "examples.jsonl")[:_WATCHED]) if row]
        levels = level_all(weights, measure_peaks(network, watched))
    write_weights(weights, options.weights, 1.0, 0.0, levels)
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
    write_weights(weights, options.weights, temperature, bias, levels)
    sys.stdout.write(write_table(figures) + f"temperature {temperature:.3f} bias {bias:.3f}\n")


if __name__ == "__main__":
    main()
