"""`tenkyo eval`: ask the questions, print the figures, write the reports, hold the floors."""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.feedback import add_export_parser
from index.command import add_command, add_help, add_index_option

if TYPE_CHECKING:
    from assistant import Assistant
    from eval.cases import Case
    from eval.report import Report
    from eval.running import Answering


_OPTIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "--questions",
        "質問集(.jsonl か .csv。省略時は同梱の質問集)",
        {"type": Path, "metavar": "FILE"},
    ),
    ("--split", "使う質問(既定 all)", {"choices": ("dev", "test", "all"), "default": "all"}),
    (
        "--system",
        "評価するもの(既定 tenkyo。二度指定すると並べて比べます)",
        {"action": "append", "choices": ("tenkyo", "plain-rag")},
    ),
    ("--limit", "最初の N 問だけ使います", {"type": int, "metavar": "N"}),
    (
        "--jsquad",
        "JSQuAD・JaQuAD の記事を一時的な索引にして、その質問で評価します(記事の半分 --split test。"
        "--limit は全体から等間隔に選び、--system の既定は tenkyo と plain-rag の両方)",
        {"type": Path, "metavar": "DIR"},
    ),
    (
        "--caution",
        "断る慎重さ 0〜1(既定 0.5。0なら必ず答えます)",
        {"type": float, "metavar": "X"},
    ),
    (
        "--reader",
        "読解モデルのフォルダー(既定は同梱のもの。words なら語・種類・意味の近さだけで読みます)",
        {"metavar": "DIR"},
    ),
    ("--json", "結果を JSON で書き出します", {"type": Path, "metavar": "FILE"}),
    ("--csv", "質問ごとの表を CSV で書き出します", {"type": Path, "metavar": "FILE"}),
    ("--html", "報告を HTML で書き出します", {"type": Path, "metavar": "FILE"}),
    (
        "--trec",
        "検索結果を TREC の run と qrels で書き出します",
        {"type": Path, "metavar": "FILE"},
    ),
    ("--out", "すべての形式をこのフォルダーに書き出します", {"type": Path, "metavar": "DIR"}),
    (
        "--floor",
        "下限を割ったら、失われた質問を示して終了コード1で終わります",
        {"type": Path, "metavar": "FILE"},
    ),
    ("--raise-floor", "今の数字を下限として書き出します", {"type": Path, "metavar": "FILE"}),
    (
        "--compare",
        "二つの結果を比べます",
        {"nargs": 2, "type": Path, "metavar": ("A.json", "B.json")},
    ),
    (
        "--mutate",
        "正しい主張を一箇所だけ壊し、検証が見つける割合を調べます",
        {"action": "store_true"},
    ),
    ("--check", "質問集そのものの誤りを調べます", {"action": "store_true"}),
    (
        "--fit",
        "答えるかどうかの判断を質問集(--split dev)に当てはめ、JSON に書き込みます",
        {"type": Path, "metavar": "FILE"},
    ),
    (
        "--beside",
        "--fit で、ほかの質問の候補(python -m assistant.training.candidates)も合わせて使います",
        {"type": Path, "metavar": "FILE"},
    ),
)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`eval`."""
    parser = add_command(subparsers, "eval", "質問集で回答の根拠を評価します")
    add_index_option(parser)
    for name, about, settings in _OPTIONS:
        parser.add_argument(name, help=about, **settings)
    parser.set_defaults(run=_run)
    add_export_parser(parser.add_subparsers(title="ほかの操作", metavar="ACTION"), add_help)


def _run(options: argparse.Namespace) -> int:
    if options.compare:
        return _compare(*options.compare)
    if options.check:
        return _check(options)
    if options.fit:
        return _fit(options)
    if options.mutate:
        return _mutate(options)
    if options.jsquad:
        return _evaluate_jsquad(options)
    return _evaluate(options, _assistant(options), _cases(options), ["tenkyo"])


def _evaluate_jsquad(options: argparse.Namespace) -> int:
    from assistant import Assistant
    from eval.jsquad import choose, read_paragraphs, write_articles
    from index import Index

    split = "test" if options.split == "all" else options.split
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "articles").mkdir()
        cases = write_articles(read_paragraphs(options.jsquad), folder / "articles")
        with Index.open(folder / "index") as index:
            index.add([folder / "articles"])
            assistant = Assistant.open(index, caution=0.5 if options.caution is None else options.caution)
            return _evaluate(options, assistant, choose(cases, split, options.limit), ["tenkyo", "plain-rag"])


def _evaluate(
    options: argparse.Namespace, assistant: Assistant, cases: list[Case], usual: list[str]
) -> int:
    from eval.running import evaluate

    systems = list(dict.fromkeys(options.system or usual))
    bar = sys.stderr.isatty()
    reports = [
        evaluate(_system(name, assistant), cases, system=name, progress=bar) for name in systems
    ]
    for report in reports:
        _print_figures(report)
    if len(reports) > 1:
        from eval.comparing import compare

        print(compare(reports[1], reports[0]).to_table())  # noqa: T201
    _write(reports[0], reports[1] if len(reports) > 1 else None, options)
    return _hold_floors(reports[0], options.floor)


def _fit(options: argparse.Namespace) -> int:
    from eval.fitting import fit_decision

    fitted = fit_decision(_assistant(options), _cases(options), options.fit, options.beside)
    for name, value in fitted.items():
        print(name, value)  # noqa: T201
    return 0


def _cases(options: argparse.Namespace) -> list[Case]:
    from eval.loading import load_cases

    path = options.questions or Path(str(resources.files("eval") / "questions.jsonl"))
    return load_cases(path, split=options.split)[: options.limit]


def _assistant(options: argparse.Namespace) -> Assistant:
    from assistant import Assistant

    if options.caution is None:
        return Assistant.open(options.index, reader=options.reader)
    return Assistant.open(options.index, reader=options.reader, caution=options.caution)


def _system(name: str, assistant: Assistant) -> Answering:
    from eval.baseline import PlainRag

    if name == "tenkyo":
        return assistant
    index = assistant.index
    return PlainRag([index.document(one.id) for one in index.documents()], index.embedder)


def _print_figures(report: Report) -> None:
    from eval.figures import describe

    print(f"{report.system}: {len(report.rows)}問")  # noqa: T201
    for figure in report.figures:
        count = f"{figure.count}問" + (f"、該当なし{figure.skipped}問" if figure.skipped else "")
        print(f"  {figure.name:30} {describe(figure):28} {count}")  # noqa: T201
    for row in report.rows:
        if row.error:
            print(f"  停止 {row.id} {row.question}: {row.error}")  # noqa: T201


def _write(report: Report, beside: Report | None, options: argparse.Namespace) -> None:
    from eval.flooring import render_floors
    from eval.outputs import write_csv, write_json, write_text, write_trec
    from eval.page import render_page

    out = options.out
    if path := options.json or (out and out / "report.json"):
        write_json(report, path, beside=beside)
    if path := options.csv or (out and out / "report.csv"):
        write_csv(report, path)
    if path := options.html or (out and out / "report.html"):
        write_text(path, render_page(report, beside=beside))
    if path := options.trec or (out and out / "run.trec"):
        write_trec(report, path)
    if options.raise_floor:
        write_text(options.raise_floor, render_floors(report))


def _hold_floors(report: Report, path: Path | None) -> int:
    from eval.flooring import find_breaches, read_floors

    breaches = find_breaches(report, read_floors(path)) if path else []
    for breach in breaches:
        print(f"下限を割りました。{breach}", file=sys.stderr)  # noqa: T201
    return 1 if breaches else 0


def _compare(before: Path, after: Path) -> int:
    from eval.comparing import compare
    from eval.outputs import read_json

    print(compare(read_json(before), read_json(after)).to_text())  # noqa: T201
    return 0


def _check(options: argparse.Namespace) -> int:
    from eval.checking import check_cases, load_regions

    cases = _cases(options)
    index = _assistant(options).index
    documents = {one.id: index.document(one.id) for one in index.documents()}
    passages = [passage for name in documents for passage in index.passages(name)]
    beside = options.questions.parent if options.questions else Path(str(resources.files("eval")))
    problems = check_cases(cases, documents, load_regions(beside / "regions.jsonl"), passages)
    for problem in problems:
        print(problem)  # noqa: T201
    print(f"{len(cases)}問を調べました。問題は{len(problems)}件です。")  # noqa: T201
    return 1 if problems else 0


def _mutate(options: argparse.Namespace) -> int:
    from assistant import verify
    from eval.mutating import gather_claims, mutate_claims

    cases = [case for case in _cases(options) if case.answerable]
    assistant = _assistant(options)
    documents = {one.id: assistant.index.document(one.id) for one in assistant.index.documents()}
    answers = [assistant.answer(case.question, history=case.history) for case in cases]
    found = mutate_claims(gather_claims(answers, cases, documents), documents, verify)
    print(found.to_text())  # noqa: T201
    return 0 if found.passed else 1
