"""A training that is stopped, killed, resumed or made longer ends as one that went through in one go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import psutil
import pytest
from conftest import Once
from support import eventually, kill
from trainings import WHOLE, alike, trained_whole, trial

from vae_core.errors import LoupeError
from vae_core.runs import forks, jobs, store
from vae_core.runs.store import Run
from vae_core.settings import Settings


@pytest.fixture(scope="module")
def whole(once: Once) -> Run:
    return trained_whole(once)


def test_two_runs_of_one_config_agree(whole: Run, settings: Settings) -> None:
    assert alike(trial(settings, WHOLE), whole)


def test_stopping_in_mid_epoch_and_resuming_changes_nothing(whole: Run, settings: Settings) -> None:
    from vae_core.learn import training

    run = store.create(settings, WHOLE, {})

    def stop_in_second_epoch(row: dict[str, Any]) -> None:
        if row.get("epoch") == 2 and row.get("step", 0) >= 2:
            jobs.request_stop(run)

    training.train(run, settings, stop_in_second_epoch)
    assert run.status()["state"] == "stopped" and len(run.history()) == 1
    training.train(run, settings)
    assert run.status()["state"] == "done"
    assert alike(run, whole)


def test_killed_and_resumed_it_ends_as_if_nothing_had_happened(whole: Run, settings: Settings) -> None:
    from vae_core.learn import training

    run = store.create(settings, WHOLE, {})
    jobs.start(settings, run)
    eventually(run.history, run)
    kill(run)
    assert run.state() == "interrupted"
    training.train(run, settings)
    assert run.state() == "done" and alike(run, whole)


@pytest.mark.long
def test_killed_at_twenty_moments_it_ends_as_if_nothing_had_happened(settings: Settings) -> None:
    config, lives = replace(WHOLE, epochs=1500), np.random.default_rng().uniform(0, 6, 20)
    run = store.create(settings, config, {})
    for seconds in lives:
        process = psutil.Process(jobs.start(settings, run))
        eventually(lambda: run.status()["phase"], run)
        with pytest.raises(psutil.TimeoutExpired):
            process.wait(seconds)
        kill(run)
        assert run.state() == "interrupted", lives
    jobs.start(settings, run, wait=True)
    assert run.state() == "done" and len(run.history()) == config.epochs
    assert alike(run, trial(settings, config)), lives


def test_training_longer_equals_training_long_at_once(whole: Run, settings: Settings) -> None:
    from vae_core.learn import training

    more = WHOLE.epochs + 2
    longer = forks.fork(settings, whole, {"epochs": more})
    training.train(longer, settings)
    assert len(longer.history()) == more
    assert alike(longer, trial(settings, replace(WHOLE, epochs=more)))


def test_a_fork_goes_on_from_its_parent(whole: Run, settings: Settings) -> None:
    from vae_core.learn import training

    last = WHOLE.epochs
    child = forks.fork(settings, whole, {"epochs": last + 2, "optimizer": "sgd", "learning_rate": 0.01})
    assert [row["epoch"] for row in child.history()] == list(range(1, last + 1))
    training.train(child, settings)
    rows = child.history()
    assert [row["epoch"] for row in rows] == list(range(1, last + 3)) and child.parent == whole.id
    assert rows[last]["validation_total_nats_per_image"] < rows[0]["validation_total_nats_per_image"]
    assert len(whole.history()) == last
    with pytest.raises(LoupeError, match="cannot change 'latent'"):
        forks.fork(settings, whole, {"latent": 3})
