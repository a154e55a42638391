"""What the chat says, in Japanese and English: the browser's language decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gradio.i18n import I18n

Language = Literal["ja", "en"]

WORDS: dict[str, tuple[str, str]] = {
    "tagline": ("すべての文に、確かめた引用が付きます", "Every sentence carries a verified citation"),
    "ask_tab": ("質問", "Ask"),
    "question": ("質問", "Question"),
    "placeholder": ("文書について質問する", "Ask about the documents"),
    "send": ("質問する", "Ask"),
    "stop": ("止める", "Stop"),
    "new": ("新しい会話", "New conversation"),
    "welcome": ("{documents}件の文書から答えます。", "Answers come from {documents} documents."),
    "welcome_more": (
        "答えの文はどれも文書からの引用で、番号を押すと元の文書のその箇所が開きます。文書にないことは「資料からは分かりません」と答えます。",
        "Every sentence is quoted from a document; its number opens the place. What the documents do not say is not answered.",
    ),
    "try": ("質問の例", "Questions to try"),
    "asked": ("質問の解釈: {asked}", "Understood as: {asked}"),
    "thinking": ("文書を調べています…", "Reading the documents…"),
    "queued": ("順番を待っています(前に{count}問)…", "Waiting: {count} questions ahead…"),
    "queue_full": (
        "ただいま{count}問が順番を待っています。少し待ってから質問してください。",
        "{count} questions are waiting. Please try again in a while.",
    ),
    "nearest": ("近い箇所", "Nearest passages"),
    "instead": ("この資料から答えられる質問", "What the documents do answer"),
    "next": ("続けて聞く", "Ask next"),
    "confidence": ("確からしさ: {word}", "Confidence: {word}"),
    "confidence_more": (
        "文書がこの質問に答えている確率の推定値 {value}({seconds}秒)",
        "Estimated probability that the documents answer this: {value} ({seconds} s)",
    ),
    "high": ("高い", "high"),
    "middle": ("ふつう", "medium"),
    "low": ("低い", "low"),
    "source_of": ("出典{n}", "Source {n}"),
    "open_source": ("出典{n}を開く: {place}", "Open source {n}: {place}"),
    "open_passage": ("文書のこの箇所を開く", "Open this place in the document"),
    "source_pane": ("出典", "Source"),
    "source_empty": (
        "引用の番号を押すと、ここに文書のその箇所が開きます。",
        "Choose a citation number to see its place in the document here.",
    ),
    "page": ("{page}ページ", "page {page}"),
    "characters": ("{start}〜{end}字", "characters {start}–{end}"),
    "earlier": ("前へ", "Earlier"),
    "later": ("次へ", "Later"),
    "back_to_quote": ("引用箇所へ", "Back to the quote"),
    "previous_citation": ("前の引用", "Previous citation"),
    "next_citation": ("次の引用", "Next citation"),
    "close": ("閉じる", "Close"),
    "changed": (
        "この答えのあとで文書が変わったか消されたため、位置を示せません。引用した文は次のとおりです。",
        "The document was changed or removed after this answer. The quoted words were:",
    ),
    "failed": ("答えられませんでした: {why}", "No answer: {why}"),
    "unexpected": (
        "思わぬ誤りが起きました。もう一度質問してください。続くときは、起動した画面の記録を確かめてください。",
        "Something unexpected went wrong. Please ask again, and look at the server's log if it persists.",
    ),
    "stopped": ("途中で止めました。", "Stopped."),
    "copy": ("Markdownで写す", "Copy as Markdown"),
    "copied": ("写しました", "Copied"),
    "good": ("よい答え", "Good answer"),
    "bad": ("よくない答え", "Not a good answer"),
    "thanks": ("評価を記録しました", "Feedback kept"),
    "reason_wrong": ("間違っている", "It is wrong"),
    "reason_incomplete": ("足りない", "It is incomplete"),
    "reason_citation": ("引用がずれている", "The citation is off"),
    "reason_should_refuse": ("「分かりません」と答えるべき", "It should have refused"),
    "reason_should_answer": ("答えるべき(資料にある)", "It should have answered"),
    "scope": ("調べる文書(選ばなければすべて)", "Documents to ask (none chosen: all)"),
    "documents_tab": ("文書", "Documents"),
    "upload": ("文書を加える(複数可)", "Add documents"),
    "share": ("共有の文書に加える(管理者)", "Add to the shared documents (admin)"),
    "upload_hint": (
        "PDF・Word・PowerPoint・Excel・HTML・CSV・テキスト。1つ{megabytes}MBまで。加えた文書はこの計算機の中に置かれ、あなただけが使えます。",
        "PDF, Word, PowerPoint, Excel, HTML, CSV, text. At most {megabytes} MB each. Kept on this machine, for you alone.",
    ),
    "too_large": (
        "{megabytes}MBを超えるファイルは加えられません。分けるか、`tenkyo chat --max-upload` で上限を変えてください: ",
        "Files over {megabytes} MB cannot be added. Split them, or raise `tenkyo chat --max-upload`: ",
    ),
    "reading": ("読み取り中… {done}", "Reading… {done}"),
    "waiting": ("順番待ち", "Waiting"),
    "status_added": ("加えました", "Added"),
    "status_unchanged": ("変更はありません", "Unchanged"),
    "status_replaced": ("新しい内容に替えました", "Replaced"),
    "status_duplicate": ("同じ内容の文書がすでにあります", "The same content is there already"),
    "status_removed": ("消しました", "Removed"),
    "status_failed": ("読めませんでした", "Could not be read"),
    "own_documents": ("自分の文書", "Your documents"),
    "shared_documents": ("共有の文書", "Shared documents"),
    "none_yet": ("まだありません。", "None yet."),
    "title": ("文書", "Document"),
    "date": ("日付", "Date"),
    "size": ("分量", "Size"),
    "state": ("状態", "State"),
    "actions": ("操作", "Actions"),
    "ready": ("質問できます", "Ready"),
    "warnings": ("注意 {count}件", "{count} warnings"),
    "pages_of": ("{pages}ページ・{passages}か所", "{pages} pages, {passages} passages"),
    "characters_of": ("{characters}字・{passages}か所", "{characters} characters, {passages} passages"),
    "open": ("開く", "Open"),
    "reread": ("読み直す", "Read again"),
    "remove": ("消す", "Remove"),
    "confirm_remove": ("この文書を消しますか。元には戻せません。", "Remove this document for good?"),
    "history_tab": ("会話", "Conversations"),
    "search_history": ("会話を探す", "Search conversations"),
    "no_history": ("会話は保存されていません。", "No conversations are kept."),
    "confirm_delete": ("この会話を消しますか。元には戻せません。", "Delete this conversation for good?"),
    "turns_of": ("{turns}問・{changed}", "{turns} questions, {changed}"),
    "save_markdown": ("Markdownで保存", "Save as Markdown"),
    "save_json": ("JSONで保存", "Save as JSON"),
    "theme": ("明暗", "Light/dark"),
    "sheet": ("ページの画像", "Page image"),
    "as_text": ("本文", "Text"),
    "sheet_of": ("{title} {page}ページ", "{title}, page {page}"),
    "empty_question": ("質問を書いてください。", "Please write a question."),
}


def say(language: Language, key: str, **values: object) -> str:
    """A text of the chat; `values` fill its braces and are not escaped here."""
    text = WORDS[key][language == "en"]
    return text.format(**values) if values else text


def pick_language(accepted: str) -> Language:
    """English if the browser's Accept-Language names it before Japanese, else Japanese."""
    tags = [tag.strip().lower()[:2] for tag in accepted.split(",")]
    known = [tag for tag in tags if tag in ("ja", "en")]
    return "en" if known[:1] == ["en"] else "ja"


def translations() -> I18n:
    """The same texts for Gradio's own components, chosen by the browser."""
    import gradio as gr

    japanese = {key: ja for key, (ja, _) in WORDS.items()}
    return gr.I18n(ja=japanese, en={key: en for key, (_, en) in WORDS.items()})
