"""The report as one HTML file that needs no network: figures first, then what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from eval.comparing import compare
from eval.drawing import Bar, draw_bars, draw_curves
from eval.figures import Figure
from eval.measures import MEASURES, SET_READINGS
from eval.report import Report
from eval.rows import Quoted, Row
from index import display, show_heading

_HEADLINES = (
    "AnswerCoverage@400",
    "CitationPrecision",
    "Groundedness",
    "RefusalRecall(near_miss)",
    "FalseRefusal",
    "Seconds",
)
_UNITS = {measure.name: measure.unit for measure in MEASURES}
_READINGS = {measure.name: measure.reading for measure in MEASURES} | SET_READINGS
_KIND_NAMES = {
    "fact": "事実", "number": "数値", "date": "日付", "who": "人・組織", "list": "列挙", "table": "表",
    "definition": "定義", "comparison": "比較", "yesno": "はい・いいえ", "paraphrase": "言い換え",
    "english": "英語", "typo": "誤字", "followup": "続きの質問", "near_miss": "惜しいが答えなし",
    "false_premise": "誤った前提", "off_topic": "無関係", "question": "質問", "unanswerable": "答えなし",
}  # fmt: skip
_REASONS = {
    "not_in_documents": "資料に書かれていない", "off_topic": "資料と関係がない", "false_premise": "前提が資料と違う",
    "too_vague": "質問が曖昧", "empty_index": "索引が空",
}  # fmt: skip


def render_page(report: Report, *, beside: Report | None = None) -> str:
    """The whole page; `beside` is a peer's report, shown in a column of its own."""
    style = files("eval").joinpath("page.css").read_text(encoding="utf-8")
    systems = [report] + ([beside] if beside else [])
    sections = [
        _intro(report),
        _cards(report, beside),
        _curve(systems),
        _kinds(report),
        _worst(report.worst()),
        _all_figures(systems),
        _documents(report),
        _how(),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="ja"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>根拠の評価: {escape(report.system)}</title><style>{style}</style></head>"
        f"<body>{''.join(sections)}</body></html>\n"
    )


def show(figure: Figure) -> str:
    """The value as a reader expects it: a percentage, characters, or seconds."""
    return "該当なし" if figure.value is None else _shown(figure.value, figure.name)


def _shown(value: float, name: str) -> str:
    unit = _UNITS.get(name, "score")
    if unit == "characters":
        return f"{value:.0f}字"
    if unit == "seconds":
        return f"{value:.2f}秒"
    return f"{value:.1%}" if unit == "share" else f"{value:.3f}"


def _between(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{_shown(figure.low, figure.name)}〜{_shown(figure.high, figure.name)}"


def _intro(report: Report) -> str:
    answerable = sum(row.answerable for row in report.rows)
    crashed = sum(bool(row.error) for row in report.rows)
    failed = (
        f" <span class='error'>うち{crashed}問は途中で止まり、誤りに数えました。</span>"
        if crashed
        else ""
    )
    return (
        f"<h1>根拠の評価: {escape(report.system)}</h1><p class='lead'>{len(report.rows)}問"
        f"(資料に答えのある質問{answerable}問、ない質問{len(report.rows) - answerable}問)。{failed}</p>"
    )


def _cards(report: Report, beside: Report | None) -> str:
    cards = []
    for name in _HEADLINES:
        figure = report.figure(name)
        peer = f"<br>{escape(beside.system)}では {show(beside.figure(name))}" if beside else ""
        cards.append(
            f"<div class='card'><span class='name'>{escape(name)}</span><b>{show(figure)}</b>"
            f"{escape(_READINGS[name])}<div class='small'>95%信頼区間 {_between(figure)}、"
            f"{figure.count}問{peer}</div></div>"
        )
    return f"<h2>主な数字</h2><div class='cards'>{''.join(cards)}</div>"


def _curve(systems: Sequence[Report]) -> str:
    curves = {one.system: one.curve() for one in systems}
    answered = {
        one.system: sum(not row.abstained for row in one.rows) / max(1, len(one.rows))
        for one in systems
    }
    return (
        "<h2>確信度と誤り</h2><p>確信度の高い質問から順に答えていったとき、誤りがどう増えるかを示します。"
        "線が低いほど、自信のある答えが正しいことを意味します。</p>" + draw_curves(curves, answered)
    )


def _kinds(report: Report) -> str:
    bars = []
    for kind, figures in report.by_kind().items():
        named = {figure.name: figure for figure in figures}
        figure = named["AnswerCoverage@400"]
        if figure.value is None:
            figure = named["RefusalRecall"]
        if figure.value is not None and figure.low is not None and figure.high is not None:
            label = _KIND_NAMES.get(kind, kind)
            bars.append(Bar(label, figure.value, figure.low, figure.high, figure.count))
    return (
        "<h2>質問の種類ごと</h2><p>答えのある質問では必要な事柄を答えた割合(400字以内)、答えのない質問では"
        "正しく断った割合です。黒い線は95%信頼区間です。</p>" + draw_bars(bars)
    )


def _worst(rows: Sequence[Row]) -> str:
    shown = "".join(_article(row) for row in rows) or "<p>ありません。</p>"
    return (
        "<h2>うまくいかなかった質問</h2><p>悪いものから最大20問です。"
        "<mark>黄色</mark>は示した出典、<mark class='gold'>緑</mark>は答えの書かれている箇所です。</p>"
        + shown
    )


def _article(row: Row) -> str:
    parts = [("質問", escape(row.question))]
    if row.history:
        parts.insert(0, ("前の質問", escape(" / ".join(row.history))))
    if row.error:
        parts.append(("停止", f"<span class='error'>{escape(row.error)}</span>"))
    refused = f"({_REASONS.get(row.reason, row.reason)})" if row.abstained else ""
    parts.append(("回答", escape(row.text + refused) or "なし"))
    parts += [("出典", _place(place, "")) for place in row.citations]
    if row.answerable:
        needed = "、".join("または".join(variants[:3]) for variants in row.items)
        parts.append(("正解", escape(needed)))
        parts += [("正解の箇所", _place(place, "gold")) for place in row.gold[:4]]
    else:
        parts.append(("正解", "資料には答えがありません。断るのが正しい質問です。"))
    body = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in parts)
    kind = _KIND_NAMES.get(row.kind, row.kind)
    return (
        f"<article><span class='small'>{escape(row.id)}・{escape(kind)}・確信度{row.confidence:.2f}</span>"
        f"<dl>{body}</dl></article>"
    )


