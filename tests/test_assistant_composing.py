import pytest

from assistant import Answer, Assistant, Claim, Evidence, Reading, verify
from assistant.splitting import split
from index import Index, Span

RULES = """# 研究助成の手引き

## 応募の条件

国内の機関に所属する者とします(機関に在籍する学生を含む。)。人件費は対象となりません。
事業の期間は令和7年4月1日から5年間とします。

## 審査の観点

審査では、次の観点を確認します：
- 計画の独創性
- 体制の妥当性
- 予算の合理性
- 成果の公開

## 提言

委員会は政府に次の3点を提言した：

① 計算資源を増やすこと

背景として、利用者は毎年増えている。

② 人材を育てること

③ データを公開すること

## 分野別の採択件数

分野\t応募\t採択
造船\t120件\t18件
量子\t95件\t11件
海洋\t60件\t9件
"""
REPORT = """# 助成事業の報告

## 概要

人件費は対象となりません。
採択された課題は38件でした。
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    """Answers whatever it is asked: whether to answer is not what is tested here."""
    folder = tmp_path_factory.mktemp("rules")
    (folder / "rules.md").write_text(RULES, "utf-8")
    (folder / "report.md").write_text(REPORT, "utf-8")
    index = Index.open(folder / "index")
    index.add([folder / "rules.md", folder / "report.md"])
    return Assistant(index, caution=0)


def said(got: Answer) -> list[str]:
    assert not got.rejected
    return [statement.text for statement in got.statements]


def test_a_list_comes_whole_with_the_line_that_announces_it(assistant):
    got = assistant.answer("審査ではどのような観点を確認しますか。すべて挙げてください。")
    assert said(got) == [
        "審査では、次の観点を確認します：\n・計画の独創性",
        "・体制の妥当性",
        "・予算の合理性",
        "・成果の公開",
    ]


def test_numbered_points_are_a_list_whatever_stands_between_them(assistant):
    got = assistant.answer("委員会の提言を列挙してください。")
    assert said(got) == [
        "委員会は政府に次の3点を提言した：\n① 計算資源を増やすこと",
        "② 人材を育てること",
        "③ データを公開すること",
    ]


def test_a_row_is_named_and_its_values_stand_under_their_headers(assistant):
    got = assistant.answer("量子分野の採択件数は何件ですか。")
    assert said(got) == ["量子 ｜ 応募：95件 ｜ 採択：11件"]
    assert [c.quote for c in got.citations] == ["量子\t95件\t11件", "分野\t応募\t採択"]


class Pointing:
    """A reader that is sure of one place in each passage that has it."""

    def __init__(self, words: str) -> None:
        self.words = words

    def read(self, asked, passages):
        readings = []
        for passage in passages:
            at = passage.text.find(self.words)
            span = Span(at, at + len(self.words))
            units = [u.start <= passage.start + at < u.end for u in passage.units] if at >= 0 else []
            unit = units.index(True) if any(units) else -1
            scores = tuple(0.9 if n == unit else 0.1 for n in range(len(passage.units)))
            readings.append(Reading(passage, 0.9 if unit >= 0 else 0.1, *span, unit, (span,), scores))
        return sorted(readings, key=lambda reading: -reading.probability)


@pytest.mark.parametrize(
    ("words", "question", "shown"),
    [
        ("11件", "量子分野の採択件数は何件ですか。", "量子 ｜ 応募：95件 ｜ 採択：11件"),
        ("5年間", "事業の期間は何年ですか。", "事業の期間は令和7年4月1日から5年間とします。"),
        ("令和7年4月1日", "事業はいつからですか。西暦で教えてください。", "事業の期間は令和7年4月1日から5年間とします。（西暦では2025年4月1日）"),
        ("なりません", "人件費は対象になりますか。", "いいえ。人件費は対象となりません。"),
        ("予算の合理性", "計画の何を確認しますか。", "審査では、次の観点を確認します：予算の合理性"),
    ],
)
def test_the_answering_words_are_marked_where_they_stand_in_the_statement(assistant, words, question, shown):
    got = Assistant(assistant.index, reader=Pointing(words), caution=0).answer(question)
    statement = got.statements[0]
    assert statement.text == shown
    assert [statement.text[start:end] for start, end in statement.answer] == [words]


def test_each_side_of_a_comparison_is_answered_and_cited(assistant):
    got = assistant.answer("造船と海洋の採択件数はそれぞれ何件ですか。")
    assert said(got) == ["造船 ｜ 応募：120件 ｜ 採択：18件", "海洋 ｜ 応募：60件 ｜ 採択：9件"]


def test_no_is_said_where_the_cited_sentence_decides_it_and_all_its_places_are_cited(assistant):
    got = assistant.answer("人件費は対象になりますか。")
    assert said(got) == ["いいえ。人件費は対象となりません。"]
    assert got.statements[0].kind == "derived"
    assert {c.document_id for c in got.citations} == {"rules.md", "report.md"}


def test_a_date_is_converted_beside_the_form_of_the_source(assistant):
    got = assistant.answer("事業の期間はいつからですか。西暦で教えてください。")
    assert said(got) == ["事業の期間は令和7年4月1日から5年間とします。（西暦では2025年4月1日）"]


@pytest.mark.parametrize(
    "text",
    [
        "はい。人件費は対象となりません。",
        "いいえ。人件費は対象となります。",
        "人件費は対象となりません。（西暦では2025年）",
        "令和7年4月1日から（西暦では2024年4月1日）",
        "令和7年4月1日から（西暦では2025年4月）、以上",
        "人件費も旅費も対象となりません。",
    ],
)
def test_a_derived_statement_that_says_more_than_follows_is_rejected(assistant, text):
    document = assistant.index.document("rules.md")
    quotes = ["人件費は対象となりません。", "令和7年4月1日から"]
    places = tuple(
        Evidence(document.id, at, at + len(quote), quote)
        for quote in quotes
        for at in [document.text.index(quote)]
    )
    claim = Claim(text, places, "derived", asks="人件費は対象になりますか。")
    assert verify([claim], {document.id: document}).statements == ()


def test_a_side_that_no_passage_speaks_of_is_said_to_be_missing(assistant):
    got = assistant.answer("造船と宇宙の採択件数はそれぞれ何件ですか。")
    assert said(got) == ["造船 ｜ 応募：120件 ｜ 採択：18件"]
    assert got.notes == ("「宇宙」についての記述は見つかりませんでした。",)
    assert not got.abstained


def test_two_places_that_disagree_are_both_shown_and_it_is_said(tmp_path):
    (tmp_path / "old.md").write_text("# 旧要領\n\n事業の実施期間は最長5年とする。\n", "utf-8")
    (tmp_path / "new.md").write_text("# 新要領\n\n事業の実施期間は最長6年とする。\n", "utf-8")
    index = Index.open(tmp_path / "index")
    index.add([tmp_path / "old.md", tmp_path / "new.md"])
    got = Assistant(index, caution=0).answer("事業の実施期間は何年ですか。")
    assert {s.text for s in got.statements} == {"事業の実施期間は最長5年とする。", "事業の実施期間は最長6年とする。"}
    assert "食い違っています" in got.notes[0]
    assert "5年" in got.notes[0]
    assert "6年" in got.notes[0]


def test_an_english_question_gets_an_english_frame_and_the_quotation_as_it_stands(assistant):
    got = assistant.answer("How many shipbuilding projects were adopted?")
    assert got.text.splitlines()[0] == "The documents say:"
    assert all(s.kind != "written" for s in got.statements)
    refused = Assistant(assistant.index, caution=1).answer("How many shipbuilding projects were adopted?")
    assert "資料からは分かりません" in refused.text
    assert refused.text.startswith("The documents do not answer this")


@pytest.fixture(scope="module")
def deciding(assistant):
    """Refuses where it should, and is not shy otherwise."""
    return Assistant(assistant.index, caution=0.01)


@pytest.mark.parametrize(
    "question",
    ["令和5年4月1日に始まった事業の期間は何年間ですか。", "事業の期間が令和5年4月1日からとされているのはなぜですか。"],
)
def test_a_premise_that_the_documents_contradict_is_corrected_with_a_citation(deciding, question):
    got = deciding.answer(question)
    assert got.abstained
    assert got.reason == "false_premise"
    assert "令和7年4月1日" in got.statements[0].text
    assert got.citations[0].document_id == "rules.md"


@pytest.mark.parametrize(
    ("question", "corrected"),
    [
        ("人件費が助成の対象となったのはなぜですか。", "人件費は対象となりません。"),
        ("機関に在籍する学生が応募の条件から除かれている理由は何ですか。", "国内の機関に所属する者とします(機関に在籍する学生を含む。)。"),
        ("人件費が助成の対象とならないのはなぜですか。", None),
    ],
)
def test_asking_why_something_is_allowed_that_is_not_is_corrected(deciding, question, corrected):
    got = deciding.answer(question)
    assert (got.reason == "false_premise") == bool(corrected)
    assert not corrected or got.statements[0].text == corrected


def test_a_year_that_the_documents_do_not_speak_of_is_not_answered_with_another(deciding):
    assert deciding.answer("令和3年の事業の期間は何年間ですか。").reason == "not_in_documents"
    assert deciding.answer("令和7年の事業の期間は何年間ですか。").reason is None


@pytest.mark.parametrize("question", ["それはいつですか。", "2回目は?", "その理由は?", "教えて"])
def test_a_question_that_points_at_nothing_is_too_vague(deciding, question):
    assert deciding.answer(question).reason == "too_vague"


def test_what_could_be_asked_instead_is_answered(deciding):
    refused = Assistant(deciding.index, caution=1).answer("審査員の謝金はいくらですか。")
    suggested = deciding.suggest(refused)
    assert suggested
    assert not any(deciding.answer(question).abstained for question in suggested)


def test_or_less_behind_a_number_announces_no_list(tmp_path):
    (tmp_path / "規格.txt").write_text(
        "５ 化粧品のグリセリンは、100g中ジエチレングリコール0.1g以下のものでなければならない。\n\n別表第1\n\nホルマリン\n", "utf-8"
    )
    index = Index.open(tmp_path / "ix")
    index.add([tmp_path / "規格.txt"])
    got = Assistant.open(index, caution=0.0).answer("グリセリン100g中のジエチレングリコールは何g以下ですか。")
    assert got.statements[0].text.endswith("0.1g以下のものでなければならない。")


NAMES = """# 評価委員会の資料

