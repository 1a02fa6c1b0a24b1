"""Sheets of small pictures: pages as they were beside what they are now, and what changed in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bench.seen import SCHEMES, SIZES

CHANGED = {
    "Home": "The map takes half of the screen; it was a third, between text and buttons.",
    "Data": "Images, a line a class, fill the width; names and counts stand beside them.",
    "Train": "Three choices and a picture of the network, or curve, map, grid and images on one screen; it was a form.",
    "Explore": "The map is as high as the window, and its tools are icons on it; they were five rows of buttons.",
    "Project": "The map comes first, and the form for a new one is behind a button.",
    "Compare": "The models stand beside each other under one cursor; it was text, and a table.",
    "Tune": "A search opens on what its models draw; before one there is the network, and two questions.",
}
WIDE, GAP, LINE = {"wide": 300, "phone": 110}, 8, 22  # pixels of a small picture, between them, of a line of text
LEAST = 900  # wide, for the sentences
PAPER, INK, FAINT = "#ffffff", "#151413", "#6b6b6b"
QUALITY = 60


def write(before: Path, now: Path, out: Path, states: Sequence[str], pages: Sequence[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        for scheme in SCHEMES:
            target = out / f"states-{size}-{scheme}.webp"
            _sheet(before, now, states, pages, size, scheme).save(target, quality=QUALITY, method=6)
            print(target, f"{target.stat().st_size / 1000:.0f} kB")


def _sheet(before: Path, now: Path, states: Sequence[str], pages: Sequence[str], size: str, scheme: str) -> Image.Image:
    """A row a page; in it each state twice, as it was and as it is."""
    wide, high = WIDE[size], WIDE[size] * SIZES[size][1] // SIZES[size][0]
    rows = [(page, [name for name in states if _path(now, page, name, size, scheme).exists()]) for page in pages]
    across = max(LEAST, max(len(found) for _, found in rows) * (2 * wide + 3 * GAP))
    sheet = Image.new("RGB", (across, len(rows) * (high + 2 * LINE + 2 * GAP)), PAPER)
    pen, top = ImageDraw.Draw(sheet), 0
    for page, found in rows:
        _write(pen, (0, top), f"{page}. {CHANGED[page]}", INK)
        for place, name in enumerate(found):
            left = place * (2 * wide + 3 * GAP)
            _write(pen, (left, top + LINE), f"{name}: before, and now", FAINT)
            for side, folder in enumerate((before, now)):
                _paste(
                    sheet,
                    _path(folder, page, name, size, scheme),
                    (left + side * (wide + GAP), top + 2 * LINE),
                    wide,
                    high,
                )
        top += high + 2 * LINE + 2 * GAP
    return sheet


def _path(folder: Path, page: str, state: str, size: str, scheme: str) -> Path:
    return folder / f"{page} {state} {size} {scheme}.png"


def _write(pen: ImageDraw.ImageDraw, place: tuple[int, int], text: str, ink: str) -> None:
    pen.text(place, text, ink, font=ImageFont.load_default(15))


def _paste(sheet: Image.Image, path: Path, place: tuple[int, int], wide: int, high: int) -> None:
    if not path.exists():
        return
    with Image.open(path) as picture:
        sheet.paste(picture.convert("RGB").resize((wide, high), Image.Resampling.LANCZOS), place)
    ImageDraw.Draw(sheet).rectangle((*place, place[0] + wide, place[1] + high), outline="#c8c8c8")
