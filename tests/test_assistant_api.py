import asyncio
import json
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from assistant import Assistant

ASKED = [
    "令和7年度のAI関連の予算はいくらですか。",
    "欧州委員会がAI in Science戦略を発表したのはいつですか。",
    "おいしいカレーの作り方を教えてください。",
]


@pytest.fixture(scope="module")
def assistant():
    return Assistant.open()


def test_many_questions_are_answered_in_their_order(assistant, capsys):
    alone = [assistant.answer(question) for question in ASKED]
    assert assistant.answer_many(ASKED, workers=3) == alone
    assert "3/3" in capsys.readouterr().err
    assert assistant.answer_many(iter(ASKED), workers=1, progress=False) == alone
    assert capsys.readouterr().err == ""
    assert assistant.answer_many([]) == []


def test_an_answer_can_be_awaited_while_others_run(assistant):
    async def both():
        return await asyncio.gather(*map(assistant.aanswer, ASKED))

    assert asyncio.run(both()) == [assistant.answer(question) for question in ASKED]


def test_an_assistant_is_a_step_of_a_langchain_chain(assistant):
    chain = assistant.as_runnable() | (lambda answer: answer.text)
    alone = [assistant.answer(question).text for question in ASKED]
    assert [chain.invoke(question) for question in ASKED] == alone
    assert chain.batch(ASKED) == alone
    assert asyncio.run(chain.ainvoke(ASKED[0])) == alone[0]


def test_a_frame_has_a_row_for_every_citation(assistant):
    got = assistant.answer(ASKED[0])
    frame = got.to_frame()
    assert len(frame) == sum(len(s.citations) for s in got.statements) > 0
    for row in frame.itertuples():
        text = assistant.index.document(row.document_id).text
        assert text[row.start : row.end] == row.quote
        assert f"[{row.mark}]" in got.text
    assert assistant.answer(ASKED[2]).to_frame().empty


def test_an_answer_is_plain_data_and_footnotes(assistant):
    got = assistant.answer(ASKED[0])
    plain = json.loads(json.dumps(got.to_dict(), ensure_ascii=False))
    assert [s["text"] for s in plain["statements"]] == [s.text for s in got.statements]
    written = got.to_markdown()
    for n, _ in enumerate(got.citations, 1):
        assert f"[^{n}]: " in written


def test_slow_packages_are_not_loaded_to_answer_without_a_model():
    program = (
        "import sys; from assistant import answer; answer(sys.argv[1])\n"
        "print([m for m in ('torch', 'sentence_transformers', 'gradio', 'langchain', 'langchain_core', 'openai', 'pandas')"
        " if m in sys.modules])"
    )
    run = [sys.executable, "-c", program, ASKED[0]]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.slow
def test_eight_threads_asking_a_hundred_questions_get_the_answers_of_one(assistant):
    parts = ["令和7年度", "令和6年度", "欧州", "英国", "米国", "日本", "大学", "企業", "研究者", "計算資源"]
    ends = ["の予算はいくらですか。", "の目的は何ですか。", "の課題は?", "の取組を挙げてください。", "はいつから始まりますか。",
            "の支援の対象は誰ですか。", "の人材育成は?", "のデータ基盤は?", "の論文数は?", "にはどのような機関がありますか。"]  # fmt: skip
    questions = [part + end for part in parts for end in ends]
    alone = {question: assistant.answer(question) for question in questions}
    random.Random(1).shuffle(questions)
    fresh = Assistant.open()
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(fresh.answer, questions))
    assert len(together) == 100
    assert 0 < sum(got.abstained for got in together) < 50
    for question, got in zip(questions, together, strict=True):
        assert got == alone[question]