海洋研究 評価委員会
評価委員会（第3期）委員名簿

（敬称略、50音順）

| 赤井 和子 | 北方大学教授 |
| ◎ 石田 健 | 南洋研究所長 |
| ○ 上野 実 | 西都大学教授 |
| 江口 進※ | 東海大学教授 |

◎：主査 ○：主査代理

※今回の審議には参加していない

## 国際枠

- 海外の機関と共同で行う研究を対象とする
- ◆ 予算規模・採択課題数
- 2億円程度×20課題程度

## 表彰

### 【功労賞】

・小川 正

：海底の地図を初めて完成

・加藤 恵

：深海の生物を記録

## 覚書

- 東都研究所と西海研究所の覚書締結
- （例：観測船の相互利用）
"""


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    (folder / "names.md").write_text(NAMES, "utf-8")
    index = Index.open(folder / "index")
    index.add([folder / "names.md"])
    return Assistant(index, caution=0)


@pytest.mark.parametrize(
    ("question", "name", "meaning"),
    [
        ("評価委員会の主査は誰ですか。", "◎ 石田 健", "◎：主査"),
        ("評価委員会の主査代理は誰ですか。", "○ 上野 実", "○：主査代理"),
        ("今回の審議に参加していない委員は誰ですか。", "江口 進※", "※今回の審議には参加していない"),
    ],
)
def test_a_mark_in_a_list_is_read_by_its_legend_and_both_are_cited(named, question, name, meaning):
    got = named.answer(question)
    [statement] = said(got)
    assert statement.startswith(name)
    assert statement.endswith(f"（{meaning}）")
    assert meaning in [c.quote for c in got.citations]


def test_an_item_that_only_repeats_the_question_is_shown_with_the_value_below(named):
    assert said(named.answer("国際枠の予算規模と採択課題数は?")) == ["予算規模・採択課題数：2億円程度×20課題程度"]


def test_a_title_is_no_answer_to_who(named):
    got = named.answer("評価委員会に北方大学から加わっているのは誰ですか。")
    assert "赤井 和子" in got.statements[0].text


@pytest.mark.parametrize(
    ("words", "question", "shown"),
    [
        ("小川 正", "功労賞は誰ですか。", "【功労賞】\n小川 正：海底の地図を初めて完成"),
        ("観測船の相互利用", "何を相互に利用しますか。", "東都研究所と西海研究所の覚書締結（例：観測船の相互利用）"),
    ],
)
def test_what_hangs_on_the_unit_above_is_shown_with_it(named, words, question, shown):
    got = Assistant(named.index, reader=Pointing(words), caution=0).answer(question)
    assert said(got)[0] == shown


def test_a_further_unit_is_shown_for_a_name_that_the_best_one_lacks(tmp_path):
    (tmp_path / "data.md").write_text(
        "# 学習\n\nモデルの訓練には公開データを用いる。\n\n訓練用のデータは毎年更新する。\n\nscABCの訓練データはCELLを用いる。\n", "utf-8"
    )
    index = Index.open(tmp_path / "index")
    index.add([tmp_path / "data.md"])
    [passage] = index.search("scABC", 1)
    scores = dict(zip((u.start for u in passage.units if u.kind == "sentence"), (0.5, 0.48, 0.45), strict=True))
    reading = Reading(passage, 0.5, 0, 1, 1, units=tuple(scores.get(u.start, 0.0) for u in passage.units))

    class Torn:
        def read(self, asked, passages):
            return [reading]

    got = Assistant(index, reader=Torn(), caution=0).answer("scABCはどのデータで訓練されましたか。")
    assert said(got) == ["モデルの訓練には公開データを用いる。", "scABCの訓練データはCELLを用いる。"]


def test_a_rows_number_is_not_its_name(tmp_path):
    (tmp_path / "計画.csv").write_text(
        "番号,項目,行動内容,期限\n(1),検査の強化,立入検査の頻度を高め、監督に当たる職員を増やすとともに、業界団体と連携して周知を図る。,令和4年秋\n"
        "(2),共同システムの実用化,取引の監視を共同で行うシステムを開発し、広報も活用して国民の理解を促進する取組を進める。,令和6年春\n",
        encoding="utf-8",
    )
    index = Index.open(tmp_path / "index")
    index.add([tmp_path / "計画.csv"])
    got = Assistant(index, caution=0).answer("共同システムの実用化の期限はいつですか。")
    assert got.statements[0].text.startswith("共同システムの実用化 ｜ ")
    assert "令和6年春" in got.statements[0].text


class Torn:
    """Likes one unit best and another less."""

    def __init__(self, first: str, second: str, less: float = 0.7) -> None:
        self.likes = {first: 0.9, second: less}

    def read(self, asked, passages):
        readings = []
        for passage in passages:
            texts = [passage.text[u.start - passage.start : u.end - passage.start] for u in passage.units]
            scores = tuple(max((s for w, s in self.likes.items() if w in text), default=0.1) for text in texts)
            best = max(range(len(scores)), key=scores.__getitem__)
            start, end = (at - passage.start for at in (passage.units[best].start, passage.units[best].end))
            readings.append(Reading(passage, scores[best], start, end, best, (), scores, scores[best]))
        return sorted(readings, key=lambda reading: -reading.probability)


@pytest.mark.parametrize("other", ["海洋\t60件", "分野\t応募", "採択された課題は"])
def test_the_row_that_the_question_names_is_quoted_before_any_other_unit_and_alone(assistant, other):
    torn = Assistant(assistant.index, reader=Torn(other, "量子\t95件"), caution=0)
    got = torn.answer("量子分野の採択件数は何件ですか。")
    assert said(got) == ["量子 ｜ 応募：95件 ｜ 採択：11件"]


def test_of_a_table_the_row_of_the_date_asked_for_is_quoted_though_another_is_liked_far_better(tmp_path):
    table = "改定年月日,改定内容\n令和3年3月30日,用語の追加及び修正\n令和3年9月10日,基準の見直しに伴う変更\n"
    (tmp_path / "改定履歴.csv").write_text(table, encoding="utf-8")
    index = Index.open(tmp_path / "index")
    index.add([tmp_path / "改定履歴.csv"])
    torn = Assistant(index, reader=Torn("9月10日", "3月30日", 0.25), caution=0)
    [statement] = said(torn.answer("令和3年3月30日の改定ではどんな変更がありましたか。"))
    assert "用語の追加及び修正" in statement


def test_each_side_of_a_comparison_has_the_row_that_the_question_names(tmp_path):
    tables = "# 論文数\n\n" + "\n\n".join(
        f"## {field}の論文\n\n| 国 | 件数 |\n|---|---|\n| 米国 | {a} |\n| 日本 | {b} |"
        for field, a, b in (("材料分野", 18, 28), ("医科学分野", 41, 34))
    )
    (tmp_path / "papers.md").write_text(tables, "utf-8")
    index = Index.open(tmp_path / "index")
    index.add([tmp_path / "papers.md"])
    torn = Assistant(index, reader=Torn("米国", "日本", 0.5), caution=0)
    got = torn.answer("日本の論文は材料分野と医科学分野でそれぞれ何件ですか。")
    assert [text[:12] for text in said(got)] == ["日本 ｜ 件数：28", "日本 ｜ 件数：34"]


def test_a_sentence_that_points_at_the_one_above_is_shown_with_it(tmp_path):
    above, below = "紙よりも電子が望ましく、郵送は好ましくない。", "これは、届かないことがあったとき、電子のほうが対処しやすいからである。"
    (tmp_path / "form.md").write_text(f"# 提出の形式\n\n書類は窓口で出す。{above}{below}", "utf-8")
    index = Index.open(tmp_path / "index")
    index.add([tmp_path / "form.md"])
    got = Assistant(index, reader=Pointing("対処しやすい"), caution=0).answer("電子が望ましい理由は何ですか。")
    assert said(got) == [above + below]
    assert [c.quote for c in got.citations] == [above + below]


def test_years_are_put_side_by_side_wherever_they_stand_in_the_question(tmp_path):
    file = tmp_path / "budget.txt"
    file.write_text("令和5年度の予算額は10億円でした。\n\n2024年度の予算額は12億円でした。\n\n予算額は毎年公表します。", "utf-8")
    with Index.open(tmp_path / "index") as index:
        index.add([file])
        got = Assistant(index, caution=0).answer("令和6年度の予算額は、令和5年度と比べてどれだけ増えましたか。")
    assert [text[:12] for text in said(got)] == ["2024年度の予算額は1", "令和5年度の予算額は10"]


def test_a_sentence_that_tells_both_sides_of_a_comparison_stands_alone(tmp_path):
    both = "研究領域の数は2016年の43から2020年の121に増えた。"
    (tmp_path / "map.md").write_text(f"# 研究領域\n\n{both}\n\n2020年に研究領域の調査を終えた。", "utf-8")
    with Index.open(tmp_path / "index") as index:
        index.add([tmp_path / "map.md"])
        got = Assistant(index, caution=0).answer("研究領域の数は2016年と2020年でそれぞれいくつですか。")
    assert said(got) == [both]


def test_what_is_said_twice_in_a_question_is_not_one_of_two_names():
    assert split("訓練に使われたデータと検証に使われたデータは、それぞれ何人分ですか。") == ()
    assert split("訓練データと検証データは、それぞれ何人分ですか。") == ("訓練データ", "検証データ")
