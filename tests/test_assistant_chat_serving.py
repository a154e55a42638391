"""The chat's server: who gets in, whose things are whose, what outlives a restart, other clients."""

import asyncio
import json
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from browsing import (
    QUESTION,
    browsing,
    free_port,
    gradio_warnings,
    needs_browser,
    open_assistant,
    serving,
    visiting,
)

from assistant import Assistant
from index import TenkyoError

pytestmark = [gradio_warnings, pytest.mark.slow]
USERS = {"hanako": "himitsu-1", "taro": "himitsu-2"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("chat")


@pytest.fixture(scope="module")
def assistant(data):
    return open_assistant(data)


@pytest.fixture(scope="module")
def open_address(assistant, data):
    with serving(assistant, data / "open", mcp=True) as address:
        yield address


@pytest.fixture(scope="module")
def closed_address(assistant, data):
    with serving(assistant, data / "closed", users=USERS, admins=["hanako"]) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


def fetch(url):
    try:
        with urllib.request.urlopen(url) as reply:
            return reply.status, reply.read().decode(), reply.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers


def sign_in(page, name):
    boxes = page.locator("input")
    boxes.nth(0).fill(name)
    boxes.nth(1).fill(USERS[name])
    boxes.nth(1).press("Enter")
    page.wait_for_selector(".welcome")


def test_health_is_told_without_signing_in_and_nothing_else(closed_address):
    assert json.loads(fetch(closed_address + "healthz")[1]) == {"status": "ok"}
    assert fetch(closed_address + "config")[0] == 401
    assert fetch(closed_address + "gradio_api/info")[0] == 401
    assert "化粧品" not in fetch(closed_address)[1]


def test_the_page_tells_the_browser_to_ask_no_other_host(open_address):
    _, page, headers = fetch(open_address)
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert "HttpOnly" in headers["Set-Cookie"]
    assert "fonts.googleapis" not in page


def test_files_outside_the_chat_are_not_served(open_address, data):
    for path in ("/etc/passwd", str(data / "index" / "manifest.sqlite"), str(data / "open" / "chat.sqlite")):
        assert fetch(f"{open_address}gradio_api/file={path}")[0] in (403, 404)


def test_a_network_address_without_a_password_is_refused():
    from assistant.chat_server import Serving, check_serving

    with pytest.raises(TenkyoError, match="--auth"):
        check_serving(Serving(host="0.0.0.0"))
    check_serving(Serving(host="0.0.0.0", insecure=True))
    check_serving(Serving(host="0.0.0.0", users=USERS))


@pytest.mark.parametrize("given", ["hanako", "hanako:", ":himitsu"])
def test_a_user_without_a_name_or_password_is_refused(given):
    from assistant.chat_server import read_users

    with pytest.raises(TenkyoError, match="利用者:合言葉"):
        read_users([given])


def test_a_taken_port_is_said_in_words(assistant, open_address):
    port = int(open_address.rstrip("/").rpartition(":")[2])
    with pytest.raises(TenkyoError, match=f"ポート {port}"), serving(assistant, None, port=port):
        pass


@needs_browser
def test_in_a_notebook_the_chat_opens_inside_the_page(browser, assistant, tmp_path):
    with serving(assistant, None, embedded=True) as address:
        notebook = tmp_path / "notebook.html"
        notebook.write_text(f'<iframe src="{address}" width="1000" height="700"></iframe>', "utf-8")
        page = browser.new_page()
        page.goto(notebook.as_uri())
        frame = page.frame_locator("iframe")
        frame.locator(".welcome").wait_for()
        frame.locator("#question textarea").fill(QUESTION)
        frame.locator("#question textarea").press("Enter")
        frame.locator(".chip").first.click()
        frame.locator(".paper mark").first.wait_for()
        page.close()


@needs_browser
def test_a_file_over_the_limit_is_refused_with_the_limit_and_its_name(browser, assistant, tmp_path):
    large = tmp_path / "大きい.txt"
    large.write_bytes(b"a" * (2**20 + 1))
    with (
        serving(assistant, tmp_path / "kept", upload_megabytes=1) as address,
        visiting(browser, address) as visit,
    ):
        said = []
        visit.page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.accept()))
        visit.page.wait_for_selector(".welcome")
        visit.tab("文書")
        visit.page.set_input_files("#files input[type=file]", str(large))
        visit.page.wait_for_timeout(500)
        assert visit.page.locator("#arrivals li").count() == 0
    [message] = said
    assert "1MBを超える" in message
    assert "大きい.txt" in message


