"""The door for files, and the encodings of plain text."""

import gzip
import hashlib
import os
from pathlib import Path

import pytest

from index.errors import ReadError
from index.limits import Limits
from index.reading import find_files, read

TEXT = "# 休暇の規程\r\n職員は、毎年①20日の年次有給休暇を受けることができる。ﾊﾟｰﾄも同じ。\r\n"


def refuse(path: Path, **options) -> str:
    with pytest.raises(ReadError) as caught:
        read(path, **options)
    assert str(path) in str(caught.value)
    return caught.value.why


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "cp932", "euc_jisx0213", "utf-16", "utf-16-le+bom", "iso2022_jp"],
)
def test_a_text_is_the_decoded_file_less_its_mark_with_its_newlines(tmp_path, encoding):
    text = TEXT if encoding != "iso2022_jp" else TEXT.replace("ﾊﾟｰﾄ", "パート").replace("①", "")
    data = b"\xff\xfe" + text.encode("utf-16-le") if "+bom" in encoding else text.encode(encoding)
    file = tmp_path / "規程.txt"
    file.write_bytes(data)
    document = read(file)
    assert document.text == text
    assert document.title == "休暇の規程"
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert document.version == hashlib.sha256(text.encode()).hexdigest()


def test_kanji_alone_that_two_encodings_read_is_refused_not_guessed(tmp_path):
    """ｱｲｳｴ in cp932 is also four bytes of two kanji in EUC-JP."""
    file = tmp_path / "a.txt"
    file.write_bytes("ｱｲｳｴ".encode("cp932"))
    assert "決められません" in refuse(file)


def test_text_that_two_encodings_decode_says_which_was_chosen(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes("ありがとう。".encode("euc_jp"))
    document = read(file)
    assert document.text == "ありがとう。"
    assert "EUC-JP" in document.warnings[0]


def test_every_seed_is_read_as_it_stands():
    files = list(find_files([Path(__file__).parents[1] / "seeds"]))
    assert len(files) == 5
    for file, root in files:
        document = read(file, root=root)
        assert document.text.encode() == file.read_bytes()
        assert document.id == file.name


def test_latin_text_of_another_encoding_is_refused(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes("Été à Orléans, où l'œuvre était présentée.".encode("cp1252"))
    assert "文字コードが分かりません" in refuse(file)


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.txt", b"", "空のファイル"),
        ("a.txt", " \u3000\n".encode(), "文字がありません"),
        ("a.txt", b"PK\x03\x04\x00\x00", "バイナリ"),
        ("a.txt", b"\xff\xfe\x00\xd8", "その文字コードではありません"),
        ("a.xyz", b"x", "「.xyz」は読めない形式"),
        ("a.doc", b"x", ".docx で保存し直して"),
        ("a.txt.gz", b"no gzip", "展開できません"),
        ("a.pdf.gz", b"x", "読めない形式"),
    ],
)
def test_a_file_without_text_gives_its_reason(tmp_path, name, data, why):
    file = tmp_path / name
    file.write_bytes(data)
    assert why in refuse(file)


def test_what_is_no_readable_file_gives_its_reason(tmp_path):
    assert "ファイルがありません" in refuse(tmp_path / "missing.txt")
    (tmp_path / "folder.txt").mkdir()
    assert "フォルダ" in refuse(tmp_path / "folder.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    assert "通常のファイルではありません" in refuse(tmp_path / "pipe.txt")


def test_limits_are_named_in_the_refusal(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("あ" * 100, encoding="utf-8")
    assert "上限は299バイト" in refuse(file, limits=Limits(file_bytes=299))
    assert "上限は99字" in refuse(file, limits=Limits(characters=99))
    bomb = tmp_path / "b.txt.gz"
    bomb.write_bytes(gzip.compress(b"a" * 2**23))
    assert "展開すると上限" in refuse(bomb, limits=Limits(ratio=100))


def test_a_gzipped_text_is_the_text_and_the_hash_is_of_the_packed_bytes(tmp_path):
    file = tmp_path / "規程.txt.gz"
    file.write_bytes(gzip.compress("本文である。".encode("cp932"), mtime=0))
    document = read(file)
    assert document.text == "本文である。"
    assert document.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


def test_folders_give_supported_files_in_order_and_never_what_lies_outside(tmp_path):
    root = tmp_path / "root"
    (root / "b").mkdir(parents=True)
    outside = tmp_path / "outside.txt"
    for file in (root / "b/報告.txt", root / "a.md", root / "c.exe", root / ".x.txt", outside):
        file.write_text("本文", encoding="utf-8")
    (root / "link.txt").symlink_to(outside)
    found = list(find_files([root]))
    assert [read(file, root=base).id for file, base in found] == ["a.md", "b/報告.txt"]


def test_metadata_goes_before_what_the_file_says(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("# 見出し\n本文", encoding="utf-8")
    document = read(file, metadata={"title": "規程", "date": "令和7年4月1日", "tags": ["人事"]})
    assert (document.title, document.date, document.tags) == ("規程", "令和7年4月1日", ("人事",))
    assert read(file).date == read(file).issuer == ""
