"""How heading paths and passages are shown."""

from index import Index, WordLengthEmbedder, display
from index.chunking import embedded_text
from index.presenting import show_heading, show_passage


def passages_of(tmp_path, name, text):
    (tmp_path / name).write_text(text, "utf-8")
    with Index.open(tmp_path / "ix", embedder=WordLengthEmbedder()) as index:
        index.add([tmp_path / name])
        return index.passages(name)


def test_a_name_that_stands_twice_in_a_row_is_shown_once():
    assert show_heading("休暇規程 › 休暇規程 › 特別休暇") == "休暇規程 › 特別休暇"
    assert show_heading("規程 › 第1章 › 総則 › 総則") == "規程 › 第1章 › 総則"
    assert show_heading("予算 › 令和6年度 › 予算") == "予算 › 令和6年度 › 予算"
    assert show_heading("規程 › 規程の改正") == "規程 › 規程の改正"
    assert show_heading("") == ""


def test_a_long_title_and_its_shortened_heading_are_one_name(tmp_path):
    title = "研究設備の共用を進めるための" * 6
    last = passages_of(tmp_path, "長.md", f"# {title}\n\n前書きを置く。\n\n## 目的\n\n設備を共用する。\n")[-1]
    assert last.heading == f"{title} › {title[:60]}"
    assert show_heading(last.heading) == title
    assert embedded_text(last).startswith(title[:60] + "\n")


def test_every_table_row_is_shown_on_a_line_of_its_own(tmp_path):
    [csv] = passages_of(tmp_path, "設備.csv", "設備,場所,担当\n顕微鏡,東棟,山田\n回折装置,西棟,佐藤\n")
    lines = ["設備 ｜ 場所 ｜ 担当", "顕微鏡 ｜ 東棟 ｜ 山田", "回折装置 ｜ 西棟 ｜ 佐藤"]
    assert show_passage(csv) == "\n".join(lines)
    table = "| 設備 | 場所 |\n|---|---|\n| 顕微鏡 | 東棟 |\n| 回折装置 | 西棟 |\n"
    [markdown] = passages_of(tmp_path, "表.md", f"使える設備は\n次のとおり。\n\n{table}")
    assert show_passage(markdown).splitlines() == [
        "使える設備は次のとおり。", "設備 ｜ 場所", "顕微鏡 ｜ 東棟", "回折装置 ｜ 西棟"
    ]  # fmt: skip
    html = "<table><tr><th>設備</th><th>場所</th></tr><tr><td>顕微鏡</td><td>東棟</td></tr></table>\n"
    [marked] = passages_of(tmp_path, "印.md", html)
    assert show_passage(marked) == "設備 場所\n顕微鏡 東棟"


def test_a_passage_without_tables_is_shown_as_it_is_displayed(tmp_path):
    text = "# 休暇規程\n\n年次休暇は\n20日とする。申請は3日前まで。\n\n- 結婚は5日\n- 忌引は7日\n"
    for passage in passages_of(tmp_path, "休暇.md", text):
        assert show_passage(passage) == display(passage.text).text
