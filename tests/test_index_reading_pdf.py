"""PDF files, real ones, and small ones made here for what no real file at hand shows."""

import hashlib
import io
import re
from pathlib import Path

import pytest

from index.errors import ReadError
from index.folding import fold
from index.limits import Limits
from index.reading import find_files, read
from index.sentences import split_sentences

FILES = Path(__file__).parent / "files"


def sentences(document):
    """The folded sentences of a text, cell by cell, without list marks and table-of-contents dots."""
    found = []
    for line in re.split(r"[\n\t]", document.text):
        for start, end in split_sentences(line, 0, len(line)):
            text = re.sub(r"\s+", "", fold(line[start:end]).text)
            text = re.sub(r"^(?:\[\d+\]|[#・•●○\-.)]|\d+(?=\D))+", "", text)
            found.append(re.sub(r"…\w*$|\.{3}\w*$", "", text))
    return [text for text in found if len(text) > 1]


@pytest.mark.parametrize("name", ["dp2021_10", "dp2020_01"])
def test_the_same_paper_as_docx_and_as_pdf_gives_the_same_sentences(name):
    word = sentences(read(FILES / f"{name}.docx"))
    pdf = sentences(read(FILES / f"{name}.pdf"))
    assert len(word) > 150
    assert sum(text in set(pdf) for text in word) / len(word) >= 0.95
    assert sum(text in set(word) for text in pdf) / len(pdf) >= 0.95


def test_pages_cover_the_text_and_hold_what_is_printed_on_them():
    document = read(FILES / "dp2021_10.pdf")
    assert [page.number for page in document.pages] == list(range(1, 14))
    assert document.pages[0].start == 0
    assert document.pages[-1].end == len(document.text)
    for page, after in zip(document.pages, document.pages[1:], strict=False):
        assert page.end == after.start
    assert document.page_at(document.text.index("移行用データが満たすべき制約")) == 7
    assert document.page_at(document.text.index("[1] JETRO、")) == 12


def test_running_headers_and_page_numbers_are_left_out():
    text = read(FILES / "dp2021_10.pdf").text
    assert "政府CIO補佐官等ディスカッションペーパー\n" not in text
    assert not re.search(r"^\s*(?:\d{1,2}|i{1,3})\s*$", text, re.M)


def test_a_sentence_broken_by_a_page_and_its_footnotes_is_one_sentence():
    document = read(FILES / "dp2020_01.pdf")
    sentence = "特に、公共性が高く、説明性が求められる政府におけるAIシステムの活用においては、AIシステムの用途に応じた"
    start = document.text.index(sentence)
    assert document.page_at(start) + 1 == document.page_at(start + len(sentence))


def test_the_raised_number_of_a_note_is_not_read_into_the_sentence():
    text = read(FILES / "dp2021_10.pdf").text
    assert "文字情報技術促進協議会からIVS/IVDについては" in text
    assert "3 一般社団法人文字情報技術促進協議会" in text


def test_a_ruled_table_is_rows_of_cells_under_its_header():
    lines = read(FILES / "20210830_2.pdf").text.split("\n")
    rows = [line.split("\t") for line in lines if line.startswith("(3)\t国の政策策定")]
    assert rows[0][3:] == [
        "令和4年春",
        "警察庁、財務省、金融庁、法務省、外務省、内閣官房、その他関係省庁",
    ]
    assert rows[0][2].startswith("刷新された犯罪収益移転危険度調査書に基づき、")
    assert "\t項目\t行動内容\t期限\t担当府省庁等" in lines


def test_a_table_that_goes_on_over_a_page_stays_one_table():
    document = read(FILES / "dp2020_01.pdf")
    header = document.text.index("レベル1\tレベル2\tレベル3-1")
    last = document.text.index("AIの精度検証方法\t")
    assert document.page_at(header) < document.page_at(last)
    assert "\n\n" not in document.text[header:last]


def test_an_encrypted_but_readable_file_is_read_and_its_radicals_stay():
    document = read(FILES / "qa_futankeigen.pdf")
    assert document.title == "インボイス制度の負担軽減措置のよくある質問とその回答"
    assert document.text.count("⽉") > 50
    assert document.warnings == ()


def rc4(key, data):
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def make_pdf(content, password=None, pages=1):
    """A small PDF, encrypted as ISO 32000-1, 7.6.3 (revision 2) says when a password is given."""
    extra = b""
    if password is not None:
        padded = (password.encode() + PAD)[:32]
        owner = rc4(hashlib.md5(padded).digest()[:5], padded)
        key = hashlib.md5(
            padded + owner + (-4 & 0xFFFFFFFF).to_bytes(4, "little") + b"x" * 16
        ).digest()[:5]
        content = rc4(hashlib.md5(key + b"\x04\0\0\0\0").digest()[:10], content)
        extra = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >> /ID [<%s> <%s>]" % (
            owner.hex().encode(), rc4(key, PAD).hex().encode(), (b"x" * 16).hex().encode(), (b"x" * 16).hex().encode(),
        )  # fmt: skip
    kids = b" ".join(b"%d 0 R" % (5 + i) for i in range(pages))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 3 0 R /J %d 0 R >> >> >>"
    page %= 5 + pages
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        *[page] * pages,
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light /Encoding /UniJIS-UCS2-H /DescendantFonts [%d 0 R] >>"
        % (6 + pages),
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin-Light"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>",
    ]
    out, offsets = io.BytesIO(b"%PDF-1.4\n"), []
    out.seek(0, 2)
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % offset for offset in offsets))
    out.write(
        b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF"
        % (len(objects) + 1, extra, start)
    )
    return out.getvalue()


