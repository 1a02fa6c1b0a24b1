"""For a process that is started with this folder in its path: trainings that wait and write losses, without TensorFlow.

What a search does with its workers, its database and their losses is the same, and takes seconds."""

from __future__ import annotations

import math
import sys
import time
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vae_core.runs.forms import State
    from vae_core.runs.store import Run

EPOCH_SECONDS = 0.5
BEST_RATE = 1e-2


def train(run: Run, *others: Any, **more: Any) -> None:
    from vae_core.runs import jobs

    with jobs.hold(run) as run:
        for epoch in range(len(run.history()) + 1, run.config().epochs + 1):
            time.sleep(EPOCH_SECONDS)
            if run.stop_requested():
                run.set_status(state="stopped")
                return
            run.add_history(_row(run.config().learning_rate, epoch))
        run.save_state(_state())
        run.set_status(state="done", epoch=run.config().epochs)


def _state() -> State:
    """What a winner goes on from."""
    from vae_core.runs.forms import State

    counts = ("epoch", "step", "images", "best_epoch")
    sums = ("reconstruction", "kl", "weighted_kl", "train_seconds", "seconds", "best_value")
    return State({**dict.fromkeys(counts, 0), **dict.fromkeys(sums, 0.0)}, "adam", [], [])


def _row(rate: float, epoch: int) -> dict[str, float]:
    losses = {"reconstruction": 20 + 10 * abs(math.log10(rate / BEST_RATE)) + 10 / epoch, "kl": 2.0}
    losses["total"] = sum(losses.values())
    kinds = ("train", "validation")
    return {"epoch": epoch, **{f"{kind}_{name}_nats_per_image": losses[name] for name in losses for kind in kinds}}


class KeptSteps:
    """Nothing is compiled, so nothing is kept."""


def _put(name: str, **holds: object) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(holds)
    sys.modules[name] = module
    return module


_put(
    "vae_core.learn",
    __path__=[],
    training=_put("vae_core.learn.training", train=train),
    kept=_put("vae_core.learn.kept", KeptSteps=KeptSteps),
)
