"""Measure how fast this machine trains, by a few steps of small networks that stress it in different ways."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from vae_core.learn import models, speed
from vae_core.runs import calibration
from vae_core.settings import Settings
from vae_core.spec import cost
from vae_core.spec.config import Config

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


def calibrate(
    settings: Settings,
    progress: Callable[[int, int], None] = lambda done, total: None,
    probes: Sequence[Probe] = PROBES,
) -> calibration.Rates:
    """Train every probe in both precisions for a moment, fit the rates, keep them."""
    rows: dict[str, list[tuple[tuple[float, ...], float]]] = {name: [] for name in PRECISIONS}
    jobs = [(precision, probe) for probe in probes for precision in PRECISIONS]
    for number, (precision, (image, encoder, decoder, batch)) in enumerate(jobs):
        progress(number, len(jobs))
        config = Config("digits", image, encoder, decoder, batch=batch)
        style = models.Style(precision, fused=True, logits=True)
        seconds = min(speed.step_seconds(config, style, batch, repeats=4, count=2))
        log.info("%s, %s, batch %d: %.1f ms a step", precision, encoder, batch, 1000 * seconds)
        rows[precision].append((cost.features(config.architecture(), batch), seconds))
    progress(len(jobs), len(jobs))
    rates = {name: cost.fit(measured) for name, measured in rows.items()}
    calibration.save(settings, rates)
    return rates
