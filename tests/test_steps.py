"""What a training step sees, and what is kept of an epoch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vae_core.design.config import Config
from vae_core.look.pictures import as_bytes
from vae_core.look.portable import Portable
from vae_core.runs.store import Run

PLAIN = Config("digits", (8, 8, 1), "flatten dense8", kind="ae", beta=None, batch=16)
GREY = np.full((64, 8, 8, 1), 128, np.uint8)


@pytest.mark.parametrize("once", [False, True], ids=["anew in every step", "once"])
def test_noise_is_laid_on_what_goes_in_and_not_on_what_is_wanted(once: bool) -> None:
    """Grey images of one level: all that the network sees beyond it is noise, of the strength that was asked for."""
    noisy = replace(PLAIN, noise=0.1, noise_once=once)
    seen, wanted = _shown(noisy, step=0)
    assert np.std(seen - 128 / 255) == pytest.approx(0.1, rel=0.05) and (wanted == np.float32(128 / 255)).all()
    assert np.array_equal(_shown(noisy, step=0)[0], seen)
    assert np.array_equal(_shown(noisy, step=1)[0], seen) == once
    assert not np.array_equal(_shown(replace(noisy, seed=1), step=0)[0], seen)
    assert np.array_equal(*_shown(PLAIN, step=0))


def _shown(config: Config, step: int) -> tuple[np.ndarray, np.ndarray]:
    """What goes into the networks in that step, and what should come out."""
    from vae_core.learn import models, objective, steps

    kept: list[tuple[np.ndarray, np.ndarray]] = []

    class Looking(steps.Task):
        def losses(self, noisy, pictures, code_noise, training):
            import tensorflow as tf

            tf.numpy_function(lambda *both: kept.append(both), [noisy, pictures], [])
            return super().losses(noisy, pictures, code_noise, training)

    networks = models.build(config.architecture())
    made = steps.Steps(Looking(config, networks, objective.Observation.of(config, from_logits=False)))
    order = np.arange(len(GREY), dtype=np.int32)[None]
    made.train(made.place(GREY), steps.Plan(order, step, np.zeros(1, np.float32), np.zeros(1, np.float32)))
    return kept[0]


def test_validation_images_are_noisy_too() -> None:
    from vae_core.learn import models, objective, steps

    networks = models.build(PLAIN.architecture())
    losses = []
    for config in (PLAIN, replace(PLAIN, noise=0.5)):
        task = steps.Task(config, networks, objective.Observation.of(config, from_logits=False))
        losses.append(steps.Steps(task).validate(GREY, 16)[0])
    assert losses[0] != pytest.approx(losses[1], rel=1e-4)


def test_a_snapshot_shows_the_model_of_its_epoch(trained: Run) -> None:
    best, model = trained.status()["best"]["epoch"], Portable.of(trained)
    kept = trained.snapshot(best)
    assert kept["code"] == pytest.approx(trained.codes()["mean"][kept["index"]], abs=1e-5)
    shown = as_bytes(model.decode(model.encode(kept["original"])[0]))
    assert np.abs(shown - kept["reconstruction"].astype(int)).max() <= 1
    other = trained.snapshot(1 if best != 1 else 2)
    assert np.abs(other["code"] - kept["code"]).max() > 0.01