def put(x, y, text, size=10):
    return b"BT /F %d Tf %d %d Td (%s) Tj ET\n" % (size, x, y, text.encode())


def put_japanese(x, y, text, size=10):
    return b"BT /J %g Tf %d %d Td <%s> Tj ET\n" % (size, x, y, text.encode("utf-16-be").hex().encode())


def test_a_file_with_a_password_asks_for_it_and_opens_with_it(tmp_path):
    file = tmp_path / "secret.pdf"
    file.write_bytes(make_pdf(put(72, 700, "The budget is one million."), password="open"))
    with pytest.raises(ReadError, match="パスワードで保護されています。"):
        read(file)
    with pytest.raises(ReadError, match="指定のパスワードでは開けません"):
        read(file, password="wrong")
    assert read(file, password="open").text == "The budget is one million."


def test_two_columns_are_read_one_after_the_other(tmp_path):
    left = [f"left line {i} runs on to the far edge of it" for i in range(6)]
    right = [f"right line {i} runs on to the far edge of it" for i in range(6)]
    content = put(72, 780, "One title over both of the columns", 18)
    for i in range(6):  # written line by line across the columns, as some programs do
        content += put(72, 700 - 14 * i, left[i]) + put(330, 700 - 14 * i, right[i])
    file = tmp_path / "columns.pdf"
    file.write_bytes(make_pdf(content))
    text = read(file).text
    assert text == "# One title over both of the columns\n\n" + " ".join([*left, *right])


LINES = (
    ("対策の柱は「通信網の安全性と信頼性の確", "保」、「人材の育成」及び「国際連携の推進」です。"),
    ("交渉と投票の結果、残る資産のみ相手側の手", "元に残すことになり訴えは皆取り下げられた"),
    ("くわえて、端末の多くが古い装置をそのまま使い続けているため、その一部が悪い仕掛けに感", "染する事象が観測されました。"),
)
"""A break before a closing bracket, lines of one width in a narrow box, and one with a reading above."""


def test_a_sentence_goes_on_over_a_line_that_is_not_quite_full(tmp_path):
    content = put_japanese(72, 600, "この行は紙面の端まで届く長い行で、列の右端がどこにあるかを決めるためにここにあります。")
    content += put_japanese(72, 580, "この行も紙面の端まで届く長い行で、列の右端がどこにあるかを決めるためにここにあります。")
    content += put_japanese(240, 711, "じゅうたん", 5)
    for n, (first, second) in enumerate(LINES):
        content += put_japanese(72, 780 - 40 * n, first) + put_japanese(72, 768 - 40 * n, second)
    file = tmp_path / "lines.pdf"
    file.write_bytes(make_pdf(content))
    text = read(file).text
    assert [first + second in text for first, second in LINES] == [True] * 3, text
    assert "じゅうたん" not in text


def test_pages_of_pictures_are_named_and_a_file_of_them_is_refused(tmp_path):
    from PIL import Image

    file = tmp_path / "scan.pdf"
    images = [Image.new("L", (60, 80), color) for color in (0, 128, 255)]
    images[0].save(file, save_all=True, append_images=images[1:])
    with pytest.raises(ReadError, match=re.escape("1〜3ページに文字がありません(画像のみ)。")):
        read(file)


def test_what_is_no_pdf_is_refused(tmp_path):
    file = tmp_path / "a.pdf"
    file.write_bytes(b"<html>not found</html>")
    with pytest.raises(ReadError, match="PDFとして開けません"):
        read(file)


def test_too_many_pages_are_refused(tmp_path):
    file = tmp_path / "a.pdf"
    file.write_bytes(make_pdf(put(72, 700, "x"), pages=30))
    with pytest.raises(ReadError, match="30ページあります"):
        read(file, limits=Limits(pages=29))


@pytest.mark.slow
def test_every_real_document_is_read_or_refused_with_a_reason(documents):
    files = list(find_files([documents]))
    assert files
    for file, root in files:
        try:
            document = read(file, root=root)
        except ReadError as error:
            assert error.why.endswith("。")
        else:
            assert document.text.strip()
            assert not re.search(
                "[\x00-\x08\x0b-\x1f\ud800-\udfff]", document.text.replace("\r", "")
            )


def test_a_vertically_set_page_is_read_from_right_to_left_and_warned_of(documents):
    document = read(documents / "pdfminer-kampo.pdf")
    assert "縦書き" in document.warnings[0]
    assert (
        "内閣は、道路交通法の一部を改正する法律（平成十九年法律第九十号）の一部の施行に伴い、並びに道路交通法"
        in document.text
    )


def test_pages_with_a_broken_character_map_are_named(documents):
    document = read(documents / "j-bunpu2023.pdf")
    assert "文字の対応表が壊れています" in document.warnings[0]
    assert "÷" not in document.text


def test_numbered_headings_in_another_letter_are_headings_and_contents_are_not():
    lines = read(FILES / "dp2021_10.pdf").text.split("\n")
    headings = [line for line in lines if line.startswith("#")]
    assert headings[2:5] == ["## １ はじめに", "### １.１ 背景と目的", "### １.２ 適用対象"]
    assert "１はじめに … 1" in lines
