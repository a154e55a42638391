from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.crossing import CrossReader, find_reader
from assistant.records import Asked, Reading
from index import Document, Passage, TenkyoError, display, fold, read
from index.chunking import cut

TRAINED = find_reader()
pytestmark = pytest.mark.slow
needs_training = pytest.mark.skipif(TRAINED is None, reason="a checkout without trained weights")
SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled weights; without them three untrained layers, whose readings are as well formed."""
    if TRAINED is not None:
        return TRAINED
    torch = pytest.importorskip("torch")
    from assistant.training.exporting import write_weights
    from assistant.training.network import start_network

    torch.manual_seed(1)
    made = tmp_path_factory.mktemp("weights")
    write_weights({n: v.numpy() for n, v in start_network(3).state_dict().items()}, made, 1.0, 0.0)
    return made


@pytest.fixture(scope="module")
def reader(folder: Path) -> CrossReader:
    return CrossReader(folder)


@pytest.fixture(scope="module")
def document() -> Document:
    return read(SEEDS[2])


@pytest.fixture(scope="module")
def passages(document: Document) -> list[Passage]:
    return cut(document)


def _ask(text: str) -> Asked:
    return Asked(text, text)


def _made(tmp_path: Path, text: str) -> list[Passage]:
    path = tmp_path / "made.md"
    path.write_text(text, "utf-8")
    return cut(read(path))


LIBRARY = "# 図書館の利用案内\n\n開館は午前9時、閉館は午後7時です。休館日は毎週月曜日です。貸出は一人10冊まで、期間は2週間です。\n"
POOL = "# 市民プール\n\n利用料は大人400円、子ども200円です。水泳帽をかぶってください。更衣室は地下1階にあります。\n"


@needs_training
def test_the_words_that_answer_are_found_and_the_other_passage_is_refused(
    reader: CrossReader, tmp_path: Path
) -> None:
    passages = [_made(tmp_path, POOL)[0], _made(tmp_path, LIBRARY)[0]]
    readings = reader.read(_ask("図書館では何冊まで借りられますか"), passages)
    assert readings[0].passage == passages[1]
    assert readings[0].probability > readings[1].probability + 0.2
    (span,) = readings[0].answer
    assert "10冊" in passages[1].text[slice(*span)]


@needs_training
def test_what_is_asked_decides_not_the_topic(reader: CrossReader, tmp_path: Path) -> None:
    passages = _made(tmp_path, LIBRARY)
    told, untold = (
        reader.read(_ask(q), passages)[0].probability
        for q in ("図書館の休館日はいつですか", "図書館の館長は誰ですか")
    )
    assert told > untold + 0.2


def test_every_span_lies_in_its_unit_and_every_unit_has_a_score(
    reader: CrossReader, passages: list[Passage]
) -> None:
    for reading in reader.read(_ask("予算はいくらですか"), passages[:12]):
        unit = reading.passage.units[reading.unit]
        at = reading.passage.start
        assert (reading.start, reading.end) == (unit.start - at, unit.end - at)
        assert reading.text == reading.passage.text[reading.start : reading.end]
        assert len(reading.units) == len(reading.passage.units)
        assert max(reading.units) == reading.units[reading.unit] == reading.probability
        for start, end in reading.answer:
            assert 0 <= start < end <= len(reading.passage.text)


def test_readings_come_best_first_and_equal_ones_keep_their_order(
    reader: CrossReader, passages: list[Passage]
) -> None:
    twins = [replace(passages[3], id=f"twin{n}") for n in range(4)]
    readings = reader.read(_ask("何がありますか"), [*passages[:3], *twins])
    chances = [reading.probability for reading in readings]
    assert chances == sorted(chances, reverse=True)
    assert [r.passage.id for r in readings if r.passage.id.startswith("twin")] == [t.id for t in twins]


def test_a_reading_does_not_depend_on_what_is_read_beside_it(
    reader: CrossReader, passages: list[Passage]
) -> None:
    asked = _ask("対象となるのは誰ですか")
    together = {r.passage.id: r for r in reader.read(asked, passages[:10])}
    for passage in passages[:10:3]:
        (alone,) = reader.read(asked, [passage])
        assert alone == together[passage.id]


@needs_training
def test_the_end_of_a_long_passage_is_read_too(reader: CrossReader, tmp_path: Path) -> None:
    filler = "会場の周りには駐車場がありません。" * 60
    (tmp_path / "long.md").write_text(f"{filler}受講料は3,500円です。", "utf-8")
    document = read(tmp_path / "long.md")
    whole = Passage("long#0", document.id, 0, len(document.text), document.text, "講座案内",
                    units=tuple(unit for p in cut(document) for unit in p.units))  # fmt: skip
    (reading,) = reader.read(_ask("受講料はいくらですか"), [whole])
    assert "3,500円" in fold("".join(whole.text[slice(*span)] for span in reading.answer)).text
    assert "受講料" in reading.text


@pytest.mark.parametrize("text", ["", "\n\n", "|  |  |", "あ" * 5000, "𠮷野家"])
def test_odd_passages_and_questions_are_read(reader: CrossReader, text: str) -> None:
    passage = Passage("x#0", "x", 0, len(text), text)
    (reading,) = reader.read(_ask("これは何\ud800ですか" * 60), [passage])
    assert isinstance(reading, Reading)
    assert 0 <= reading.probability <= 1
    assert reader.read(_ask("何?"), []) == []


@needs_training
def test_marks_are_not_part_of_what_is_read(reader: CrossReader, tmp_path: Path) -> None:
    marked = _made(tmp_path, LIBRARY.replace("10冊", "**10**冊"))[0]
    (reading,) = reader.read(_ask("何冊まで借りられますか"), [marked])
    (plain,) = reader.read(_ask("何冊まで借りられますか"), _made(tmp_path, LIBRARY)[:1])
    assert reading.probability == pytest.approx(plain.probability, abs=0.02)
    assert "10冊" in display("".join(marked.text[slice(*span)] for span in reading.answer)).text


def test_a_model_with_one_changed_byte_is_refused(
    folder: Path, tmp_path: Path, passages: list[Passage]
) -> None:
    copy = tmp_path / "weights"
    shutil.copytree(folder, copy)
    content = bytearray((copy / "reader.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (copy / "reader.onnx").write_bytes(content)
    with pytest.raises(TenkyoError, match="壊れています"):
        CrossReader(copy).read(_ask("何?"), passages[:1])


def test_reading_loads_neither_torch_nor_transformers(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from assistant.crossing import CrossReader;"
        "from assistant.records import Asked; from index import Passage;"
        "CrossReader(Path(sys.argv[1])).read(Asked('何?', '何?'), [Passage('a', 'b', 0, 2, '何か')]);"
        "print([m for m in ('torch', 'transformers', 'sentence_transformers', 'onnx') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code, str(folder)], check=True, capture_output=True, text=True)
    assert out.stdout.strip() == "[]"


@needs_training
def test_the_files_stay_within_what_the_project_carries() -> None:
    assert TRAINED is not None
    assert sum(path.stat().st_size for path in TRAINED.iterdir()) <= 45_000_000


def test_a_process_ends_well_while_a_thread_still_reads():
    code = """
import threading, time
from assistant.crossing import CrossReader, find_reader
from assistant.records import Asked
from index import Passage
reader, text = CrossReader(find_reader(), 2), "休暇は年二十日とする。" * 20
passages = [Passage(f"x#{n}", "x", 0, len(text), text) for n in range(20)]
reader.read(Asked("休暇は?", "休暇は?"), passages[:1])
def work():
    while True:
        reader.read(Asked("休暇は?", "休暇は?"), passages)
threading.Thread(target=work, daemon=True).start()
time.sleep(0.5)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
