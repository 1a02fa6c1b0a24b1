"""What the runs of a trial have reached, by the goals of their search."""

from __future__ import annotations

from vae_core.errors import LoupeError
from vae_core.runs import history
from vae_core.runs.store import Run

PARTS = {
    "loss": ("validation_total_nats_per_image",),
    "elbo": ("validation_reconstruction_nats_per_image", "validation_kl_nats_per_image"),
    "reconstruction": ("validation_reconstruction_nats_per_image",),
    "kl": ("validation_kl_nats_per_image",),
}


def mean(goal: str, runs: list[Run]) -> float:
    """Of the runs, each at its best epoch so far."""
    return sum(_of(run, goal) for run in runs) / len(runs)


def _of(run: Run, goal: str) -> float:
    best = history.best(run.history())
    if best is None:
        raise LoupeError(f"{run.id} ended before its first epoch")
    if goal == "parameters":
        return float(run.config().architecture().counts["total"])
    return sum(float(best[part]) for part in PARTS[goal])
