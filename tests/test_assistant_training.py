from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.crossing import find_reader
from assistant.training.editing import list_terms, reword, swap_term
from assistant.training.invented import (
    check_invented,
    locate_invented,
    read_invented,
    write_invented,
)
from assistant.training.judging import area, calibration_error, character_f1
from assistant.training.policy import check_rows, read_rows, squeeze
from assistant.training.records import Example
from assistant.training.roughening import add_bullets, cut_pieces, join_pieces, roughen, thin_out
from assistant.training.sources import Asked, Paragraph, read_data, write_articles
from index import Span, read
from index.chunking import cut

SEEDS = Path(__file__).parent.parent / "seeds"
QUESTION = "2019年の調査に答えた企業は何社?"
TEXT = "2019年の調査には企業120社が答えた。回答は郵送で集めた。"
ANSWER = Span(TEXT.index("120"), TEXT.index("120") + 4)


def test_the_policy_questions_hold_together() -> None:
    rows = read_rows()
    assert len(rows) >= 1000
    assert sum(row["answerable"] for row in rows) >= 600
    assert check_rows(rows) == []


def test_a_paper_in_two_parts_and_an_answer_outside_its_quotation_are_found() -> None:
    good, other = (dict(row) for row in read_rows()[:2])
    other["part"] = "report" if good["part"] != "report" else "train"
    good["answer"] = "引用にない答え"
    wrong = check_rows([good, other])
    assert any("答え" in line for line in wrong)
    assert any(good["paper"] in line and "両方" in line for line in wrong)


def test_the_invented_documents_hold_together_and_what_does_not_is_told() -> None:
    rows = read_invented()
    assert len(rows) >= 200
    assert check_invented(rows) == []
    broken = {**rows[0], "questions": [{**rows[0]["questions"][0], "at": "文書にない一節", "answer": "ない答え"}]}
    assert len(check_invented([rows[0], broken])) == 3


def test_an_invented_answer_stands_where_its_question_says(tmp_path: Path) -> None:
    paths = write_invented(tmp_path)[:5]
    documents = {path.name: replace(read(path), id=path.name) for path in paths}
    questions = locate_invented(documents)
    assert len({q.document for q in questions}) == 5
    for question in questions:
        text = documents[question.document].text
        assert [text[slice(*span)] for span in question.spans] == list(question.answers)


def test_a_swap_answers_only_where_question_and_text_still_agree() -> None:
    others = list_terms(["2017年の調査では商店が増えた。"])
    alone, elsewhere, both = swap_term(QUESTION, TEXT, ANSWER, others, random.Random(4))
    assert [s.answerable for s in (alone, elsewhere, both)] == [False, False, True]
    assert (alone.question, alone.text) == (both.question, TEXT)
    assert (elsewhere.question, elsewhere.text) == (QUESTION, both.text)
    assert alone.question != QUESTION
    assert both.text != TEXT
    for swap in (alone, elsewhere, both):
        assert swap.text[slice(*swap.span)] == "120社"


def test_rewording_never_touches_a_number() -> None:
    rng = random.Random(1)
    forms = {reword(QUESTION, rng) for _ in range(200)}
    assert len(forms) > 10
    assert all("2019" in squeeze(form).text for form in forms)


def test_a_roughened_passage_still_holds_its_answer() -> None:
    document = read(next(iter(sorted(SEEDS.glob("*.txt")))))
    rng = random.Random(2)
    for passage in cut(document)[:60]:
        unit = passage.units[-1]
        pieces = cut_pieces(passage, Span(unit.start, unit.end))
        wanted = squeeze(document.text[unit.start : unit.end]).text
        for change in (thin_out, add_bullets, roughen):
            shown = join_pieces(change(pieces, rng), " ")
            assert shown.span is not None
            assert squeeze(shown.text[slice(*shown.span)]).text == wanted


