"""How long a training is going to take, in a terminal."""

from __future__ import annotations

import argparse
from dataclasses import replace

from vae_core.design.config import Config
from vae_core.design.duration import Parts, told
from vae_core.errors import LoupeError
from vae_core.settings import Settings

GUESS = " (a guess until this machine is measured: python -m vae_core calibrate)"


MOST_SECONDS = 1_000_000


def seconds(text: str) -> float:
    if not (text.isdecimal() and 1 <= int(text[:9]) <= MOST_SECONDS):
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to {MOST_SECONDS:,}")
    return float(text)


def of_seconds(config: Config, seconds: float | None, settings: Settings) -> Config:
    """The config that trains about so long on this machine, where that was asked for."""
    from vae_core.data import catalog
    from vae_core.runs import calibration

    if not seconds:
        return config
    images = calibration.images(config, catalog.describe(config.dataset, settings))
    return replace(calibration.within(settings, config, images, seconds), recipe="")


def foretold(config: Config, settings: Settings) -> Parts | None:
    """None where the images of a run have gone."""
    from vae_core.data import catalog
    from vae_core.runs import calibration

    try:
        data = catalog.describe(config.dataset, settings)
    except LoupeError:
        return None
    return calibration.foretold(settings, config, calibration.images(config, data))


def sentence(parts: Parts | None) -> str:
    if parts is None:
        return "not known: its images are not here"
    whole, epoch = (told(span) for span in (parts.whole, parts.epoch))
    return f"{whole} in all, {epoch} an epoch{'' if parts.measured else GUESS}"
