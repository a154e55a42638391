"""The measures, on documents and answers small enough to work the figures out by eye."""

from dataclasses import replace

import pytest

from assistant import Answer, Citation, Statement
from eval.answering import answer_coverage_150, answer_coverage_400, char_f1, exact_match
from eval.cases import Case, GoldSpan, Item
from eval.citing import citation_exactness, citation_precision, citation_recall
from eval.grounding import list_ungrounded
from eval.matching import covers
from eval.measures import MEASURES, score_case
from eval.refusals import Judged, aurc, auroc, false_refusal, refusal_recall, risk_coverage
from eval.resampling import compute_p_value, estimate_difference, estimate_interval
from eval.retrieval import evidence_recall, ndcg_at_10, recall_at_5
from index import Document, Passage

TEXT = "東京は日本の首都です。人口は1,400万人です。大阪は商都です。名古屋は工都です。"
DOC = Document("a.txt", "都市", TEXT, "/a.txt", "0", "0")
SENTENCES = [(0, 11), (11, 23), (23, 31), (31, 40)]
CAPITAL, PEOPLE, OSAKA, NAGOYA = (GoldSpan("a.txt", *span) for span in SENTENCES)


def quote(span):
    return TEXT[span[-2] : span[-1]]


def cite(span):
    return Citation("a.txt", "0", "都市", "", "", None, "/a.txt", span[-2], span[-1], quote(span))


def passage(span):
    return Passage(f"a.txt#{span[-2]}", "a.txt", span[-2], span[-1], quote(span))


def respond(*spans, found=(), **more):
    statements = tuple(Statement(quote(s), "quote", (cite(s),)) for s in spans)
    fields = {
        "question": "?", "asked": "?", "statements": statements, "text": "", "abstained": not spans,
        "reason": None, "confidence": 0.5, "passages": tuple(map(passage, found)), "documents": (DOC,),
    }  # fmt: skip
    return Answer(**{**fields, **more})


ONE = Case("1", "人口は?", True, "number", (Item(("1400万人", "1,400万人"), (PEOPLE,)),))
TWO = Case("2", "首都と商都は?", True, "list", (Item(("東京",), (CAPITAL,)), Item(("大阪",), (OSAKA,))))
NONE = Case("3", "面積は?", False, "near_miss")


def test_an_answer_covers_the_items_it_says_within_the_budget():
    assert answer_coverage_150(TWO, respond(CAPITAL)) == 0.5
    assert answer_coverage_150(TWO, respond(CAPITAL, OSAKA)) == 1
    filler = Statement("。" * 200, "quote", (cite(CAPITAL),))
    late = replace(respond(OSAKA), statements=(filler, *respond(OSAKA).statements))
    assert (answer_coverage_150(TWO, late), answer_coverage_400(TWO, late)) == (0, 0.5)


def test_a_refusal_covers_nothing_even_when_it_shows_the_right_sentence():
    assert answer_coverage_400(ONE, respond(PEOPLE, abstained=True)) == 0
    assert citation_recall(ONE, respond(PEOPLE, abstained=True)) == 0


def test_full_width_digits_and_blanks_are_the_same_answer():
    said = Statement("人口は １，４００ 万人", "written", (cite(PEOPLE),))
    assert answer_coverage_150(ONE, replace(respond(PEOPLE), statements=(said,))) == 1


def test_a_yes_where_no_is_right_covers_nothing():
    case = replace(TWO, kind="yesno", expected="いいえ")
    said = Statement("はい。東京と大阪です。", "written", (cite(CAPITAL),))
    assert answer_coverage_150(case, replace(respond(CAPITAL), statements=(said,))) == 0


def test_exact_match_and_character_f1_judge_the_marked_words():
    start = quote(PEOPLE).index("1")
    marked = Statement(quote(PEOPLE), "quote", (cite(PEOPLE),), ((start, start + 7),))
    answer = replace(respond(PEOPLE), statements=(marked,))
    assert (exact_match(ONE, answer), char_f1(ONE, answer)) == (1, 1)
    whole = respond(PEOPLE)  # 人口は1400万人です: 11 characters, 6 of them are the answer's 6
    assert exact_match(ONE, whole) == 0
    assert char_f1(ONE, whole) == pytest.approx(2 * 6 / (11 + 6))


def test_precision_is_the_share_of_citations_on_gold_and_recall_that_of_items():
    answer = respond(CAPITAL, NAGOYA, PEOPLE, OSAKA)
    assert citation_precision(TWO, answer) == 0.5
    assert citation_recall(TWO, answer) == 1
    assert citation_recall(TWO, respond(OSAKA)) == 0.5


def test_an_answer_without_citations_has_no_precision_to_boast_of():
    assert citation_precision(ONE, respond(abstained=False)) == 0
    assert citation_precision(ONE, respond()) is None


def test_a_header_cited_before_its_row_is_part_of_that_citation():
    row = Statement("大阪は商都です。", "quote", (cite(OSAKA), cite(CAPITAL)))
    case = replace(TWO, items=TWO.items[1:])
    assert citation_precision(case, replace(respond(OSAKA), statements=(row,))) == 1


def test_a_legend_below_belongs_to_the_row_that_shows_it_and_another_line_does_not():
    case = replace(TWO, items=TWO.items[1:])
    shown = Statement("大阪は商都です。(名古屋は工都です。)", "quote", (cite(OSAKA), cite(NAGOYA)))
    silent = replace(shown, text="大阪は商都です。")
    assert citation_precision(case, replace(respond(OSAKA), statements=(shown,))) == 1
    assert citation_precision(case, replace(respond(OSAKA), statements=(silent,))) == 0.5


