"""The documents page in a real Chromium: uploads, their failures, removal, choice, hostile content."""

import shutil
from pathlib import Path
from secrets import token_hex

import pytest
from browsing import (
    FILES,
    QUESTION,
    browsing,
    gradio_warnings,
    needs_browser,
    open_assistant,
    serving,
    visiting,
)

pytestmark = [needs_browser, gradio_warnings, pytest.mark.slow]
HOSTILE = """<html><head><title>&lt;img src=x onerror=document.title=1&gt;</title></head><body>
<h1>&lt;img src=x onerror=document.title=1&gt;</h1>
<h2>&lt;script&gt;document.title='章'&lt;/script&gt;</h2>
<p>休暇の申請は、開始日の三日前までに所属長へ行う。&lt;img src=x onerror="document.title='文'"&gt;</p>
<script>document.title = "破られた";</script></body></html>"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("chat")


@pytest.fixture(scope="module")
def address(data):
    with serving(open_assistant(data), data) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


@pytest.fixture
def visit(browser, address):
    with visiting(browser, address) as visit:
        visit.page.wait_for_selector(".welcome")
        yield visit


@pytest.fixture
def scanned(tmp_path):
    """A PDF of one page that is only a picture."""
    from PIL import Image

    path = tmp_path / "画像だけ.pdf"
    Image.new("RGB", (600, 800), "white").save(path)
    return path


@pytest.fixture
def hostile(tmp_path):
    path = tmp_path / "hostile.html"
    path.write_text(HOSTILE, "utf-8")
    return path


def test_each_uploaded_file_tells_its_own_outcome(visit, scanned, tmp_path):
    empty = tmp_path / "空.txt"
    empty.write_bytes(b"")
    good = FILES / "20210830_2.pdf"
    lines = visit.upload(good, scanned, empty)
    assert good.name in lines[0]
    assert "加えました" in lines[0]
    assert "読めませんでした" in lines[1]
    assert "画像" in lines[1]
    assert "読めませんでした" in lines[2]
    assert "空のファイル" in lines[2]
    own = visit.page.locator("#documents section").first
    assert own.locator("tbody tr").count() == 1
    assert good.name in own.inner_text()
    assert str(tmp_path) not in visit.page.content()


def test_what_was_uploaded_can_be_asked_at_once_and_is_gone_when_removed(visit, data, tmp_path):
    from gradio.utils import get_upload_folder

    note = tmp_path / f"休暇-{token_hex(4)}.md"
    note.write_text("# 休暇規程\n\n夏季休暇は七月から九月までの間に五日とする。\n", "utf-8")
    visit.upload(note)
    assert not list(Path(get_upload_folder()).glob(f"*/{note.name}"))
    visit.tab("質問")
    assert "五日" in visit.ask("夏季休暇は何日ですか。").inner_text()
    visit.tab("文書")
    visit.page.once("dialog", lambda dialog: dialog.accept())
    visit.page.locator("[data-do=remove]").first.click()
    visit.page.get_by_text("消しました").wait_for()
    assert not list(data.glob(f"users/*/files/{note.name}"))
    visit.tab("質問")
    assert "五日" not in visit.ask("夏季休暇は何日になっていますか。").locator(".answer").inner_text()


def test_a_question_goes_only_to_the_chosen_documents(visit, tmp_path):
    note = tmp_path / "休暇.md"
    note.write_text("# 休暇規程\n\n夏季休暇は五日とする。\n", "utf-8")
    visit.upload(note)
    visit.tab("質問")
    visit.page.locator("#scope button").first.click()
    visit.page.locator("#scope input").click()
    visit.page.get_by_role("option", name="休暇規程").click()
    visit.page.keyboard.press("Escape")
    turn = visit.ask(QUESTION)
    assert "0.1g" not in turn.inner_text()
    turn.locator(".chip, .near").first.click()
    visit.page.locator(".paper mark").first.wait_for()
    assert visit.page.inner_text(".source h2").endswith("休暇規程")


def test_a_changed_file_uploaded_again_replaces_the_old_one(visit, tmp_path):
    note = tmp_path / "規程.md"
    note.write_text("# 規程\n\n定員は三十名とする。\n", "utf-8")
    visit.upload(note)
    note.write_text("# 規程\n\n定員は四十名とする。\n", "utf-8")
    visit.page.reload()
    visit.page.wait_for_selector(".welcome")
    assert "新しい内容に替えました" in visit.upload(note)[0]
    visit.tab("質問")
    assert "四十名" in visit.ask("定員は何名ですか。").inner_text()
    visit.tab("文書")
    visit.page.locator("[data-do=reread]").first.click()
    visit.page.get_by_text("変更はありません").wait_for()


def test_markup_and_scripts_in_a_document_are_shown_as_text(visit, hostile):
    visit.upload(hostile)
    assert "<img src=x onerror=document.title=1>" in visit.page.inner_text("#documents")
    visit.page.locator("[data-do=open]").first.click()
    visit.page.wait_for_selector(".paper")
    assert "<script>document.title='章'</script>" in visit.page.inner_text(".paper")
    turn = visit.ask("休暇の申請はいつまでに行いますか。")
    turn.locator(".chip").first.hover()
    turn.locator(".chip").first.click()
    visit.page.locator(".paper mark").first.wait_for()
    assert visit.page.locator("#feed img, #source img, #feed script, #source script").count() == 0
    assert visit.page.title() == "典拠"


def test_asking_goes_on_while_a_large_file_is_indexed(visit, tmp_path):
    large = tmp_path / "大きい.pdf"
    shutil.copy(FILES / "dp2020_01.pdf", large)
    visit.tab("文書")
    visit.page.set_input_files("#files input[type=file]", str(large))
    visit.page.locator("#arrivals li.busy").wait_for()
    visit.tab("質問")
    assert "0.1g以下" in visit.ask(QUESTION).inner_text()
    assert visit.page.locator("#arrivals li.busy").count() == 1
    visit.page.locator("#arrivals li.done").wait_for(state="attached", timeout=60_000)


def test_a_name_that_climbs_out_of_its_folder_is_kept_inside():
    from assistant.chat_shelf import safe_name

    assert safe_name("../../etc/passwd") == "passwd"
    assert safe_name("..\\..\\boot.ini") == "boot.ini"
    assert safe_name(".hidden") == "hidden"
    assert safe_name("a\0b\n.txt") == "ab.txt"
