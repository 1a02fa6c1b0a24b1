"""The picture of a training to come: some images, the network that they go through, and faint, what it is to draw."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ui import hourglass, pixels
from ui.cached import datasets
from ui.components import drawn
from vae_core.data.dataset import Summary
from vae_core.design.draft import Line
from vae_core.look import pictures

KEY = "train_drawn"
SHOWN = 3
MOST_BYTES = 64_000_000  # of a data set that is read for the first time only to show some of it
LEFT = 20.0  # percent of the width, for images on either side
TALL, SIDE = 30.0, 18.0  # percent of height and width, of an image
FRAME = '<rect class="frame" {}/>'  # the place of an image that is not known


def draw(data: Summary, lines: Sequence[Line], small: bool) -> None:
    """`small`: it makes room for the settings."""
    if lines:
        images = _images(data, also_out=hourglass.is_whole(lines))
        picture = hourglass.named(data.image, lines, LEFT, images)
        drawn.show(KEY, f'<div class="small">{picture}</div>' if small else picture)


def _images(data: Summary, also_out: bool) -> str:
    """At the left those that go in, at the right the same: that is what a network learns to draw."""
    into, out = _drawn(data)
    return _placed(into, 0) + (_placed(out, 100 - SIDE) if also_out else "")


def _drawn(data: Summary) -> tuple[list[str], list[str]]:
    if not _can_be_read(data):
        return [FRAME] * SHOWN, [FRAME] * SHOWN
    uris = [pixels.uri(pictures.webp(image)) for image in datasets.view(data.name).mix[:: 10 // SHOWN][:SHOWN]]
    into = [f'<image href="{uri}" preserveAspectRatio="xMinYMid" {{}}/>' for uri in uris]
    return into, [f'<image class="faint" href="{uri}" preserveAspectRatio="xMaxYMid" {{}}/>' for uri in uris]


def _can_be_read(data: Summary) -> bool:
    """At once: it lies here, and what is large has been read before."""
    small = data.train * math.prod(data.image) <= MOST_BYTES
    return data.ready and (small or datasets.is_kept(data.name))


def _placed(each: Sequence[str], x: float) -> str:
    return "".join(what.format(_place(x, row)) for row, what in enumerate(each))


def _place(x: float, row: int) -> str:
    return f'x="{x}%" y="{row * (100 - TALL) / (SHOWN - 1):.1f}%" width="{SIDE}%" height="{TALL}%"'
