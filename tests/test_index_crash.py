"""An index killed at random points holds exactly what was committed.

Run as a script, this file is the process that dies: a parent that has everything imported forks a
child for each change, so that hundreds of kills take a minute.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from index import Index, WordLengthEmbedder

ROOT = Path(__file__).parent.parent
WORDS = "林檎 葡萄 鉄道 船舶 病院 学校 大学 図書 音楽 絵画 料理 旅行".split()


def open_index(path):
    return Index.open(path, embedder=WordLengthEmbedder())


def change(job):
    """What a child does: one change of the index."""
    if job["op"] == "create":
        open_index(job["fresh"]).close()
        return
    with open_index(job["index"]) as index:
        if job["op"] == "sync":
            index.sync(job["docs"])
        elif job["op"] == "remove":
            index.remove(job["id"])
        elif job["op"] == "rebuild":
            index.rebuild()
        else:
            index.compact()


def kill_at(line):
    """SIGKILL when `line` lines of the package have run; the count so far is returned by a call."""
    count = 0
    package = str(ROOT / "index")

    def trace(frame, event, argument):
        nonlocal count
        if not frame.f_code.co_filename.startswith(package):
            return None
        count += event == "line"
        if line and count >= line:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    return lambda: count


def serve():
    """Fork a child a job; answer how it ended, how long it took and how many lines it ran."""
    for request in sys.stdin:
        job = json.loads(request)
        reader, writer = os.pipe()
        started = time.monotonic()
        child = os.fork()
        if not child:
            lines = kill_at(job["line"])
            change(job)
            sys.settrace(None)
            os.write(writer, str(lines()).encode())
            os._exit(0)
        if job["delay"] is not None:
            time.sleep(job["delay"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        os.close(writer)
        lines = os.read(reader, 100).decode()
        os.close(reader)
        answer = [os.WIFSIGNALED(status), time.monotonic() - started, int(lines or 0), status]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


class Killer:
    """Sends jobs, half to die at a line of Python, half at a moment (in SQLite, tantivy, FAISS)."""

    def __init__(self, tmp_path, seed):
        self.random = random.Random(seed)
        self.size = {}
        self.kills = 0
        self.ended = Counter()
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(tmp_path)}
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )

    def run(self, job, *, kill=True):
        """Whether the change was killed; one in five is let live, to learn how large it is."""
        lines, seconds = self.size.get(job["op"], (0, 0.0))
        kill = kill and lines and self.random.random() < 0.85
        by_line = kill and self.random.random() < 0.5
        job["line"] = self.random.randint(1, lines) if by_line else 0
        job["delay"] = self.random.uniform(0, seconds) if kill and not by_line else None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        killed, seconds, lines, status = json.loads(self.process.stdout.readline())
        assert killed or status == 0
        if not killed:
            self.size[job["op"]] = (lines, seconds)
        self.kills += killed
        self.ended[job["op"], killed] += 1
        return killed

    def close(self):
        self.process.communicate()


def held(index):
    return {document.id: document.text for document in index.documents()}


def assert_sound(path, allowed):
    """It opens, its check is clean, both legs hold exactly the documents of one allowed state."""
    with open_index(path) as index:
        texts = held(index)
        assert texts in allowed
        assert index.check() == []
        everywhere = {passage.document_id for passage in index.search("a bb ccc", 100)}
        assert everywhere == {name for name, text in texts.items() if text.strip()}
        for word in WORDS:
            found = {p.document_id for p in index.search(word, 100) if p.lexical > 0}
            assert found == {name for name, text in texts.items() if word in text}
    return texts


def edit(rng, docs, name):
    text = "".join(
        f"{rng.choice(WORDS)}の話、{rng.random()}。\n\n" for _ in range(rng.randint(1, 9))
    )
    (docs / name).write_text(text, "utf-8")


def states_between(before, after):
    """What a sync may leave: vanished files go at once, then files come in their order."""
    texts = {name: text for name, text in before.items() if name in after}
    states = [before, dict(texts)]
    for name in sorted(after):
        texts[name] = after[name]
        states.append(dict(texts))
    return states


def attack(killer, tmp_path, kills):
    path, docs = tmp_path / "index", tmp_path / "docs"
    docs.mkdir()
    rng = killer.random
    texts = {}
    open_index(path).close()
    while killer.kills < kills:
        op = rng.choice(["sync", "sync", "sync", "remove", "compact", "rebuild", "create"])
        job = {"op": op, "index": str(path), "docs": str(docs)}
        allowed = [texts]
        if op == "sync":
            for name in rng.sample("abcdefgh", rng.randint(1, 3)):
                if rng.random() < 0.3:
                    (docs / f"{name}.txt").unlink(missing_ok=True)
                else:
                    edit(rng, docs, f"{name}.txt")
            after = {file.name: file.read_text("utf-8") for file in sorted(docs.iterdir())}
            allowed = states_between(texts, after)
        elif op == "remove":
            if not texts:
                continue
            job["id"] = rng.choice(sorted(texts))
            allowed = [texts, {k: v for k, v in texts.items() if k != job["id"]}]
        elif op == "create":
            job["fresh"] = str(tmp_path / "fresh")
        killed = killer.run(job)
        texts = assert_sound(path, allowed if killed else allowed[-1:])
        if op == "create":
            assert_sound(tmp_path / "fresh", [{}])
            shutil.rmtree(tmp_path / "fresh")


@pytest.mark.parametrize(
    "kills", [20, pytest.param(220, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]
)
def test_an_index_killed_anywhere_opens_sound_with_exactly_the_committed_documents(tmp_path, kills):
    killer = Killer(tmp_path, seed=kills)
    try:
        attack(killer, tmp_path, kills)
    finally:
        killer.close()
    kinds = {op for op, _ in killer.ended} if kills > 100 else {"sync"}
    assert all(killer.ended[op, True] and killer.ended[op, False] for op in kinds)


if __name__ == "__main__":
    import faiss  # noqa: F401
    import tantivy  # noqa: F401

    import index.adding
    import index.changes
    import index.words

    index.adding.BATCH_PASSAGES = 4  # many commits, segments and merges from tiny documents
    index.changes.SEAL_ROWS = 3
    index.changes.MOST_SEGMENTS = 3
    index.words.index_terms("林檎")
    serve()
