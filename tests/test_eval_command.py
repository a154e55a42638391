"""`tenkyo eval` as a user types it."""

import json
import subprocess
import sys

import pytest

from index.command import main


def test_a_users_own_csv_needs_two_columns_only(tmp_path, capsys):
    mine = tmp_path / "mine.csv"
    mine.write_text("質問,答え\nARiSEの公募はいつ締め切られますか。,正午\n来週の天気は?,\n", encoding="utf-8")
    out = tmp_path / "out"
    assert main(["eval", "--questions", str(mine), "--out", str(out)]) == 0
    assert {p.name for p in out.iterdir()} == {
        "report.json", "report.csv", "report.html", "run.trec", "run.trec.qrels",
    }  # fmt: skip
    printed = capsys.readouterr().out
    assert "該当なし" in printed and "AnswerCoverage@150" in printed
    figures = {f["name"]: f for f in json.loads((out / "report.json").read_text("utf-8"))["figures"]}
    assert figures["Recall@5"]["value"] is None and figures["RefusalRecall"]["count"] == 1


def test_bad_lines_are_told_without_a_traceback(tmp_path, capsys):
    mine = tmp_path / "mine.jsonl"
    mine.write_text('{"question": ""}\n', encoding="utf-8")
    assert main(["eval", "--questions", str(mine)]) == 1
    assert "1行目: question(質問文)がありません。" in capsys.readouterr().err


def test_two_results_are_compared_from_their_files(tmp_path, capsys):
    for name in ("a", "b"):
        assert main(["eval", "--limit", "2", "--json", str(tmp_path / f"{name}.json")]) == 0
    assert main(["eval", "--compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")]) == 0
    assert "悪くなった質問: 0件" in capsys.readouterr().out


@pytest.mark.parametrize("package", ["scipy", "pandas", "ir_measures", "langchain_text_splitters"])
def test_starting_the_command_loads_no_slow_package(package):
    code = "import eval, eval.command, sys; sys.exit(sys.argv[1] in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code, package], check=False).returncode
    assert not loaded
