"""How long a training takes, and how long it still will."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ui import cached, words
from ui.cached import datasets
from vae_core.data.dataset import Summary
from vae_core.design import duration
from vae_core.design.config import Config
from vae_core.design.duration import Parts
from vae_core.errors import LoupeError
from vae_core.runs import calibration


def foretold(config: Config, data: Summary) -> Parts:
    return calibration.foretold(cached.settings(), config, calibration.images(config, data))


def left(config: Config, status: Mapping[str, Any]) -> str:
    """Of a training that goes on: what it says itself, and before it says anything, what was foretold."""
    now = time.time()
    span = duration.left(status, now)
    if span is None and status["queued"]:
        with suppress(LoupeError):  # its images have gone
            span = foretold(config, datasets.summary(config.dataset)).whole.less(now - float(status["queued"]))
    return words.span(span).removeprefix("about ")
