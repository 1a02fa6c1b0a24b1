"""Draw the moving picture of the first page from a real run: `python docs/moving_picture.py <run>`.

Left the codes of test images, each class in its colour; right what the decoder draws all over that plane.
The committed picture is of `train --dataset mnist --train-size 25000 --epochs 24`.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from ui import palette
from vae_core import settings
from vae_core.look.codes import SPAN
from vae_core.look.pictures import sheet
from vae_core.runs import store
from vae_core.runs.store import Run

TARGET = Path(__file__).parent / "pictures" / "taking-shape.webp"
SIDE, GAP = 256, 16  # pixels of each half, and between them
FRAMES, POINTS, EVERY = 14, 700, 2  # epochs, codes, and which cells of the grid are drawn: the file stays small
FINE = 3  # drawn larger and scaled down, for smooth dots
FRAME_MS, LAST_MS = 350, 3000
QUALITY = 50
Array = np.ndarray[Any, Any]


def frames(run: Run) -> list[Image.Image]:
    epochs = run.snapshot_epochs()
    chosen = np.unique(np.linspace(0, len(epochs) - 1, FRAMES).round().astype(int))
    return [frame(run.snapshot(epochs[place])) for place in chosen]


def frame(snapshot: dict[str, Array]) -> Image.Image:
    """Both halves show the same square of the plane."""
    picture = Image.new("RGBA", (2 * SIDE + GAP, SIDE), (0, 0, 0, 0))
    picture.paste(dots(snapshot["code"][:POINTS], snapshot["labels"][:POINTS]), (0, 0))
    decoded = Image.fromarray(sheet(snapshot["grid"][::EVERY, ::EVERY], gap=0)[..., 0]).resize(
        (SIDE, SIDE), Image.Resampling.LANCZOS
    )
    picture.paste(decoded.convert("RGBA"), (SIDE + GAP, 0))
    return picture


def dots(code: Array, labels: Array) -> Image.Image:
    side = SIDE * FINE
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    places = (code[:, :2] * (1, -1) / SPAN + 1) / 2 * side
    for (x, y), label in zip(places, labels, strict=True):
        draw.ellipse((x - 5, y - 5, x + 5, y + 5), fill=palette.colour(int(label)))
    return picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def main(name: str) -> None:
    *early, last = frames(store.open_run(settings.load(), name))
    found = [last, *early]  # who sees it stand still sees how it ends
    times = [LAST_MS] + [FRAME_MS] * len(early)
    TARGET.parent.mkdir(exist_ok=True)
    found[0].save(
        TARGET, save_all=True, append_images=found[1:], duration=times, loop=0, quality=QUALITY, method=6,
        minimize_size=True, alpha_quality=0,
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
