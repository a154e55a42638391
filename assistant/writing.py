"""Composing with a language model: it writes, the verifier decides, the quotations stand behind it.

Whatever the model does (writes what is not there, invents a passage, breaks off, cannot be
reached), what is shown is verified and the user gets an answer: at worst the quoted one, and a
note that says why.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from assistant.choosing import AS_LIKELY
from assistant.locating import cite_above, cite_units, find_units, locate, locate_garbled
from assistant.models import NoTools, stream_reply
from assistant.pieces import list_pieces
from assistant.prompts import (
    TEXT_FORM,
    TOOL_FORM,
    Message,
    addresses_model,
    build_correction,
    build_messages,
    fit,
)
from assistant.quoting import Composer
from assistant.records import Asked, Claim, Doubt, Evidence, Note, Part, Reading
from assistant.replies import Reply, ReplyError, Written
from assistant.verifying import holds, verify
from index import Document, Passage, Span, fold

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

DOUBT = 4.0
"""The likelihood ratio of a model's 「資料からは分かりません」: assumed, as the small model of `make test-llm`
never says so and there is nothing to fit it on."""
TOKENS = 4000
"""Of the passages in a request; the rules and the reply need about 1,500 more."""
_ELSEWHERE = 12
"""Units that are tried for a sentence that its own quotation does not hold."""
SECONDS = 120.0
"""For one answer, its correction round included."""

__all__ = ["ReplyError", "ScriptedComposer", "WritingComposer"]


@dataclass(slots=True)
class _Round:
    """What became of one question: what the model wrote, what stood, what did not and why."""

    asked: Asked
    readings: Sequence[Reading]
    shown: Sequence[Passage]
    documents: Mapping[str, Document]
    ends: float
    stood: list[Claim] = field(default_factory=list)
    failed: list[tuple[Written, str]] = field(default_factory=list)
    lost: int = 0
    """Sentences that did not stand, not even after the correction."""
    refused: bool = False
    whole: bool = True


class WritingComposer:
    """Writes with a chat model; any number of threads may share one.

    `quoting` answers what the model leaves open; `look_up` finds a document by its id. `tokens`
    limits the passages of one request, `seconds` one answer; without `tools` the model is asked
    for plain lines from the start, which small ones do better.
    """

    def __init__(
        self,
        model: BaseChatModel,
        quoting: Composer,
        look_up: Callable[[str], Document],
        *,
        tokens: int = TOKENS,
        seconds: float = SECONDS,
        tools: bool = True,
    ) -> None:
        self._model = model
        self._quoting = quoting
        self._look_up = look_up
        self._tokens = tokens
        self._seconds = seconds
        self._tools = tools
        """Until the model turns out not to call any."""

    def compose(self, asked: Asked, readings: Sequence[Reading]) -> Iterator[Part]:
        """Claims as the model writes them, then the quotations for what did not stand."""
        passages = [r.passage for r in readings]
        shown = fit([p for p in passages if not addresses_model(p)], self._tokens)
        documents = {p.document_id: self._look_up(p.document_id) for p in shown}
        at = _Round(asked, readings, shown, documents, time.monotonic() + self._seconds)
        why = ""
        try:
            yield from self._write(at, self._tools)
        except ReplyError as error:
            why = str(error)
        if at.refused and not why:
            yield Doubt(DOUBT)
        if note := _explain(at, why):
            yield Note(note)
        if not at.stood or at.lost or why or _is_beside(at):
            for part in self._quoting.compose(asked, readings):
                if not (isinstance(part, Claim) and _is_covered(part, at.stood)):
                    yield part

    def _write(self, at: _Round, tools: bool) -> Iterator[Claim]:
        """The model's claims, and once more those that did not stand."""
        if not at.shown:
            raise ReplyError("資料の箇所が言語モデルへの指示を含むようなので、渡していません")
        messages = build_messages(at.asked.text, at.shown, TOOL_FORM if tools else TEXT_FORM)
        reply = Reply()
        try:
            yield from self._ask(at, messages, reply, tools)
        except NoTools as error:
            if not tools:
                raise
            self._tools = self._tools and not error.lasting
            yield from self._write(at, tools=False)
            return
        if at.failed:
            first, at.failed = at.failed, []
            again = [*messages, ("ai", reply.text), ("human", build_correction(first))]
            stood = len(at.stood)
            at.lost = len(first)
            yield from self._ask(at, again, Reply(), tools)
            at.lost = max(len(at.failed), len(first) - (len(at.stood) - stood))

    def _ask(
        self, at: _Round, messages: Sequence[Message], reply: Reply, tools: bool
    ) -> Iterator[Claim]:
        """The claims of one reply, each as soon as it is complete, whether or not it stands."""
        seconds = at.ends - time.monotonic()
        for piece in stream_reply(self._model, messages, tools=tools, seconds=seconds):
            yield from self._judge(at, reply.feed(piece))
        yield from self._judge(at, reply.finish())
        at.whole = at.whole and reply.whole
        at.refused = reply.refused and not (at.stood or at.failed or at.lost)
        if not (at.stood or at.failed or at.lost or at.refused):
            raise NoTools("返答を読み取れません", lasting=reply.whole)

    def _judge(self, at: _Round, found: Sequence[Written]) -> Iterator[Claim]:
        """What the model wrote as claims, but no sentence twice; those that stand are kept count of."""
        for written in found:
            if any(fold(claim.text).text == fold(written.sentence).text for claim in at.stood):
                continue
            cited = self._find_claim(written, at.shown)
            claim = cited or Claim(written.sentence, (_misplace(written, at.shown),), "written")
            why = self._why_not(claim, at)
            if why and cited and (elsewhere := self._find_elsewhere(written.sentence, at)):
                claim, why = elsewhere, ""
            if why:
                at.failed.append((written, why))
            else:
                at.stood.append(claim)
            yield claim

    def _why_not(self, claim: Claim, at: _Round) -> str:
        """Why a claim does not stand; empty if it does."""
        rejected = verify([claim], at.documents, at.shown, at.readings).rejected
        return rejected[0].why if rejected else ""

    def _find_elsewhere(self, sentence: str, at: _Round) -> Claim | None:
        """The sentence on the likeliest of the units shown to the model that holds all of it.

        Small models say the right thing and quote the sentence beside it.
        """
        shown = {passage.id for passage in at.shown}
        units = (p for p in list_pieces(at.readings) if p.passage.id in shown and p.unit.kind != "heading")
        claims = (self._cite(sentence, p.span, p.passage) for p in islice(units, _ELSEWHERE))
        return next((claim for claim in claims if not self._why_not(claim, at)), None)

    def _find_claim(self, written: Written, shown: Sequence[Passage]) -> Claim | None:
        """The sentence as a claim on the place that it quotes, or where it stands itself, copied.

        A model that mixes up two numbers may still quote to the letter: the letters decide. One
        that names a passage it was never shown is not followed.
        """
        named = 1 <= written.number <= len(shown)
        near = shown[written.number - 1 : written.number] if named else []
        others = shown if named or not (written.number or written.quote) else []
        for wanted in (written.quote, written.sentence.rstrip("。")):
            for passage in (*near, *others):
                if (span := locate(wanted, passage)) and not _only_names(span, passage):
                    return self._cite(written.sentence, span, passage)
        for passage in near:
            if span := locate_garbled(written.quote, passage):
                return self._cite(written.sentence, span, passage)
        return None

    def _cite(self, sentence: str, span: Span, passage: Passage) -> Claim:
        """The sentence on the units that a span touches, and on what above them it names."""
        evidence = cite_units(span, passage, self._look_up)
        evidence += cite_above(sentence, evidence, passage, self._look_up)
        return Claim(sentence, tuple(evidence), "written")


