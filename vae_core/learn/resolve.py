"""How a run computes, decided once: precision by a short measurement, fused layers where they are proven equal."""

from __future__ import annotations

import logging
import platform
from pathlib import Path

from vae_core.checked import by_name, text
from vae_core.design.config import Config
from vae_core.design.cost import WORTH_MEASURING
from vae_core.errors import LoupeError
from vae_core.learn import models, speed
from vae_core.runs import files
from vae_core.runs.store import Run
from vae_core.settings import Settings

WORTH_TAKING = 1.1  # how much faster half precision must be
log = logging.getLogger(__name__)


def style(config: Config, run: Run, settings: Settings, fingerprint: str) -> models.Style:
    """The style in the run's folder, or a fresh decision that is then written there."""
    known = run.resolved()
    if "precision" not in known:
        architecture = config.architecture()
        known = {
            "precision": _precision(config, settings),
            "fused": config.fused != "off",
            "logits": config.loss != "mse" and architecture.ends_in_sigmoid,
            "backend": "tensorflow",
            "parameters": architecture.counts,
            "data_fingerprint": fingerprint,
        }
        run.set_resolved(known)
    return models.Style(known["precision"], known["fused"], known["logits"])


def _precision(config: Config, settings: Settings) -> str:
    if config.precision != "auto":
        return config.precision
    if config.architecture().multiply_adds < WORTH_MEASURING:
        return "float32"
    path = settings.cache / "precision.json"
    measured = _read(path)
    key = f"{platform.processor() or platform.machine()} {config.image} {config.encoder} {config.decoder} {config.kind}"
    if key not in measured:
        measured[key] = _measure(config)
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_json(path, measured)
    return measured[key]


def _measure(config: Config) -> str:
    fused = config.fused != "off"
    most = 2_000_000_000 // config.architecture().multiply_adds  # images: about a second a step
    batch = max(4, min(config.batch, most))
    single, half = (
        min(speed.step_seconds(config, models.Style(precision, fused, logits=False), batch, repeats=3))
        for precision in ("float32", "mixed_bfloat16")
    )
    log.info("a step of %d images: %.3f s in float32, %.3f s in mixed_bfloat16", batch, single, half)
    return "mixed_bfloat16" if single > WORTH_TAKING * half else "float32"


def _read(path: Path) -> dict[str, str]:
    try:
        return files.read_json(path, by_name(text))
    except LoupeError:  # nothing was measured yet, or the file is damaged
        return {}