def test_an_articles_answers_stand_where_its_questions_say(tmp_path: Path) -> None:
    text = "源流は山にある。\n川は海に注ぐ。"
    asked = Asked("q", "川はどこに注ぐ?", ("海",), (Span(text.index("海"), text.index("海") + 1),))
    files, questions = write_articles("x", [Paragraph("川", text, ()), Paragraph("川", text, (asked,))], tmp_path)
    document = read(files["x-0000.md"])
    assert document.text[slice(*questions[0].spans[0])] == "海"
    assert questions[0].spans[0].start > len(text)


def test_jsquads_public_form_is_read_without_its_title(tmp_path: Path) -> None:
    (tmp_path / "jsquad-v1").mkdir()
    (tmp_path / "jsquad-v1" / "valid.json").write_text(
        '{"data": [{"title": "t", "paragraphs": [{"context": "川 [SEP] 川は海に注ぐ。", "qas": [{"id": "1",'
        ' "question": "どこに?", "answers": [{"text": "海", "answer_start": 10}, {"text": "川", "answer_start": 0}]}]}]}]}',
        "utf-8",
    )
    (paragraph,) = read_data(tmp_path)["jsquad"]
    assert (paragraph.title, paragraph.text) == ("川", "川は海に注ぐ。")
    assert [paragraph.text[slice(*s)] for s in paragraph.asked[0].spans] == ["海"]
    assert paragraph.asked[0].answers == ("海", "川")


def test_the_figures_are_those_worked_out_by_hand() -> None:
    assert area([0.9, 0.4], [0.4, 0.1]) == pytest.approx(3.5 / 4)
    assert character_f1("東京都", "東京") == pytest.approx(0.8)
    assert calibration_error([0.95, 0.95], [True, False]) == pytest.approx(0.45)


def _examples() -> list[Example]:
    return [Example(f"{n}年の調査に答えた企業は?", "調査", TEXT * 2, ANSWER if n % 2 else None, "x") for n in range(48)]


@pytest.fixture
def _torch() -> Iterator[None]:
    pytest.importorskip("torch")
    yield


