"""Questions from files: ours, a user's, and broken ones."""

import json

import pytest

from eval import BadQuestions, load_cases


def write(path, *records):
    lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_two_columns_of_a_spreadsheet_are_enough(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text('質問,答え\n人口は?,"1,400万人"\n面積は?,\n', encoding="cp932")
    known, unknown = load_cases(path)
    assert (known.question, known.items[0].variants, known.answerable) == ("人口は?", ("1,400万人",), True)
    assert (unknown.answerable, unknown.items) == (False, ())
    assert not known.has_gold


def test_gold_spans_are_optional_and_kept_when_given(tmp_path):
    span = {"document": "a.txt", "start": 3, "end": 9}
    path = write(
        tmp_path / "mine.jsonl",
        {"question": "首都は?", "answer": ["東京", "京"]},
        {"question": "商都は?", "items": [{"variants": ["大阪"], "spans": [span]}], "id": "x"},
    )
    plain, marked = load_cases(path)
    assert (len(plain.items), plain.has_gold, plain.id) == (2, False, "q001")
    assert (marked.items[0].spans[0].end, marked.has_gold, marked.id) == (9, True, "x")


def test_every_bad_line_is_named_at_once(tmp_path):
    path = write(
        tmp_path / "bad.jsonl",
        {"question": "首都は?", "answer": "東京"},
        "{これは",
        {"answer": "東京"},
        {"question": "商都は?"},
        {"question": "工都は?", "items": [{"variants": ["名古屋"], "spans": [{"document": "a", "start": 9, "end": 3}]}]},
        {"question": "港は?", "answer": "横浜", "answerable": False},
    )  # fmt: skip
    with pytest.raises(BadQuestions) as caught:
        load_cases(path)
    assert [p.split("行目")[0].strip() for p in caught.value.problems] == ["2", "3", "4", "5", "6"]
    assert "JSON ではありません" in str(caught.value)


def test_an_id_may_stand_once_only(tmp_path):
    record = {"id": "a", "question": "首都は?", "answer": "東京"}
    with pytest.raises(BadQuestions, match="id「a」が2回"):
        load_cases(write(tmp_path / "twice.jsonl", record, record))


@pytest.mark.parametrize("name", ["none.jsonl", "empty.jsonl", "picture.csv"])
def test_a_file_without_questions_is_refused_with_its_reason(tmp_path, name):
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(BadQuestions, match=name):
        load_cases(tmp_path / name)
