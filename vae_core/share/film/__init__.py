"""A film of a model, a minute at most: a walk over its map from class to class, the rungs of a ladder, what follows.

film.make([first, changed], told)     WebM; the walk is the last one's, `told` gets the share of it that is done
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vae_core.runs.store import Run
from vae_core.share.film import canvas, scenes, webm

WRITER = "Latent Loupe"


def make(runs: Sequence[Run], told: Callable[[float], None]) -> bytes:
    return webm.write(list(scenes.of(runs, told)), canvas.SIZE, WRITER)
