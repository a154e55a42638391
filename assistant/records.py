"""A claim is unverified, a statement is verified, and they are different types.

Only `verifying.verify` turns one into the other, so nothing unverified can be shown by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from assistant import showing
from index import Document, Passage, Span

if TYPE_CHECKING:
    from pandas import DataFrame

Kind = Literal["quote", "written", "derived"]
Reason = Literal["not_in_documents", "off_topic", "false_premise", "too_vague", "empty_index"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The question as it is searched: what was typed, and the same standing on its own."""

    question: str
    text: str
    """The restated question; equals the cleaned `question` when nothing had to be added."""
    history: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found in one passage: does it answer, and where.

    `start` and `end` count in `passage.text`, and are equal where nothing was found.
    """

    passage: Passage
    probability: float
    start: int
    end: int
    unit: int
    """The index in `passage.units` of the sentence, item or row that answers; -1 without one."""
    answer: tuple[Span, ...] = ()
    """The answering words inside the passage, counted in `passage.text`; may be empty."""
    units: tuple[float, ...] = ()
    """The score of each of `passage.units`, for composers that quote more than one."""
    trained: float | None = None
    """What the trained reader alone says, where `probability` rests on more."""

    @property
    def text(self) -> str:
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place that a claim points to: offsets in a document, and the words expected there."""

    document_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Claim:
    """An unverified statement with the places that should support it."""

    text: str
    evidence: tuple[Evidence, ...]
    kind: Kind = "quote"
    answer: tuple[Span, ...] = ()
    """The answering words, as spans in `text`."""
    asks: str = ""
    """The question that はい or いいえ at the beginning of a derived text answers."""


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the user about the answer as a whole, in Japanese."""

    text: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A composer's own judgement that the passages do not answer."""

    ratio: float
    """How many times likelier it says so of passages that do not answer than of ones that do."""


Part = Claim | Note | Doubt
"""What a composer gives, in the order of showing."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A verified place: `quote == document.text[start:end]`, raw, counted in code points."""

    document_id: str
    version: str
    title: str
    heading: str
    date: str
    page: int | None
    place: str
    """The document's path as the user knows it."""
    start: int
    end: int
    quote: str
    passage_id: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A verified sentence: what is shown, and at least one citation."""

    text: str
    kind: Kind
    citations: tuple[Citation, ...]
    answer: tuple[Span, ...] = ()
    """The answering words, as spans in `text`."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A claim that did not pass, and why (a Japanese sentence)."""

    claim: Claim
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to answer: `reason` is None when the answer may be shown."""

    reason: Reason | None
    confidence: float
    """Calibrated probability in [0, 1] that the passages answer the question."""
    least: float = 0.0
    """The confidence from which an answer is shown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The one contract of chat, notebook and evaluation."""

    question: str
    asked: str
    statements: tuple[Statement, ...]
    text: str
    """The statements' texts with `[1]` marks, or the refusal."""
    abstained: bool
    reason: Reason | None
    confidence: float
    passages: tuple[Passage, ...]
    """The k best in final order, whatever was cited or refused."""
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)
    documents: tuple[Document, ...] = field(default=(), repr=False, compare=False)
    """The documents that the citations and passages lie in, for showing them."""

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Each place once, in the order of its `[n]` mark."""
        seen: dict[tuple[str, int, int], Citation] = {}
        for statement in self.statements:
            for c in statement.citations:
                seen.setdefault((c.document_id, c.start, c.end), c)
        return tuple(seen.values())

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return showing.to_dict(self)

    def to_markdown(self) -> str:
        """The answer with footnotes."""
        return showing.to_markdown(self)

    def to_frame(self) -> DataFrame:
        """One row a citation, for a notebook."""
        return showing.to_frame(self)

    def __str__(self) -> str:
        return showing.to_text(self)

    def _repr_html_(self) -> str:
        return showing.to_html(self)
