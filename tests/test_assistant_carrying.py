from __future__ import annotations

from pathlib import Path

import pytest

from assistant import Assistant
from assistant.carrying import carry
from index import Index, Passage, WordLengthEmbedder

SLIDES = """# 令和8年度の新しい公募

チャレンジ型：HINOKI-300 (若手研究者環境整備事業)

### 公募の背景

研究の入り口に立つ人が減り、地方の大学ほど設備の更新が遅れていることが、各種の調査で繰り返し指摘されています。

### 補助上限

1課題あたり450万円以下(間接経費は別に30%)。※2回の公募を通じて計300件程度を採択する予定です。

### 対象経費

計算機の利用料、試料の購入費、研究補助員への謝金等。※研究代表者の人件費は対象となりません。詳しくは要領をご覧ください。
"""


@pytest.fixture
def index(tmp_path: Path) -> Index:
    (tmp_path / "slides.md").write_text(SLIDES, "utf-8")
    (tmp_path / "other.md").write_text("# 別の資料\n\n" + "港の水深は12mです。\n\n" * 12, "utf-8")
    made = Index.open(tmp_path / "index", embedder=WordLengthEmbedder())
    made.add([tmp_path / "slides.md", tmp_path / "other.md"])
    return made


def find(index: Index, said: str) -> Passage:
    return next(p for p in index.passages("slides.md") if said in p.text)


def test_a_slide_carries_the_line_that_names_its_programme(index: Index) -> None:
    cost = find(index, "対象経費")
    carried = carry("HINOKIで人件費は出ますか", [cost], index)[0]
    assert carried.topic == "チャレンジ型：HINOKI-300 (若手研究者環境整備事業)"
    assert carried.above == f"{carried.topic} › {cost.heading.rpartition(' › ')[2]}"
    assert carried.text == cost.text


def test_one_ordinary_word_in_common_names_no_subject(index: Index) -> None:
    cost = find(index, "対象経費")
    assert carry("補助は誰に頼みますか", [cost], index)[0].topic == ""
    assert cost.above == cost.heading


def test_what_the_passage_says_itself_is_not_carried(index: Index) -> None:
    named = find(index, "HINOKI-300")
    assert carry("HINOKI-300とは", [named], index)[0].topic == ""


def test_a_question_by_the_programmes_name_finds_the_slide_that_does_not_say_it(
    by_default: None, tmp_path: Path
) -> None:
    (tmp_path / "slides.md").write_text(SLIDES, "utf-8")
    index = Index.open(tmp_path / "index")
    index.add([tmp_path / "slides.md"])
    assistant = Assistant.open(index)
    answer = assistant.answer("HINOKIでは1件につきいくらまで補助してもらえますか。")
    assert "450万円以下" in answer.text
    assert answer.passages[0].heading == find(index, "450万円").heading
