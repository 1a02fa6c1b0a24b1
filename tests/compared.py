"""Models for the Compare page: four that were really trained, and what further seeds of them might reach."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from support import settings_in, train

from vae_core.cli import worker as worker
from vae_core.design.config import Config
from vae_core.look import scores
from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.settings import Settings

BASE = Config("digits", (8, 8, 1), "conv4/2 bn flatten dense16", latent=2, epochs=2, train_size=300)
LAYERS = replace(BASE, encoder="conv4/2 bn conv4 bn flatten dense16")
SMALL = replace(BASE, encoder="flatten dense16")
MODELS = {
    **{f"base{seed}": replace(BASE, seed=seed) for seed in range(3)},
    **{f"layers{seed}": replace(LAYERS, seed=seed) for seed in range(3)},
    **{f"three{seed}": replace(SMALL, latent=3, seed=seed) for seed in range(2)},
    "ae0": replace(SMALL, kind="ae", beta=None),
}
LUCK = 0.01  # nats per image by which a seed is better than the one before it


def models(once: Any) -> dict[str, Run]:
    """Three seeds of one model and of one with more layers, two of a code of three numbers, and an autoencoder."""
    settings = settings_in(once("compared", _fill))
    runs = {run.config(): run for run in (Run(line.id, settings) for line in store.list_runs(settings))}
    return {name: runs[config] for name, config in MODELS.items()}


def copied(models: dict[str, Run], settings: Settings) -> dict[str, Run]:
    shutil.copytree(models["base0"].settings.checkpoints, settings.checkpoints)
    return {name: Run(run.id, settings) for name, run in models.items()}


def ended_like(run: Run, better: float = 0.0, **changes: Any) -> Run:
    """A run with other settings and the same codes; its losses are smaller by so much."""
    other, codes = store.create(run.settings, replace(run.config(), **changes), run.resolved()), run.codes()
    other.save_codes({**codes, "reconstruction": codes["reconstruction"] - np.float32(better)})
    measured(other, **scores.begin(run).arrays())
    other.set_status(state="done")
    return other


def measured(run: Run, **arrays: np.ndarray) -> None:
    """As if every test image had been looked at, with these numbers."""
    task = scores.begin(run)
    task.save({}, arrays)
    task.set_status(state="done")


def _fill(folder: Path) -> None:
    settings = settings_in(folder)
    first = {name: train(settings, config) for name, config in MODELS.items() if not config.seed}
    for run in first.values():
        worker.work(scores.begin(run))
    for name, config in MODELS.items():
        if config.seed:
            ended_like(first[f"{name[:-1]}0"], LUCK * config.seed, seed=config.seed)
