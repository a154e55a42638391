"""The chat's page in a real Chromium: what a person asking sees and can press."""

import json
import sqlite3

import pytest
from browsing import (
    PAPER,
    QUESTION,
    browsing,
    gradio_warnings,
    needs_browser,
    open_assistant,
    serving,
    visiting,
)

pytestmark = [needs_browser, gradio_warnings, pytest.mark.slow]


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


def in_sight(mark):
    return mark.evaluate(
        "m => { const p = m.closest('.paper').getBoundingClientRect(), r = m.getBoundingClientRect();"
        " return r.top >= p.top && r.bottom <= p.bottom }"
    )


def quote_of(chip):
    return chip.locator(".tip").evaluate("tip => tip.lastChild.textContent")


def test_a_click_on_a_citation_shows_its_quote_highlighted_in_the_document(visit):
    turn = visit.ask(QUESTION)
    assert "0.1g以下" in turn.inner_text()
    chip = turn.locator(".chip").first
    chip.click()
    mark = visit.page.locator(".paper mark").first
    mark.wait_for()
    assert mark.inner_text() == quote_of(chip)
    assert in_sight(mark)
    assert "化粧品基準" in visit.page.inner_text(".source h2")
    assert "ページ" in visit.page.inner_text(".source .facts")


def test_hovering_shows_the_quote_before_any_click(visit):
    chip = visit.ask(QUESTION).locator(".chip").first
    assert not chip.locator(".tip").is_visible()
    chip.hover()
    assert chip.locator(".tip").is_visible()


def test_the_original_page_is_shown_with_the_quote_boxed(visit):
    visit.ask(QUESTION).locator(".chip").first.click()
    visit.page.click("[data-do=sheet]")
    boxes = visit.page.locator(".sheet i")
    boxes.first.wait_for()
    loaded = "document.querySelector('.sheet img').naturalWidth > 500"
    assert visit.page.evaluate(loaded)
    sheet = visit.page.locator(".sheet").bounding_box()
    for box in (b.bounding_box() for b in boxes.all()):
        assert sheet["y"] <= box["y"] <= box["y"] + box["height"] <= sheet["y"] + sheet["height"]
        assert 5 < box["height"] < 60


def test_the_document_can_be_read_on_and_back_to_the_quote(visit):
    visit.ask(QUESTION).locator(".chip").first.click()
    visit.page.locator(".paper mark").first.wait_for()
    for _ in range(3):
        before = visit.page.inner_text(".paper")
        visit.page.click("[data-do=later]")
        visit.page.wait_for_function("t => document.querySelector('.paper').innerText !== t", arg=before)
    assert visit.page.locator(".paper mark").count() == 0
    visit.page.click("[data-do=return]")
    visit.page.locator(".paper mark").first.wait_for()


def test_a_refusal_shows_the_nearest_passages_which_open_too(visit):
    turn = visit.ask("それは何ですか。")
    assert "資料からは分かりません" in turn.locator(".refusal").inner_text()
    assert turn.locator(".chip").count() == 0
    turn.locator(".near").first.click()
    visit.page.locator(".paper mark").first.wait_for()


def test_a_follow_up_says_how_it_was_understood(visit):
    visit.ask(QUESTION)
    turn = visit.ask("それはどの告示で定められていますか。")
    assert "質問の解釈" in turn.locator(".asked").inner_text()
    assert "グリセリン" in turn.locator(".asked").inner_text()


def test_a_new_question_stands_at_the_top_of_the_conversation(visit):
    for question in (QUESTION, "それは何ですか。", QUESTION):
        turn = visit.ask(question)
        visit.page.wait_for_timeout(300)
        feed = visit.page.locator("#feed").bounding_box()
        assert 0 <= turn.bounding_box()["y"] - feed["y"] < 40


def test_an_empty_question_is_answered_with_a_message_not_a_turn(visit):
    visit.page.fill("#question textarea", "   ")
    visit.page.press("#question textarea", "Enter")
    visit.page.get_by_text("質問を書いてください").wait_for()
    assert visit.page.locator(".turn").count() == 0


def test_a_question_that_is_markup_is_shown_as_text(visit):
    question = '<img src=x onerror="document.title=1">{{value}} ${1+1} とは何ですか。'
    turn = visit.ask(question)
    assert turn.locator(".question").inner_text() == question
    assert visit.page.locator("#feed img").count() == 0
    assert visit.page.title() == "典拠"


def test_feedback_is_kept_with_its_reason_question_and_answer(visit, data):
    from assistant.chat_store import read_feedback

    turn = visit.ask(QUESTION)
    turn.locator(".tools details:has(.reasons) summary").click()
    turn.get_by_role("button", name="引用がずれている").click()
    turn.locator(".rated").wait_for()
    given = read_feedback(data)[-1]
    assert (given.verdict, given.reason, given.question) == ("down", "citation", QUESTION)
    assert given.answer["statements"][0]["citations"][0]["quote"]


