"""What a user of an index relies on, over real files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from index import Index, IndexBusy, StaleIndex, TenkyoError, Where, WordLengthEmbedder

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))


def open_index(path, **options):
    return Index.open(path, embedder=WordLengthEmbedder(), **options)


def write(folder, **texts):
    folder.mkdir(exist_ok=True, parents=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    return folder


def ids(passages):
    return [passage.document_id for passage in passages]


def statuses(outcomes):
    return {outcome.document_id: outcome.status for outcome in outcomes}


@pytest.fixture
def folder(tmp_path):
    return write(
        tmp_path / "docs",
        apple="林檎の収穫は九月に始まります。",
        grape="葡萄の収穫は八月に終わります。",
        rail="鉄道の時刻表を改めました。",
    )


@pytest.fixture
def index(tmp_path):
    with open_index(tmp_path / "index") as index:
        yield index


def test_every_passage_of_the_seeds_is_the_text_at_its_offsets_after_reopening(tmp_path):
    with open_index(tmp_path / "index") as index:
        assert {o.status for o in index.add(SEEDS)} == {"added"}
        size = index.size
    with open_index(tmp_path / "index", create=False) as index:
        assert index.size == size > 300
        assert index.check() == []
        for path in SEEDS:
            document = index.document(path.name)
            assert document.text == path.read_bytes().decode("utf-8-sig")
            for n, passage in enumerate(index.passages(document.id)):
                assert passage.id == f"{document.id}#{n}"
                assert passage.text == document.text[passage.start : passage.end]
                for unit in passage.units:
                    assert passage.start <= unit.start < unit.end <= passage.end


def test_each_leg_alone_finds_its_passage(tmp_path, index):
    write(tmp_path / "docs", a="aa aa aa aa", b="dddd dddd dddd dddd", c="葡萄 ffffff ffffff")
    index.add([tmp_path / "docs"])
    best = index.search("eeee ffff gggg hhhh", 1)[0]
    assert (best.document_id, best.lexical) == ("b.txt", 0.0)
    assert best.dense > 0.9
    lexical = {p.document_id: p.lexical for p in index.search("葡萄")}
    assert lexical.pop("c.txt") > 0.0
    assert set(lexical.values()) == {0.0}


def test_a_word_that_most_passages_have_is_searched_only_where_no_other_tells_more(folder, index):
    index.add([write(folder, pear="梨の収穫も八月に終わります。")])
    found = {p.document_id: p.lexical for p in index.search("収穫 葡萄")}
    assert found.pop("grape.txt") > 0.0
    assert set(found.values()) == {0.0}
    assert all((p.lexical > 0) == (p.document_id != "rail.txt") for p in index.search("収穫"))


def test_unchanged_files_are_not_read_again_and_changed_ones_replace_their_old_version(
    folder, index
):
    index.add([folder])
    write(folder, rail="鉄道の運賃を改めました。")
    outcomes = statuses(index.add([folder]))
    assert outcomes == {"apple.txt": "unchanged", "grape.txt": "unchanged", "rail.txt": "replaced"}
    assert [d.id for d in index.documents()] == ["apple.txt", "grape.txt", "rail.txt"]
    assert all(passage.lexical == 0.0 for passage in index.search("時刻表"))
    assert index.search("運賃", 1)[0].document_id == "rail.txt"
    assert index.check() == []


def test_a_removed_document_is_gone_from_both_legs_and_from_the_disk(folder, index):
    index.add([folder])
    index.remove("grape.txt")
    assert "grape.txt" not in ids(index.search("葡萄の収穫は八月に終わります。", 10))
    index.compact()
    assert index.check() == []
    path = index.path
    index.close()
    stored = b"".join(p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file())
    assert "林檎の収穫".encode() in stored
    assert "葡萄".encode() not in stored


def test_an_unknown_document_is_named_in_the_error(index):
    with pytest.raises(TenkyoError, match="grape.txt"):
        index.remove("grape.txt")


def test_sync_adds_replaces_and_removes_what_lies_in_the_folder_and_nothing_else(
    tmp_path, folder, index
):
    other = write(tmp_path / "other", note="別のフォルダーの覚え書きです。")
    index.add([folder, other])
    (folder / "apple.txt").unlink()
    write(folder, grape="葡萄は九月に変わりました。", pear="梨は新しい果物です。")
    assert statuses(index.sync(folder)) == {
        "grape.txt": "replaced",
        "pear.txt": "added",
        "rail.txt": "unchanged",
        "apple.txt": "removed",
    }
    names = ["grape.txt", "note.txt", "pear.txt", "rail.txt"]
    assert [d.id for d in index.documents()] == names


def test_watching_a_folder_syncs_when_it_changes(folder, index):
    syncs = index.watch(folder, seconds=0.01)
    assert len(next(syncs)) == 3
    write(folder, rail="鉄道の運賃と時刻を改めました。")
    assert statuses(next(syncs))["rail.txt"] == "replaced"
    (folder / "apple.txt").unlink()
    assert statuses(next(syncs))["apple.txt"] == "removed"


def test_two_files_of_one_name_stay_two_documents(tmp_path, index):
    one = write(tmp_path / "one", report="一つ目の報告です。")
    two = write(tmp_path / "two", report="二つ目の報告です。")
    index.add([one, two])
    assert [d.id for d in index.documents()] == ["report.txt", "report.txt~2"]
    assert index.document("report.txt~2").text == "二つ目の報告です。"


def test_the_same_bytes_elsewhere_are_a_place_and_survive_the_first_file(tmp_path, folder, index):
    copy = write(folder / "copy", apple=(folder / "apple.txt").read_text("utf-8"))
    assert statuses(index.add([folder]))["apple.txt"] == "duplicate"
    assert index.document("apple.txt").places == (str(copy / "apple.txt"),)
    (folder / "apple.txt").unlink()
    index.sync(folder)
    assert index.document("apple.txt").source == str(copy / "apple.txt")
    assert index.check() == []


def test_a_file_that_got_another_name_is_known_by_its_new_one(folder, index):
    index.add([folder])
    (folder / "rail.txt").rename(folder / "train.txt")
    index.sync(folder)
    assert [d.id for d in index.documents()] == ["apple.txt", "grape.txt", "train.txt"]
    assert index.check() == []


def test_files_that_exchange_their_contents_stay_both(folder, index):
    index.add([folder])
    apple, rail = folder / "apple.txt", folder / "rail.txt"
    texts = apple.read_text("utf-8"), rail.read_text("utf-8")
    write(folder, apple=texts[1], rail=texts[0])
    index.sync(folder)
    assert {d.id: d.text for d in index.documents() if d.id != "grape.txt"} == {
        "apple.txt": texts[1],
        "rail.txt": texts[0],
    }
    assert index.check() == []


def test_a_broken_sources_file_is_an_outcome_and_leaves_the_documents_as_they_are(folder, index):
    index.add([folder])
    (folder / "sources.toml").write_text("[[source]\n", "utf-8")
    (outcome,) = index.sync(folder)
    assert (outcome.status, Path(outcome.source).name) == ("failed", "sources.toml")
    assert len(index.documents()) == 3


def test_the_same_passage_in_two_documents_is_one_result_with_both_places(tmp_path, index):
    shared = "収穫祭は十月に開かれます。"
    write(tmp_path / "docs", a=shared, b=f"{shared}\n")
    index.add([tmp_path / "docs"])
    found = index.search("収穫祭", 8)
    assert ids(found) == ["a.txt"]
    assert found[0].places == (("b.txt", 0, len(shared)),)


def test_many_copies_of_a_passage_do_not_hide_the_others(tmp_path, index):
    copies = {f"copy{n:03}": "収穫祭は十月に開かれます。" + "\n" * n for n in range(120)}
    write(tmp_path / "docs", **copies, other="収穫の話は十一月に別の紙で述べます。")
    index.add([tmp_path / "docs"])
    assert ids(index.search("収穫祭は十月", 8)) == ["copy000.txt", "other.txt"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Where(documents=("apple.txt",)), {"apple.txt"}),
        (Where(tags=("果物",)), {"apple.txt", "grape.txt"}),
        (Where(tags=("果物",), documents=("grape.txt", "rail.txt")), {"grape.txt"}),
        (Where(after="2025-04"), {"apple.txt", "rail.txt"}),
        (Where(before="2025-04"), {"apple.txt", "grape.txt"}),
        (Where(after="2026"), set()),
        (Where(within=("deep",)), {"deep/ship.txt"}),
        (Where(within=("deep/ship.txt", "rail.txt")), {"deep/ship.txt", "rail.txt"}),
        (Where(within=("dee", "/deep")), set()),
        (Where(documents=("nothing",)), set()),
    ],
)
def test_a_filter_lets_only_its_documents_into_either_leg(folder, index, where, expected):
    write(folder / "deep", ship="船の収穫はありません。")
    (folder / "sources.toml").write_text(
        '[[source]]\nfile = "apple.txt"\ndate = "令和7年4月30日"\ntags = ["果物"]\n'
        '[[source]]\nfile = "grape.txt"\ndate = "2024年8月"\ntags = ["果物"]\n'
        '[[source]]\nfile = "rail.txt"\ndate = "2025年5月1日"\n',
        "utf-8",
    )
    index.add([folder])
    assert set(ids(index.search("収穫 鉄道 船", 10, where=where))) == expected


def test_a_date_that_is_none_is_refused_with_the_form_that_is_expected(folder, index):
    index.add([folder])
    with pytest.raises(TenkyoError, match="2025-04-01"):
        index.search("収穫", where=Where(after="来年"))


def test_a_file_that_cannot_be_read_does_not_stop_the_others(folder, index):
    (folder / "empty.txt").write_bytes(b"")
    outcomes = {Path(o.source).name: o for o in index.add([folder, folder / "absent.txt"])}
    assert outcomes["empty.txt"].status == outcomes["absent.txt"].status == "failed"
    assert str(outcomes["absent.txt"].error)
    assert outcomes["rail.txt"].status == "added"


def test_neighbours_are_the_passages_around_in_order(tmp_path, index):
    index.add(SEEDS[:1])
    passages = index.passages(SEEDS[0].name)
    assert index.neighbours(passages[0]) == [passages[1]]
    assert index.neighbours(passages[3], 2, 1) == [passages[1], passages[2], passages[4]]


def test_tags_given_when_adding_stay_when_the_file_changes(folder, index):
    index.add([folder], tags=["秋"])
    write(folder, rail="鉄道の運賃を改めました。")
    index.sync(folder)
    assert index.document("rail.txt").tags == ("秋",)


@pytest.mark.parametrize(
    "query", ["", " \n\u3000", "\x00\x07", "収穫" * 10_000, "🈁\ud800", "。、"]
)
def test_any_string_can_be_asked(folder, index, query):
    index.add([folder])
    assert isinstance(index.search(query), list)


def test_an_index_of_another_model_is_refused_and_rebuilt_on_request(folder, tmp_path):
    with open_index(tmp_path / "index") as index:
        index.add([folder])
    other = WordLengthEmbedder(5)
    other.fingerprint = "word-length/5"
    with pytest.raises(StaleIndex, match="tenkyo index rebuild"):
        Index.open(tmp_path / "index", embedder=other)
    with Index.open(tmp_path / "index", embedder=other, stale=True) as index:
        index.rebuild()
        assert index.check() == []
    with open_index(tmp_path / "index", stale=True) as index, pytest.raises(StaleIndex):
        index.search("葡萄")
    with Index.open(tmp_path / "index", embedder=other) as index:
        assert index.search("葡萄", 1)[0].document_id == "grape.txt"


RUN = """
import json, sys
from index import Index, IndexBusy, WordLengthEmbedder
index = Index.open(sys.argv[1], embedder=WordLengthEmbedder())
try:
    if sys.argv[2:]:
        index.add(sys.argv[2:])
    found = [index.search(q, 5) for q in ("収穫", "鉄道 時刻", "a bb ccc")]
    print(json.dumps([[(p.id, p.score, p.dense, p.lexical) for p in ps] for ps in found]))
