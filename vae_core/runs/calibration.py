"""How fast this machine trains: measured once by a job process, kept in the cache folder, read by everyone."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from vae_core.data import splits
from vae_core.data.dataset import Summary
from vae_core.design import cost, duration
from vae_core.design.config import Config
from vae_core.design.duration import Fixed, Images, Parts
from vae_core.errors import LoupeError
from vae_core.runs import files
from vae_core.settings import Settings

FILE = "calibration.json"
Rates = dict[str, cost.Calibration]  # by precision


@dataclass(frozen=True)
class Measured:
    """A file that an earlier version wrote has no fixed times."""

    rates: Rates
    fixed: Fixed | None = None


def machine() -> str:
    """The machine that a measurement holds for, in words."""
    return f"{platform.node()} {platform.machine()} {platform.processor()}"


def load(settings: Settings) -> Measured | None:
    """Of this machine; None where nothing was measured, or elsewhere, or by another version."""
    try:
        document = files.read_json(settings.cache / FILE)
        if document.get("machine") != machine():
            return None
        rates = {name: cost.from_json(each) for name, each in document["rates"].items()}
        return Measured(rates, duration.fixed_from_json(document["fixed"]) if "fixed" in document else None)
    except (LoupeError, KeyError, AttributeError):
        return None


def save(settings: Settings, measured: Measured) -> None:
    settings.cache.mkdir(parents=True, exist_ok=True)
    document = {"machine": machine(), "rates": {name: each.to_json() for name, each in measured.rates.items()}}
    fixed = {"fixed": measured.fixed.to_json()} if measured.fixed else {}
    files.write_json(settings.cache / FILE, {**document, **fixed})


def log(settings: Settings) -> Path:
    """What a measurement says while it goes on, where nobody sits before it."""
    settings.cache.mkdir(parents=True, exist_ok=True)
    return settings.cache / "calibration.log"


def said(settings: Settings) -> str:
    """The last words of the measurement that goes on, or that it begins."""
    lines = files.read_lines(log(settings))
    return f"{lines[-1].strip()}." if lines else "it begins."


def foretold(settings: Settings, config: Config, images: Images) -> Parts:
    """How long a training takes here, in the precision that would be chosen; a guess before it was calibrated."""
    known = load(settings)
    if known is None or not known.rates:
        return duration.foretell(config, images, None, None)
    allowed = [config.precision] if config.precision in known.rates else ["float32"]
    if config.precision == "auto" and config.architecture().multiply_adds >= cost.WORTH_MEASURING:
        allowed = list(known.rates)
    parts = [duration.foretell(config, images, known.rates.get(name), known.fixed) for name in allowed]
    return min(parts, key=lambda each: each.step.most)


def images(config: Config, data: Summary) -> Images:
    """How many images each part has, about, without loading any."""
    train, held_out = splits.expected(data, config.split, config.train_size, config.classes)
    neighbours = cost.neighbours(config.architecture(), data.train) if data.classes else 0
    return Images(train, held_out, data.test, neighbours)
