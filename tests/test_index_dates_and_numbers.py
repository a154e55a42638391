import pytest

from index import find_dates, find_numbers, fold, write_era
from index.words import index_terms, query_terms


def dates(text):
    return [d.iso for d in find_dates(fold(text).text)]


@pytest.mark.parametrize("written", ["令和7年度", "R7年度", "2025年度", "FY2025", "ＦＹ２０２５", "令和７年度"])
def test_a_fiscal_year_is_one_term_however_it_is_written(written):
    assert dates(written) == ["FY2025"]
    assert "fy2025" in query_terms(written)


def test_the_first_year_of_an_era_is_written_gannen():
    assert dates("令和元年5月1日、平成31年4月30日") == ["2019-05-01", "2019-04-30"]
    assert write_era(2019) == "令和元年"
    assert write_era(2025, fiscal=True) == "令和7年度"


def test_both_ends_of_a_range_are_found():
    assert dates("2026～2030年度") == ["FY2026", "FY2030"]
    assert dates("2026～30年") == ["2026", "2030"]
    assert dates("令和4～6年度") == ["FY2022", "FY2024"]


def test_short_forms_are_dates_and_model_names_are_not():
    assert dates("(R7.12閣議決定) R7.4.1 2025.11.21") == ["2025-12", "2025-04-01", "2025-11-21"]
    assert dates("H200 S3 Evo2 2,615件 1.5年 v3.5 A2000型") == []


def test_a_day_is_found_by_its_month():
    assert {"y2026", "m2026-04"} <= set(index_terms("令和8年4月22日")) & set(index_terms("2026年4月22日"))


@pytest.mark.parametrize("written", ["2,345百万円", "23億4,500万円", "２３４５００００００円", "23.45億円"])
def test_an_amount_is_one_term_however_it_is_written(written):
    assert "n2345000000" in index_terms(written)


def test_a_number_knows_its_unit():
    assert [(str(n.value), n.unit) for n in find_numbers(fold("1,969億円、52校、9.6％、10倍以上").text)] == [
        ("196900000000", "円"),
        ("52", "校"),
        ("9.6", "%"),
        ("10", "倍"),
    ]


def test_recognition_noise_gives_the_same_words():
    assert index_terms("活用してい く") == index_terms("活用していく")
    assert "ai" in index_terms("A I 開発")
    assert {"sinet", "erad"} <= set(index_terms("SINETとe-Rad"))
