"""Measure how fast this machine trains: steps of small networks that stress it in many ways, and whole trainings."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from vae_core.data import catalog
from vae_core.design import cost
from vae_core.design.config import Config
from vae_core.design.duration import Fixed
from vae_core.learn import models, speed, training
from vae_core.runs import calibration, store
from vae_core.runs.calibration import Measured
from vae_core.settings import PROJECT, Settings

log = logging.getLogger(__name__)
PRECISIONS = ("float32", "mixed_bfloat16")
GREY, COLOUR = (28, 28, 1), (32, 32, 3)
# Image, encoder, decoder, batch: each is dominated by another term of the cost.
Probe = tuple[tuple[int, int, int], str, str, int]
PROBES: tuple[Probe, ...] = (
    ((8, 8, 1), "flatten dense32 dense16", "mirror", 32),
    (GREY, "flatten dense16", "mirror", 128),
    (GREY, "flatten dense512:gelu dense256:gelu", "mirror", 128),
    (GREY, "flatten dense2048", "mirror", 64),
    (GREY, "conv8/2 bn conv16/2 bn flatten dense20 bn", "mirror", 128),
    (GREY, "conv8/2 drop.5 conv16/2:linear bn relu drop.5 conv32/2v flatten dense64", "mirror", 128),
    (GREY, "conv16 bn conv16 bn pool2 conv16 bn pool2 flatten dense16", "mirror", 32),
    (GREY, "conv8 bn conv32 bn conv64 bn flatten dense20 bn", "mirror", 32),
    (
        GREY,
        "conv64v bn pool2 conv64v bn pool2",
        "dense1024 bn reshape4x4x64 bn up3 conv64v bn up3 conv64v bn conv1k1:sigmoid",
        32,
    ),
    (GREY, "conv64/4 conv512 bn flatten dense8", "mirror", 16),
    (GREY, "conv32/2 conv512/2 conv512 flatten dense8", "mirror", 16),
    (COLOUR, "conv64 pool2 conv64 pool2 conv64 pool2 conv16 pool2", "mirror", 32),
    (COLOUR, "conv128/2 bn conv256/2 bn conv256 bn", "mirror", 16),
    (
        COLOUR,
        "conv256 pool2 conv128 pool2 conv32/2",
        "dense512 reshape4x4x32 up2 conv32 up2 conv32 up2 deconv3:sigmoid",
        16,
    ),
)


# Trained to their end for what is no step: a few layers, and many. The times are nearly all of it.
FEW_LAYERS = Config("digits", (8, 8, 1), "flatten dense16", epochs=3, train_size=200)
MANY_LAYERS = Config(
    "digits", (8, 8, 1), "conv4/2 bn conv4 bn conv4 bn conv4 bn flatten dense16 bn", epochs=3, train_size=200
)
WHOLE = (FEW_LAYERS, FEW_LAYERS, MANY_LAYERS)
START = (
    "from vae_core import settings; from vae_core.data import catalog, splits; from vae_core.learn import training; "
    "splits.split(catalog.load('digits', settings.load()))"
)
Progress = Callable[[str, int, int], None]


def calibrate(
    settings: Settings, progress: Progress = lambda what, done, total: None, probes: Sequence[Probe] = PROBES
) -> Measured:
    """Train every probe in both precisions for a moment and two models to their end; keep what that took."""
    jobs = [(precision, probe) for probe in probes for precision in PRECISIONS]
    first = len(WHOLE) + 1  # a training's first seconds are those of a fresh process, so this comes first
    fixed = _fixed(lambda what, number: progress(what, number, first + len(jobs)))
    rows: dict[str, list[tuple[tuple[float, ...], float]]] = {name: [] for name in PRECISIONS}
    for number, (precision, (image, encoder, decoder, batch)) in enumerate(jobs, first):
        progress("Training steps", number, first + len(jobs))
        config = Config("digits", image, encoder, decoder, batch=batch)
        style = models.Style(precision, fused=True, logits=True)
        seconds = min(speed.step_seconds(config, style, batch, repeats=4, count=2))
        log.info("%s, %s, batch %d: %.1f ms a step", precision, encoder, batch, 1000 * seconds)
        rows[precision].append((cost.features(config.architecture(), batch), seconds))
    progress("Measured", first + len(jobs), first + len(jobs))
    measured = Measured({name: cost.fit(each) for name, each in rows.items()}, fixed)
    calibration.save(settings, measured)
    return measured


def _fixed(progress: Callable[[str, int], None]) -> Fixed:
    """Layers cost what two trainings differ by; the rest is what they took in a process that had trained nothing."""
    progress("Starting a process", 0)
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", START], cwd=PROJECT, check=True, capture_output=True)
    start = time.monotonic() - began
    found = []
    for number, config in enumerate(WHOLE, 1):
        progress("Whole trainings", number)
        found.append(_whole(config))
    fresh, few, many = found
    layers, more = (cost.layers(config.architecture()) for config in (FEW_LAYERS, MANY_LAYERS))
    build_layer, finish_layer = (
        max(0.0, after - before) / (more - layers)
        for before, after in ((few.build, many.build), (few.finish, many.finish))
    )
    build, finish = (max(0.0, fresh.build - layers * build_layer), max(0.0, fresh.finish - layers * finish_layer))
    return Fixed(start, build, build_layer, fresh.first_look, max(few.look, many.look), finish, finish_layer)


@dataclass(frozen=True)
class _Whole:
    """Seconds of a whole training's parts."""

    build: float
    first_look: float
    look: float
    finish: float


def _whole(config: Config) -> _Whole:
    """Of a training that is really done, in a folder that goes away."""
    moments: list[tuple[float, dict[str, Any]]] = []
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(cache=Path(folder, "cache"), checkpoints=Path(folder, "runs"))
        run = store.create(settings, config, {})
        catalog.load(config.dataset, settings)
        began = time.monotonic()
        training.train(run, settings, lambda row: moments.append((time.monotonic(), row)))
        ended = time.monotonic()
    first = moments[0][0] - began
    ends = [moment for moment, row in moments if "epoch_done" in row]
    lasts = [before for (before, _), (_, row) in pairwise(moments) if "epoch_done" in row]
    looks = [end - last for end, last in zip(ends, lasts, strict=True)]
    later = min(looks[1:])
    return _Whole(first, max(0.0, looks[0] - later), later, ended - ends[-1])
