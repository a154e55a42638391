"""One row a question, in plain data: everything a report or a comparison needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from eval.refusals import Judged


class Quoted(NamedTuple):
    """A quoted place with a little of the text around it, so that a page can show it."""

    document: str
    heading: str
    start: int
    end: int
    quote: str
    before: str = ""
    after: str = ""


class Found(NamedTuple):
    """One returned passage, as a TREC run needs it, and its judgement (items first covered)."""

    id: str
    document: str
    start: int
    end: int
    gain: int


@dataclass(frozen=True, slots=True)
class Row:
    """One question: what was asked, what came back, and every measure's value."""

    id: str
    question: str
    kind: str
    split: str
    answerable: bool
    history: tuple[str, ...]
    documents: tuple[str, ...]
    items: tuple[tuple[str, ...], ...]
    """The accepted variants of each required item."""
    gold: tuple[Quoted, ...]
    text: str
    abstained: bool
    reason: str
    confidence: float
    citations: tuple[Quoted, ...]
    passages: tuple[Found, ...]
    missing: int
    """Required items that no passage covers."""
    values: Mapping[str, float | None]
    error: str = ""

    @property
    def judged(self) -> Judged:
        """Its row for the calibration measures."""
        loss = 1.0 - (self.values["AnswerCoverage@400"] or 0.0)
        return Judged(self.confidence, self.answerable, self.abstained, loss)

    @property
    def goodness(self) -> float:
        """In [0, 1], for finding the worst: coverage and citations, or whether it refused."""
        if not self.answerable:
            return self.values["RefusalRecall"] or 0.0
        found = [self.values[name] for name in ("AnswerCoverage@400", "CitationRecall")]
        known = [value for value in found if value is not None]
        return sum(known) / len(known)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Row:
        """The row that `to_dict` wrote, read back from JSON."""
        return cls(
            **{
                **data,
                "history": tuple(data["history"]),
                "documents": tuple(data["documents"]),
                "items": tuple(tuple(variants) for variants in data["items"]),
                "gold": tuple(Quoted(*place) for place in data["gold"]),
                "citations": tuple(Quoted(*place) for place in data["citations"]),
                "passages": tuple(Found(*passage) for passage in data["passages"]),
            }
        )
