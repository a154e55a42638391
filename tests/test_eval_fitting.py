"""What `tenkyo eval --fit` writes, from development questions and candidates beside them."""

import json
from importlib import resources
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.crossing import find_reader
from eval import load_cases
from eval.fitting import fit_decision

QUESTIONS = Path(str(resources.files("eval") / "questions.jsonl"))
FITTED = Path(str(resources.files("assistant") / "calibration.json"))


@pytest.fixture
def cases():
    loaded = load_cases(QUESTIONS, split="dev")
    return [*[c for c in loaded if c.answerable][:6], *[c for c in loaded if not c.answerable][:4]]


@pytest.fixture
def file(tmp_path):
    copy = tmp_path / "calibration.json"
    copy.write_bytes(FITTED.read_bytes())
    return copy


def _candidate(answerable, trained):
    first = {"trained": trained, "words": 0.4, "score": 0.9, "dense": 0.86, "lexical": 3.0, "unsaid": 0.0, "answers": answerable}
    second = first | {"trained": 0.02, "score": 0.85, "answers": False}
    return json.dumps({"answerable": answerable, "passages": [first, second]})


def test_the_first_readers_decision_is_fitted_and_the_rest_is_kept(cases, file):
    before = json.loads(file.read_text())
    fit_decision(Assistant.open(reader="words"), cases, file)
    after = json.loads(file.read_text())
    assert after["words"] != before["words"]
    assert {k: v for k, v in after.items() if k not in ("words", "off_topic")} == {
        k: v for k, v in before.items() if k not in ("words", "off_topic")
    }


@pytest.mark.skipif(find_reader() is None, reason="a checkout without trained weights")
def test_candidates_beside_move_the_decision_towards_what_they_show(cases, file, tmp_path):
    assistant, weights = Assistant.open(reader=find_reader()), {}
    for told, sure in (("rightly", 0.95), ("wrongly", 0.05)):
        beside = tmp_path / f"{told}.jsonl"
        lines = [_candidate(n % 2 == 0, sure if n % 2 == 0 else 1 - sure) for n in range(200)]
        beside.write_text("\n".join(lines))
        weights[told] = fit_decision(assistant, cases, file, beside)["trained"]["weights"]
    assert len(weights["rightly"]) == 6
    assert weights["rightly"][-1] > 0 > weights["wrongly"][-1]


def test_questions_of_one_sort_alone_are_told(cases, file):
    with pytest.raises(ValueError, match="両方"):
        fit_decision(Assistant.open(reader="words"), [c for c in cases if c.answerable], file)
