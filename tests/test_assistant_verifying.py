import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import Claim, Evidence, Reading, verify
from assistant.polarity import decide_yes_no, is_negated
from index import Document, Passage, display, fold

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))
TEXT = "令和7年度予算額は約1,969億円である。\n対象は52校とする。\n人件費は対象となりません。\nEvo2は９．３兆塩基を**学習した**。\n日本\t3,439\n採択は基盤が12件、挑戦が30件である。\n令和8年度に基準の導入を検討する。\n担当は満35 歳未満の技術者とする。\n67万ドルの資産を返還し、47万ドルの資産を手元に残す。\n"


def document(text):
    return Document("d.txt", "題", text, "/d.txt", "", hashlib.sha256(text.encode("utf-8", "replace")).hexdigest())


def claim(said, cited, kind="written", text=TEXT):
    start = text.index(cited)
    return Claim(said, (Evidence("d.txt", start, start + len(cited), cited),), kind)


def passes(said, cited, kind="written"):
    return bool(verify([claim(said, cited, kind)], {"d.txt": document(TEXT)}).statements)


def test_a_true_quotation_passes_through_display():
    for line in TEXT.splitlines():
        assert passes(display(line).text, line, "quote")


@pytest.mark.parametrize(
    ("said", "cited"),
    [
        ("令和7年度予算額は約1,968億円である。", "令和7年度予算額は約1,969億円である。"),
        ("令和6年度予算額は約1,969億円である。", "令和7年度予算額は約1,969億円である。"),
        ("令和7年度予算額は約1,969万円である。", "令和7年度予算額は約1,969億円である。"),
        ("対象は52人とする。", "対象は52校とする。"),
        ("対象は52校としない。", "対象は52校とする。"),
        ("人件費は対象となります。", "人件費は対象となりません。"),
        ("Evo1は9.3兆塩基を学習した。", "Evo2は９．３兆塩基を**学習した**。"),
        ("日本 ｜ 3,349", "日本\t3,439"),
    ],
)
@pytest.mark.parametrize("kind", ["quote", "written"])
def test_one_changed_digit_year_unit_name_or_negation_is_rejected(said, cited, kind):
    assert not passes(said, cited, kind)


@pytest.mark.parametrize(
    ("said", "cited"),
    [
        ("令和7年度予算額は約1,969億円である。（西暦では2025年度）", "令和7年度予算額は約1,969億円である。"),
        ("Evo2 は 9.3兆塩基を学習した。", "Evo2は９．３兆塩基を**学習した**。"),
    ],
)
def test_the_same_date_or_number_written_otherwise_passes(said, cited):
    assert passes(said, cited, "derived")


@pytest.mark.parametrize(
    ("said", "cited", "passing"),
    [
        ("予算額は約1,969億円です。", "令和7年度予算額は約1,969億円である。", True),
        ("Evo2は9.3兆塩基を学んだ。", "Evo2は９．３兆塩基を**学習した**。", True),
        ("2025年度の予算額は約1,969億円です。", "令和7年度予算額は約1,969億円である。", False),
        ("補正予算額は約1,969億円です。", "令和7年度予算額は約1,969億円である。", False),
        ("予算額は1,969億円以上です。", "令和7年度予算額は約1,969億円である。", False),
        ("人件費は対象です。", "人件費は対象となりません。", False),
        ("人件費は対象ではない。", "人件費は対象となりません。", False),
        ("全校を対象とする。", "対象は52校とする。", False),
        ("令和8年度に基準の導入を検討する。", "令和8年度に基準の導入を検討する。", True),
        ("令和8年度に基準を導入する。", "令和8年度に基準の導入を検討する。", False),
        ("基準の導入を検討すべきである。", "令和8年度に基準の導入を検討する。", False),
        ("挑戦は30件です。", "採択は基盤が12件、挑戦が30件である。", True),
        ("基盤は30件、挑戦は12件です。", "採択は基盤が12件、挑戦が30件である。", False),
        ("基盤は30件です。", "採択は基盤が12件、挑戦が30件である。", False),
        ("手元に残すのは47万ドルの資産です。", "67万ドルの資産を返還し、47万ドルの資産を手元に残す。", True),
        ("手元に残すのは67万ドルの資産です。", "67万ドルの資産を返還し、47万ドルの資産を手元に残す。", False),
        ("返還したのは47万ドルの資産です。", "67万ドルの資産を返還し、47万ドルの資産を手元に残す。", False),
        ("67万ドルを返還し、47万ドルを手元に残す。", "67万ドルの資産を返還し、47万ドルの資産を手元に残す。", True),
        ("対象は52校とするか。", "対象は52校とする。", False),
        ("担当は満35歳未満の技術者です。", "担当は満35 歳未満の技術者とする。", True),
        ("担当は満35歳の技術者です。", "担当は満35 歳未満の技術者とする。", False),
        ("担当は満35歳以下の技術者です。", "担当は満35 歳未満の技術者とする。", False),
        ("手元に残すのは約47万ドルの資産です。", "67万ドルの資産を返還し、47万ドルの資産を手元に残す。", False),
        ("2025年度の予算額は1,969億円です。", "令和7年度予算額は約1,969億円である。", False),
        ("予算額は1,969億円程度です。", "令和7年度予算額は約1,969億円である。", False),
        ("担当は満36歳未満の技術者です。", "担当は満35 歳未満の技術者とする。", False),
    ],
)
def test_a_written_sentence_has_its_words_figures_and_negations_from_what_it_cites(said, cited, passing):
    assert passes(said, cited) == passing


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("資料を公開しない。", True),
        ("資料を公開してはならない。", True),
        ("資料を公開しなければならない。", False),
        ("資料を公開しなくてはなりません。", False),
        ("資料を公開せざるを得ない。", False),
        ("これは成果に他ならない。", False),
        ("国籍を問わず対象とする。", False),
        ("変更を遅滞なく届け出る。", False),
        ("18歳未満の者も対象とする。", False),
        ("公開できないわけではない。", False),
    ],
)
def test_what_only_looks_like_a_negation_denies_nothing(text, negated):
    assert is_negated(fold(text).text) == negated


