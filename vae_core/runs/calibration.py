"""How fast this machine trains: measured once by a job process, kept in the cache folder, read by everyone."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

from vae_core.data import splits
from vae_core.data.dataset import Summary
from vae_core.design import cost, duration
from vae_core.design.config import Config
from vae_core.design.duration import Fixed, Images, Parts
from vae_core.errors import LoupeError
from vae_core.runs import files
from vae_core.runs.pace import learned, machine, pace
from vae_core.settings import Settings

FILE = "calibration.json"
LOOKS = 20  # at a training of a given time, ...
LOOKED, PATIENCE, MOST_LOOKS = 5.0, 8, 500  # seconds to a look, looks without a better one, looks in all
SOONEST, LOOKING = 1.5, 6.0  # ... one in so many seconds at most, and none in less than so many times what it takes
Rates = dict[str, cost.Calibration]  # by precision


@dataclass(frozen=True)
class Measured:
    """A file that an earlier version wrote has no fixed times."""

    rates: Rates
    fixed: Fixed | None = None


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
        times = learned(settings, config)
        rates = duration.slowed(duration.USUAL_RATES, times * pace(settings)) if times else None
        return duration.foretell(config, images, rates, None, pace(settings))
    allowed = [config.precision] if config.precision in known.rates else ["float32"]
    if config.precision == "auto" and config.architecture().multiply_adds >= cost.WORTH_MEASURING:
        allowed = list(known.rates)
    parts = [duration.foretell(config, images, known.rates.get(name), known.fixed) for name in allowed]
    return min(parts, key=lambda each: each.step.most)


def within(settings: Settings, config: Config, images: Images, seconds: float) -> Config:
    """The config that trains about so long here: in so many epochs of so many steps, which are looked at as they end.

    What is written down are steps, so that it stays the same training wherever and whenever it goes on."""
    parts = foretold(settings, config, images)
    look = parts.look.middle
    looks = round(min(LOOKS, max(2.0, seconds / max(SOONEST, LOOKING * look))))
    steps = (seconds - parts.first_look.middle - looks * look) / parts.step.middle / looks
    return replace(config, epochs=looks, steps=_rounded(max(1.0, steps)))


def until_best(settings: Settings, config: Config, images: Images) -> Config:
    """The config that trains until its validation loss has not been better for a while."""
    parts = foretold(settings, config, images)
    steps = max(LOOKED, LOOKING * parts.look.middle) / parts.step.middle
    return replace(config, steps=_rounded(max(1.0, steps)), epochs=MOST_LOOKS, schedule="constant", patience=PATIENCE)


def _rounded(steps: float) -> int:
    """To two digits: a time that was measured a little differently asks for the same training."""
    unit = 10 ** max(0, math.floor(math.log10(steps)) - 1)
    return int(max(1, round(steps / unit) * unit))


def images(config: Config, data: Summary) -> Images:
    """How many images each part has, about, without loading any."""
    train, held_out = splits.expected(data, config.split, config.train_size, config.classes)
    neighbours = cost.neighbours(config.architecture(), data.train) if data.classes else 0
    return Images(train, held_out, data.test, neighbours)
