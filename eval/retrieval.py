"""How well the passages were found. Each function is pure: (case, answer) -> float or None.

Judged is `answer.passages`, in order, whatever was cited or refused. None: no gold spans.
"""

from __future__ import annotations

from assistant import Answer
from eval.cases import Case
from eval.matching import Place, covers_item, places_of


def recall_at_5(case: Case, answer: Answer) -> float | None:
    """Recall@5 (TREC): the share of required evidence in the first five passages."""
    return _ir_measure(case, answer, "R@5")


def ndcg_at_10(case: Case, answer: Answer) -> float | None:
    """nDCG@10 (Järvelin and Kekäläinen 2002), a passage's gain being the items it is first to show.

    Counting only what is new is α-nDCG's idea (Clarke et al. 2008) with α = 1: the same slide
    in a second document earns nothing twice.
    """
    return _ir_measure(case, answer, "nDCG@10")


def judge(case: Case, answer: Answer) -> dict[str, int]:
    """TREC judgements: passage id -> required items it is the first to cover.

    An item that no passage covers is judged as a passage that was never returned, so that a
    system cannot gain by not finding it.
    """
    left = dict(enumerate(case.items))
    judged: dict[str, int] = {}
    for passage in answer.passages:
        found = [n for n, item in left.items() if covers_item(places_of(passage), item)]
        judged[passage.id] = len(found)
        for n in found:
            del left[n]
    return judged | {f"(item {n + 1} not found)": 1 for n in left}


def evidence_recall(case: Case, answer: Answer, characters: int) -> float | None:
    """The share of required items whose gold span lies in the first N characters returned.

    Passages are read in order and the last one is cut: systems with long and with short
    passages are compared at an equal price (the character budget of LongBench and RAG prompts).
    """
    if not case.has_gold:
        return None
    places = _within_budget(answer, characters)
    return sum(covers_item(places, item) for item in case.items) / len(case.items)


def evidence_recall_400(case: Case, answer: Answer) -> float | None:
    """EvidenceRecall@400."""
    return evidence_recall(case, answer, 400)


def evidence_recall_800(case: Case, answer: Answer) -> float | None:
    """EvidenceRecall@800."""
    return evidence_recall(case, answer, 800)


def evidence_recall_1600(case: Case, answer: Answer) -> float | None:
    """EvidenceRecall@1600."""
    return evidence_recall(case, answer, 1600)


def _within_budget(answer: Answer, characters: int) -> list[Place]:
    places: list[Place] = []
    for passage in answer.passages:
        kept = min(characters, len(passage.text))
        if kept <= 0:
            break
        places += [
            (document, start, min(end, start + kept)) for document, start, end in places_of(passage)
        ]
        characters -= kept
    return places


def _ir_measure(case: Case, answer: Answer, name: str) -> float | None:
    if not case.has_gold:
        return None
    import ir_measures

    judged = judge(case, answer)
    qrels = [ir_measures.Qrel(case.id, passage, gain) for passage, gain in judged.items()]
    run = [
        ir_measures.ScoredDoc(case.id, passage.id, 1 / rank)
        for rank, passage in enumerate(answer.passages, 1)
    ]
    measure = ir_measures.parse_measure(name)
    return float(ir_measures.calc_aggregate([measure], qrels, run)[measure]) if run else 0.0
