"""Writing a report for other programs: JSON, CSV, and the TREC files of `trec_eval`."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from eval.loading import BadQuestions
from eval.report import Report


def write_text(path: Path, text: str) -> None:
    """Write a whole file in UTF-8: under a temporary name first, so that none is left half-written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    draft.write_text(text, encoding="utf-8", newline="")
    os.replace(draft, path)


def write_json(report: Report, path: Path, *, beside: Report | None = None) -> None:
    """All of the report, for `--compare` and for programs; the peer's under `beside`."""
    data = report.to_dict() | ({"beside": beside.to_dict()} if beside else {})
    write_text(path, json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def read_json(path: Path) -> Report:
    """The report that `write_json` wrote."""
    try:
        return Report.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadQuestions(str(path), [f"  ファイルを開けません({error.strerror})。"]) from None
    except (ValueError, KeyError, TypeError):
        why = "  評価結果の JSON ではありません。`tenkyo eval --json` で作ったファイルを渡してください。"
        raise BadQuestions(str(path), [why]) from None


def write_csv(report: Report, path: Path) -> None:
    """One line a question, a column a measure; with a byte order mark, so that Excel reads it."""
    import io

    measures = list(report.rows[0].values) if report.rows else []
    plain = "id kind split question text abstained reason confidence error".split()
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(plain + measures)
    for row in report.rows:
        cells = [getattr(row, name) for name in plain] + [row.values[name] for name in measures]
        writer.writerow([_cell(value) for value in cells])
    write_text(path, "\ufeff" + sheet.getvalue())


def write_trec(report: Report, path: Path) -> None:
    """The returned passages as a TREC run, and the judgements beside it as `.qrels`."""
    write_text(path, "".join(_run_lines(report)))
    write_text(path.with_name(path.name + ".qrels"), "".join(_qrel_lines(report)))


def _run_lines(report: Report) -> Iterable[str]:
    tag = _word(report.system)
    for row in report.rows:
        for rank, passage in enumerate(row.passages, 1):
            yield f"{_word(row.id)} Q0 {_word(passage.id)} {rank} {1 / rank:.6f} {tag}\n"


def _qrel_lines(report: Report) -> Iterable[str]:
    for row in report.rows:
        if not row.gold:
            continue
        for passage in row.passages:
            yield f"{_word(row.id)} 0 {_word(passage.id)} {passage.gain}\n"
        for number in range(row.missing):
            yield f"{_word(row.id)} 0 not-found-{number + 1} 1\n"


def _word(text: str) -> str:
    """`text` without blanks, which separate the columns."""
    return quote(
        text, safe="#~:/().-_" + "".join(c for c in text if ord(c) > 127 and not c.isspace())
    )


def _cell(value: object) -> object:
    """A cell that a spreadsheet cannot take for a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@"):
        return "'" + value
    return value
