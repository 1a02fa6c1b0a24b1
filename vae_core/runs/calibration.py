"""How fast this machine trains: measured once by a job process, kept in the cache folder, read by everyone."""

from __future__ import annotations

import platform

from vae_core.errors import LoupeError
from vae_core.runs import files
from vae_core.settings import Settings
from vae_core.spec import cost
from vae_core.spec.config import Config

FILE = "calibration.json"
Rates = dict[str, cost.Calibration]  # by precision


def machine() -> str:
    """What the measurement holds for."""
    return f"{platform.node()} {platform.machine()} {platform.processor()}"


def load(settings: Settings) -> Rates | None:
    """The rates of this machine; None where none were measured, or elsewhere, or by another version."""
    try:
        document = files.read_json(settings.cache / FILE)
        if document.get("machine") != machine():
            return None
        return {name: cost.from_json(rates) for name, rates in document["rates"].items()}
    except (LoupeError, KeyError, AttributeError):
        return None


def save(settings: Settings, rates: Rates) -> None:
    settings.cache.mkdir(parents=True, exist_ok=True)
    document = {"machine": machine(), "rates": {name: each.to_json() for name, each in rates.items()}}
    files.write_json(settings.cache / FILE, document)


def seconds_an_epoch(settings: Settings, config: Config, images: int, held_out: int = 0) -> float | None:
    """Predicted for this machine, in the precision that would be chosen; None before it was calibrated."""
    rates = load(settings)
    if rates is None:
        return None
    architecture = config.architecture()
    allowed = [config.precision] if config.precision in rates else ["float32"]
    if config.precision == "auto" and architecture.multiply_adds >= cost.WORTH_MEASURING:
        allowed = list(rates)
    return min(cost.seconds_an_epoch(architecture, config, images, rates[name], held_out) for name in allowed)
