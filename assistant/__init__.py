"""A question in, a verified answer out."""

from assistant.assistant import READ, Assistant, Event, Finished, StatementReady, answer
from assistant.blending import BlendedReader, blend_features
from assistant.calibration import logistic, weigh
from assistant.chat_store import Feedback, read_feedback
from assistant.conversing import Conversation
from assistant.questions import restate
from assistant.quoting import Composer, QuotingComposer
from assistant.reader import OverlapReader, Reader
from assistant.records import (
    Answer,
    Asked,
    Citation,
    Claim,
    Decision,
    Doubt,
    Evidence,
    Note,
    Reading,
    Rejected,
    Statement,
)
from assistant.refusing import kind_of, signals
from assistant.replies import ReplyError
from assistant.verifying import Verified, verify
from assistant.writing import ScriptedComposer, WritingComposer

__all__ = [
    "READ",
    "Answer",
    "Asked",
    "Assistant",
    "BlendedReader",
    "Citation",
    "Claim",
    "Composer",
    "Conversation",
    "Decision",
    "Doubt",
    "Event",
    "Evidence",
    "Feedback",
    "Finished",
    "Note",
    "OverlapReader",
    "QuotingComposer",
    "Reader",
    "Reading",
    "Rejected",
    "ReplyError",
    "ScriptedComposer",
    "Statement",
    "StatementReady",
    "Verified",
    "WritingComposer",
    "answer",
    "blend_features",
    "kind_of",
    "logistic",
    "read_feedback",
    "restate",
    "signals",
    "verify",
    "weigh",
]
