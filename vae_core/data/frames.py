"""How many frames an animated picture has, or pages a TIFF: counted without unpacking them, and not without end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MOST = 10_000  # of one file
SEVERAL = "several frames"  # what is told of such pictures holds these words
EXTENSION, IMAGE = 0x21, 0x2C  # what a block of a GIF begins with


def count(image: ImageFile, content: bytes) -> int:
    """One more than MOST where there are more. Pillow's own count walks through all that a file claims to hold."""
    if not getattr(image, "is_animated", False):
        return 1
    if image.format == "GIF":
        return _of_gif(content)
    if image.format == "TIFF":
        return _of_tiff(image)
    return min(int(getattr(image, "n_frames", 1)), MOST + 1)


def _of_gif(content: bytes) -> int:
    found, place = 0, 13 + _table(content, 10)
    while place + 10 < len(content) and found <= MOST and content[place] in (EXTENSION, IMAGE):
        if content[place] == IMAGE:
            found += 1
            place += 11 + _table(content, place + 9)
        else:
            place += 2
        while place < len(content) and content[place]:  # blocks of data, each after its length
            place += content[place] + 1
        place += 1
    return max(found, 1)


def _table(content: bytes, flags: int) -> int:
    """Bytes of a table of colours."""
    return 3 << (content[flags] & 7) + 1 if content[flags] & 0x80 else 0


def _of_tiff(image: ImageFile) -> int:
    found = 1
    try:
        while found <= MOST:
            image.seek(found)
            found += 1
    except EOFError:
        pass
    image.seek(0)
    return found
