"""The verifier against damaged claims: every gold sentence of the question set, and more."""

from importlib import resources
from pathlib import Path

import pytest

from assistant import Assistant, verify
from eval import load_cases
from eval.mutating import GOALS, WRONGLY_REJECTED, gather_claims, mutate_claims


@pytest.fixture(scope="module")
def found():
    index = Assistant.open().index
    documents = {d.id: index.document(d.id) for d in index.documents()}
    cases = load_cases(Path(str(resources.files("eval") / "questions.jsonl")))
    return mutate_claims(gather_claims([], cases, documents), documents, verify)


@pytest.mark.parametrize("category", GOALS)
def test_the_verifier_catches_nearly_every_changed(found, category):
    tally = next(t for t in found.tallies if t.category == category)
    assert tally.tried > 30
    assert tally.share >= GOALS[category], "\n".join(tally.missed)


def test_the_verifier_lets_true_claims_pass(found):
    assert len(found.rejected) <= WRONGLY_REJECTED * found.true_claims, "\n".join(found.rejected)
