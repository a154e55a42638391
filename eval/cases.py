"""A question with what is known about its answer: the records of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

ANSWERABLE_KINDS = (
    "fact",
    "number",
    "date",
    "who",
    "list",
    "table",
    "definition",
    "comparison",
    "yesno",
    "paraphrase",
    "english",
    "typo",
    "followup",
)
UNANSWERABLE_KINDS = ("near_miss", "false_premise", "off_topic")


class GoldSpan(NamedTuple):
    """A sentence, item or row that holds the fact: code points [start, end) of a document."""

    document: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a full answer must say: how it may be said, and every place it stands."""

    variants: tuple[str, ...]
    spans: tuple[GoldSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One question of an evaluation."""

    id: str
    question: str
    answerable: bool
    kind: str = ""
    items: tuple[Item, ...] = ()
    history: tuple[str, ...] = ()
    """Earlier questions, oldest first."""
    split: str = ""
    expected: str = ""
    """はい or いいえ for a yes/no question, else empty."""
    tempting: tuple[GoldSpan, ...] = ()
    """Places that look right and do not answer (unanswerable questions)."""
    absent: tuple[str, ...] = ()
    """Words an answer would need that stand in no document."""
    absent_together: tuple[tuple[str, str], ...] = ()
    """Pairs of words that an answer would need side by side, and that never stand so."""
    note: str = ""

    @property
    def has_gold(self) -> bool:
        """Whether every required item says where it stands."""
        return bool(self.items) and all(item.spans for item in self.items)

    @property
    def documents(self) -> tuple[str, ...]:
        """The documents that its gold or tempting spans lie in, each once, in order."""
        spans = [span for item in self.items for span in item.spans] + list(self.tempting)
        return tuple(dict.fromkeys(span.document for span in spans))
