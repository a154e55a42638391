"""What can be computed from a quotation is shown with it, and marked by the kind `derived`."""

from __future__ import annotations

from dataclasses import replace

from assistant.asking import find_want
from assistant.dating import convert
from assistant.polarity import decide_yes_no
from assistant.records import Claim
from index import Span


def derive(question: str, claim: Claim) -> Claim:
    """The claim with はい or いいえ where it decides the question, and its dates in the form asked for."""
    verdict = decide_yes_no(question, claim.text) if find_want(question).kind == "yesno" else ""
    before = f"{verdict}。" if verdict else ""
    behind = convert(question, claim.text)
    if not before and not behind:
        return claim
    answer = tuple(Span(start + len(before), end + len(before)) for start, end in claim.answer)
    said = f"{before}{claim.text}{behind}"
    return replace(claim, text=said, kind="derived", answer=answer, asks=question if verdict else "")