def test_an_answer_is_copied_as_markdown_with_footnotes(browser, address):
    grants = {"permissions": ["clipboard-read", "clipboard-write"]}
    with visiting(browser, address, **grants) as visit:
        visit.ask(QUESTION).locator("[data-do=copy]").click()
        visit.page.get_by_text("写しました").wait_for()
        copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert "[^1]" in copied
    assert "[^1]: " in copied


def test_a_conversation_is_saved_as_markdown_and_json(visit):
    visit.ask(QUESTION)
    visit.tab("会話")
    with visit.page.expect_download() as download:
        visit.page.click("#save-json")
    saved = json.loads(download.value.path().read_text("utf-8"))
    assert [turn["question"] for turn in saved] == [QUESTION]
    with visit.page.expect_download() as download:
        visit.page.click("#save-markdown")
    assert f"## {QUESTION}" in download.value.path().read_text("utf-8")


def test_a_kept_conversation_is_found_opened_and_deleted(visit, data):
    visit.ask(QUESTION)
    visit.tab("会話")
    visit.page.fill("#wanted input, #wanted textarea", "グリセリン")
    saved = visit.page.locator(".saved")
    saved.first.wait_for()
    assert saved.count() == 1
    visit.page.click("#new")
    visit.page.wait_for_selector(".welcome")
    visit.tab("会話")
    saved.first.click()
    visit.page.locator(".turn .chip").first.click()
    visit.page.locator(".paper mark").first.wait_for()
    visit.tab("会話")
    visit.page.once("dialog", lambda dialog: dialog.accept())
    visit.page.locator("[data-do=forget]").first.click()
    visit.page.wait_for_selector("#conversations .none")
    with sqlite3.connect(f"file:{data}/chat.sqlite?mode=ro", uri=True) as database:
        orphans = database.execute(
            "SELECT count(*) FROM turns WHERE conversation NOT IN (SELECT id FROM conversations)"
        )
        assert orphans.fetchone() == (0,)
    database.close()


def test_by_keyboard_alone_one_can_ask_open_a_citation_and_come_back(visit):
    visit.page.focus("#question textarea")
    visit.page.keyboard.type(QUESTION)
    visit.page.keyboard.press("Enter")
    visit.page.locator(".turn .tools").wait_for()
    for _ in range(30):
        visit.page.keyboard.press("Shift+Tab")
        if visit.page.evaluate("document.activeElement.classList.contains('chip')"):
            break
    visit.page.keyboard.press("Enter")
    visit.page.locator(".paper mark").first.wait_for()
    assert visit.page.evaluate("document.activeElement.classList.contains('paper')")
    visit.page.keyboard.press("Escape")
    assert visit.page.evaluate("document.activeElement.classList.contains('chip')")


CONTRAST = """() => {
  const rgb = (c) => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
  const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
  const bad = [];
  for (const e of document.querySelectorAll("body *")) {
    if (!e.checkVisibility({ visibilityProperty: true }) || e.closest("[disabled]")) continue;
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) bad.push([e.className, e.textContent.slice(0, 20), ratio.toFixed(2)]);
  }
  return bad;
}"""


UNCOVERED = """() => ["#send", "#question textarea", "#scope button"].filter((name) => {
  const e = document.querySelector(name), b = e.getBoundingClientRect();
  const top = document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2);
  return !(e.contains(top) && b.right <= innerWidth && b.bottom <= innerHeight);
})"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_a_contrast_of_at_least_4_5(browser, address, scheme):
    with visiting(browser, address, color_scheme=scheme) as visit:
        visit.ask(QUESTION).locator(".chip").first.click()
        visit.page.locator(".paper mark").first.wait_for()
        visit.page.mouse.move(0, 0)
        visit.page.wait_for_timeout(300)
        assert visit.page.evaluate(CONTRAST) == []
        for tab in ("文書", "会話"):
            visit.tab(tab)
            visit.page.wait_for_timeout(300)
            assert visit.page.evaluate(CONTRAST) == []


def test_light_and_dark_can_be_switched_and_stay(visit):
    before = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    visit.page.click("[data-do=theme]")
    after = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    visit.page.reload()
    visit.page.wait_for_selector(".welcome")
    assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == after != before


def test_on_a_narrow_screen_nothing_sticks_out_and_the_source_covers_the_page(browser, address):
    with visiting(browser, address, viewport={"width": 390, "height": 800}) as visit:
        visit.ask("それは何ですか。")
        turn = visit.ask(QUESTION)
        for tab in ("文書", "会話", "質問"):
            visit.tab(tab)
            visit.page.wait_for_timeout(200)
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert visit.page.evaluate(UNCOVERED) == []
        turn.locator(".chip").first.click()
        mark = visit.page.locator(".paper mark").first
        mark.wait_for()
        assert in_sight(mark)
        visit.page.click(".source .close")
        assert turn.is_visible()
        assert not mark.is_visible()


def test_an_english_browser_gets_an_english_page(browser, address):
    with visiting(browser, address, locale="en-US") as visit:
        visit.page.wait_for_selector(".welcome")
        assert "Answers come from" in visit.page.inner_text("#feed")
        assert visit.page.get_by_role("tab", name="Documents").is_visible()
        assert PAPER.name not in visit.page.inner_text("body")