@pytest.mark.parametrize(
    ("question", "cited", "verdict"),
    [
        ("人件費は補助の対象ですか。", "人件費は補助の対象とする。", "はい"),
        ("人件費は補助の対象ですか。", "人件費は補助の対象としない。", "いいえ"),
        ("極秘の文書をクラウドで扱うことは認められますか。", "極秘の文書はクラウドで扱わないものとする。", "いいえ"),
        ("極秘の文書をクラウドで扱うことは認められますか。", "極秘の文書をクラウドで扱う場合は、届け出る。", ""),
        ("データを国外に持ち出すことはできますか。", "データを国外に持ち出さない場合は、届出を要しない。", ""),
        ("研究の結果は公開しますか。", "研究の結果は公開しなければならない。", "はい"),
        ("研究の結果は公開しますか。", "研究の計画は公開しない。", ""),
    ],
)
def test_yes_or_no_is_said_only_where_a_clause_decides_it(question, cited, verdict):
    assert decide_yes_no(question, cited) == verdict


@pytest.mark.parametrize("shift", [-1, 1])
def test_a_place_shifted_by_one_character_is_rejected(shift):
    evidence = claim("対象は52校とする。", "対象は52校とする。", "quote").evidence[0]
    moved = Evidence(evidence.document_id, evidence.start + shift, evidence.end + shift, evidence.quote)
    verified = verify([Claim("対象は52校とする。", (moved,))], {"d.txt": document(TEXT)})
    assert not verified.statements
    assert "一致しません" in verified.rejected[0].why


def test_an_unknown_document_and_a_claim_without_evidence_are_rejected_with_the_reason():
    verified = verify(
        [Claim("文。", (Evidence("x", 0, 1, "文"),)), Claim("文。", ())], {"d.txt": document(TEXT)}
    )
    assert [bool(r.why) for r in verified.rejected] == [True, True]


@pytest.mark.parametrize(
    ("kind", "trained", "passed"),
    [("written", 0.001, False), ("written", 0.9, True), ("quote", 0.001, True), ("written", None, True)],
)
def test_a_written_sentence_needs_a_passage_that_the_trained_reader_takes_for_an_answer(kind, trained, passed):
    said = claim("対象は52校とする。", "対象は52校とする。", kind)
    passage = Passage("d.txt#0", "d.txt", 0, len(TEXT), TEXT)
    reading = Reading(passage, trained or 0.001, 0, 0, -1, trained=trained)
    verified = verify([said], {"d.txt": document(TEXT)}, [passage], [reading])
    assert bool(verified.statements) is passed
    assert [("読解モデル" in r.why) for r in verified.rejected] == [True] * (not passed)


ODD = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from(list("**|\t\n　㍿ｶﾞ①〜<br/>&amp;２０２５年令和ＡＩ。、"))),
    min_size=1,
    max_size=120,
)


@given(ODD, st.integers(-3, 130), st.integers(-3, 130), st.booleans())
def test_every_citation_that_is_made_quotes_its_place(text, start, end, honest):
    doc = document(text)
    quote = text[max(0, start) : max(0, end)] if honest else "別の文字"
    verified = verify([Claim(quote or "空", (Evidence("d.txt", start, end, quote),))], {"d.txt": doc})
    for statement in verified.statements:
        for citation in statement.citations:
            assert doc.text[citation.start : citation.end] == citation.quote
            assert citation.version == doc.version


@pytest.mark.parametrize("seed", SEEDS, ids=lambda p: p.name[:3])
def test_every_unit_of_a_seed_can_be_quoted(seed):
    from index.chunking import cut

    doc = document(seed.read_bytes().decode("utf-8"))
    claims = []
    for passage in cut(doc):
        for unit in passage.units:
            raw = doc.text[unit.start : unit.end]
            claims.append(Claim(display(raw).text, (Evidence("d.txt", unit.start, unit.end, raw),)))
    rejected = verify(claims, {"d.txt": doc}).rejected
    assert [(r.claim.text, r.why) for r in rejected] == []


@pytest.mark.parametrize("seed", SEEDS, ids=lambda p: p.name[:3])
def test_any_stretch_of_a_seed_can_be_quoted_as_it_stands(seed):
    doc = document(seed.read_bytes().decode("utf-8"))
    starts = range(0, len(doc.text) - 400, 331)
    claims = [Claim(doc.text[n : n + 400], (Evidence("d.txt", n, n + 400, doc.text[n : n + 400]),)) for n in starts]
    assert [r.why for r in verify(claims, {"d.txt": doc}).rejected] == []
