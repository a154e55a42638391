"""What training is made of: questions with the places that answer them, and examples."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from index import Span

Part = Literal["train", "calibrate", "report"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question over one document, with offsets into that document's text.

    `spans` are the places of the answer (several annotators may differ), empty for a near miss,
    whose `place` is then the sentence, item or row that tempts.
    """

    id: str
    text: str
    document: str
    data: str
    """The data set: `jaquad`, `jsquad` or `policy`; they are never pooled in a report."""
    part: Part
    place: Span
    spans: tuple[Span, ...]
    answers: tuple[str, ...] = ()
    kind: str = ""

    @property
    def answerable(self) -> bool:
        return bool(self.spans)


@dataclass(frozen=True, slots=True)
class Example:
    """A question and a passage as the model reads them; `span` counts in `text`, None: no answer."""

    question: str
    heading: str
    text: str
    span: Span | None
    source: str
    """Where it comes from (`policy/ranked`, `wiki/swapped`), for counting and for losses by kind."""
    group: int = 0
    """Examples of one number stand beside each other and are told apart in one batch."""


def part_of(name: str) -> Part:
    """80% train, 10% calibrate, 10% report, by the hash of an article's title."""
    bucket = int(hashlib.sha3_256(name.encode()).hexdigest()[:8], 16) % 10
    return "calibrate" if bucket == 8 else "report" if bucket == 9 else "train"


def write_examples(examples: Iterable[Example], file: Path) -> None:
    """One JSON object a line; written beside and renamed, so that half a file is never read."""
    part = file.with_suffix(".part")
    with part.open("w", encoding="utf-8") as stream:
        for example in examples:
            stream.write(json.dumps(asdict(example), ensure_ascii=False) + "\n")
    os.replace(part, file)


def read_examples(file: Path) -> list[Example]:
    """What `write_examples` wrote."""
    with file.open(encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    return [Example(**{**row, "span": row["span"] and Span(*row["span"])}) for row in rows]