@needs_browser
def test_two_users_at_once_see_nothing_of_each_other(browser, closed_address, tmp_path):
    note = tmp_path / "花子.md"
    note.write_text("# 花子の覚え書き\n\n合鍵は青い箱に二本ある。\n", "utf-8")
    quiet = {"quiet": False}  # the page before signing in is answered with 401
    with visiting(browser, closed_address, **quiet) as one, visiting(browser, closed_address, **quiet) as two:
        sign_in(one.page, "hanako")
        sign_in(two.page, "taro")
        one.upload(note)
        one.tab("質問")
        assert "二本" in one.ask("合鍵は何本ありますか。").inner_text()
        assert "二本" not in two.ask("合鍵は何本ありますか。").inner_text()
        two.tab("文書")
        two.page.wait_for_selector("table.documents")
        assert "花子" not in two.page.inner_text("#documents")
        assert two.page.locator("[data-do=remove]").count() == 0
        two.tab("会話")
        two.page.locator(".saved").first.wait_for()
        assert two.page.locator(".saved").count() == 1


@needs_browser
def test_only_an_admin_changes_shared_documents(browser, assistant, closed_address, tmp_path):
    note = tmp_path / "共有.md"
    note.write_text("# 共有の覚え書き\n\n会議室は八階にある。\n", "utf-8")
    with visiting(browser, closed_address, quiet=False) as admin:
        sign_in(admin.page, "hanako")
        admin.tab("文書")
        admin.page.get_by_label("共有の文書に加える").check()
        admin.upload(note)
        assert "共有.md" in [d.id for d in assistant.index.documents()]
        with visiting(browser, closed_address, quiet=False) as other:
            sign_in(other.page, "taro")
            assert "八階" in other.ask("会議室は何階にありますか。").inner_text()
        row = admin.page.locator("#documents tr", has_text="共有.md")
        admin.page.once("dialog", lambda dialog: dialog.accept())
        row.locator("[data-do=remove]").click()
        admin.page.get_by_text("消しました").wait_for()
    assert "共有.md" not in [d.id for d in assistant.index.documents()]


def test_a_forged_event_cannot_touch_what_is_not_ones_own(assistant, data):
    from assistant.chat_library import Library
    from assistant.chat_talk import Chat, Visitor

    chat = Chat(assistant, folder=data / "forged")
    library, visitor = Library(chat), Visitor("user:taro", "ja")
    for name in ("keshouhin-standard.pdf", "マイ文書/../keshouhin-standard.pdf", ""):
        assert "failed" in library.remove(name, visitor)
    assert [d.id for d in assistant.index.documents()] == ["keshouhin-standard.pdf"]
    kept = chat.store.start("user:hanako", "題")
    chat.store.keep("user:hanako", kept, 1, assistant.answer(QUESTION).to_dict())
    assert chat.store.read("user:taro", kept) == []
    chat.store.keep("user:taro", kept, 2, assistant.answer(QUESTION).to_dict())
    chat.forget(kept, visitor)
    assert len(chat.store.read("user:hanako", kept)) == 1


