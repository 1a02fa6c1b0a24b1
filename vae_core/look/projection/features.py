"""The numbers that are projected: codes, pixels or activations, without the rows that no map can have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vae_core.data.dataset import Array
from vae_core.errors import LoupeError
from vae_core.look.projection import Projection
from vae_core.look.projection.images import Chosen, Known
from vae_core.look.projection.stages import Progress
from vae_core.look.rows import chunks
from vae_core.runs.store import Run

MOST_BYTES = 4 * 2**30  # of features in memory
Activations = Callable[[Run, int, Array, Progress], Array]  # of that layer of the encoder, of images (uint8)


def features(
    run: Run, spec: Projection, chosen: Chosen, known: Known, activations: Activations | None, progress: Progress
) -> Array:
    """The numbers of each image that are projected, (n, D) float32."""
    if spec.of == "codes":
        return known.codes
    pixels = chosen.part.pixels
    if spec.layer is None:
        check_size(len(pixels), pixels[0].size if len(pixels) else 0)
        return pixels.reshape(len(pixels), -1).astype(np.float32) / np.float32(255)
    if activations is None:
        raise LoupeError(
            "Activations are computed by a process of their own", fix="Project a layer with python -m vae_core project"
        )
    return activations(run, spec.layer, pixels, progress)


def check_size(count: int, dimensions: int) -> None:
    size = 4 * count * dimensions
    if size > MOST_BYTES:
        raise LoupeError(
            f"{count:,} x {dimensions:,} numbers would take {size / 2**30:.1f} GB of memory",
            f"At most {MOST_BYTES / 2**30:.0f} GB are used",
            f"Project at most {MOST_BYTES // max(1, 4 * dimensions):,} images",
        )


def finite(features: Array, known: Known) -> Array:
    """Places of the rows in which every number, the code's included, is finite and of a size that can be squared."""
    good = np.ones(len(features), bool)
    for part in chunks(len(features)):
        for values in (features[part], known.codes[part]):
            good[part] &= (np.abs(values) < 1e15).all(axis=1)  # false for NaN as well
    return np.flatnonzero(good)
