import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Document, bundled_embedder, display, read
from index.chunking import cut, embedded_text, indexed_text
from index.sentences import LONGEST, split_sentences

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))


def document(text, title="題"):
    return Document("d", title, text, "", "", hashlib.sha256(text.encode("utf-8", "replace")).hexdigest())


def seed(path):
    return document(path.read_bytes().decode("utf-8"))


def units(text):
    doc = document(text)
    return [(u.kind, doc.text[u.start : u.end]) for p in cut(doc) for u in p.units]


@pytest.mark.parametrize("path", SEEDS, ids=lambda p: p.name[:3])
def test_every_visible_character_of_a_seed_lies_in_exactly_one_unit(path):
    doc = seed(path)
    covered = [False] * len(doc.text)
    for passage in cut(doc):
        assert passage.text == doc.text[passage.start : passage.end]
        for unit in passage.units:
            assert passage.start <= unit.start < unit.end <= passage.end
            assert not any(covered[unit.start : unit.end])
            covered[unit.start : unit.end] = [True] * (unit.end - unit.start)
    left = "".join(c for c, done in zip(doc.text, covered, strict=True) if not done)
    assert sum(c.isalnum() for c in left) <= 0.001 * len(doc.text)


@pytest.mark.parametrize("path", SEEDS, ids=lambda p: p.name[:3])
def test_no_passage_of_a_seed_is_longer_than_the_model_reads(path):
    passages = cut(seed(path))
    assert max(bundled_embedder().count_tokens([embedded_text(p) for p in passages])) <= 512
    assert all(u.end - u.start <= LONGEST for p in passages for u in p.units)


@given(st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from(list("。、\n\n\t|-#■・①(）「」 　*<tr><td>"))), max_size=400))
def test_any_text_is_cut_without_moving_an_offset(text):
    doc = document(text)
    last = 0
    for passage in cut(doc):
        assert passage.text == text[passage.start : passage.end]
        for unit in passage.units:
            assert last <= unit.start < unit.end <= len(text)
            last = unit.end
            assert all(0 <= s < e <= len(text) for s, e in unit.context)


def test_a_sentence_broken_over_lines_and_a_page_border_is_one():
    assert units("最先端の計算基盤を活かして、研究機関のデータの連携を強化するとともに、マルチモ\n\nーダル基盤モデルの開発を\n行う。次の文。") == [
        ("sentence", "最先端の計算基盤を活かして、研究機関のデータの連携を強化するとともに、マルチモ\n\nーダル基盤モデルの開発を\n行う。"),
        ("sentence", "次の文。"),
    ]


def test_a_full_stop_inside_brackets_ends_no_sentence():
    text = "彼は「行く。必ず。」と言った。終わり。"
    assert [text[s:e] for s, e in split_sentences(text, 0, len(text))] == ["彼は「行く。必ず。」と言った。", "終わり。"]


def test_a_row_knows_its_header_and_an_item_its_lead():
    doc = document("国\t件数\n中国\t26,591\n日本\t3,439\n\n重点分野は以下のとおり:\n- 量子\n- 核融合\n")
    found = {
        doc.text[u.start : u.end]: [doc.text[s:e] for s, e in u.context] for p in cut(doc) for u in p.units
    }
    assert found["日本\t3,439"] == ["国\t件数"]
    assert found["核融合"] == ["重点分野は以下のとおり:"]


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_row_knows_the_unit_and_the_caption_above_its_table(gap):
    doc = document(f"これは本文である。\n\n表1 予算額の推移\n\n(単位:百万円){gap}年度\t予算額\n2024\t1,200\n2025\t2,345\n")
    found = {
        doc.text[u.start : u.end]: [doc.text[s:e] for s, e in u.context] for p in cut(doc) for u in p.units
    }
    assert found["2025\t2,345"][-2:] == ["(単位:百万円)", "年度\t予算額"]
    assert any("表1 予算額の推移" in p.heading + p.text for p in cut(doc))


