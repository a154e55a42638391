"""Feedback from the chat becomes evaluation cases."""

import json

import pytest

from assistant import Feedback
from eval.command import add_parser
from eval.feedback import draft_cases
from eval.loading import BadQuestions, load_cases

PLACE = {"document_id": "規程.md", "start": 4, "end": 14}
ANSWER = {
    "text": "休暇は20日とする。[1]",
    "abstained": False,
    "statements": [{"text": "休暇は20日とする。", "answer": [[3, 6]], "citations": [PLACE]}],
}
REFUSAL = {"text": "資料からは分かりません。", "abstained": True, "statements": []}


def given(verdict, reason, question, answer, history=()):
    return Feedback(0.0, verdict, reason, question, tuple(history), answer)


def load(records, tmp_path):
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")
    return load_cases(file)


def test_a_praised_answer_is_a_finished_case_with_its_words_and_places(tmp_path):
    [case] = load(draft_cases([given("up", "", "休暇は何日?", ANSWER)]), tmp_path)
    assert case.answerable
    assert case.items[0].variants == ("20日",)
    assert case.items[0].spans == (("規程.md", 4, 14),)


def test_a_praised_refusal_and_an_answer_that_should_have_been_one_are_unanswerable(tmp_path):
    feedback = [given("up", "", "天気は?", REFUSAL), given("down", "should_refuse", "賃金は?", ANSWER)]
    cases = load(draft_cases(feedback), tmp_path)
    assert [case.answerable for case in cases] == [False, False]
    assert cases[1].tempting == (("規程.md", 4, 14),)


@pytest.mark.parametrize("reason", ["wrong", "incomplete", "citation", "should_answer", ""])
def test_a_blamed_answer_waits_for_the_right_one_and_says_so(reason, tmp_path):
    [record] = draft_cases([given("down", reason, "休暇は何日?", ANSWER)])
    assert "20日" in record["note"]
    with pytest.raises(BadQuestions, match="variants"):
        load([record], tmp_path)
    record["items"] = [{"variants": ["20日"]}]
    assert load([record], tmp_path)[0].answerable


def test_the_last_word_on_a_question_counts():
    feedback = [given("down", "wrong", "休暇は何日?", ANSWER), given("up", "", "休暇は何日?", ANSWER)]
    assert [record["note"] for record in draft_cases(feedback)] == ["利用者の評価: よい答え"]


def test_the_command_writes_a_file(tmp_path, capsys):
    import argparse

    from assistant.chat_store import ChatStore

    store = ChatStore(tmp_path)
    store.rate("user:a", "up", "", ["前の質問"], {"question": "休暇は何日?", **ANSWER})
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    options = parser.parse_args(["eval", "export-feedback", "--data", str(tmp_path), "--to", str(tmp_path / "f.jsonl")])
    assert options.run(options) == 0
    [case] = load_cases(tmp_path / "f.jsonl")
    assert case.history == ("前の質問",)
    assert "1問を書き出しました" in capsys.readouterr().err
