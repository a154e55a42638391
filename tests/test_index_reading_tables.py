"""Spreadsheets, separated values and web pages."""

import datetime

import pytest

from index.cell_values import show
from index.errors import ReadError
from index.limits import Limits
from index.reading import read


def test_a_csv_keeps_every_offset_of_the_decoded_file(tmp_path):
    text = '名前,年齢,住所\r\n髙橋淳,35,"名古屋,中区"\r\n"三木\n""英子""",25,大阪\r\n'
    file = tmp_path / "a.csv"
    file.write_bytes(text.encode("cp932"))
    read_text = read(file).text
    assert (
        read_text
        == '名前\t年齢\t住所\r\n髙橋淳\t35\t 名古屋,中区 \r\n 三木 " 英子"  \t25\t大阪\r\n'
    )
    assert len(read_text) == len(text)
    assert read_text.index("大阪") == text.index("大阪")


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    file = tmp_path / "a.csv"
    file.write_text(
        delimiter.join("科目 額 備考".split()) + "\n" + delimiter.join(["A", "1,5", ""]), "utf-8"
    )
    assert read(file).text.split("\n")[0] == "科目\t額\t備考"


def test_a_sheet_is_a_page_its_title_rows_stand_above_the_table(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "歳出"
    for row in (
        ["令和7年度予算"],
        ["(単位:百万円)"],
        ["区分", "科目", "当初", None],
        [None, None, "要求", "査定"],
    ):
        sheet.append(row)
    sheet.append(["人件費", "給与", 1061, 0.253])
    sheet.append([None, "手当", 12.5, datetime.date(2025, 4, 1)])
    sheet["C5"].number_format, sheet["D5"].number_format = "#,##0", "0.0%"
    for merged in ("A3:A4", "B3:B4", "C3:D3", "A5:A6"):
        sheet.merge_cells(merged)
    sheet["A9"], sheet["B9"] = "注", "別の表"
    book.create_sheet("下書き").sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    document = read(tmp_path / "a.xlsx")
    assert document.text == (
        "# 歳出\n\n令和7年度予算\n\n(単位:百万円)\n\n区分\t科目\t当初 要求\t当初 査定\n"
        "人件費\t給与\t1,061\t25.3%\n人件費\t手当\t12.5\t2025/4/1\n\n注\t別の表"
    )
    assert "「下書き」" in document.warnings[0]
    with pytest.raises(ReadError, match="セルが多すぎます"):
        read(tmp_path / "a.xlsx", limits=Limits(cells=5))


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (0.253, "0.0%", "25.3%"),
        (1234567, "#,##0", "1,234,567"),
        (1234567, "#,##0_);[Red](#,##0)", "1,234,567"),
        (0.1 + 0.2, "General", "0.3"),
        (datetime.date(2024, 4, 1), 'yyyy"年"m"月"d"日"', "2024年4月1日"),
        (datetime.date(2019, 5, 1), '[$-411]ggge"年"m"月"d"日"', "令和1年5月1日"),
        (datetime.datetime(2024, 4, 1, 9, 5), "yyyy/m/d h:mm", "2024/4/1 9:05"),
        (True, "General", "TRUE"),
    ],
)
def test_a_cell_reads_as_it_is_shown(value, form, text):
    assert show(value, form) == text


PAGE = """<!DOCTYPE html><html><head><title>規程 | 市役所</title><meta charset="Shift_JIS"><style>p{}</style></head>
<body><nav><ul><li>トップ</li></ul></nav><h1>休暇の<ruby>規程<rt>きてい</rt></ruby></h1><script>alert(1)</script>
<p>職員は<b>休暇</b>を<br>受ける。</p><ol start="3"><li>年次<ul><li>半日</li></ul></li><li>病気</li></ol>
<table><caption>日数</caption><tr><th rowspan="2">種別</th><th colspan="2">日数</th></tr><tr><th>初年</th><th>次年</th></tr>
<tr><td>年次</td><td>20</td><td>20</td></tr></table><p hidden>見えない</p><p>以上。</p><footer>(c) 市</footer></body></html>"""


def test_a_web_page_gives_its_text_without_menus_and_scripts(tmp_path):
    file = tmp_path / "a.html"
    file.write_bytes(PAGE.encode("cp932"))
    document = read(file)
    assert document.title == "休暇の規程"
    assert document.text == (
        "# 休暇の規程\n\n職員は休暇を\n\n受ける。\n\n3. 年次\n  - 半日\n4. 病気\n\n日数\n\n"
        "種別\t日数 初年\t日数 次年\n年次\t20\t20\n\n以上。"
    )


def test_a_table_of_a_million_columns_is_refused(tmp_path):
    file = tmp_path / "a.html"
    row = "<tr>" + '<td colspan="1000" rowspan="9">x</td>' * 100 + "</tr>"
    file.write_text(f"<table>{row * 50}</table>", "utf-8")
    with pytest.raises(ReadError, match="表が大きすぎます"):
        read(file, limits=Limits(cells=100_000))
