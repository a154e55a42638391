"""What is on disk stays right: full disks, read-only folders, damaged and half-written files."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from index import BrokenIndex, Index, StaleIndex, TenkyoError, Where, WordLengthEmbedder

ROOT = Path(__file__).parent.parent


def open_index(path, **options):
    return Index.open(path, embedder=WordLengthEmbedder(), **options)


def write(folder, **texts):
    folder.mkdir(exist_ok=True, parents=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    return folder


@pytest.fixture
def path(tmp_path):
    """A closed index of three documents with a segment and rows outside of it."""
    docs = write(tmp_path / "docs", apple="林檎は赤い果物です。", grape="葡萄は秋の果物です。")
    with open_index(tmp_path / "index") as index:
        index.add([docs])
        index.compact()
        index.add([write(tmp_path / "more", rail="鉄道の時刻表を改めました。")])
    return tmp_path / "index"


def found(index, query):
    return {passage.document_id for passage in index.search(query) if passage.lexical > 0}


def run(code, *arguments):
    """Run Python in another process, as another user could."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        cwd="/",
    )


@pytest.mark.parametrize("cache", ["vectors", "terms"])
@pytest.mark.parametrize("damage", ["removed", "cut", "flipped"])
def test_a_damaged_cache_is_noticed_and_made_again_from_the_manifest(path, cache, damage):
    if damage == "removed":
        shutil.rmtree(path / cache)
    else:
        pattern = {"vectors": "*/vectors.faiss", "terms": "*/*.term"}[cache]
        for file in (path / cache).glob(pattern):
            data = bytearray(file.read_bytes())
            data[len(data) // 2] ^= 0xFF
            file.write_bytes(data[:-9] if damage == "cut" else data)
    with open_index(path) as index:
        assert any(cache in problem for problem in index.check())
        assert index.check(repair=True) == []
        assert index.check() == []
        assert found(index, "果物") == {"apple.txt", "grape.txt"}
        assert found(index, "鉄道") == {"rail.txt"}
        assert len(index.search("a bb", 10)) == 3


@pytest.mark.parametrize("cache", ["vectors", "terms"])
def test_a_search_without_a_cache_says_how_to_repair(path, cache):
    shutil.rmtree(path / cache)
    with open_index(path) as index, pytest.raises(BrokenIndex, match="check --repair"):
        index.search("果物")


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE documents SET text = replace(text, '赤', '青')", "apple.txt"),
        ("UPDATE passages SET end = end + 1", "本文"),
        ("UPDATE passages SET start = start + 1", "文字が記録と合いません"),
        ("DELETE FROM passages WHERE number = 1", "番号"),
        ("DELETE FROM vectors WHERE number = 2", "vectors"),
        ("DELETE FROM places", "場所"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_noticed(path, statement, named):
    with sqlite3.connect(path / "manifest.sqlite") as connection:
        connection.execute(statement)
    connection.close()
    with open_index(path) as index:
        assert any(named in problem for problem in index.check())


def test_a_damaged_manifest_is_named(path):
    manifest = path / "manifest.sqlite"
    manifest.write_bytes(b"not a database at all, but long enough to be read as one" * 100)
    with pytest.raises(BrokenIndex, match=str(path)):
        open_index(path)


def test_an_index_of_a_newer_schema_is_refused(path):
    with sqlite3.connect(path / "manifest.sqlite") as connection:
        connection.execute("UPDATE meta SET value = 99 WHERE name = 'schema'")
    connection.close()
    with pytest.raises(StaleIndex, match="99"):
        open_index(path)


@pytest.mark.parametrize("left", [["lock"], ["lock", "vectors", "terms"], ["lock", "manifest"]])
def test_an_index_killed_while_it_was_made_is_completed(tmp_path, left):
    folder = tmp_path / "index"
    folder.mkdir()
    for name in left:
        if name == "manifest":
            (folder / "manifest.sqlite").touch()
        else:
            (folder / name).mkdir() if name != "lock" else (folder / name).touch()
    with open_index(folder) as index:
        index.add([write(tmp_path / "docs", apple="林檎は赤い果物です。")])
        assert found(index, "林檎") == {"apple.txt"}


def test_no_index_is_made_where_other_files_lie_or_none_is_asked_for(tmp_path):
    docs = write(tmp_path / "docs", apple="林檎")
    for place, options in (
        (docs, {}),
        (docs / "apple.txt", {}),
        (tmp_path / "x", {"create": False}),
    ):
        with pytest.raises(TenkyoError, match=str(place)):
            open_index(place, **options)
    assert sorted(tmp_path.iterdir()) == [docs]
    assert sorted(docs.iterdir()) == [docs / "apple.txt"]


FILL = """
import resource, sys
from index import Index, TenkyoError, WordLengthEmbedder
path, docs = sys.argv[1:]
with Index.open(path, embedder=WordLengthEmbedder()) as index:
    index.search("a")
    failures = 0
    for size in range(4, 4000, 16):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size << 10, resource.RLIM_INFINITY))
        try:
            index.add([docs])
            break
        except TenkyoError as error:
            failures += 1
            assert "空き" in str(error), error
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            assert [d.id for d in index.documents()] == ["apple.txt", "grape.txt", "rail.txt"]
            assert {p.document_id for p in index.search("果物", 1)} == {"apple.txt"}
    print(failures)
"""


@pytest.mark.slow
def test_a_full_disk_is_told_and_the_last_commit_stays(path, tmp_path):
    long = "\n\n".join(f"第{n}の段落には長い説明が書かれています。{n * 7919}" for n in range(800))
    done = run(FILL, path, write(tmp_path / "long", long=long))
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 3
    with open_index(path) as index:
        assert len(index.documents()) == 4
        assert index.check() == []


READ = """
import os, pathlib, sys
from index import Index, TenkyoError, WordLengthEmbedder
path, warm, user = sys.argv[1:]
with Index.open(warm, embedder=WordLengthEmbedder()) as index:
    index.search("果物")  # imports what another user may not be able to read
    index.check()
if int(user):
    os.setgid(int(user)); os.setuid(int(user))
assert not os.access(path, os.W_OK)
with Index.open(path, embedder=WordLengthEmbedder(), create=False) as index:
    assert {p.document_id for p in index.search("果物") if p.lexical} == {"apple.txt", "grape.txt"}
    assert index.check() == [], index.check()
    try:
        index.remove("apple.txt")
    except TenkyoError as error:
        print(error)
"""


@pytest.fixture
def public():
    """A folder that any user can look into, unlike pytest's."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for directory in (folder, *(p for p in folder.rglob("*") if p.is_dir())):
        directory.chmod(0o755)
    shutil.rmtree(folder)


def protect(path):
    """Take the right to write from everyone; returns the user to try it as."""
    for entry in (path, *path.rglob("*")):
        entry.chmod(entry.stat().st_mode & ~0o222)
    return 65534 if os.getuid() == 0 else 0


def test_a_read_only_index_is_searched_by_an_ordinary_user(path, public):
    shutil.copytree(path, public / "index")
    user = protect(public / "index")
    done = run(READ, public / "index", path, user)
    assert done.returncode == 0, done.stderr
    assert "読み取り専用" in done.stdout


def test_a_read_only_index_whose_writer_was_killed_is_searched_with_its_last_commit(
    path, public, tmp_path
):
    docs = write(tmp_path / "late", note="果物ではない覚え書きです。")
    killed = run(
        "import os, signal, sys\n"
        "from index import Index, WordLengthEmbedder\n"
        "index = Index.open(sys.argv[1], embedder=WordLengthEmbedder())\n"
        "index.add(sys.argv[2:])\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n",
        path,
        docs,
    )
    assert killed.returncode == -signal.SIGKILL
    assert (path / "manifest.sqlite-wal").stat().st_size
    shutil.copytree(path, public / "index")
    code = READ.replace('"apple.txt", "grape.txt"}', '"apple.txt", "grape.txt", "note.txt"}')
    done = run(code, public / "index", path, protect(public / "index"))
    assert done.returncode == 0, done.stderr


FOLLOW = """
import os, sys
from index import Index, WordLengthEmbedder
path, user = sys.argv[1:]
with Index.open(path, embedder=WordLengthEmbedder()) as index:
    index.search("果物")
if int(user):
    os.setgid(int(user)); os.setuid(int(user))
    assert not os.access(path, os.W_OK)
with Index.open(path, embedder=WordLengthEmbedder()) as index:
    for line in sys.stdin:
        words = line.strip()
        print(*sorted(p.document_id for p in index.search(words) if p.lexical), flush=True)
"""


def test_another_users_reader_sees_each_commit_of_the_owner(path, public, tmp_path):
    shutil.copytree(path, public / "index")
    user = 65534 if os.getuid() == 0 else 0
    reader = subprocess.Popen(
        [sys.executable, "-c", FOLLOW, public / "index", str(user)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
    )

    def ask():
        reader.stdin.write("果物\n")
        reader.stdin.flush()
        return reader.stdout.readline().split()

    try:
        assert ask() == ["apple.txt", "grape.txt"]
        with open_index(public / "index") as index:
            index.add([write(tmp_path / "late", note="果物ではない覚え書きです。")])
            assert ask() == ["apple.txt", "grape.txt", "note.txt"]
            index.remove("grape.txt")
            assert ask() == ["apple.txt", "note.txt"]
            index.compact()
        assert ask() == ["apple.txt", "note.txt"]
        with open_index(public / "index") as index:
            index.remove("apple.txt")
        assert ask() == ["note.txt"]
    finally:
        reader.communicate()


def test_a_large_index_of_inverted_lists_finds_what_a_small_flat_one_finds(tmp_path, monkeypatch):
    import random

    rng = random.Random(3)
    for n in range(400):
        words = " ".join("x" * rng.randint(1, 8) for _ in range(9))
        write(tmp_path / "docs", **{f"d{n:03}": f"{words} {n:03}"})
    queries = [" ".join("y" * rng.randint(1, 8) for _ in range(9)) for _ in range(20)]
    where = Where(documents=("d007.txt", "d300.txt"))
    with open_index(tmp_path / "index") as index:
        index.add([tmp_path / "docs"])
        index.compact()
        flat = [{p.id for p in index.search(query, 5)} for query in queries]
        monkeypatch.setattr("index.changes.IVF_ROWS", 100)
        index.compact()
        kind = sqlite3.connect(index.path / "manifest.sqlite")
        assert kind.execute("SELECT kind, rows FROM segments").fetchall() == [("ivf", 400)]
        kind.close()
        lists = [{p.id for p in index.search(query, 5)} for query in queries]
        assert sum(len(a & b) for a, b in zip(flat, lists, strict=True)) >= 90
        found = index.search(queries[0], 5, where=where)
        assert {p.document_id for p in found} == {"d007.txt", "d300.txt"}
        index.remove("d007.txt")
        found = index.search(queries[0], 5, where=where)
        assert {p.document_id for p in found} == {"d300.txt"}
        assert index.check() == []


def test_a_removed_text_is_gone_from_the_manifest_at_once(path):
    with open_index(path) as index:
        index.remove("apple.txt")
        stored = b"".join(file.read_bytes() for file in path.glob("manifest.sqlite*"))
    assert "葡萄は秋".encode() in stored
    assert "林檎は赤い".encode() not in stored


def test_what_was_added_removed_and_changed_is_as_if_it_had_been_added_at_once(tmp_path):
    docs = write(tmp_path / "docs", a="林檎の話。", b="葡萄の話。", c="鉄道の話。")
    with open_index(tmp_path / "grown") as grown, open_index(tmp_path / "fresh") as fresh:
        grown.add([docs / "c.txt", docs / "a.txt"])
        write(docs, a="船舶の話。林檎と葡萄の話。")
        grown.sync(docs)
        grown.remove("b.txt")
        grown.add([docs])
        grown.compact()
        fresh.add([docs])
        for query in ("林檎", "葡萄の話", "aa bb", "船舶 鉄道"):
            assert grown.search(query) == fresh.search(query)
        assert [d.id for d in grown.documents()] == [d.id for d in fresh.documents()]


def test_readers_in_threads_see_whole_commits_while_a_writer_works(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    docs = tmp_path / "docs"
    with open_index(tmp_path / "index") as index:

        def read(_):
            texts = {p.text for p in index.search("版 林檎", 50)}
            assert len({text[:5] for text in texts}) <= 1, texts
            return len(texts)

        with ThreadPoolExecutor(3) as pool:
            seen = []
            for version in range(12):
                text = "\n\n".join(f"第{version:03}版の林檎の説明その{n}。" * 12 for n in range(4))
                write(docs, a=text)
                index.sync(docs)
                seen += [pool.submit(read, n) for n in range(6)]
            counts = [future.result() for future in seen]
        assert max(counts) > 1
        assert index.check() == []
