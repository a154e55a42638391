"""`python -m assistant.training.report`: every figure of the reading model from one command.

Data sets are reported apart and never pooled. `--part calibrate` is for choosing between variants;
the report part is looked at once a variant is chosen.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from assistant.crossing import CrossReader, find_reader
from assistant.reader import Reader
from assistant.records import Asked
from assistant.training.__main__ import add_places, make_log, open_corpus
from assistant.training.corpus import Corpus, cut_articles, spread
from assistant.training.judging import Judgement, judge_question, match, summarise
from assistant.training.policy import POLICY
from assistant.training.records import Part, Question
from index import TenkyoError

_COLUMNS = ("questions", "ExactMatch", "CharF1", "AUROC-near", "AUROC-question", "AUROC-retrieved",
            "R@1-fused", "R@1-read", "R@8-fused", "MRR@10-fused", "MRR@10-read", "ECE")  # fmt: skip
_TIMED = 300
"""Characters of the passages that are timed."""
Figures = Mapping[str, Mapping[str, float]]


def measure(reader: Reader, corpus: Corpus, part: Part, most: int) -> Figures:
    """The figures of the policy papers and of about so many questions of each other data set."""
    figures: dict[str, Mapping[str, float]] = {}
    for data in dict.fromkeys(q.data for q in corpus.questions):
        searched = [q for q in corpus.of(data, part) if q.id in corpus.found]
        judged = judge_all(reader, corpus, spread(searched, most))
        if judged:
            figures[f"{data} {part}"] = summarise(judged)
        if data == POLICY:
            figures |= {f"  {kind}": summarise(some) for kind, some in _by_kind(judged)}
    return figures


def judge_all(reader: Reader, corpus: Corpus, questions: Iterable[Question]) -> list[Judgement]:
    """Those of the questions that were searched."""
    return [judge_question(reader, corpus, q) for q in questions if q.id in corpus.found]


def _by_kind(judged: Sequence[Judgement]) -> list[tuple[str, list[Judgement]]]:
    kinds = sorted({j.question.kind for j in judged})
    return [(kind, [j for j in judged if j.question.kind == kind]) for kind in kinds]


def measure_spans(reader: Reader, corpus: Corpus, data: str, part: Part, most: int) -> Mapping[str, float]:
    """Exact match and character F1 in the gold passages of at most so many articles' questions."""
    scores = []
    for question in spread(corpus.of(data, part), most):
        passage = corpus.holding(question.document, question.spans[0])
        if passage:
            read = reader.read(Asked(question.text, question.text), [passage])
            scores.append(match(read[0], question.answers))
    return {
        "questions": float(len(scores)),
        "ExactMatch": statistics.fmean(s[0] for s in scores),
        "CharF1": statistics.fmean(s[1] for s in scores),
    }


def time_reading(reader: Reader, corpus: Corpus, counts: Sequence[int] = (8, 20)) -> Mapping[str, float]:
    """Median milliseconds for so many passages of 300 characters, warm: each with what follows it."""
    passages = [
        replace(one, text=(one.text + after.text)[:_TIMED], units=())
        for group in corpus.passages.values()
        for one, after in zip(group, group[1:], strict=False)
        if len(one.text + after.text) >= _TIMED
    ]
    asked = Asked("この制度の対象となる期間はいつまでですか", "この制度の対象となる期間はいつまでですか")
    figures = {}
    for count in counts:
        times = []
        for run in range(6):
            some = passages[run * count : (run + 1) * count]
            began = time.perf_counter()
            reader.read(asked, some)
            times.append(time.perf_counter() - began)
        figures[f"ms-{count}"] = 1000 * statistics.median(times[1:])
    return figures


def write_table(figures: Figures) -> str:
    """A Markdown table, a row a data set; an empty cell is a figure that does not apply."""
    lines = ["| | " + " | ".join(_COLUMNS) + " |", "|---" * (len(_COLUMNS) + 1) + "|"]
    for name, row in figures.items():
        cells = [f"{row[c]:.0f}" if c == "questions" else f"{row[c]:.3f}" if c in row else "" for c in _COLUMNS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def open_weights(folder: Path | None) -> CrossReader:
    """The reader of those weights, or of the bundled ones; TenkyoError in a copy without them."""
    chosen = folder or find_reader()
    if chosen is None:
        raise TenkyoError("同梱の読解モデルがありません。--weights でフォルダーを指定してください。")
    return CrossReader(chosen)


def main() -> None:
    """Measure the bundled weights, or those in `--weights`."""
    parser = argparse.ArgumentParser(prog="python -m assistant.training.report", description="読解モデルを評価します。")
    add_places(parser)
    parser.add_argument("--weights", type=Path, help="評価する重みのフォルダー(既定は同梱のもの)")
    parser.add_argument("--part", choices=["calibrate", "report"], default="report", help="評価に使う部分")
    parser.add_argument("--spans", type=int, default=500, help="抜き出しだけを評価する質問の数(データごと)")
    parser.add_argument("--searched", type=int, default=400, help="検索も評価する質問の数(データごと)")
    parser.add_argument("--out", type=Path, help="数値を書き出すJSONファイル")
    options = parser.parse_args()
    reader = open_weights(options.weights)
    part = cast(Part, options.part)
    corpus = open_corpus(options, make_log(options.work / "report.log"))
    figures = dict(measure(reader, corpus, part, options.searched))
    articles = cut_articles(options.data, options.work)
    for data in dict.fromkeys(q.data for q in articles.questions):
        figures[f"{data} {part}, gold passages"] = measure_spans(reader, articles, data, part, options.spans)
    timed = time_reading(reader, corpus)
    sys.stdout.write(write_table(figures))
    sys.stdout.write("".join(f"{name}: {value:.0f}\n" for name, value in timed.items()))
    if options.out:
        options.out.write_text(json.dumps({**figures, "time": timed}, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
