"""The door for files: any supported file gives a Document, or a ReadError that says why."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from index.drafts import Draft, Source, TooLarge
from index.errors import ReadError
from index.limits import Limits
from index.reading_html import read_html
from index.reading_pdf import read_pdf
from index.reading_slides import read_pptx
from index.reading_tables import read_csv, read_xlsx
from index.reading_text import read_markdown, read_text
from index.reading_word import read_docx
from index.records import Document

Reader = Callable[[Source], Draft]

READERS: dict[str, tuple[str, Reader]] = {
    ".txt": ("txt/1", read_text),
    ".md": ("md/1", read_markdown),
    ".markdown": ("md/1", read_markdown),
    ".pdf": ("pdf/2", read_pdf),
    ".docx": ("docx/1", read_docx),
    ".pptx": ("pptx/1", read_pptx),
    ".xlsx": ("xlsx/1", read_xlsx),
    ".csv": ("csv/1", read_csv),
    ".tsv": ("csv/1", read_csv),
    ".html": ("html/1", read_html),
    ".htm": ("html/1", read_html),
}
PACKED = (".txt", ".md", ".markdown", ".csv", ".tsv", ".html", ".htm")
"""The kinds that may also come gzipped (`notes.txt.gz`)."""
OLD = {
    ".doc": "Wordの旧形式です。Wordで開いて .docx",
    ".docm": "マクロ付きのWord文書です。Wordで開いて .docx",
    ".xls": "Excelの旧形式です。Excelで開いて .xlsx",
    ".xlsm": "マクロ付きのExcelブックです。Excelで開いて .xlsx",
    ".ppt": "PowerPointの旧形式です。PowerPointで開いて .pptx",
    ".pptm": "マクロ付きのPowerPointです。PowerPointで開いて .pptx",
    ".rtf": "リッチテキストです。Wordで開いて .docx",
}


def read(
    path: str | os.PathLike[str],
    *,
    root: str | os.PathLike[str] | None = None,
    limits: Limits | None = None,
    password: str | None = None,
    metadata: Mapping[str, object] | None = None,
) -> Document:
    """Read one file.

    The id is the path relative to `root`, or the file's name without one. `metadata` (`title`,
    `issuer`, `date`, `tags`, as in a `sources.toml`) goes before what the file says; date and
    issuer are otherwise left empty, because nothing here could tell a printed date from the date
    of the paper. Raises ReadError.
    """
    file = Path(path)
    limits = limits or Limits()
    suffix, name, reader = _reader(file)
    data = _load(file, limits)
    sha256 = hashlib.sha256(data).hexdigest()
    if file.suffix.lower() == ".gz":
        data = _unpack(file, data, limits)
    draft = _draft(reader, Source(str(file), suffix, data, limits, password))
    _check(file, draft, limits)
    known = metadata or {}
    return Document(
        id=_identify(file, root),
        title=str(known.get("title") or draft.title or _stem(file)),
        text=draft.text,
        source=str(file.absolute()),
        sha256=sha256,
        version=hashlib.sha256(draft.text.encode()).hexdigest(),
        date=str(known.get("date") or ""),
        issuer=str(known.get("issuer") or ""),
        tags=_tags(known.get("tags")),
        pages=draft.pages,
        warnings=draft.warnings,
        reader=name,
    )


def find_files(paths: Iterable[str | os.PathLike[str]]) -> Iterator[tuple[Path, Path]]:
    """Each file to read with the folder its id is relative to, in sorted order.

    A path that is no folder is passed on as it is, so that `read` can say what is wrong with it.
    In folders, unsupported and hidden files are left out, and so are links that lead out of it.
    """
    for given in paths:
        path = Path(given)
        if path.is_dir():
            yield from ((file, path) for file in _walk(path))
        else:
            yield path, path.parent


def _walk(root: Path) -> Iterator[Path]:
    """The supported files under `root`, and the folders in it that cannot be opened."""
    inside = root.resolve()
    found: list[Path] = []
    for folder, folders, names in os.walk(root, onerror=lambda e: found.append(Path(e.filename))):
        folders[:] = [name for name in folders if not _is_hidden(name)]
        files = (Path(folder, name) for name in names if not _is_hidden(name))
        found.extend(f for f in files if _is_supported(f) and f.resolve().is_relative_to(inside))
    yield from sorted(found)


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "~$"))


def _is_supported(file: Path) -> bool:
    suffix = _suffix(file)
    return suffix in (PACKED if file.suffix.lower() == ".gz" else READERS)


def _suffix(file: Path) -> str:
    """The suffix that names the format: `.txt` for `notes.txt` and `notes.txt.gz`."""
    suffix = file.suffix.lower()
    return Path(file.stem).suffix.lower() if suffix == ".gz" else suffix


def _stem(file: Path) -> str:
    stem = Path(file.stem).stem if file.suffix.lower() == ".gz" else file.stem
    return _spell(stem)


def _spell(name: str) -> str:
    """A file name as text: bytes that are no UTF-8 come as lone surrogates, which nothing can store."""
    return os.fsencode(name).decode("utf-8", "replace")


def _reader(file: Path) -> tuple[str, str, Reader]:
    suffix = _suffix(file)
    packed = file.suffix.lower() == ".gz"
    if suffix in READERS and (not packed or suffix in PACKED):
        return suffix, *READERS[suffix]
    if suffix in OLD and not packed:
        raise ReadError(str(file), f"{OLD[suffix]} で保存し直してください。")
    if file.is_dir():
        raise ReadError(str(file), "ファイルではなくフォルダです。中のファイルを指定してください。")
    kinds = " ".join(READERS)
    given = f"「{suffix}」は" if suffix else "拡張子のないファイルは"
    raise ReadError(str(file), f"{given}読めない形式です。読める形式: {kinds}")


def _load(file: Path, limits: Limits) -> bytes:
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ReadError(
                str(file),
                "通常のファイルではありません(フォルダや装置)。ファイルを指定してください。",
            )
        if status.st_size > limits.file_bytes:
            raise ReadError(
                str(file),
                f"大きすぎます({status.st_size:,}バイト、上限は{limits.file_bytes:,}バイト)。分割してください。",
            )
        data = file.read_bytes()
    except FileNotFoundError:
        raise ReadError(str(file), "ファイルがありません。場所と名前を確かめてください。") from None
    except PermissionError:
        raise ReadError(str(file), "読む権限がありません。権限を確かめてください。") from None
    except (OSError, ValueError) as error:
        raise ReadError(str(file), f"開けません({error})。場所と名前を確かめてください。") from None
    if not data:
        raise ReadError(
            str(file), "空のファイルです(0バイト)。内容のあるファイルを指定してください。"
        )
    return data


def _unpack(file: Path, data: bytes, limits: Limits) -> bytes:
    """The content of a gzip file, read only as far as the limits allow."""
    most = min(limits.unpacked_bytes, max(len(data) * limits.ratio, 4 * 2**20))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            unpacked = stream.read(most + 1)
    except (OSError, EOFError, zlib.error):
        raise ReadError(
            str(file), "gzipとして展開できません(壊れています)。作り直してください。"
        ) from None
    if len(unpacked) > most:
        raise ReadError(str(file), f"展開すると上限({most:,}バイト)を超えます。分割してください。")
    return unpacked


def _draft(reader: Reader, source: Source) -> Draft:
    """What the reader makes of a file. A broken file can fail anywhere in a parser, and must not
    stop the files after it: whatever is raised becomes the ReadError of this file.
    """
    try:
        return reader(source)
    except ReadError:
        raise
    except TooLarge as error:
        raise source.refuse(str(error)) from None
    except Exception as error:
        raise source.refuse(
            f"{source.suffix} として読めません(壊れているか、別の形式です: {type(error).__name__})。"
            "元のソフトで開けるか確かめ、保存し直してください。"
        ) from error


def _check(file: Path, draft: Draft, limits: Limits) -> None:
    if not draft.text.strip():
        raise ReadError(
            str(file), "文字がありません(空白のみ)。内容のあるファイルを指定してください。"
        )
    if len(draft.text) > limits.characters:
        raise ReadError(
            str(file),
            f"長すぎます({len(draft.text):,}字、上限は{limits.characters:,}字)。分割してください。",
        )


def _identify(file: Path, root: str | os.PathLike[str] | None) -> str:
    if root is None:
        return _spell(file.name)
    try:
        return _spell(file.absolute().relative_to(Path(root).absolute()).as_posix())
    except ValueError:
        return _spell(file.name)


def _tags(tags: object) -> tuple[str, ...]:
    if isinstance(tags, str):
        return (tags,)
    return tuple(str(tag) for tag in tags) if isinstance(tags, Iterable) else ()
