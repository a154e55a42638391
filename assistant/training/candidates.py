"""`python -m assistant.training.candidates`: what is read for the questions on the calibrate papers.

The decision to answer rests on few development questions otherwise: `tenkyo eval --fit FILE --beside
CANDIDATES` fits it on both together. One JSON object a question, its passages in the order of search.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from assistant.assistant import READ
from assistant.carrying import carry
from assistant.naming import shares_unsaid
from assistant.reader import OverlapReader, Reader
from assistant.records import Asked
from assistant.training.__main__ import add_places, make_log, open_corpus
from assistant.training.corpus import spread
from assistant.training.judging import holds_answer
from assistant.training.policy import POLICY
from assistant.training.records import Question
from assistant.training.report import open_weights
from index import Index


def list_candidates(question: Question, shelf: Index, trained: Reader, words: Reader) -> dict[str, Any]:
    """Both readers' probabilities of the passages that are read, with their scores of search."""
    asked = Asked(question.text, question.text)
    passages = carry(question.text, shelf.search(question.text, READ), shelf)
    read = [{r.passage.id: r.probability for r in reader.read(asked, passages)} for reader in (trained, words)]
    return {
        "answerable": question.answerable,
        "passages": [
            {
                "id": p.id, "trained": read[0][p.id], "words": read[1][p.id], "score": p.score,
                "unsaid": share, "dense": p.dense, "lexical": p.lexical, "answers": holds_answer(p, question),
            }
            for p, share in zip(passages, shares_unsaid(question.text, passages), strict=True)
        ],
    }  # fmt: skip


def main() -> None:
    """Read the calibrate questions with the bundled weights, or those in `--weights`."""
    parser = argparse.ArgumentParser(
        prog="python -m assistant.training.candidates", description="較正用の質問で、読んだ箇所の数値を書き出します。"
    )
    add_places(parser)
    parser.add_argument("--weights", type=Path, help="重みのフォルダー(既定は同梱のもの)")
    parser.add_argument("--most", type=int, default=400, help="質問の数(全体から等間隔に)")
    parser.add_argument("--out", type=Path, required=True, help="書き出すファイル(.jsonl)")
    options = parser.parse_args()
    trained = open_weights(options.weights)
    asked = open_corpus(options, make_log(options.work / "report.log")).of(POLICY, "calibrate")
    shelf = Index.open(options.work / "policy-index")
    words = OverlapReader(shelf.embedder, shelf.weigh, embedded=0)
    with options.out.open("w", encoding="utf-8") as stream:
        for question in spread(asked, options.most):
            stream.write(json.dumps(list_candidates(question, shelf, trained, words)) + "\n")


if __name__ == "__main__":
    main()
