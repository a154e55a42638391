"""Questions that others wrote, in the two forms they come in."""

import json

import pytest

from eval import BadQuestions
from eval.jsquad import choose, find_split, read_paragraphs, write_articles
from index.command import main

TEXTS = {
    "梅雨": ["梅雨は、東アジアで見られる気象現象である。雨季の一種である。", "梅雨が終わることを梅雨明けという。"],
    "電卓": ["電卓は、電子式の計算機である。"],
}  # fmt: skip
ASKED = [("q1", "梅雨は何の一種か。", "雨季"), ("q2", "梅雨が終わることを何というか。", "梅雨明け"), ("q3", "電卓とは何か。", "電子式の計算機")]  # fmt: skip


def published():
    """In SQuAD's form, with the title before each context as JSQuAD has it."""
    data = []
    for title, texts in TEXTS.items():
        contexts = [f"{title} [SEP] {text}" for text in texts]
        paragraphs = [
            {
                "context": context,
                "qas": [
                    {"id": name, "question": question, "is_impossible": False}
                    | {"answers": [{"text": answer, "answer_start": context.index(answer)}]}
                    for name, question, answer in ASKED
                    if answer in context
                ],
            }
            for context in contexts
        ]
        data.append({"title": title, "paragraphs": paragraphs})
    data[1]["paragraphs"][0]["qas"].append(
        {"id": "q4", "question": "何の説明か。", "answers": [{"text": "電卓", "answer_start": 0}]}
    )
    return {"data": data}


def as_lines(folder):
    passages, questions = [], []
    for title, texts in TEXTS.items():
        for seq, text in enumerate(texts):
            pid = f"{title}{seq}"
            passages.append({"pid": pid, "doc": title, "seq": seq, "text": text})
            questions += [
                {"qid": n, "question": q, "pid": pid, "answers": [a]}
                | {"spans": [[text.index(a), text.index(a) + len(a)], None]}
                for n, q, a in ASKED
                if a in text
            ]
    for name, rows in (("passages", reversed(passages)), ("questions", questions)):
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, "utf-8")


def test_gold_spans_hold_the_answer_in_both_forms(tmp_path):
    for form in ("published", "lines"):
        folder, out = tmp_path / form, tmp_path / f"{form}-out"
        folder.mkdir()
        out.mkdir()
        if form == "lines":
            as_lines(folder)
        else:
            (folder / "valid.json").write_text(json.dumps(published(), ensure_ascii=False), "utf-8")
        cases = write_articles(read_paragraphs(folder), out)
        # q4 asks for what stands only in the title before the context
        assert [case.id for case in cases] == ["q1", "q2", "q3"]
        for case in cases:
            (span,) = case.items[0].spans
            text = (out / span.document).read_bytes().decode()
            assert text[span.start : span.end] == case.items[0].variants[0]
        assert (out / "0000.txt").read_text("utf-8").startswith("# 梅雨\n")


def test_all_questions_of_an_article_are_in_one_half_and_a_sample_spreads_over_them(tmp_path):
    cases = write_articles(read_paragraphs_of(tmp_path), tmp_path)
    assert {case.split for case in cases if case.id in ("q1", "q2")} == {find_split("梅雨")}
    assert [case.id for case in choose(cases, "all", 2)] == ["q1", "q2"]
    assert choose(cases, "all", None) == cases
    assert len(choose(cases, "dev", None)) + len(choose(cases, "test", None)) == 3


def read_paragraphs_of(folder):
    (folder / "valid.json").write_text(json.dumps(published(), ensure_ascii=False), "utf-8")
    return read_paragraphs(folder / "valid.json")


def test_a_folder_without_questions_is_told_what_was_expected(tmp_path):
    with pytest.raises(BadQuestions, match=r"passages\.jsonl"):
        read_paragraphs(tmp_path)
    (tmp_path / "other.json").write_text("[1]", "utf-8")
    with pytest.raises(BadQuestions, match="JSQuAD"):
        read_paragraphs(tmp_path)


def test_both_systems_are_evaluated_over_the_same_articles(tmp_path, capsys):
    read_paragraphs_of(tmp_path)
    split = find_split("梅雨")
    assert main(["eval", "--jsquad", str(tmp_path), "--split", split, "--json", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert printed.count("EvidenceRecall@400") >= 2
    assert "plain-rag" in printed
