"""Word and PowerPoint files, made here with the programs' own libraries, and hostile archives."""

import zipfile

import pytest

from index.errors import ReadError
from index.limits import Limits
from index.reading import read

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def make_docx(path, body, head="", **parts):
    """A Word file of the given body XML; other parts by name."""
    names = {
        "styles": "word/styles.xml",
        "numbering": "word/numbering.xml",
        "footnotes": "word/footnotes.xml",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "word/document.xml", f"{head}<w:document {W}><w:body>{body}</w:body></w:document>"
        )
        for name, xml in parts.items():
            archive.writestr(names[name], xml)
    return path


def paragraph(text, properties=""):
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_headings_lists_and_tables_stand_in_their_place(tmp_path):
    from docx import Document

    word = Document()
    word.add_heading("休暇の規程", 1)
    word.add_paragraph("休暇は次のとおり。")
    word.add_paragraph("年次休暇", style="List Bullet")
    table = word.add_table(rows=3, cols=3)
    for row, texts in zip(
        table.rows,
        [("種別", "日数", ""), ("", "初年", "次年"), ("年次", "20", "20\n日")],
        strict=True,
    ):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    word.add_paragraph("以上。")
    word.save(tmp_path / "a.docx")
    text = read(tmp_path / "a.docx").text
    assert text == (
        "# 休暇の規程\n\n休暇は次のとおり。\n\n- 年次休暇\n\n"
        "種別\t日数 初年\t日数 次年\n年次\t20\t20 日\n\n以上。"
    )


def test_automatic_numbers_are_written_as_word_shows_them(tmp_path):
    def level(at, kind, text):
        return f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'

    numbering = (
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="0">{level(0, "decimalFullWidth", "第%1章")}'
        f"{level(1, 'decimalEnclosedCircle', '%2')}</w:abstractNum>"
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )

    def listed(at):
        return f'<w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="1"/></w:numPr>'

    chapter = '<w:outlineLvl w:val="0"/>' + listed(0)
    body = (
        paragraph("総則", chapter) + paragraph("目的", listed(1)) + paragraph("範囲", listed(1))
        + paragraph("雑則", chapter) + paragraph("附則", listed(1))
    )  # fmt: skip
    file = make_docx(tmp_path / "a.docx", body, numbering=numbering)
    assert read(file).text == "# 第１章 総則\n\n  ① 目的\n  ② 範囲\n\n# 第２章 雑則\n\n  ① 附則"


def test_text_boxes_once_notes_after_their_paragraph_and_deleted_text_never(tmp_path):
    box = f"<w:txbxContent>{paragraph('枠の中の文。')}</w:txbxContent>"
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    body = (
        f"<w:p><w:r><mc:AlternateContent {mc}><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
        '</mc:AlternateContent></w:r><w:r><w:t>本文である</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>'
        "<w:del><w:r><w:delText>消した</w:delText></w:r></w:del><w:ins><w:r><w:t>。</w:t></w:r></w:ins>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>隠し文字</w:t></w:r></w:p>"
    )
    notes = (
        f'<w:footnotes {W}><w:footnote w:id="2">{paragraph("注の文。")}</w:footnote></w:footnotes>'
    )
    file = make_docx(tmp_path / "a.docx", body, footnotes=notes)
    assert read(file).text == "本文である。\n\n枠の中の文。\n\n1 注の文。"


def test_a_slide_is_a_page_with_its_title_table_group_and_notes(tmp_path):
    from pptx import Presentation
    from pptx.util import Cm

    deck = Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "計画の\v概要"
    first.placeholders[1].text = "目的"
    first.placeholders[1].text_frame.add_paragraph().text = "人材の育成"
    first.placeholders[1].text_frame.paragraphs[1].level = 1
    first.notes_slide.notes_text_frame.text = "ここは口頭で補う。"
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "予算"
    table = second.shapes.add_table(2, 2, Cm(2), Cm(9), Cm(10), Cm(3)).table
    for i, text in enumerate(["年度", "百万円", "令和7年度", "1,061"]):
        table.cell(i // 2, i % 2).text = text
    group = second.shapes.add_group_shape()
    for left, text in ((9, "右の箱"), (2, "左の箱")):
        group.shapes.add_textbox(Cm(left), Cm(6), Cm(4), Cm(1)).text_frame.text = text
    deck.save(tmp_path / "a.pptx")
    document = read(tmp_path / "a.pptx")
    pages = [document.text[page.start : page.end].strip() for page in document.pages]
    assert pages == [
        "# 計画の概要\n\n- 目的\n  - 人材の育成\n\nここは口頭で補う。",
        "# 予算\n\n左の箱\n\n右の箱\n\n年度\t百万円\n令和7年度\t1,061",
    ]
    assert document.title == "計画の概要"
    with pytest.raises(ReadError, match="スライドが2枚あります"):
        read(tmp_path / "a.pptx", limits=Limits(pages=1))


def test_a_file_that_defines_entities_is_refused(tmp_path):
    head = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
        f"<!ENTITY {b} '{('&' + a + ';') * 10}'>"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    file = make_docx(tmp_path / "a.docx", paragraph("前 &i; 後"), head + "]>")
    with pytest.raises(ReadError, match="文書型宣言"):
        read(file)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    file = make_docx(tmp_path / "a.docx", paragraph("a" * 50_000_000))
    with pytest.raises(ReadError, match="膨らむため"):
        read(file)
    with pytest.raises(ReadError, match="展開すると"):
        read(file, limits=Limits(ratio=2000, unpacked_bytes=10_000_000))


def test_a_path_that_leaves_the_archive_is_refused(tmp_path):
    file = make_docx(tmp_path / "a.docx", paragraph("本文"))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("../../evil.xml", "x")
    with pytest.raises(ReadError, match="不正なパス"):
        read(file)


@pytest.mark.parametrize("suffix", [".docx", ".pptx", ".xlsx"])
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "パスワードで保護されているか、旧形式"),
        (b"plain text", "開けません"),
        (b"PK\x05\x06" + b"\0" * 18, "(?:本文がありません|読めません)"),
    ],
)
def test_what_is_no_office_file_gives_its_reason(tmp_path, suffix, data, why):
    file = tmp_path / f"a{suffix}"
    file.write_bytes(data)
    with pytest.raises(ReadError, match=why):
        read(file)
