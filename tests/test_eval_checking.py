"""The question set is sound, and the checker would say so if it were not."""

from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from assistant import Assistant
from eval import GoldSpan, Item, load_cases
from eval.checking import Region, check_cases, load_regions

FOLDER = Path(str(resources.files("eval")))


@pytest.fixture(scope="module")
def world():
    index = Assistant.open().index
    documents = {d.id: index.document(d.id) for d in index.documents()}
    passages = [p for name in documents for p in index.passages(name)]
    return load_cases(FOLDER / "questions.jsonl"), documents, load_regions(FOLDER / "regions.jsonl"), passages


@pytest.fixture
def find(world):
    """The problems of the set with the first case that fits changed."""
    cases, documents, regions, passages = world

    def run(fits, change):
        at = next(n for n, case in enumerate(cases) if fits(case))
        changed = [*cases[:at], change(cases[at]), *cases[at + 1 :]]
        return " ".join(check_cases(changed, documents, regions, passages))

    return run


def moved(case, by):
    first, *others = case.items
    spans = tuple(span._replace(start=span.start + by, end=span.end + by) for span in first.spans)
    return replace(case, items=(replace(first, spans=spans), *others))


def answerable(case):
    return case.answerable


def test_the_question_set_is_sound(world):
    assert check_cases(*world) == []


def test_a_shifted_gold_span_is_found(find):
    assert "文書の中の文字を指していません" in find(answerable, lambda c: moved(c, 10**6))


def test_a_variant_that_the_sentence_does_not_say_is_found(find):
    wrong = lambda c: replace(c, items=(Item(("ないはずの答え",), c.items[0].spans),))  # noqa: E731
    assert "ないはずの答え" in find(answerable, wrong)


def test_two_questions_on_one_sentence_are_found(find, world):
    taken = next(c for c in reversed(world[0]) if c.answerable)
    assert "同じ文" in find(answerable, lambda c: replace(c, items=taken.items))


def test_a_word_that_stands_somewhere_is_not_absent(find, world):
    word = next(iter(world[1].values())).text.split()[0]
    assert "ないはずの" in find(lambda c: not c.answerable, lambda c: replace(c, absent=(word,)))


def test_words_that_stand_side_by_side_are_found(find, world):
    text = next(iter(world[1].values())).text
    pair = (text[500:504], text[510:514])
    change = lambda c: replace(c, absent_together=(pair,))  # noqa: E731
    assert "以内に並んでいます" in find(lambda c: not c.answerable, change)


def test_a_question_of_the_other_split_is_found(find):
    other = find(answerable, lambda c: replace(c, split="dev" if c.split == "test" else "test"))
    assert "領域の中にありません" in other


def test_a_passage_that_serves_both_splits_is_found(world):
    cases, documents, regions, passages = world
    name = passages[0].document_id
    wide = replace(passages[0], start=0, end=len(documents[name].text))
    assert "両方" in " ".join(check_cases(cases, documents, regions, [wide]))


def test_regions_that_overlap_are_found(world):
    cases, documents, regions, passages = world
    again = Region(regions[0].document, regions[0].start, regions[0].end, "dev")
    assert "重なっています" in " ".join(check_cases(cases, documents, [again, *regions], passages))


def test_wording_taken_over_from_the_documents_is_found(world):
    cases, documents, regions, passages = world

    def copied(case):
        name, start, end = GoldSpan(*case.items[0].spans[0])
        return replace(case, question=documents[name].text[start:end])

    parrots = [copied(case) if case.answerable else case for case in cases]
    assert "共有しない質問が" in " ".join(check_cases(parrots, documents, regions, passages))


def test_too_few_questions_of_a_kind_are_found(world):
    cases, *others = world
    problems = " ".join(check_cases([c for c in cases if c.kind != "list"], *others))
    assert "種類「list」が0問" in problems
