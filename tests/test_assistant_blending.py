from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import Asked, Assistant, BlendedReader, OverlapReader, Reading
from assistant.blending import FIRST
from assistant.crossing import find_reader
from index import Passage, Unit, open_seeds, read
from index.chunking import cut

ASKED = Asked("休館日はいつですか", "休館日はいつですか")


class Fixed:
    """Reads as it is told to: a probability and the units' scores for each passage, in turn."""

    def __init__(self, *told: tuple[float, tuple[float, ...]]) -> None:
        self.told = told

    def read(self, asked: Asked, passages: Sequence[Passage]) -> list[Reading]:
        readings = [
            Reading(p, chance, 0, 2, 0, (), units)
            for p, (chance, units) in zip(passages, self.told, strict=True)
        ]
        return sorted(readings, key=lambda r: -r.probability)


@pytest.fixture
def passages(tmp_path: Path) -> list[Passage]:
    texts = ("開館は午前9時です。休館日は毎週月曜日です。", "料金は400円です。回数券もあります。")
    files = [tmp_path / f"{n}.txt" for n in range(2)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, "utf-8")
    return [cut(read(file))[0] for file in files]


def test_each_reader_counts_as_much_as_its_weight(passages: list[Passage]) -> None:
    trained, words = Fixed((0.2, (0.2, 0.1)), (0.8, (0.8, 0.1))), Fixed((0.9, (0.9, 0.1)), (0.1, (0.1, 0.1)))
    for weights, first in (((0, 1, 0.1, 0, 0), 1), ((0, 0.1, 1, 0, 0), 0)):
        best, *_ = BlendedReader(trained, words, weights).read(ASKED, passages)
        assert best.passage == passages[first]
        assert best.trained == pytest.approx((0.2, 0.8)[first])


def test_the_unit_that_both_like_is_chosen(passages: list[Passage]) -> None:
    trained, words = Fixed((0.8, (0.5, 0.8)), (0.1, (0.1, 0.1))), Fixed((0.7, (0.1, 0.7)), (0.1, (0.1, 0.1)))
    best = BlendedReader(trained, words, (0, 1, 1, 0, 0)).read(ASKED, passages)[0]
    assert best.unit == 1
    assert best.text == "休館日は毎週月曜日です。"
    assert best.units[1] == pytest.approx(best.probability)


class Counting(Fixed):
    """Says the same of every passage, and counts those it was asked about."""

    asked = 0

    def read(self, asked: Asked, passages: Sequence[Passage]) -> list[Reading]:
        self.asked += len(passages)
        self.told = (self.first,) * len(passages)
        return super().read(asked, passages)

    def __init__(self, chance: float) -> None:
        self.first = chance, (chance, chance)


@pytest.mark.parametrize(("chance", "read"), [(0.9, FIRST), (0.1, FIRST + 1)])
def test_passages_behind_a_sure_answer_are_not_read(
    chance: float, read: int, passages: list[Passage]
) -> None:
    many = [replace(passages[0], id=f"a#{n}") for n in range(FIRST + 1)]
    trained = Counting(chance)
    readings = BlendedReader(trained, Counting(0.5), (0, 1, 0, 0, 0), sure=0.5).read(ASKED, many)
    assert trained.asked == len(readings) == read


def test_a_passage_that_lacks_the_name_asked_about_counts_less(passages: list[Passage]) -> None:
    named = replace(passages[1], text="HINOKIは3年で終わります。", units=())
    both = [replace(named, text="SUGIは3年で終わります。"), named]
    asked = Asked("HINOKIは何年で終わりますか", "HINOKIは何年で終わりますか")
    trained, words = (Fixed((0.5, ()), (0.5, ())) for _ in range(2))
    assert BlendedReader(trained, words, (0, 1, 1, 0, -1)).read(asked, both)[0].passage == named


def test_a_unit_on_another_year_than_the_one_asked_about_counts_less(passages: list[Passage]) -> None:
    told = "令和7年度の予算は5億円です。令和6年度の予算は4億円です。"
    both = replace(passages[0], text=told, start=0, end=len(told), units=(Unit(0, 15, "sentence"), Unit(15, 30, "sentence")))
    trained, words = (Fixed((0.6, (0.5, 0.6))) for _ in range(2))
    asked = Asked("2025年度の予算は?", "2025年度の予算は?")
    assert BlendedReader(trained, words, (0, 1, 1, 0, 0)).read(asked, [both])[0].unit == 0


def test_an_empty_search_gives_no_reading() -> None:
    assert BlendedReader(Fixed(), Fixed()).read(ASKED, []) == []


def test_words_in_place_of_a_folder_reads_without_the_trained_model() -> None:
    assert isinstance(Assistant.open(open_seeds(), reader="words").reader, OverlapReader)


@pytest.mark.usefixtures("by_default")
@pytest.mark.skipif(find_reader() is None, reason="a checkout without trained weights")
def test_the_bundled_weights_read_by_default() -> None:
    assistant = Assistant.open(open_seeds())
    assert isinstance(assistant.reader, BlendedReader)
    _, readings = assistant.read("AI for Scienceとは何ですか。")
    assert all(r.trained is not None for r in readings)
    assert [r.probability for r in readings] == sorted((r.probability for r in readings), reverse=True)