def _place(place: Quoted, mark: str) -> str:
    where = f"{show_heading(place.heading) or place.document}({place.document} {place.start}〜{place.end}字)"
    before, quoted, after = (
        escape(display(text).text) for text in (place.before, place.quote, place.after)
    )
    marked = f"<mark class='{mark}'>{quoted}</mark>" if quoted else "(本文なし)"
    return f"…{before} {marked} {after}…<div class='small'>{escape(where)}</div>"


def _all_figures(systems: Sequence[Report]) -> str:
    heads = "".join(f"<th>{escape(one.system)}</th><th>95%信頼区間</th>" for one in systems)
    heads += "<th>差(同じ質問どうし)</th>" if len(systems) > 1 else ""
    differences = _differences(systems)
    lines = []
    for figure in systems[0].figures:
        cells = "".join(
            f"<td class='n'>{show(f)}</td><td class='n'>{_between(f)}</td>"
            for f in (one.figure(figure.name) for one in systems)
        )
        if len(systems) > 1:
            cells += f"<td class='n'>{differences.get(figure.name, '')}</td>"
        count = f"{figure.count}問" + (
            f"(他{figure.skipped}問は該当なし)" if figure.skipped else ""
        )
        lines.append(
            f"<tr><th>{escape(figure.name)}<div class='small'>{escape(_READINGS[figure.name])}</div></th>"
            f"{cells}<td class='n'>{count}</td></tr>"
        )
    return (
        f"<h2>すべての数字</h2><div class='wide'><table><tr><th>尺度</th>{heads}<th>対象</th></tr>"
        f"{''.join(lines)}</table></div>"
    )


def _differences(systems: Sequence[Report]) -> dict[str, str]:
    """By measure: ours less the peer's over the questions both apply to, with its interval."""
    if len(systems) < 2:
        return {}
    return {
        c.name: f"{c.after - c.before:+.3f}<div class='small'>{c.interval.low:+.3f}〜{c.interval.high:+.3f}</div>"
        for c in compare(systems[1], systems[0]).changes
    }


def _documents(report: Report) -> str:
    names = (
        "AnswerCoverage@400",
        "CitationPrecision",
        "CitationRecall",
        "RefusalRecall",
        "FalseRefusal",
    )
    lines = []
    for document, figures in report.by_document().items():
        named = {figure.name: figure for figure in figures}
        cells = "".join(f"<td class='n'>{show(named[n])}({named[n].count}問)</td>" for n in names)
        lines.append(f"<tr><th>{escape(document)}</th>{cells}</tr>")
    heads = "".join(f"<th>{escape(name)}</th>" for name in names)
    return (
        f"<h2>文書ごと</h2><div class='wide'><table><tr><th>文書</th>{heads}</tr>{''.join(lines)}"
        "</table></div>"
    )


def _how() -> str:
    return (
        "<h2>数字の読み方</h2><p>どの数字も、人が付けた正解(答えの言い方と、その書かれている箇所)と文字の照合だけで"
        "計算しています。AIによる採点は使っていません。95%信頼区間は、質問を入れ替えて取り直したときに数字が"
        "動く範囲です。この資料とこの質問についての数字であり、ほかの資料で同じになるとは限りません。</p>"
    )
