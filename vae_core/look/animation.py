"""Pictures one after the other, there and back, as a file that plays by itself."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np

FORMATS = ("gif", "webp")
REST = 8  # how many times longer the two ends stay
SIDE = 256  # pixels that an animation is wide at least


def animation(images: np.ndarray, form: str, milliseconds: int = 60) -> bytes:
    """(n, h, w, c) uint8 as "gif" or "webp": forth and back for ever, enlarged without smoothing."""
    from PIL import Image

    scale = max(1, round(SIDE / images.shape[2]))
    large = images.repeat(scale, axis=1).repeat(scale, axis=2)
    way = np.concatenate([large, large[-2:0:-1]])
    frames = [Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture) for picture in way]
    times = [milliseconds] * len(frames)
    times[0] = times[len(images) - 1] = REST * milliseconds
    options: dict[str, Any] = {"lossless": True, "method": 2} if form == "webp" else {}
    file = BytesIO()
    frames[0].save(file, form.upper(), save_all=True, append_images=frames[1:], duration=times, loop=0, **options)
    return file.getvalue()
