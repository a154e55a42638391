"""What a report says, writes and compares, on twelve questions about one small document."""

import json
from dataclasses import replace

import ir_measures
import pytest

from assistant import Answer, Citation, Statement
from eval import Case, GoldSpan, Item, PlainRag, Report, evaluate
from eval.comparing import compare
from eval.flooring import find_breaches, read_floors, render_floors
from eval.outputs import read_json, write_csv, write_json, write_trec
from eval.page import render_page
from index import Document, Passage, WordLengthEmbedder

LINES = [f"第{n}事業の予算は{n}億円です。" for n in range(10, 50)]
TEXT = "\n".join(LINES)
DOC = Document("budget.txt", "予算<b>", TEXT, "/budget.txt", "0", "0")


def span_of(n):
    start = sum(len(line) + 1 for line in LINES[:n])
    return start, start + len(LINES[n])


def ask(n):
    gold = GoldSpan(DOC.id, *span_of(n))
    question = f"第{n + 10}事業の<予算>は?"
    return Case(f"q{n:02}", question, True, "number", (Item((f"{n + 10}億円",), (gold,)),))


CASES = [ask(n) for n in range(40)] + [Case("x", "人数は?", False, "near_miss", tempting=(GoldSpan(DOC.id, *span_of(0)),))]  # fmt: skip


class Knows:
    """Answers every question from its line, except those in `misses`, and crashes on `crashes`."""

    def __init__(self, misses=(), crashes=()):
        self.misses = misses
        self.crashes = crashes

    def answer(self, question, *, history=()):
        if question in self.crashes:
            raise RuntimeError("<索引>が壊れています")
        n = int(question[1:3]) - 10 if question[1:3].isdigit() else None
        lost = n is None or question in self.misses
        start, end = span_of(((n or 0) + 1) % 40 if lost else n)
        passage = Passage(f"p {start}", DOC.id, start, end, TEXT[start:end])
        place = Citation(DOC.id, "0", DOC.title, "", "", None, "", start, end, passage.text)
        said = () if n is None else (Statement(passage.text, "quote", (place,)),)
        return Answer(
            question, question, said, "=" + passage.text, n is None, "not_in_documents" if n is None else None,
            0.1 if lost else 0.9, (passage,), documents=(DOC,),
        )  # fmt: skip


def run(**how):
    return evaluate(Knows(**how), CASES, progress=False)


def without_time(report):
    return replace(report, rows=tuple(replace(r, values={**r.values, "Seconds": 0}) for r in report.rows))


def test_the_same_answers_give_the_same_report_twice():
    assert without_time(run()).to_dict() == without_time(run()).to_dict()


def test_a_report_reads_back_from_json_as_it_was(tmp_path):
    report = run(misses=[CASES[3].question])
    write_json(report, tmp_path / "r.json")
    again = read_json(tmp_path / "r.json")
    assert again.to_dict() == report.to_dict()
    assert again.figure("AnswerCoverage@400").value == pytest.approx(39 / 40)


def test_a_crash_is_counted_as_wrong_and_its_error_is_shown():
    report = run(crashes=[CASES[0].question, "人数は?"])
    assert report.figure("AnswerCoverage@400").value == pytest.approx(39 / 40)
    assert report.figure("RefusalRecall").value == 0
    assert report.worst()[0].error == "RuntimeError: <索引>が壊れています"
    assert "RuntimeError: &lt;索引&gt;が壊れています" in render_page(report)


def test_the_trec_files_give_the_figures_that_are_reported(tmp_path):
    report = run(misses=[case.question for case in CASES[:10]])
    write_trec(report, tmp_path / "run.trec")
    qrels = list(ir_measures.read_trec_qrels(str(tmp_path / "run.trec.qrels")))
    ranked = list(ir_measures.read_trec_run(str(tmp_path / "run.trec")))
    found = ir_measures.calc_aggregate([ir_measures.R @ 5, ir_measures.nDCG @ 10], qrels, ranked)
    assert found[ir_measures.R @ 5] == pytest.approx(report.figure("Recall@5").value) == 0.75
    assert found[ir_measures.nDCG @ 10] == pytest.approx(report.figure("nDCG@10").value)