except IndexBusy as error:
    sys.exit(f"busy: {error}")
"""


def run(index, *paths, seed="0"):
    command = [sys.executable, "-c", RUN, str(index.path), *map(str, paths)]
    environment = {"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, cwd=Path(__file__).parent.parent
    )


def test_a_search_sees_what_another_process_commits(tmp_path, folder, index):
    index.add([folder])
    assert all(p.lexical == 0.0 for p in index.search("船"))
    done = run(index, write(tmp_path / "more", ship="船の便を増やしました。"))
    assert done.returncode == 0, done.stderr
    assert index.search("船", 1)[0].document_id == "ship.txt"


def test_a_second_writer_is_told_and_nothing_is_lost(tmp_path, folder, index):
    more = write(tmp_path / "more", ship="船の便を増やしました。")
    tried = []

    def try_another(done, total, name):
        tried.append(run(index, more))

    index.add([folder / "apple.txt"], progress=try_another)
    assert all("busy" in other.stderr for other in tried)
    assert tried
    assert run(index, more).returncode == 0
    assert [d.id for d in index.documents()] == ["apple.txt", "ship.txt"]


def test_a_second_writer_in_the_same_process_is_told_too(folder, index):
    def try_again(done, total, name):
        with pytest.raises(IndexBusy):
            index.add([folder])

    index.add([folder / "apple.txt"], progress=try_again)


def test_results_do_not_depend_on_the_hash_seed(folder, index):
    index.add([folder, *SEEDS[:2]])
    one, two = run(index, seed="1"), run(index, seed="2")
    assert json.loads(one.stdout) == json.loads(two.stdout)


def test_a_retriever_gives_langchain_documents_with_offsets(folder, index):
    from langchain_core.retrievers import BaseRetriever

    index.add([folder])
    retriever = index.as_retriever(k=2)
    assert isinstance(retriever, BaseRetriever)
    document = retriever.invoke("葡萄")[0]
    start, end = document.metadata["start"], document.metadata["end"]
    assert index.document("grape.txt").text[start:end] == document.page_content


def test_an_index_of_ones_own_embedder_is_not_opened_by_its_name(tmp_path):
    with open_index(tmp_path / "ix"):
        pass
    with pytest.raises(StaleIndex, match=r"「word-length」.*embedder=.*index rebuild"):
        Index.open(tmp_path / "ix")


def test_documents_are_listed_as_they_are_without_their_texts(tmp_path, index):
    for folder in ("a", "b"):
        write(tmp_path / folder, same="林檎の収穫は九月に始まります。")
    (tmp_path / "a" / "sources.toml").write_text(
        '[[source]]\nfile = "same.txt"\ntitle = "収穫"\ndate = "令和7年4月"\nissuer = "農園"\n', "utf-8"
    )
    pdf = Path(__file__).parent.parent / "tests/files/keshouhin-standard.pdf"
    index.add([tmp_path / "a", tmp_path / "b", pdf], tags=["札"])
    documents, listed = index.documents(), index.list_documents()
    assert [len(d.places) for d in listed] == [0, 1]
    for document, info in zip(documents, listed, strict=True):
        for name in ("id", "title", "source", "version", "date", "issuer", "tags", "warnings", "places"):
            assert getattr(info, name) == getattr(document, name)
        assert (info.pages, info.characters) == (len(document.pages), len(document.text))
        assert info.passages == len(index.passages(document.id))


def test_an_index_cut_by_another_version_is_stale_and_rebuild_mends_it(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("短い文書。", "utf-8")
    for module in ("index.adding", "index.library"):
        monkeypatch.setattr(f"{module}.CUTTING", "0")
    with Index.open(tmp_path / "ix", embedder=WordLengthEmbedder()) as index:
        index.add([tmp_path / "a.txt"])
    monkeypatch.undo()
    with pytest.raises(StaleIndex, match="rebuild"):
        Index.open(tmp_path / "ix", embedder=WordLengthEmbedder())
    with Index.open(tmp_path / "ix", embedder=WordLengthEmbedder(), stale=True) as index:
        index.rebuild()
    with Index.open(tmp_path / "ix", embedder=WordLengthEmbedder()) as index:
        assert [d.id for d in index.documents()] == ["a.txt"]
