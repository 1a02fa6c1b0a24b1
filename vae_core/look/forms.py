"""What every form of a network has in common: LiteRT's, and the one that NumPy computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from vae_core.runs.store import Run

CHUNK = 64  # rows at once
INPUTS = {"encode": "image", "decode": "code"}
NETWORKS = {"encode": "encoder", "decode": "decoder"}
Shape = tuple[int, ...]
Outputs = dict[str, np.ndarray]


@dataclass(frozen=True)
class Ends:
    """The shapes of one row that goes in, and of what comes out, by name."""

    row: Shape
    outputs: Mapping[str, Shape]

    @classmethod
    def of(cls, run: Run, task: str) -> Ends:
        """The ends of a run's network, as the run's settings have them."""
        config = run.config()
        code: Shape = (config.architecture().code.size,)
        if task == "decode":
            return cls(code, {"image": config.image})
        return cls(config.image, {"mean": code, **({"log_variance": code} if config.kind == "vae" else {})})


class Form(Protocol):
    """Computes a network: up to CHUNK float32 rows at once, for one thread at a time."""

    ends: Ends

    def __call__(self, rows: np.ndarray, /) -> Outputs: ...
