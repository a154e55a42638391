"""Many questions at a time, and the step of a LangChain chain."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from assistant.records import Answer

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable


def answer_all(
    answer: Callable[[str], Answer], questions: Sequence[str], workers: int, progress: bool
) -> list[Answer]:
    """The answers in the order of the questions; the first error ends it."""
    from tqdm.auto import tqdm

    with ThreadPoolExecutor(max(1, workers)) as pool:
        answers = pool.map(answer, questions)
        return list(tqdm(answers, "質問", total=len(questions), disable=not progress))


def make_runnable(
    answer: Callable[[str], Answer], aanswer: Callable[[str], Coroutine[Any, Any, Answer]]
) -> Runnable[str, Answer]:
    """A LangChain Runnable of the two."""
    from langchain_core.runnables import RunnableLambda

    return RunnableLambda(answer, aanswer, name="tenkyo")
