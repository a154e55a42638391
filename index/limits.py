"""How much one file may cost: what is larger is refused, never cut off silently."""

from __future__ import annotations

from dataclasses import dataclass

MEBI = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds for one file. A reader that meets one raises ReadError and says which.

    They stand against decompression bombs and files made to exhaust memory, so the defaults are
    far above what an office document holds.
    """

    file_bytes: int = 512 * MEBI
    unpacked_bytes: int = 1024 * MEBI
    """Of all parts of a packed file (gz, docx, pptx, xlsx) together."""
    ratio: int = 200
    """Unpacked to packed bytes of one part; parts below 4 MiB unpacked are not measured."""
    pages: int = 5_000
    """Pages, slides or sheets."""
    cells: int = 2_000_000
    """Table cells of one file."""
    characters: int = 20_000_000
    """Code points of the text that comes out."""
