import json
import os
import subprocess
import sys

import pytest

from assistant import Assistant, Claim, Evidence, Finished, StatementReady, answer

ASKED = [
    "令和7年度のAI関連の予算はいくらですか。",
    "欧州委員会がAI in Science戦略を発表したのはいつですか。",
    "Which institute developed Evo2?",
    "補助金の上限額は?",
]


@pytest.fixture(scope="module")
def assistant():
    return Assistant.open()


def test_an_answer_quotes_its_places(assistant):
    for question in ASKED:
        got = assistant.answer(question)
        assert len(got.passages) == 12
        for citation in got.citations:
            text = assistant.index.document(citation.document_id).text
            assert text[citation.start : citation.end] == citation.quote
        assert got.abstained == (got.reason is not None)
        assert got.abstained or got.statements


def test_the_amount_asked_for_is_quoted(assistant):
    got = assistant.answer(ASKED[0])
    assert not got.abstained
    assert "1,969億円" in got.text
    assert "[1]" in got.text


def test_statements_come_before_the_answer_and_are_those_of_it(assistant):
    *events, last = assistant.stream(ASKED[0])
    assert isinstance(last, Finished)
    assert [e.statement for e in events if isinstance(e, StatementReady)] == list(last.answer.statements)


def test_another_subject_is_refused_with_the_nearest_passages(assistant):
    got = assistant.answer("おいしいカレーの作り方を教えてください。")
    assert got.abstained
    assert got.reason == "off_topic"
    assert got.text.startswith("資料からは分かりません。")
    assert got.passages


def test_a_follow_up_is_restated_and_a_new_subject_is_not():
    from assistant.questions import restate

    first = "令和7年度のAI関連の予算はいくらですか。"
    assert "予算" in restate("前年度は?", [first]).text
    assert "令和7" not in restate("令和6年度は?", [first]).text
    assert restate("欧州のAI戦略の柱は何ですか。", [first]).text == "欧州のAI戦略の柱は何ですか。"


@pytest.mark.parametrize(
    "question", ["", "   ", "?", "あ", "\x00\x07\x1b[31m", "予算" * 10_000, "🙂🙂", "‮逆", "' OR 1=1 --", "AND OR NOT ( ) : * ^ \" ~"]
)
def test_odd_questions_get_an_answer_or_a_refusal(assistant, question):
    got = assistant.answer(question)
    assert got.question == question
    assert got.text


def test_the_empty_question_is_too_vague(assistant):
    assert assistant.answer("  ").reason == "too_vague"


def test_an_empty_index_says_so(tmp_path):
    from index import Index, WordLengthEmbedder

    got = Assistant(Index.open(tmp_path / "index", embedder=WordLengthEmbedder())).answer("予算はいくらですか。")
    assert got.reason == "empty_index"
    assert "索引に文書がありません" in got.text


def test_what_a_composer_invents_is_not_shown(assistant):
    class Inventing:
        def compose(self, asked, readings):
            passage = readings[0].passage
            quote = passage.text[:20]
            place = Evidence(passage.document_id, passage.start, passage.start + 20, quote)
            return [Claim("予算は9,999億円です。", (place,), "written")]

    got = Assistant(assistant.index, composer=Inventing(), caution=0).answer(ASKED[0])
    assert got.abstained
    assert got.statements == ()
    assert "9,999億円" in got.rejected[0].why


def test_caution_moves_between_always_and_never(assistant):
    question = "おいしいカレーの作り方を教えてください。"
    assert not Assistant(assistant.index, caution=0).answer(question).abstained
    assert Assistant(assistant.index, caution=1).answer(ASKED[0]).abstained


def test_the_same_question_has_the_same_answer_in_another_process():
    program = (
        "import json, sys; from assistant import answer\n"
        "plain = [answer(q).to_dict() for q in json.loads(sys.argv[1])]\n"
        "[p.pop('seconds') for p in plain]\n"
        "print(json.dumps(plain, ensure_ascii=False))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program, json.dumps(ASKED)],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert [p["text"] for p in json.loads(runs[0])] == [answer(q).text for q in ASKED]


def test_an_answer_shows_itself_escaped_in_a_notebook_and_as_text():
    from dataclasses import replace

    got = answer(ASKED[0])
    evil = replace(got, question="<img onerror=alert(1)>")
    assert "<img" not in evil._repr_html_()
    assert "<b>問</b>" in got._repr_html_()
    assert str(got).startswith(got.text)
    assert "[^1]" in got.to_markdown()
    json.dumps(got.to_dict(), ensure_ascii=False)
