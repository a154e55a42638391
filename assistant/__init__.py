"""A question in, a verified answer out."""

from assistant.assistant import Assistant, Event, Finished, StatementReady, answer
from assistant.chat_store import Feedback, read_feedback
from assistant.quoting import Composer, QuotingComposer
from assistant.reader import OverlapReader, Reader
from assistant.records import (
    Answer,
    Asked,
    Citation,
    Claim,
    Decision,
    Evidence,
    Reading,
    Rejected,
    Statement,
)
from assistant.refusing import signals
from assistant.verifying import Verified, verify

__all__ = [
    "Answer",
    "Asked",
    "Assistant",
    "Citation",
    "Claim",
    "Composer",
    "Decision",
    "Event",
    "Evidence",
    "Feedback",
    "Finished",
    "OverlapReader",
    "QuotingComposer",
    "Reader",
    "Reading",
    "Rejected",
    "Statement",
    "StatementReady",
    "Verified",
    "answer",
    "signals",
    "read_feedback",
    "verify",
]
