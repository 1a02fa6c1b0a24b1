"""What the layers of a trained encoder say of images."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from vae_core.design.architecture import Architecture
from vae_core.errors import LoupeError
from vae_core.learn import models, saved
from vae_core.look.projection.features import check_size
from vae_core.runs import keras_file
from vae_core.runs.store import Run

BATCH = 256
BATCH_BYTES = 64 * 2**20  # of the widest layer's activations at once
Progress = Callable[[float, float], None]


def activations(run: Run, layer: int, images: np.ndarray, progress: Progress) -> np.ndarray:
    """(n, D) float32: what the encoder's layer of that place puts out for images (uint8), flattened.

    The encoder is the saved one, in evaluation mode; only one batch's activations of other layers are held at a time.
    """
    architecture = run.config().architecture()
    network = _cut(run, architecture, layer)
    size = int(np.prod(network.output_shape[1:]))
    check_size(len(images), size)
    found = np.empty((len(images), size), np.float32)
    batch = _batch(architecture)
    for start in range(0, len(images), batch):
        part = images[start : start + batch].astype(np.float32) / 255
        found[start : start + batch] = np.asarray(network(part, training=False)).reshape(len(part), -1)
        progress(min(start + batch, len(images)), len(images))
    return found


def _cut(run: Run, architecture: Architecture, layer: int) -> keras.Model:
    if not 0 <= layer < len(architecture.encoder):
        raise LoupeError(
            f"The encoder of {run.id} has no layer {layer + 1}", f"It has {len(architecture.encoder)} before its code"
        )
    encoder, until = models.cut(architecture, layer)
    saved.fill(encoder, keras_file.read(run.model)["encoder"])
    return until


def _batch(architecture: Architecture) -> int:
    widest = max(int(np.prod(row.output)) for row in architecture.encoder_rows)
    return int(max(1, min(BATCH, BATCH_BYTES // (4 * widest))))
