"""Cases and an assistant in, a report out."""

from eval.baseline import PlainRag
from eval.cases import Case, GoldSpan, Item
from eval.loading import BadQuestions, load_cases
from eval.report import Report
from eval.running import evaluate

__all__ = [
    "BadQuestions",
    "Case",
    "GoldSpan",
    "Item",
    "PlainRag",
    "Report",
    "evaluate",
    "load_cases",
]
