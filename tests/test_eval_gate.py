"""The gate of every build: no measure of the test split falls below its floor."""

from importlib import resources
from pathlib import Path

import pytest

from assistant import Assistant
from eval import evaluate, load_cases
from eval.flooring import find_breaches, read_floors

FOLDER = Path(str(resources.files("eval")))


@pytest.mark.timeout(1500)  # a processor without AVX-512 takes two seconds a question
@pytest.mark.usefixtures("by_default")
def test_no_measure_falls_below_its_floor():
    cases = load_cases(FOLDER / "questions.jsonl", split="test")
    report = evaluate(Assistant.open(), cases, progress=False)
    breaches = find_breaches(report, read_floors(FOLDER / "floor.toml"))
    assert not breaches, "\n".join(map(str, breaches))