@needs_browser
def test_a_conversation_and_uploads_go_on_after_a_restart_of_the_server(browser, assistant, tmp_path):
    note, port = tmp_path / "休暇.md", free_port()
    note.write_text("# 休暇規程\n\n夏季休暇は五日とする。\n", "utf-8")
    with serving(assistant, tmp_path / "kept", port=port) as address:
        session = visiting(browser, address, quiet=False)
        visit = session.__enter__()
        visit.upload(note)
        visit.tab("質問")
        visit.ask("夏季休暇は何日ですか。")
    with serving(assistant, tmp_path / "kept", port=port):
        turn = visit.ask(QUESTION)
        assert "0.1g" in turn.inner_text()
        assert visit.page.locator(".turn").count() == 2
        visit.page.locator(".turn").first.locator(".chip").first.click()
        mark = visit.page.locator(".paper mark").first
        mark.wait_for()
        assert "五日" in mark.inner_text()
        session.__exit__(None, None, None)


class SlowReader:
    """The real reader, which reads QUESTION once it is let go."""

    def __init__(self, reader):
        self.reader, self.go, self.reading = reader, threading.Event(), threading.Event()

    def read(self, asked, passages):
        if asked.question == QUESTION:
            self.reading.set()
            assert self.go.wait(30)
        return self.reader.read(asked, passages)


@needs_browser
def test_a_question_can_be_stopped_and_the_next_one_is_answered(browser, assistant, tmp_path):
    slow = SlowReader(assistant.reader)
    halting = Assistant(assistant.index, reader=slow, caution=0.0)
    with serving(halting, tmp_path) as address, visiting(browser, address) as visit:
        visit.page.fill("#question textarea", QUESTION)
        visit.page.press("#question textarea", "Enter")
        assert slow.reading.wait(20)
        with visit.page.expect_response("**/reset"):
            visit.page.click("#stop")
        visit.page.locator(".failure", has_text="途中で止めました").wait_for()
        slow.go.set()
        assert "0.1g" in visit.ask(QUESTION).inner_text()
        assert visit.page.locator(".turn").count() == 2


def test_an_old_answer_is_verified_again_before_it_is_shown(assistant):
    from assistant.chat_restoring import restore

    kept = assistant.answer(QUESTION).to_dict()
    [turn] = restore(assistant.index, [json.loads(json.dumps(kept))])
    assert turn.statements
    forged = json.loads(json.dumps(kept).replace("0.1g", "0.9g"))
    [turn] = restore(assistant.index, [forged])
    assert turn.statements == ()
    assert "示せません" in turn.answer.notes[-1]


def test_without_history_nothing_is_written(assistant, tmp_path):
    from assistant.chat_talk import Chat, Talk, Visitor

    chat = Chat(assistant, folder=tmp_path, history=False)
    *_, talk = chat.ask(QUESTION, Talk(), (), Visitor("browser:a", "ja"))
    assert talk.turns[0].answer.statements
    assert talk.id == ""
    assert chat.conversations("", Visitor("browser:a", "ja")) == []


def test_python_clients_use_the_named_endpoints(open_address):
    from gradio_client import Client

    client = Client(open_address, verbose=False)
    answer = client.predict(QUESTION, [], [], api_name="/ask")
    assert "0.1g以下" in answer["text"]
    cited = answer["citations"][0]
    assert cited["document"] == "keshouhin-standard.pdf"
    assert client.predict("グリセリン", 3, api_name="/search")[0]["page"]
    assert [d["id"] for d in client.predict(api_name="/documents")] == ["keshouhin-standard.pdf"]
    client.close()


def test_an_mcp_client_finds_and_calls_the_three_tools(open_address):
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def call():
        async with (
            streamable_http_client(open_address + "gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = await session.list_tools()
            asked = {"question": QUESTION, "history": [], "documents": []}
            reply = await session.call_tool("ask", asked)
            return sorted(t.name for t in tools.tools), reply.content[0].text

    with ThreadPoolExecutor() as pool:  # the browser's own loop may run in this thread
        tools, text = pool.submit(lambda: asyncio.run(call())).result()
    assert tools == ["ask", "documents", "search"]
    assert "0.1g以下" in text
