"""The command `tenkyo`: the subcommands of each package, found through entry points.

Exit codes: 0 done (for `ask`: answered), 1 an error, 2 usage, 3 not in the documents. Nothing but
the answer goes to standard output.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from index.embedding import export_model, open_embedder
from index.errors import TenkyoError
from index.filters import Where
from index.library import Index
from index.presenting import show_heading, show_passage
from index.progress import show_progress
from index.records import Outcome
from index.seeding import open_seeds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="tenkyo",
        description="典拠: 文書に基づいて質問に答え、すべての文に検証済みの引用を付けます。",
        epilog="終了コード: 0 成功・回答あり、1 エラー、2 使い方の誤り、3 資料からは分からない",
        add_help=False,
    )
    add_help(parser)
    subparsers = parser.add_subparsers(title="コマンド", metavar="COMMAND", required=True)
    for found in sorted(entry_points(group="tenkyo.commands"), key=lambda e: e.name):
        found.load()(subparsers)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except TenkyoError as error:
        print(f"エラー: {error}", file=sys.stderr)  # noqa: T201
    except BrokenPipeError:
        sys.stderr.close()
    except KeyboardInterrupt:
        print("中断しました。", file=sys.stderr)  # noqa: T201
    return 1


def add_help(parser: argparse.ArgumentParser) -> None:
    """`-h` with a Japanese explanation."""
    parser.add_argument("-h", "--help", action="help", help="この説明を表示します")


def add_command(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], name: str, about: str
) -> argparse.ArgumentParser:
    """A subcommand with Japanese help."""
    parser = subparsers.add_parser(name, help=about, description=about, add_help=False)
    add_help(parser)
    return parser


def add_index_option(parser: argparse.ArgumentParser) -> None:
    """`--index DIR`, the same for every subcommand."""
    parser.add_argument("--index", metavar="DIR", help="索引のフォルダー(省略時は同梱の5文書の索引)")


def add_where_options(parser: argparse.ArgumentParser) -> None:
    """The limits of a search, the same for `ask` and `search`."""
    parser.add_argument(
        "--in",
        dest="within",
        action="append",
        default=[],
        metavar="ID-OR-FOLDER",
        help="この文書・フォルダーだけを探します(繰り返せます)",
    )
    parser.add_argument(
        "--tag", action="append", default=[], metavar="TAG", help="この札の文書だけを探します(繰り返せます)"
    )
    parser.add_argument("--after", default="", metavar="DATE", help="この日付以後の文書だけ(2025、2025-04、2025-04-01)")
    parser.add_argument("--before", default="", metavar="DATE", help="この日付以前の文書だけ")


def read_where(options: argparse.Namespace, index: Index) -> Where | None:
    """The limits that were given, None without any; a name that lets nothing through is an error."""
    names = [(name, os.path.abspath(name)) for name in options.within]
    for given in names:
        if not index.search(given[0], 1, where=Where(within=given)):
            raise TenkyoError(
                f"「{given[0]}」という文書もフォルダーも索引にありません。"
                "`tenkyo index list` で名前を確かめてください。"
            )
    within = tuple(name for given in names for name in given)
    where = Where(within=within, tags=tuple(options.tag), after=options.after, before=options.before)
    return where if where != Where() else None


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`search`, `index` and `model`."""
    search = add_command(subparsers, "search", "質問に近い箇所を探します")
    search.add_argument("query", metavar="QUERY", help="探す言葉や質問")
    search.add_argument("-k", type=int, default=8, metavar="N", help="件数(既定 8)")
    search.add_argument("--json", action="store_true", help="JSONで出力します")
    add_where_options(search)
    add_index_option(search)
    search.set_defaults(run=_search)
    _add_index_parser(subparsers)
    model = add_command(subparsers, "model", "同梱の埋め込みモデルを扱います")
    export = add_command(
        model.add_subparsers(title="操作", metavar="ACTION", required=True),
        "export",
        "同梱の埋め込みモデルを sentence-transformers の形で書き出します(280MB)",
    )
    export.add_argument("directory", metavar="DIR", help="書き出すフォルダー")
    export.set_defaults(run=_export)


def _add_index_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = add_command(subparsers, "index", "索引を作り、調べ、直します")
    actions = group.add_subparsers(title="操作", metavar="ACTION", required=True)
    add = add_command(actions, "add", "ファイルやフォルダーを索引に加えます")
    add.add_argument("paths", nargs="+", metavar="PATH", help="ファイルまたはフォルダー")
    add.add_argument("--tag", action="append", default=[], metavar="TAG", help="付ける札(繰り返せます)")
    add.add_argument("--model", metavar="NAME", help="新しい索引の埋め込みモデル(sentence-transformersの名前かフォルダー)")
    sync = add_command(actions, "sync", "フォルダーの今の姿に索引を合わせます(追加・更新・削除)")
    sync.add_argument("folder", metavar="FOLDER", help="フォルダー")
    sync.add_argument(
        "--watch",
        nargs="?",
        type=float,
        const=2.0,
        metavar="SECONDS",
        help="終わらずに、この秒数(既定 2)ごとに調べて合わせ続けます(Ctrl+C で終わります)",
    )
    remove = add_command(actions, "remove", "文書を索引から消します")
    remove.add_argument("documents", nargs="+", metavar="ID", help="文書の名前(`index list` で分かります)")
    listing = add_command(actions, "list", "索引の文書を一覧します")
    listing.add_argument("--json", action="store_true", help="JSONで出力します")
    rebuild = add_command(actions, "rebuild", "保存された本文から索引を作り直します")
    rebuild.add_argument("--model", metavar="NAME", help="使う埋め込みモデル")
    rebuild.add_argument("paths", nargs="*", metavar="PATH", help="作り直す前に加えるファイル")
    check = add_command(actions, "check", "索引の整合を調べます")
    check.add_argument("--repair", action="store_true", help="壊れた部分を作り直します")
    compact = add_command(actions, "compact", "消した文書の分のすき間を詰め、索引を小さくします")
    runs = {add: _add, sync: _sync, remove: _remove, listing: _list, rebuild: _rebuild}
    runs |= {check: _check, compact: _compact}
    for parser, run in runs.items():
        add_index_option(parser)
        parser.set_defaults(run=run)


