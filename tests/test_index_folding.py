from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import display, fold

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))
ODDITIES = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from(list("**|\t\n　してい く㍿ｶﾞ①〜～‐<br/>&amp;\\$２０２５年令和ＡＩA I![](http:)#■\r")),
    ),
    max_size=80,
)


def test_markup_and_soft_line_breaks_are_not_displayed():
    assert display("**研究力**の\n抜本的な<br/>強化 &amp; AI\nfor Science").text == "研究力の抜本的な 強化 & AI for Science"


def test_cells_of_a_row_are_parted_and_its_border_is_not_shown():
    assert display("| **国** | 件数 |").text == "国 ｜ 件数"
    assert display("日本\t3,439").text == "日本 ｜ 3,439"


def test_width_case_and_recognition_blanks_do_not_differ_when_folded():
    assert fold("Ａ Ｉ 開発してい く").text == fold("AI開発していく").text
    assert fold("Arc Institute").text == "arc institute"
    assert fold("ｶﾞｲﾄﾞ㍿ １〜３月").text == "ガイド株式会社1~3月"


def test_a_folded_stretch_leads_back_to_the_raw_one():
    raw = "予算は **３．２億** ドル㍿"
    view = fold(raw)
    start = view.text.index("3.2億")
    assert raw[slice(*view.raw(start, start + 4))] == "３．２億"
    start = view.text.index("会")
    assert raw[slice(*view.raw(start, start + 1))] == "㍿"


@given(ODDITIES)
def test_every_character_of_a_view_came_from_a_stretch_of_the_text(text):
    for view in (display(text), fold(text)):
        assert len(view.text) == len(view.starts) == len(view.ends)
        assert all(0 <= s < e <= len(text) for s, e in zip(view.starts, view.ends, strict=True))
        assert list(view.starts) == sorted(view.starts)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda p: p.name[:3])
def test_display_loses_no_word_of_a_seed(seed):
    text = seed.read_text("utf-8")
    shown = display(text).text
    assert not any(mark in shown for mark in ("**", "<br", "<p>", "</p>", "<td"))
    import re

    bare = re.sub(r"<[^<>]*>|\*\*|\[(.+?)\]\(http\S+?\)", r" \1 ", text)
    words = re.findall(r"[一-龥ァ-ヶーa-zA-Z0-9]{2,}", bare)
    joined = shown.replace(" ", "")
    assert sum(w not in joined for w in words) <= len(words) * 0.002
