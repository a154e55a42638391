"""Every measure by its literature name: what is printed, compared and held against a floor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from assistant import Answer
from eval import answering, citing, grounding, refusals, retrieval
from eval.cases import Case

Score = Callable[[Case, Answer], float | None]


@dataclass(frozen=True, slots=True)
class Measure:
    """A named pure function of (case, answer), and how a set of its values is summed up."""

    name: str
    score: Score
    reading: str
    """One Japanese sentence for a reader who has never heard the name."""
    better: Literal["high", "low"] = "high"
    unit: Literal["share", "characters", "seconds"] = "share"

    @property
    def worst(self) -> float:
        """What a crashed question scores where the measure applies."""
        return 0.0 if self.better == "high" else 1.0


MEASURES = (
    Measure(
        "AnswerCoverage@150",
        answering.answer_coverage_150,
        "答えに必要な事柄のうち、回答の最初の150字に入っていた割合です。",
    ),
    Measure(
        "AnswerCoverage@400",
        answering.answer_coverage_400,
        "答えに必要な事柄のうち、回答の最初の400字に入っていた割合です。",
    ),
    Measure(
        "ExactMatch",
        answering.exact_match,
        "答えとして示した語句が、正解と一字一句同じだった質問の割合です。",
    ),
    Measure(
        "CharF1",
        answering.char_f1,
        "答えとして示した語句と正解との、文字の重なりです(1が完全一致)。",
    ),
    Measure(
        "CitationPrecision",
        citing.citation_precision,
        "示した出典のうち、答えが実際に書かれている箇所を指していた割合です。",
    ),
    Measure(
        "CitationRecall",
        citing.citation_recall,
        "答えに必要な事柄のうち、その書かれている箇所を出典として示せた割合です。",
    ),
    Measure(
        "CitationExactness",
        citing.citation_exactness,
        "示した出典のうち、位置と引用文が元の資料と一字も違わなかった割合です。",
    ),
    Measure(
        "Groundedness",
        grounding.groundedness,
        "回答の文のうち、数字・単位・英字の語・否定がすべて引用文に書かれていた割合です。",
    ),
    Measure(
        "RefusalRecall",
        refusals.refusal_recall,
        "資料に答えがない質問のうち、正しく「分かりません」と答えた割合です。",
    ),
    Measure(
        "RefusalRecall(near_miss)",
        refusals.refusal_recall_of("near_miss"),
        "資料の話題ではあるが答えは書かれていない質問で、正しく断った割合です。最も大切な数字です。",
    ),
    Measure(
        "RefusalRecall(false_premise)",
        refusals.refusal_recall_of("false_premise"),
        "前提が誤っている質問で、答えずに断ったか、前提を正した割合です。",
    ),
    Measure(
        "RefusalRecall(off_topic)",
        refusals.refusal_recall_of("off_topic"),
        "資料と関係のない質問で、正しく断った割合です。",
    ),
    Measure(
        "FalseRefusal",
        refusals.false_refusal,
        "資料に答えがあるのに「分かりません」と断ってしまった割合です(小さいほど良い)。",
        better="low",
    ),
    Measure(
        "Recall@5",
        retrieval.recall_at_5,
        "答えの根拠のうち、検索の上位5件までに見つかった割合です。",
    ),
    Measure(
        "nDCG@10",
        retrieval.ndcg_at_10,
        "根拠のある箇所が検索結果の上の方に並んでいるかを表します(1が理想の順)。",
    ),
    Measure(
        "EvidenceRecall@400",
        retrieval.evidence_recall_400,
        "検索結果を上から400字読んだとき、根拠に行き当たる割合です。",
    ),
    Measure(
        "EvidenceRecall@800",
        retrieval.evidence_recall_800,
        "検索結果を上から800字読んだとき、根拠に行き当たる割合です。",
    ),
    Measure(
        "EvidenceRecall@1600",
        retrieval.evidence_recall_1600,
        "検索結果を上から1600字読んだとき、根拠に行き当たる割合です。",
    ),
    Measure(
        "AnswerLength",
        answering.answer_length,
        "回答の長さの中央値(文字)です。長く引用すれば他の数字は上がるので、並べて見ます。",
        better="low",
        unit="characters",
    ),
    Measure(
        "Seconds",
        answering.seconds,
        "1問に答えるのにかかった時間の平均(秒)です。",
        better="low",
        unit="seconds",
    ),
)

SET_READINGS = {
    "AUROC": "答えのある質問に、ない質問より高い確信度を付けられた割合です(0.5は当てずっぽう)。",
    "AURC": "確信度の高い質問から順に答えたときの、誤りの割合の平均です(小さいほど良い)。",
}


def find_measure(name: str) -> Measure:
    """The measure of that name; KeyError for an unknown one."""
    for measure in MEASURES:
        if measure.name == name:
            return measure
    raise KeyError(name)


def score_case(case: Case, answer: Answer, *, crashed: bool) -> dict[str, float | None]:
    """Every measure's value; a crash scores the worst wherever the measure applies."""
    values = {measure.name: measure.score(case, answer) for measure in MEASURES}
    if crashed:
        for measure in MEASURES:
            if measure.unit == "share" and values[measure.name] is not None:
                values[measure.name] = measure.worst
        values["AnswerLength"] = None
    return values