def test_half_of_the_shorter_span_must_be_shared():
    assert covers(("a.txt", 11, 23), PEOPLE) and covers(("a.txt", 0, 40), PEOPLE)
    assert not covers(("a.txt", 0, 12), PEOPLE)
    assert not covers(("b.txt", 11, 23), PEOPLE)


def test_a_quote_beside_its_offsets_is_not_exact():
    assert citation_exactness(ONE, respond(PEOPLE)) == 1
    moved = replace(cite(PEOPLE), start=PEOPLE.start + 1, end=PEOPLE.end + 1)
    said = Statement(quote(PEOPLE), "quote", (moved,))
    assert citation_exactness(ONE, replace(respond(PEOPLE), statements=(said,))) == 0


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("人口は1,400万人", "人口は1400万人です"), ("２０２５年度", "2025年度に"), ("AIの活用", "A Iの活用"),
        ("5倍", "容量5倍"), ("23機関", "機関\n23\t5"), ("対象とならない", "対象とならない。"),
    ],
)  # fmt: skip
def test_what_stands_in_the_quote_is_grounded(text, source):
    assert list_ungrounded(text, [source]) == []


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("人口は1,500万人", "人口は1,400万人"), ("5万人", "5億人"), ("4万人", "14万人"), ("3.5%", "13.5%"),
        ("2026年度", "2025年度"), ("SINETの整備", "ABCIの整備"), ("対象とならない", "対象となる"),
        ("対象となる", "対象とならない"), ("申請できる", "申請できない"), ("未公開です", "公開です"),
    ],
)  # fmt: skip
def test_a_changed_number_unit_name_or_negation_is_not_grounded(text, source):
    assert list_ungrounded(text, [source])


def test_evidence_recall_reads_passages_in_order_and_cuts_the_last():
    answer = respond(found=[NAGOYA, PEOPLE])  # 9 and 12 characters
    assert evidence_recall(ONE, answer, 9) == 0
    assert evidence_recall(ONE, answer, 400) == 1


def test_a_required_item_that_no_passage_shows_lowers_recall():
    answer = respond(found=[NAGOYA, CAPITAL])
    assert recall_at_5(TWO, answer) == 0.5
    found_at_two, both_on_top = 1 / 1.584962500721156, 1 + 1 / 1.584962500721156
    assert ndcg_at_10(TWO, answer) == pytest.approx(found_at_two / both_on_top)
    assert recall_at_5(TWO, respond(found=[])) == 0


def test_the_same_slide_in_a_second_document_earns_nothing_twice():
    double = replace(ONE, items=(Item(("1400万人",), (PEOPLE, NAGOYA)),))
    assert ndcg_at_10(double, respond(found=[PEOPLE, NAGOYA])) == 1
    assert ndcg_at_10(double, respond(found=[PEOPLE])) == 1


def test_refusals_count_only_where_they_apply():
    assert (refusal_recall(NONE, respond()), refusal_recall(NONE, respond(OSAKA))) == (1, 0)
    assert refusal_recall(ONE, respond()) is None
    assert (false_refusal(ONE, respond()), false_refusal(NONE, respond())) == (1, None)


def judged(confidence, answerable, loss=0.0, abstained=False):
    return Judged(confidence, answerable, abstained, loss)


def test_auroc_counts_the_pairs_in_the_right_order():
    rows = [judged(0.9, True), judged(0.4, True), judged(0.6, False), judged(0.4, False)]
    assert auroc(rows) == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert auroc(rows[:2]) is None


def test_risk_grows_with_the_questions_answered_and_refusals_come_last():
    rows = [judged(0.9, True, 1.0, abstained=True), judged(0.8, True), judged(0.2, False, 1.0)]
    assert risk_coverage(rows) == [(1 / 3, 0), (2 / 3, 0.5), (1, pytest.approx(2 / 3))]
    assert aurc(rows) == pytest.approx((0 + 0.5 + 2 / 3) / 3)


def test_a_crash_scores_the_worst_wherever_a_measure_applies():
    crashed = score_case(ONE, respond(abstained=False), crashed=True)
    assert (crashed["AnswerCoverage@400"], crashed["FalseRefusal"], crashed["Recall@5"]) == (0, 1, 0)
    assert crashed["RefusalRecall"] is None
    assert score_case(NONE, respond(abstained=False), crashed=True)["RefusalRecall"] == 0


def test_measures_that_need_gold_spans_do_not_apply_without_them():
    own = Case("1", "人口は?", True, items=(Item(("1,400万人",)),))
    values = score_case(own, respond(PEOPLE, found=[PEOPLE]), crashed=False)
    without = {name for name, value in values.items() if value is None}
    assert {"Recall@5", "nDCG@10", "CitationPrecision", "CitationRecall"} <= without
    assert values["AnswerCoverage@150"] == 1
    assert set(values) == {measure.name for measure in MEASURES}


def test_intervals_are_seeded_and_hold_the_mean():
    values = [0.0, 1.0] * 20
    first = estimate_interval(values)
    assert first == estimate_interval(values)
    assert 0.3 < first.low < 0.5 < first.high < 0.7
    assert estimate_interval([1.0] * 9).noise == 0


def test_the_paired_difference_knows_that_the_questions_are_the_same():
    before, after = [0.0, 1.0] * 20, [1.0, 1.0] * 20
    assert estimate_difference(before, after).low > 0.3
    assert compute_p_value(before, after) < 0.01
    assert compute_p_value(before, before) == 1


def test_a_number_that_begins_a_quote_is_found_behind_one_that_ends_in_digits():
    from eval.grounding import list_ungrounded

    assert list_ungrounded("韓国 4,210(2011-2023年累積)", ["韓国\t4,210", "2011-2023年累積"]) == []
    assert list_ungrounded("韓国 42102011", ["韓国\t4,210", "2011-2023年累積"]) == ["42102011"]
