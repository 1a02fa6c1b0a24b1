"""HEIC pictures, as phones take them. What reads them is an extra; without it they are told of."""

from __future__ import annotations

from vae_core import extras
from vae_core.errors import LoupeError
from vae_core.words import plural

SUFFIXES = (".heic", ".heif")
FORMAT = "HEIF"  # as Pillow calls it
BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
CONVERT = "Convert them to JPEG, or add what reads them."


def is_here() -> bool:
    return extras.lacking("heic") is None


def register() -> None:
    """Let Pillow open them. The size that is stated bounds what is unpacked: the library holds to it itself."""
    if is_here():
        import pi_heif

        pi_heif.register_heif_opener(thumbnails=False)


def refused(what: str) -> LoupeError:
    """For where there is nothing else to be read."""
    return LoupeError(
        f"{what}, which cannot be read without pi-heif",
        "JPEG or PNG pictures were expected",
        f"{CONVERT} {extras.how_to_add('heic')}",
    )


def left_out(count: int) -> str:
    told = "which cannot be read without pi-heif"
    return f"Left out: {plural(count, 'HEIC picture')}, {told}. {CONVERT} {extras.how_to_add('heic')}"


def begins(content: bytes) -> bool:
    """Whether it is one, whatever it is called: phones and programs save them as .jpg, too."""
    return content[4:8] == b"ftyp" and content[8:12] in BRANDS
