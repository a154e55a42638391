import pytest

from assistant import Assistant
from assistant.questions import restate
from index import Index

RULES = """# 研究助成の手引き

## 審査の観点

審査では、次の観点を確認します：
- 計画の独創性
- 体制の妥当性
- 予算の合理性

## 体制の妥当性

体制の妥当性は、研究代表者の専従率で判断します。

## 公募の期間

第1回公募は4月1日から5月10日までです。
第2回公募は9月1日から10月10日までです。
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    """Answers whatever it is asked: whether to answer is not what is tested here."""
    folder = tmp_path_factory.mktemp("rules")
    (folder / "rules.md").write_text(RULES, "utf-8")
    index = Index.open(folder / "index")
    index.add([folder / "rules.md"])
    return Assistant(index, caution=0)


@pytest.mark.parametrize(
    ("history", "question", "alone"),
    [
        (["第1回の公募期間を教えてください。"], "2回目は?", "第2回の公募期間を教えてください。"),
        (["令和7年度の予算はいくらですか。"], "前年度は?", "令和6年度の予算はいくらですか。"),
        (["2025年度の予算はいくらですか。"], "翌年度は?", "2026年度の予算はいくらですか。"),
        (["第3条の内容は何ですか。"], "じゃあ第5条は?", "第5条の内容は何ですか。"),
        (["米国の戦略は何ですか。", "英国は?"], "EUは?", "EUの戦略は何ですか。"),
        (["造船の委員は何人ですか。"], "量子の場合は?", "量子の委員は何人ですか。"),
        (["分科会の会長は誰ですか。"], "委員会の主査のほうは?", "委員会の主査は誰ですか。"),
        (["市の試算では、待ち時間はどれだけ縮みますか。"], "費用のほうは、いくら減りますか。", "市の試算では、費用は、いくら減りますか。"),
        (["助成事業の予算はいくらですか。"], "その締切はいつですか。", "助成事業の予算について、その締切はいつですか。"),
        (["助成事業の予算はいくらですか。"], "担当課は?", "助成事業の予算について、担当課は?"),
        (["第1回の公募期間を教えてください。"], "2回目はいつですか。", "第2回の公募期間を教えてください。"),
        (["令和7年度の予算はいくらですか。"], "前年度はいくらでしたか?", "令和6年度の予算はいくらですか。"),
        (["助成事業の予算はいくらですか。"], "締切はいつですか。", "助成事業の予算について、締切はいつですか。"),
        (["研究倫理委員会の委員は何人ですか。"], "座長は誰ですか。", "研究倫理委員会の委員について、座長は誰ですか。"),
        (["令和7年度の採択件数は?"], "令和6年度は?", "令和6年度の採択件数は?"),
        (["EUのAI法の罰金はいくらですか。"], "日本では?", "日本のAI法の罰金はいくらですか。"),
        (["富岳の後継機の開発費はいくらですか。"], "同事業の期間は?", "富岳の後継機の開発費について、同事業の期間は?"),
        (["量子の拠点はどこですか。"], "その代表者は誰ですか。", "量子の拠点について、その代表者は誰ですか。"),
    ],
)
def test_a_follow_up_takes_what_it_lacks_from_the_question_before(history, question, alone):
    assert restate(question, history).text == alone


@pytest.mark.parametrize(
    "question",
    [
        "源氏物語の作者は?",
        "富岳とは?",
        "ちなみに、富岳の計算速度は?",
        "欧州の戦略の柱は何ですか。",
        "人件費に使えますか。",
        "明日の天気は?",
        "ちなみに明日の天気はどうですか。",
        "こんにちは",
        "共同研究の相手はどこですか。",
        "同盟国との連携はどう進めますか。",
        "研究データの同意取得は必要ですか。",
        "IT（情報技術）人材は何人足りませんか。",
        "2024年のノーベル物理学賞は?",
        "令和6年度の日本の出生数は?",
        "申請書ではその他の経費も書けますか。",
        "りんごですか、それともみかんですか。",
    ],
)
def test_a_complete_question_takes_nothing_from_the_conversation(question):
    assert restate(question, ["令和7年度の予算はいくらですか。"]).text == question


def test_the_second_of_a_list_is_meant_by_its_number(assistant):
    conversation = assistant.conversation()
    conversation.ask("審査ではどのような観点を確認しますか。すべて挙げてください。")
    got = conversation.ask("2つ目は何で判断しますか。")
    assert "「体制の妥当性」" in got.asked
    assert got.question == "2つ目は何で判断しますか。"
    assert "専従率" in got.statements[0].text


def test_a_conversation_follows_up_and_turns_to_a_new_subject(assistant):
    conversation = assistant.conversation()
    conversation.ask("第1回公募の期間はいつからいつまでですか。")
    assert "9月1日" in conversation.ask("第2回は?").text
    assert conversation.ask("審査の観点は何ですか。").asked == "審査の観点は何ですか。"
    assert len(conversation.answers) == 3
