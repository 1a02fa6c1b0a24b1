"""What a person sees of an epoch: the codes of test images, ten reconstructions, a decoded grid."""

from __future__ import annotations

import numpy as np

from vae_core.data import splits
from vae_core.data.dataset import Dataset
from vae_core.learn.steps import Steps
from vae_core.look import codes as look
from vae_core.look.pictures import as_bytes
from vae_core.look.rows import spread
from vae_core.runs.store import Run

CODES = 2000
PICTURES = 10
GRID = 16


def save(run: Run, steps: Steps, data: Dataset, epoch: int) -> None:
    tested = splits.to_show(data, run.config().classes)
    index = tested[spread(len(tested), CODES)]
    code, _ = steps.encode(data.test.pixels[index])
    plane = look.plane(code, run.config().has_prior)
    shown = index[spread(len(index), PICTURES)]
    shown_code, _ = steps.encode(data.test.pixels[shown])
    arrays = {
        "index": index.astype(np.int32),
        "code": code.astype(np.float32),
        "original": data.test.pixels[shown],
        "reconstruction": as_bytes(steps.decode(shown_code)),
        "grid": as_bytes(steps.decode(look.plane_grid(plane, GRID))).reshape(GRID, GRID, *data.image),
        "plane": plane,
    }
    if data.test.labels is not None:
        arrays["labels"] = data.test.labels[index]
    run.save_snapshot(epoch, arrays)
