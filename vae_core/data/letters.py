"""The data set `type`: digits and capital letters in the text faces that matplotlib ships, drawn on this machine.

    python -m vae_core.data.letters      draws them in a process of its own, the only one with matplotlib

A glyph is drawn once, large, and kept as the distance of every place to its outline. An image is a look at that field
from where slant, size and a light elastic warp lead, cut at the level that the weight says.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np

from vae_core.data.dataset import Array
from vae_core.data.raw import Raw

VERSION = 1  # of what is drawn; raised with every change of it
SIDE = 28
CLASSES = tuple("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
# Symbol and extension fonts hold no letters. A face that is another one leaned over is left out: slant is a factor.
FACES = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "DejaVuSerif-BoldItalic",
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralItalic",
    "STIXGeneralBolIta",
    "cmr10",
    "cmb10",
    "cmss10",
    "cmti10",
    "cmtt10",
)
# Slant in widths a height, weight in pixels that an outline moves out, size in pixels of a capital's height.
RANGES = {"slant": (-0.1, 0.25), "weight": (-0.25, 0.55), "size": (17.0, 20.0), "warp": (0.0, 1.0)}
GOLDEN = 1.1673039782614187  # the golden ratio of four dimensions: x ** 5 = x + 1
TRAIN, VALIDATION, TEST = 16_000, 2000, 2000
STEPS = 5  # into so many parts the ranges of slant, weight and size are cut;
EVERY = 10  # and one of so many of the cells that this makes is kept for testing, for each face another one
EM, FIELD = 64, 92  # pixels of a glyph's em square, and of the field around it
REACH = 8.0  # pixels to which a field knows the distance
WIDEST = 1.0  # heights to a width
WAVES = ((0, 1), (1, 1), (2, 1), (1, 2), (0, 2))  # of the warp, in half turns across and down; as it goes from 0 to 1
BEGIN = ((0.1, 0.7, 0.3, 0.9, 0.5), (0.6, 0.2, 0.8, 0.4, 0.0))  # each sways across and down by half a turn from here
SWAY = 0.5  # pixels
CHUNK = 500  # images: what is worked on stays in the processor's cache


def generate(seed: int = 0) -> tuple[Array, dict[str, Array]]:
    """Images (n, 28, 28, 1), first those that train, and their factors.

    What tests is no copy of what trains: a face is never seen there with this slant, weight and size at once.
    """
    drawn = _factors(np.random.default_rng(seed), 2 * EVERY * TEST)
    held_out = _is_held_out(drawn)
    rows = np.concatenate([np.flatnonzero(~held_out)[: TRAIN + VALIDATION], np.flatnonzero(held_out)[:TEST]])
    factors = {name: values[rows] for name, values in drawn.items()}
    return draw(factors), factors


def _factors(random: np.random.Generator, count: int) -> dict[str, Array]:
    """As many of each glyph, its other factors spread evenly (Roberts' R sequence, begun anywhere): chance alone would
    draw some twice."""
    glyph, number = np.arange(count) % (len(FACES) * len(CLASSES)), np.arange(count) // (len(FACES) * len(CLASSES))
    begin = random.random((len(FACES) * len(CLASSES), len(RANGES)))
    share = (begin[glyph] + number[:, None] * GOLDEN ** -np.arange(1.0, 1 + len(RANGES))) % 1
    order = random.permutation(count)
    found = {"character": glyph[order] % len(CLASSES), "face": glyph[order] // len(CLASSES)}
    for (name, (low, high)), values in zip(RANGES.items(), share[order].T, strict=True):
        found[name] = (low + values * (high - low)).astype(np.float32)
    return found


def _is_held_out(factors: dict[str, Array]) -> Array:
    cell = factors["face"].copy()
    for name, stride in (("slant", 1), ("weight", 3), ("size", 7)):
        low, high = RANGES[name]
        cell += stride * np.minimum((factors[name] - low) / (high - low) * STEPS, STEPS - 1).astype(int)
    return cell % EVERY == 0


def draw(factors: dict[str, Array]) -> Array:
    """The pictures that belong to factors; given ones too, so that one factor can be varied alone."""
    fields, units = _fields()
    glyph = np.asarray(factors["face"]) * len(CLASSES) + np.asarray(factors["character"])
    pixels = np.empty((len(glyph), SIDE, SIDE, 1), np.uint8)
    for start in range(0, len(glyph), CHUNK):
        rows = slice(start, start + CHUNK)
        slant, weight, size, warp = (np.asarray(factors[name][rows], np.float32)[:, None] for name in RANGES)
        across, down = _seen_from(warp)
        across = across + slant * down
        scale = units[glyph[rows]][:, None] / size  # of the field's pixels in one of the image's
        distance = _sampled(fields, glyph[rows], across * scale, down * scale)
        pixels[rows, :, :, 0] = np.rint(255 * np.clip(0.5 + weight - distance / scale, 0, 1)).reshape(-1, SIDE, SIDE)
    return pixels


def _seen_from(warp: Array) -> tuple[Array, Array]:
    """Where each pixel looks, from the image's middle: moved a little by the waves of the warp."""
    places = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE
    down, across = (axis.ravel() for axis in np.meshgrid(places, places, indexing="ij"))
    waves = np.stack([np.cos(np.pi * (a * across + b * down)) for a, b in WAVES]).astype(np.float32)
    sway = SWAY * np.cos(np.pi * (warp[:, :, None] + np.array(BEGIN, np.float32)))
    moved = np.einsum("naw,wp->anp", sway, waves)  # `@` would wake all threads for so little
    return (across - 0.5) * SIDE + moved[0], (down - 0.5) * SIDE + moved[1]


def _sampled(fields: Array, glyph: Array, across: Array, down: Array) -> Array:
    """The field at places between its pixels: bilinear, and its edge beyond it."""
    middle, last = FIELD / 2 - 0.5, FIELD - 1.001
    across, down = (np.clip(axis + middle, 0, last) for axis in (across, down))
    left, top = across.astype(np.int32), down.astype(np.int32)
    right, low = across - left, down - top
    at = (glyph[:, None].astype(np.int32) * FIELD + top) * FIELD + left
    flat = fields.reshape(-1)
    above = flat[at] * (1 - right) + flat[at + 1] * right
    below = flat[at + FIELD] * (1 - right) + flat[at + FIELD + 1] * right
    return np.asarray(above * (1 - low) + below * low)


def _fields() -> tuple[Array, Array]:
    """For each face and character the distance to its outline, negative inside, and how many pixels become `size`: the
    height of the face, or most of a wide letter's width, so that it stays in the picture."""
    fields: list[Array] = []
    units: list[float] = []
    for path in _paths():
        glyphs = _glyphs(path)
        heights, widths = (np.array([(each > 0.5).any(axis).sum() for each in glyphs]) for axis in (1, 0))
        fields += map(_distances, glyphs)
        units += list(np.maximum(np.median(heights), WIDEST * widths))
    return np.stack(fields), np.array(units, np.float32)


def _glyphs(path: Path) -> list[Array]:
    """Each character of a face, as coverage 0..1 in the middle of its field."""
    from matplotlib import ft2font

    font, found = ft2font.FT2Font(path), []
    font.set_size(EM, 72)
    for character in CLASSES:
        font.set_text(character, 0, flags=ft2font.LoadFlags.NO_HINTING)
        font.draw_glyphs_to_bitmap()
        image = np.asarray(font.get_image(), np.float32) / 255
        inside = image[np.ix_(image.any(1), image.any(0))]
        field = np.zeros((FIELD, FIELD), np.float32)
        top, left = ((FIELD - length) // 2 for length in inside.shape)
        field[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
        found.append(field)
    return found


def _distances(picture: Array) -> Array:
    """Signed distances to the outline; the coverage of a pixel on it says where in the pixel it lies."""
    from scipy.ndimage import distance_transform_edt

    inside = picture > 0.5
    away = distance_transform_edt(~inside) - distance_transform_edt(inside)
    edge = np.abs(away) <= 1
    exact = np.where(edge, 0.5 - picture, away - 0.5 * np.sign(away))
    return np.clip(exact, -REACH, REACH).astype(np.float32)


def _paths() -> list[Path]:
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return [folder / f"{face}.ttf" for face in FACES]


def stamp() -> str:
    """Names what is drawn: the generator's version and the fonts' bytes."""
    digest = hashlib.sha256(str(VERSION).encode())
    for path in _paths():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def as_raw(drawn: dict[str, Array]) -> Raw:
    """What `main` wrote, as the images of a data set."""
    columns = {"face": np.array(FACES)[drawn["face"]], **{name: drawn[name] for name in RANGES}}
    parts = np.repeat(["train", "validation", "test"], [TRAIN, VALIDATION, TEST])
    return Raw(drawn["pixels"], drawn["character"], parts, columns=columns, stamp=str(drawn["stamp"]))


def main() -> None:
    """Handed on through a pipe: nothing is left where one of the two ends before the other."""
    pixels, factors = generate()
    np.savez(sys.stdout.buffer, pixels=pixels, stamp=stamp(), **factors)  # type: ignore[arg-type]  # NumPy's stubs know no such names


if __name__ == "__main__":
    main()
