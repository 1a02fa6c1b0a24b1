"""How long a training is going to take, in a terminal."""

from __future__ import annotations

from vae_core.design.config import Config
from vae_core.design.duration import Parts, told
from vae_core.errors import LoupeError
from vae_core.settings import Settings

GUESS = " (a guess until this machine is measured: python -m vae_core calibrate)"


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
