"""One picture of the film: left a map or a chart, right what a model draws, below what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from vae_core.look.colours import COLOURS, GREY
from vae_core.look.rows import spread
from vae_core.share.film.route import Land, Stop

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

SIZE = (640, 360)
SIDE, TOP, LEFT, RIGHT = 280, 16, 16, 344  # of the two squares
WIDE = SIZE[0] - 2 * LEFT
CAPTION, NOTE, TITLE, TEXT, NAME = 21, 14, 28, 17, 16  # sizes of letters
CAPTION_Y, NOTE_Y = 302, 333
PAPER, INK, QUIET, FRAME = "#ffffff", "#1e2026", "#69707c", "#d5d8dd"
DOTS, RADIUS, RING, HALO = 300, 2.2, 9, 3  # on the map; each more makes every picture of the film larger
ON_MAP = 0.94  # of the square that -1 to 1 takes


def text(draw: ImageDraw, at: tuple[float, float], words: str, size: int, colour: str = INK) -> None:
    """One line, cut where it would leave the picture."""
    font = _font(size)
    room = SIZE[0] - LEFT - at[0]
    while font.getlength(words) > room:
        words = words.rstrip(".")[:-1].rstrip() + "..."
    draw.text(at, words, colour, font)


def wrapped(words: str, size: int) -> Iterator[str]:
    """Lines as wide as the picture."""
    font, line = _font(size), ""
    for word in words.split():
        if line and font.getlength(f"{line} {word}") > WIDE:
            yield line
            line = ""
        line = f"{line} {word}".strip()
    yield line


def card(title: str, paragraphs: Sequence[str]) -> Image:
    """Nothing but words."""
    picture, draw = _blank()
    text(draw, (LEFT, 40), title, TITLE)
    y = 96.0
    for words in paragraphs:
        for line in wrapped(words, TEXT):
            text(draw, (LEFT, y), line, TEXT)
            y += 1.4 * TEXT
        y += 0.7 * TEXT
    return picture


def told(under: Image, caption: str, note: str) -> None:
    draw = _pen(under)
    text(draw, (LEFT, CAPTION_Y), caption, CAPTION)
    text(draw, (LEFT, NOTE_Y), note, NOTE, QUIET)


def chart_and_picture(drawn: np.ndarray) -> tuple[Image, ImageDraw]:
    """An empty square, and what a model draws: (h, w, c) bytes."""
    picture, draw = _blank()
    draw.rectangle((LEFT, TOP, LEFT + SIDE, TOP + SIDE), outline=FRAME)
    _paste(picture, drawn)
    return picture, draw


def map_of(on: Land) -> Image:
    """The test images as dots in the colours of their classes."""
    picture = _smooth(_dots(on), SIZE)
    _pen(picture).rectangle((LEFT, TOP, LEFT + SIDE, TOP + SIDE), outline=FRAME)
    return picture


def named(under: Image, on: Land, stops: Sequence[Stop]) -> Image:
    """The map with the names of two places: the upper one's above it, the lower one's below."""
    picture, font = under.copy(), _font(NAME)
    draw, spots = _pen(picture), [_spot(on.places(stop.code[None])[0]) for stop in stops]
    highest = min(y for _, y in spots)
    for stop, (x, y) in zip(stops, spots):
        half = font.getlength(stop.name) / 2 + HALO
        x = min(max(x, LEFT + half), LEFT + SIDE - half)
        at, anchor = ((x, max(y - RING, TOP + NAME)), "mb") if y == highest else ((x, y + RING), "mt")
        draw.text(at, stop.name, INK, font, anchor=anchor, stroke_width=HALO, stroke_fill=PAPER)
    return picture


def _dots(on: Land) -> Image:
    """Twice as large, so that they are round."""
    picture, draw = _blank(2)
    shown = spread(len(on.codes), DOTS)
    colours = [GREY if on.labels is None else COLOURS[int(on.labels[row]) % len(COLOURS)] for row in shown]
    for place, colour in zip(on.places(on.codes[shown]), colours):
        if np.abs(place).max() <= 1:
            x, y = _spot(place)
            draw.circle((2 * x, 2 * y), 2 * RADIUS, fill=colour)
    return picture


def walked(under: Image, place: np.ndarray, drawn: np.ndarray) -> Image:
    """The map with the cursor on it, and the picture of that place."""
    picture = under.copy()
    draw = _pen(picture)
    draw.circle(_spot(place), RING, outline=INK, width=3)
    _paste(picture, drawn)
    return picture


def _blank(scale: int = 1) -> tuple[Image, ImageDraw]:
    from PIL import Image

    picture = Image.new("RGB", (scale * SIZE[0], scale * SIZE[1]), PAPER)
    return picture, _pen(picture)


def _pen(picture: Image) -> ImageDraw:
    from PIL import ImageDraw

    return ImageDraw.Draw(picture)


def _font(size: int) -> FreeTypeFont | ImageFont:
    """The one that Pillow brings along."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _smooth(picture: Image, size: tuple[int, int]) -> Image:
    from PIL import Image

    return picture.resize(size, Image.Resampling.BICUBIC)


def _spot(place: np.ndarray) -> tuple[float, float]:
    """Pixels of a place on the map; one that lies outside is shown at its edge."""
    x, y = (float(value) for value in np.clip(place, -1, 1))
    return LEFT + SIDE / 2 * (1 + ON_MAP * x), TOP + SIDE / 2 * (1 - ON_MAP * y)


def _paste(picture: Image, drawn: np.ndarray) -> None:
    """As large as the square allows, its sides in their proportion."""
    from PIL import Image

    image = Image.fromarray(drawn[..., 0] if drawn.shape[-1] == 1 else drawn)
    scale = SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    picture.paste(_smooth(image, size), (RIGHT, TOP + (SIDE - size[1]) // 2))