def test_a_unit_in_a_row_of_its_own_is_no_header():
    doc = document("\t\t(単位:千円)\n区分\t当初\t補正\n研究費\t1,200\t300\n設備費\t2,345\t0\n")
    found = {
        doc.text[u.start : u.end]: [doc.text[s:e] for s, e in u.context] for p in cut(doc) for u in p.units
    }
    assert found["設備費\t2,345\t0"] == ["(単位:千円)", "区分\t当初\t補正"]


def test_each_part_of_a_table_has_its_title_and_the_header_said_again():
    doc = document("1.監督\t\t\t\n\t項目\t行動の内容\t期限\n(1)\t検査\t立入検査の頻度を高めて監督を強化する。\t春\n2.没収\t\t\t\n\t項目\t行動の内容\t期限\n(1)\t追徴\t犯罪収益の追跡と没収の執行を強化する。\t秋\n")
    found = {doc.text[u.start : u.end]: [doc.text[s:e] for s, e in u.context] for p in cut(doc) for u in p.units}
    rows = {text.split("\t")[1]: context for text, context in found.items() if text.startswith("(1)")}
    assert [c[0] for c in rows.values()] == ["1.監督", "2.没収"]
    assert all("期限" in c[1] for c in rows.values())


def test_a_list_of_names_has_no_header():
    doc = document("相澤 彰子\t情報学研究所主幹\n岩井 一宏\t京都大学教授\n上田 良夫\t工学部教授\n")
    assert all(not u.context for p in cut(doc) for u in p.units)


def test_the_first_row_of_separated_values_names_the_columns(tmp_path):
    rows = "設備,場所,担当\n顕微鏡,東棟,山田\n回折装置,西棟,佐藤\n"
    for name, header in (("設備.csv", ["設備\t場所\t担当"]), ("設備.md", [])):
        (tmp_path / name).write_text(rows if header else rows.replace(",", "\t"), encoding="utf-8")
        doc = read(tmp_path / name)
        found = {doc.text[u.start : u.end]: u.context for p in cut(doc) for u in p.units}
        assert [doc.text[s:e] for s, e in found["回折装置\t西棟\t佐藤"]] == header


def test_a_markdown_row_broken_over_lines_is_one_row():
    assert ("row", "| 天谷 雅行 | 医学部教授、\n研究センター長 |") in units(
        "| 有田 正規 | 研究所教授 |\n| 天谷 雅行 | 医学部教授、\n研究センター長 |\n"
    )


def test_headings_above_a_passage_are_embedded_with_it_and_not_counted():
    body = "".join(f"これは{n}番目の文であり、ある程度の長さを持っている。" for n in range(30))
    passages = cut(document(f"# 章\n\n## 節\n\n{body}", title="白書"))
    assert len(passages) > 1
    assert passages[-1].heading == "白書 › 章 › 節"
    assert "節" not in passages[-1].text
    assert indexed_text(passages[-1]).startswith("白書 › 章 › 節\n")
    assert embedded_text(passages[-1]).startswith("節\n")


def test_passages_of_prose_have_about_the_length_that_is_aimed_at():
    sizes = sorted(len(display(p.text).text) for path in SEEDS for p in cut(seed(path)))
    assert 100 <= sizes[len(sizes) // 2] <= 230


def test_one_blank_before_a_dash_nests_nothing_and_two_do(tmp_path):
    text = "共通の課題：\n\n- 標準化\n - 持続可能な運用\n  - 費用の分担\n"
    file = tmp_path / "list.md"
    file.write_text(text, "utf-8")
    units = [unit for passage in cut(read(file)) for unit in passage.units]
    leads = {text[u.start : u.end]: [text[s.start : s.end] for s in u.context] for u in units}
    assert leads["標準化"] == leads["持続可能な運用"] == ["共通の課題："]
    assert leads["費用の分担"] == ["共通の課題：", "持続可能な運用"]