def test_the_table_opens_in_a_spreadsheet_without_running_formulas(tmp_path):
    write_csv(run(), tmp_path / "r.csv")
    text = (tmp_path / "r.csv").read_text(encoding="utf-8")
    assert text.startswith("\ufeffid,kind,split,question,text")
    assert "'=第10事業" in text and ",=第" not in text


def test_the_page_escapes_what_documents_and_questions_say_and_loads_nothing():
    page = render_page(run(misses=[CASES[3].question]), beside=run())
    assert "第13事業の&lt;予算&gt;は?" in page and "<予算>" not in page and "予算&lt;b&gt;" in page
    assert "<mark class='gold'>第13事業の予算は13億円です。</mark>" in page
    assert not any(word in page for word in ("<script", "http://", "https://", "url(", "@import"))


def test_a_frame_has_a_line_a_question_and_a_column_a_measure():
    frame = run().to_frame()
    assert len(frame) == len(CASES)
    assert frame["AnswerCoverage@400"].mean() == 1
    assert "<table" in run()._repr_html_()


def test_a_comparison_names_the_questions_that_got_worse_and_better():
    before = run(misses=[CASES[1].question])
    after = run(misses=[case.question for case in CASES[2:12]])
    found = compare(before, after)
    change = next(c for c in found.changes if c.name == "AnswerCoverage@400")
    assert change.after - change.before == pytest.approx(-9 / 40)
    assert change.interval.high < 0 and change.p_value < 0.05
    worse = {m.id for m in found.moved if not m.better}
    assert (worse, {m.id for m in found.moved if m.better}) == ({c.id for c in CASES[2:12]}, {"q01"})
    assert "悪くなった質問" in found.to_text()


def test_a_floor_forgives_noise_and_names_what_was_lost(tmp_path):
    path = tmp_path / "floor.toml"
    path.write_text(render_floors(run()), encoding="utf-8")
    floors = read_floors(path)
    assert find_breaches(run(), floors) == []
    assert find_breaches(run(misses=[CASES[5].question]), floors) == []
    lost = [case.question for case in CASES[5:15]]
    breaches = {b.name: b for b in find_breaches(run(misses=lost), floors)}
    assert {"AnswerCoverage@400", "CitationRecall"} <= breaches.keys()
    assert len(breaches["AnswerCoverage@400"].lost) == 10
    assert "q05 第15事業" in str(breaches["AnswerCoverage@400"])


def test_false_refusals_break_a_ceiling(tmp_path):
    path = tmp_path / "floor.toml"
    path.write_text(render_floors(run()), encoding="utf-8")
    breaches = find_breaches(run(crashes=[case.question for case in CASES[:8]]), read_floors(path))
    assert "FalseRefusal" in {breach.name for breach in breaches}


def test_figures_are_kept_apart_by_kind_and_document():
    report = run(misses=[CASES[3].question])
    assert list(report.by_kind()) == ["number", "near_miss"]
    assert list(report.by_document()) == [DOC.id]
    assert json.dumps(report.to_dict())
    assert isinstance(report, Report)


def test_the_plain_baseline_quotes_what_stands_there_and_never_refuses():
    rag = PlainRag([DOC], WordLengthEmbedder(), size=60, overlap=15)
    answer = rag.answer("第12事業の予算は?")
    assert not answer.abstained and 0 < answer.confidence <= 1
    assert all(TEXT[p.start : p.end] == p.text for p in rag.passages)
    assert {i for p in rag.passages for i in range(p.start, p.end)} >= {
        i for i, c in enumerate(TEXT) if c != "\n"
    }
    scores = [p.score for p in answer.passages]
    assert scores == sorted(scores, reverse=True) and len(answer.statements) == 3