class ScriptedComposer:
    """Gives what was written down beforehand, whatever is asked: for tests of what comes after."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = tuple(parts)

    def compose(self, asked: Asked, readings: Sequence[Reading]) -> Sequence[Part]:  # noqa: ARG002
        """The parts as given."""
        return self._parts


def _only_names(span: Span, passage: Passage) -> bool:
    """Whether a span lies in headings, which name things and state nothing."""
    units = find_units(span, passage)
    return bool(units) and all(unit.kind == "heading" for unit in units)


def _misplace(written: Written, shown: Sequence[Passage]) -> Evidence:
    """A place that cannot pass, for a quotation that is nowhere."""
    if not 1 <= written.number <= len(shown):
        return Evidence(f"資料{written.number}", 0, 0, written.quote)
    near = shown[written.number - 1]
    return Evidence(near.document_id, near.start, near.start + len(written.quote) + 1, written.quote)


def _is_covered(claim: Claim, stood: Sequence[Claim]) -> bool:
    """Whether what a quotation cites was cited already."""
    places = [e for c in stood for e in c.evidence]
    first = claim.evidence[0]
    return any(
        e.document_id == first.document_id and e.start < first.end and first.start < e.end
        for e in places
    )


def _is_beside(at: _Round) -> bool:
    """Whether all that stood rests on passages that the trained reader finds much less likely than the best.

    Which of the two is right is for the user to see: the best one is quoted too.
    """
    likely = [r.passage for r in at.readings if r.probability >= AS_LIKELY * at.readings[0].probability]
    places = [e for claim in at.stood for e in claim.evidence]
    trained = any(r.trained is not None for r in at.readings[:1])
    return trained and not any(holds(passage, evidence) for passage in likely for evidence in places)


def _explain(at: _Round, why: str) -> str:
    """What the user should know of how the answer came about; empty when all went well."""
    rest = "残りは原文の引用です。" if at.stood else "原文の引用で答えます。"
    if why:
        return f"言語モデルの返答を使えませんでした({why})。{rest}"
    if at.refused:
        return f"言語モデルは、資料に答えがないと判断しました。{rest}"
    if at.lost:
        return f"言語モデルの文のうち{at.lost}つは資料で確かめられず、示していません。{rest}"
    if not at.whole:
        return "言語モデルの返答が途中で切れたか、一部を読み取れませんでした。"
    return ""