@pytest.mark.slow
@pytest.mark.usefixtures("_torch")
def test_what_is_to_be_told_apart_stands_in_one_batch() -> None:
    from assistant.training.fitting import batch_rows, encode

    examples = [replace(example, group=n // 3 + 1) for n, example in enumerate(_examples())]
    batches = batch_rows([row for row in map(encode, examples) if row], 4, seed=1)
    assert sorted(row.group for batch in batches for row in batch) == [e.group for e in examples]
    for group in range(1, 17):
        assert sum(any(row.group == group for row in batch) for batch in batches) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("_torch")
def test_the_ranking_loss_looks_at_pairs_within_a_group_only() -> None:
    import torch

    from assistant.training.fitting import _rank_loss

    labels = torch.tensor([1.0, 0.0, 1.0, 0.0])
    groups = torch.tensor([1, 1, 2, 3])
    right, wrong = (
        _rank_loss(torch.tensor(answers), labels, groups).item()
        for answers in ([2.0, -2.0, -9.0, 9.0], [-2.0, 2.0, 9.0, -9.0])
    )
    assert right == pytest.approx(np.log1p(np.exp(-4)))
    assert wrong == pytest.approx(np.log1p(np.exp(4)))
    assert _rank_loss(torch.ones(2), torch.tensor([1.0, 0.0]), torch.tensor([1, 2])).item() == 0


_TRAIN = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_assistant_training import _examples
from assistant.training.fitting import Settings, train
settings = Settings(batch=4, layers=1, frozen=0, threads=1, saved=0.0)
train(_examples(), settings, Path(sys.argv[1]), lambda line: print(line, flush=True))
"""


@pytest.mark.slow
@pytest.mark.usefixtures("_torch")
def test_a_run_that_was_killed_ends_with_the_same_weights(tmp_path: Path) -> None:
    import torch

    code = _TRAIN.format(tests=str(Path(__file__).parent))
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run([sys.executable, "-c", code, str(whole)], check=True, capture_output=True)
    process = subprocess.Popen([sys.executable, "-c", code, str(killed)], stdout=subprocess.DEVNULL)
    while not (killed / "checkpoint.pt").exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    first = torch.load(killed / "checkpoint.pt", weights_only=True)
    subprocess.run([sys.executable, "-c", code, str(killed)], check=True, capture_output=True)
    states = [torch.load(folder / "checkpoint.pt", weights_only=True) for folder in (whole, killed)]
    assert first["step"] < states[0]["step"] == states[1]["step"] == 12
    for name, value in states[0]["average"].items():
        assert torch.allclose(value, states[1]["average"][name], atol=1e-6), name


@pytest.mark.slow
@pytest.mark.usefixtures("_torch")
@pytest.mark.parametrize("rounding", ["blocks", "columns"])
def test_the_exported_model_judges_as_the_trained_one(tmp_path: Path, rounding: str) -> None:
    import torch

    from assistant.crossing import _load, judge
    from assistant.training.exporting import write_weights
    from assistant.training.fitting import Row
    from assistant.training.network import start_network
    from assistant.training.rounding import level_all, measure_peaks
    from assistant.training.vocabulary import open_start
    from assistant.windows import TEXT as KIND
    from assistant.windows import cut_windows, stack

    torch.manual_seed(1)
    network = start_network(3).eval()
    weights = {n: v.numpy() for n, v in network.state_dict().items()}
    windows = [cut_windows(open_start()[2], QUESTION, "見出し", TEXT * n)[0] for n in (1, 3, 9)]
    peaks = measure_peaks(network, [Row(window, None) for window in windows])
    write_weights(weights, tmp_path, 1.0, 0.0, level_all(weights, peaks) if rounding == "columns" else None)
    ids, kinds = (torch.from_numpy(array).long() for array in stack(windows))
    with torch.no_grad():
        starts, ends, answers = (out.numpy() for out in network(ids, kinds))
    for n, found in enumerate(judge(_load(tmp_path, 1).session, windows)):
        text = windows[n].kinds == KIND
        assert found.answer == pytest.approx(float(answers[n]), abs=0.02)
        assert np.abs(found.starts[text] - starts[n, : len(text)][text]).max() < 0.05
        assert np.abs(found.ends[text] - ends[n, : len(text)][text]).max() < 0.05


@pytest.mark.slow
@pytest.mark.usefixtures("_torch")
@pytest.mark.skipif(find_reader() is None, reason="a checkout without trained weights")
def test_training_goes_on_from_the_weights_that_were_shipped() -> None:
    import torch

    from assistant.crossing import _load, judge
    from assistant.training.network import start_network
    from assistant.training.restoring import restore
    from assistant.windows import cut_windows, stack

    folder = find_reader()
    assert folder is not None
    network = start_network().eval()
    network.load_state_dict(restore(folder))
    engine = _load(folder, 1)
    windows = [cut_windows(engine.tokenizer, QUESTION, "見出し", TEXT * n)[0] for n in (1, 3)]
    with torch.no_grad():
        *_, answers = network(*(torch.from_numpy(array).long() for array in stack(windows)))
    for answer, found in zip(answers.tolist(), judge(engine.session, windows), strict=True):
        assert answer == pytest.approx(found.answer, abs=0.3)  # inputs are rounded as they come


@pytest.mark.slow
@pytest.mark.usefixtures("_torch")
def test_a_student_begins_with_every_second_layer_of_its_teacher() -> None:
    import torch

    from assistant.training.network import keep_layers, start_network

    teacher = start_network(4)
    student = start_network(2)
    student.load_state_dict(keep_layers(teacher.state_dict(), 2))
    for new, old in enumerate((1, 3)):
        for name, value in student.layers[new].state_dict().items():
            assert torch.equal(value, teacher.layers[old].state_dict()[name]), name
