"""Office files as what they are, zip archives of XML parts: opened with care.

Nothing is unpacked to disk, no entity is expanded, and an archive that claims to unpack to more
than the limits allow is refused before a byte of it is read.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from typing import Any

from index.drafts import Source
from index.limits import MEBI

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What old Office files begin with, and new ones that are protected by a password."""
MEASURED = 4 * MEBI
HEAD = 4096
"""A document type, which could define entities, stands at the head of a part."""


def open_package(source: Source) -> zipfile.ZipFile:
    """The archive, found harmless; raises ReadError."""
    if source.data.startswith(COMPOUND):
        raise source.refuse(
            f"パスワードで保護されているか、旧形式のファイルです。保護を外し、{source.suffix} で保存し直してください。"
        )
    try:
        package = zipfile.ZipFile(io.BytesIO(source.data))
    except (zipfile.BadZipFile, ValueError, OSError):
        raise source.refuse(
            f"{source.suffix} のファイルとして開けません(壊れているか、別の形式です)。作り直してください。"
        ) from None
    _check_sizes(source, package)
    for part in package.infolist():
        _check_part(source, package, part)
    return package


def _check_sizes(source: Source, package: zipfile.ZipFile) -> None:
    """What the archive says of its parts: zipfile never unpacks more than that."""
    total = sum(part.file_size for part in package.infolist())
    if total > source.limits.unpacked_bytes:
        raise source.refuse(
            f"展開すると{total:,}バイトになります(上限は{source.limits.unpacked_bytes:,}バイト)。分割してください。"
        )
    for part in package.infolist():
        if part.file_size > max(MEASURED, source.limits.ratio * part.compress_size):
            raise source.refuse(
                f"中の「{part.filename[:80]}」が圧縮の{source.limits.ratio}倍を超えて膨らむため読みません。"
            )


def _check_part(source: Source, package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    name = part.filename[:80]
    if name.startswith(("/", "\\")) or ".." in part.filename.replace("\\", "/").split("/"):
        raise source.refuse(f"中に不正なパス(「{name}」)があるため読みません。")
    if part.flag_bits & 1:
        raise source.refuse("暗号化されています。保護を外して保存し直してください。")
    if part.filename.endswith((".xml", ".rels")):
        with package.open(part) as stream:
            head = stream.read(HEAD)
        if b"<!DOCTYPE" in head.replace(b"\0", b""):  # also in UTF-16
            raise source.refuse(
                f"中の「{name}」に、Office文書にはない文書型宣言(DTD)があるため読みません。"
            )


def parse_xml(data: bytes) -> Any:
    """The root element. Entities stay unexpanded and nothing is fetched."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(data, parser)


def read_part(package: zipfile.ZipFile, name: str) -> Any:
    """The root element of a part; None where the archive has none of that name."""
    try:
        return parse_xml(package.read(name))
    except KeyError:
        return None


def read_relations(package: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """The relations of a part by id: (the last word of the type, the name of the part aimed at)."""
    folder, name = posixpath.split(part)
    root = read_part(package, posixpath.join(folder, "_rels", f"{name}.rels"))
    relations: dict[str, tuple[str, str]] = {}
    for item in root if root is not None else ():
        target = item.get("Target", "")
        full = (
            target[1:]
            if target.startswith("/")
            else posixpath.normpath(posixpath.join(folder, target))
        )
        relations[item.get("Id", "")] = (item.get("Type", "").rsplit("/", 1)[-1], full)
    return relations


def find_main(package: zipfile.ZipFile, otherwise: str) -> str:
    """The name of the main part (`word/document.xml`), as the archive's own relations say."""
    kinds = dict(read_relations(package, "").values())
    return kinds.get("officeDocument", otherwise)


def read_title(package: zipfile.ZipFile) -> str:
    """The title in the core properties; empty without one."""
    root = read_part(package, "docProps/core.xml")
    found = root.find("{http://purl.org/dc/elements/1.1/}title") if root is not None else None
    return (found.text or "").strip() if found is not None else ""