def open_index(options: argparse.Namespace) -> Index:
    """The index that `--index` names, which must exist; else the seeds'."""
    if options.index is None:
        with show_progress() as progress:
            return open_seeds(progress)
    return Index.open(options.index, create=False)


def _writable(options: argparse.Namespace) -> str:
    if options.index is None:
        raise TenkyoError("書き込む索引がありません。`--index DIR` で自分の索引のフォルダーを指定してください。")
    return str(options.index)


def _search(options: argparse.Namespace) -> int:
    index = open_index(options)
    passages = index.search(options.query, options.k, where=read_where(options, index))
    if options.json:
        rows = [
            {"id": p.id, "document": p.document_id, "start": p.start, "end": p.end, "page": p.page}
            | {"heading": p.heading, "score": p.score, "text": p.text}
            for p in passages
        ]
        _print(json.dumps(rows, ensure_ascii=False, indent=2))
    for n, p in enumerate(passages if not options.json else (), 1):
        page = f" {p.page}ページ" if p.page is not None else ""
        text = show_passage(p).replace("\n", "\n   ")
        _print(f"{n}. {show_heading(p.heading)}{page} ({p.document_id} {p.start}〜{p.end}字)\n   {text}\n")
    return 0 if passages else 3


def _add(options: argparse.Namespace) -> int:
    embedder = open_embedder(options.model) if options.model else None
    with Index.open(_writable(options), embedder=embedder) as index, show_progress() as progress:
        return _report(index.add(options.paths, tags=options.tag, progress=progress))


def _sync(options: argparse.Namespace) -> int:
    if options.watch is not None:
        return _watch(options)
    with Index.open(_writable(options)) as index, show_progress() as progress:
        return _report(index.sync(options.folder, progress=progress))


def _watch(options: argparse.Namespace) -> int:
    """Sync without end, telling what changed; the user's interruption is its regular end."""
    if options.watch <= 0:
        raise TenkyoError(f"`--watch` には正の秒数を指定してください(与えられた値: {options.watch:g})。")
    with Index.open(_writable(options)) as index:
        try:
            for outcomes in index.watch(options.folder, seconds=options.watch):
                _report([one for one in outcomes if one.status != "unchanged"])
        except KeyboardInterrupt:
            return 0
    return 0


_STATUS = {
    "added": "追加",
    "unchanged": "変更なし",
    "replaced": "更新",
    "duplicate": "同じ内容",
    "removed": "削除",
    "failed": "失敗",
}


def _report(outcomes: Sequence[Outcome]) -> int:
    for one in outcomes:
        why = f": {getattr(one.error, 'why', one.error)}" if one.error else ""
        print(f"{_STATUS[one.status]} {one.source}{why}", file=sys.stderr)  # noqa: T201
        for warning in one.warnings:
            print(f"  注意: {warning}", file=sys.stderr)  # noqa: T201
    return 1 if any(one.status == "failed" for one in outcomes) else 0


def _remove(options: argparse.Namespace) -> int:
    with Index.open(_writable(options), create=False) as index:
        for name in options.documents:
            index.remove(name)
            print(f"削除 {name}", file=sys.stderr)  # noqa: T201
    return 0


def _list(options: argparse.Namespace) -> int:
    documents = open_index(options).list_documents()
    if options.json:
        keys = ("id", "title", "source", "date", "issuer", "tags", "warnings", "places")
        rows = [{k: getattr(d, k) for k in (*keys, "characters")} for d in documents]
        _print(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    for d in documents:
        pages = f"、{d.pages}ページ" if d.pages else ""
        _print(f"{d.id}\n  {d.title}({d.date or '日付なし'}、{d.characters:,}字{pages})")
        for warning in d.warnings:
            _print(f"  注意: {warning}")
    return 0


def _rebuild(options: argparse.Namespace) -> int:
    embedder = open_embedder(options.model)
    with Index.open(_writable(options), embedder=embedder, stale=True) as index, show_progress(unit="文書") as progress:
        index.rebuild(progress)
        return _report(index.add(options.paths, progress=progress)) if options.paths else 0


def _check(options: argparse.Namespace) -> int:
    problems = open_index(options).check(repair=options.repair)
    for problem in problems:
        print(problem, file=sys.stderr)  # noqa: T201
    if problems and not options.repair:
        print("`tenkyo index check --repair` で作り直せます。", file=sys.stderr)  # noqa: T201
    return 1 if problems and not options.repair else 0


def _compact(options: argparse.Namespace) -> int:
    with Index.open(_writable(options), create=False) as index:
        before = _megabytes(index.path)
        index.compact()
        after = _megabytes(index.path)
    print(f"索引を詰めました: {before:,.2f}MB → {after:,.2f}MB", file=sys.stderr)  # noqa: T201
    return 0


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def _export(options: argparse.Namespace) -> int:
    try:
        export_model(options.directory)
    except OSError as error:
        raise TenkyoError(
            f"フォルダーに書き出せません: {options.directory}({error.strerror})。"
            "書き込めるフォルダーを指定してください。"
        ) from error
    _print(options.directory)
    return 0


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
