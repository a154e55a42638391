"""Each way of cheating is caught by the measure that should catch it.

The honest answers are the assistant's own over the seeds; a saboteur changes them afterwards.
"""

import re
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

import assistant.assistant
from assistant import Assistant, Citation, Statement, Verified
from eval import evaluate, load_cases
from eval.mutating import gather_claims, mutate_claims

pytestmark = pytest.mark.slow
QUESTIONS = Path(str(resources.files("eval") / "questions.jsonl"))


@pytest.fixture(scope="module")
def cases():
    test = load_cases(QUESTIONS, split="test")
    return [c for n, c in enumerate(test) if n % 4 == 0 or (not c.answerable and n % 4 == 2)]


class Recorded:
    """Answers asked once; `change` is the sabotage."""

    def __init__(self, answers, change=lambda answer: answer):
        self.answers = answers
        self.change = change

    def answer(self, question, *, history=()):
        return self.change(self.answers[question, tuple(history)])


@pytest.fixture(scope="module")
def honest(cases):
    system = Assistant.open()
    return {(c.question, c.history): system.answer(c.question, history=c.history) for c in cases}


@pytest.fixture(scope="module")
def measure(cases, honest):
    def run(change, name):
        system = Recorded(honest, change)
        return evaluate(system, cases, progress=False).figure(name).value

    return run


def as_it_is(answer):
    return answer


def whole(passage, answer):
    document = next(d for d in answer.documents if d.id == passage.document_id)
    place = Citation(
        document.id, document.version, document.title, "", "", None, "", passage.start, passage.end, passage.text
    )
    return Statement(passage.text, "quote", (place,))


def first_passage_always(answer):
    said = (whole(answer.passages[0], answer),)
    return replace(answer, statements=said, abstained=False, reason=None, confidence=1.0)


def never_refuses(answer):
    return first_passage_always(answer) if answer.abstained else answer


def shifted_by_one(answer):
    def shift(citation):
        text = next(d.text for d in answer.documents if d.id == citation.document_id)
        start, end = citation.start + 1, citation.end + 1
        return replace(citation, start=start, end=end, quote=text[start:end])

    said = [replace(s, citations=tuple(map(shift, s.citations))) for s in answer.statements]
    return replace(answer, statements=tuple(said))


def one_digit_changed(answer):
    def change(statement):
        text = re.sub(r"\d", lambda m: str((int(m[0]) + 5) % 10), statement.text, count=1)
        return replace(statement, text=text)

    return replace(answer, statements=tuple(map(change, answer.statements)))


def test_the_honest_assistant_is_exact_and_grounded(measure):
    assert measure(as_it_is, "CitationExactness") == 1
    assert measure(as_it_is, "Groundedness") == 1


def test_showing_the_first_passage_always_shows_in_refusals_confidence_and_length(measure):
    assert measure(first_passage_always, "AnswerLength") > 1.5 * measure(as_it_is, "AnswerLength")
    assert measure(first_passage_always, "RefusalRecall") == 0
    assert measure(first_passage_always, "AUROC") == 0.5


def test_never_refusing_shows_in_every_refusal_recall(measure):
    assert measure(as_it_is, "RefusalRecall") > 0
    assert measure(never_refuses, "RefusalRecall") == 0
    assert measure(never_refuses, "RefusalRecall(near_miss)") == 0


def test_refusing_always_shows_in_false_refusals_and_coverage(measure):
    def refuses(answer):
        return replace(answer, statements=(), abstained=True, reason="not_in_documents")

    assert measure(refuses, "FalseRefusal") == 1
    assert measure(refuses, "AnswerCoverage@400") == 0


def test_a_citation_shifted_by_one_character_is_not_exact(measure):
    assert measure(shifted_by_one, "CitationExactness") < 0.25


def test_one_changed_digit_is_not_grounded(measure, honest):
    with_digits = [a for a in honest.values() if any(re.search(r"\d", s.text) for s in a.statements)]
    assert len(with_digits) > 3
    assert measure(one_digit_changed, "Groundedness") < 1 - 0.5 * len(with_digits) / len(honest)
    assert measure(one_digit_changed, "CitationExactness") < 1


class LyingComposer:
    """Quotes what the readings found, with every first digit changed."""

    def __init__(self, composer):
        self.composer = composer

    def compose(self, asked, readings):
        claims = self.composer.compose(asked, readings)
        change = lambda m: str((int(m[0]) + 5) % 10)  # noqa: E731
        return [replace(c, kind="written", text=re.sub(r"\d", change, c.text, count=1)) for c in claims]


def accept_all(claims, documents, passages=(), readings=()):
    said = []
    for claim in claims:
        places = tuple(
            Citation(e.document_id, "", "", "", "", None, "", e.start, e.end, e.quote) for e in claim.evidence
        )
        said.append(Statement(claim.text, claim.kind, places))
    return Verified(tuple(said), ())


def test_a_broken_verifier_shows_because_groundedness_does_not_ask_it(cases, monkeypatch):
    plain = Assistant.open()
    liar = Assistant(plain.index, composer=LyingComposer(plain.composer))
    numbers = [case for case in cases if case.kind in ("number", "date", "table")]
    sound = evaluate(liar, numbers, progress=False).figure("Groundedness").value
    monkeypatch.setattr(assistant.assistant, "verify", accept_all)
    broken = evaluate(liar, numbers, progress=False).figure("Groundedness").value
    assert sound in (None, 1.0)
    assert broken < 0.7


def test_the_mutation_check_fails_a_verifier_that_accepts_all(cases, honest):
    documents = {d.id: d for answer in honest.values() for d in answer.documents}
    claims = gather_claims(honest.values(), cases, documents)
    found = mutate_claims(claims, documents, accept_all)
    assert not found.passed
    assert all(tally.caught == 0 for tally in found.tallies if tally.tried)
    assert found.rejected == ()


def test_a_verifier_that_rejects_all_fails_on_the_true_claims(cases, honest):
    documents = {d.id: d for answer in honest.values() for d in answer.documents}

    def reject_all(claims, documents):
        return Verified((), tuple(assistant.Rejected(claim, "") for claim in claims))

    found = mutate_claims(gather_claims(honest.values(), cases, documents), documents, reject_all)
    assert not found.passed
    assert len(found.rejected) == found.true_claims
