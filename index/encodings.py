"""Bytes to text: strict decoding decides, and what stays ambiguous is refused, not guessed."""

from __future__ import annotations

import codecs
from typing import NamedTuple

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
LEGACY = ("cp932", "euc_jis_2004")
NAMES = {"cp932": "Shift_JIS(cp932)", "euc_jis_2004": "EUC-JP", "iso2022_jp_ext": "ISO-2022-JP"}
PLAUSIBLE = 0.4
CLEAR = 0.3
SAMPLE = 200_000


class Undecodable(Exception):
    """No encoding fits, or more than one does; the message is the Japanese reason."""


class Decoded(NamedTuple):
    """A decoded text without its byte order mark, newlines untouched."""

    text: str
    encoding: str
    warning: str = ""
    """Set where a second encoding would have decoded as well."""


def decode(data: bytes) -> Decoded:
    """Decode `data`; raises Undecodable where no single encoding is clearly right."""
    for bom, encoding in BOMS:
        if data.startswith(bom):
            return Decoded(_strictly(data[len(bom) :], encoding), encoding)
    if b"\0" in data:
        raise Undecodable(
            "文字のファイルではありません(NUL文字を含むバイナリ、または印のないUTF-16)。"
            "UTF-8のテキストで保存し直してください。"
        )
    if b"\x1b$" in data and data.isascii():
        return Decoded(_strictly(data, "iso2022_jp_ext"), "iso2022_jp_ext")
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        return _decode_legacy(data, error.start)


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Undecodable(
            f"{NAMES.get(encoding, encoding.upper())}の印がありますが、{error.start}バイト目が"
            "その文字コードではありません。ファイルが壊れていないか確かめてください。"
        ) from None


def _decode_legacy(data: bytes, broken: int) -> Decoded:
    """Try the Japanese encodings before Unicode and keep the one that reads as Japanese.

    Most EUC-JP text also decodes as cp932 (into half-width katakana), so strictness alone does
    not decide between the two.
    """
    found = sorted(
        (
            (japanese_share(text), encoding, text)
            for encoding in LEGACY
            if (text := _try(data, encoding))
        ),
        reverse=True,
    )
    if not found or found[0][0] < PLAUSIBLE:
        raise Undecodable(
            f"文字コードが分かりません(UTF-8としては{broken}バイト目が不正で、"
            "Shift_JISやEUC-JPの日本語としても読めません)。UTF-8で保存し直してください。"
        )
    best, encoding, text = found[0]
    if len(found) == 1:
        return Decoded(text, encoding)
    if best - found[1][0] < CLEAR:
        raise Undecodable(
            "文字コードがShift_JIS(cp932)とEUC-JPのどちらか決められません。UTF-8で保存し直してください。"
        )
    other = NAMES[found[1][1]]
    return Decoded(
        text,
        encoding,
        f"文字コードを{NAMES[encoding]}と判断しました({other}としても復号できます)。",
    )


def _try(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return ""


def japanese_share(text: str) -> float:
    """How much of the non-ASCII part of `text` is everyday Japanese, in [0, 1].

    Kana and full-width punctuation count 1, kanji of JIS level 1 three quarters (a wrong
    encoding also yields some), half-width katakana half (it is what EUC-JP turns into), the
    rest nothing. Measured on the first 200,000 characters.
    """
    weights = [_weight(char) for char in text[:SAMPLE] if char > "\x7f"]
    return sum(weights) / len(weights) if weights else 0.0


def _weight(char: str) -> float:
    if "\u3000" <= char <= "\u30ff" or "\uff01" <= char <= "\uff5e":
        return 1.0
    if "\uff61" <= char <= "\uff9f":
        return 0.5
    if "\u4e00" <= char <= "\u9fff":
        try:
            code = char.encode("cp932")
        except UnicodeEncodeError:
            return 0.0
        return 0.75 if b"\x88\x9f" <= code <= b"\x98\x72" else 0.25
    return 0.0
