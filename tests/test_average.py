"""The moving average of the weights is the model: it validates, it is kept, and it goes on after a break."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from trainings import LOSSES, PLAIN, losses, trial

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import forks, jobs, store
from vae_core.runs.store import Run
from vae_core.settings import Settings

AVERAGED = replace(PLAIN, ema=0.9, epochs=3, precision="float32")
OF_TRAINING = [name.startswith("train") for name in LOSSES]


def steps_of(config: Config) -> Any:
    from vae_core.learn import models, objective, steps

    networks = models.build(config.architecture())
    return steps.Steps(steps.Task(config, networks, objective.Observation.of(config, from_logits=False)))


def take(made: Any, count: int) -> None:
    from vae_core.learn.steps import Plan

    order = np.arange(16 * count, dtype=np.int32).reshape(count, 16)
    images = made.place(np.random.default_rng(0).integers(0, 256, (16 * count, 8, 8, 1), np.uint8))
    made.train(images, Plan(order, 0, np.full(count, 0.01, np.float32), np.ones(count, np.float32)))


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return len(one) == len(other) and all(map(np.array_equal, one, other))


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_it_is_the_average_of_the_weights_after_each_step(optimizer: str) -> None:
    made, expected = steps_of(replace(AVERAGED, optimizer=optimizer)), None
    for _ in range(4):
        take(made, 1)
        now = made.weights()
        expected = [0.9 * old + 0.1 * new for old, new in zip(expected, now)] if expected else now
    before = made.state()
    with made.averaged():
        held = made.weights()
    assert expected is not None
    assert all(np.allclose(one, other, atol=1e-6) for one, other in zip(held, expected, strict=True))
    assert not same(held, now) and same(made.state(), before)


def test_without_one_nothing_is_swapped() -> None:
    made = steps_of(PLAIN)
    take(made, 2)
    now = made.weights()
    with made.averaged():
        assert same(made.weights(), now)


@pytest.fixture(scope="module")
def averaged(tmp_path_factory: pytest.TempPathFactory) -> Run:
    from support import settings_in

    return trial(settings_in(tmp_path_factory.mktemp("averaged")), AVERAGED)


def test_it_validates_and_is_kept_and_training_goes_on_as_without(averaged: Run, settings: Settings) -> None:
    plain = losses(trial(settings, replace(AVERAGED, ema=0.0)))
    found = losses(averaged)
    assert np.allclose(found[:, OF_TRAINING], plain[:, OF_TRAINING], rtol=1e-4)
    assert not np.isclose(found[:, ~np.array(OF_TRAINING)], plain[:, ~np.array(OF_TRAINING)], rtol=1e-4).any()
    state = averaged.load_state()
    assert state is not None and state.numbers["best_epoch"] == AVERAGED.epochs
    count = len(state.best)
    assert same(state.best, state.now[-count:]) and not same(state.best, state.now[:count])


def test_stopped_and_resumed_it_ends_in_the_same_bits(averaged: Run, settings: Settings) -> None:
    from vae_core.learn import training

    run = store.create(settings, AVERAGED, {}, study="a search")

    def stop_in_second_epoch(row: dict[str, Any]) -> None:
        if row.get("epoch") == 2 and row.get("step", 0) >= 1:
            jobs.request_stop(run)

    training.train(run, settings, stop_in_second_epoch)
    assert run.status()["state"] == "stopped" and len(run.history()) == 1
    training.train(run, settings)
    ended, whole = run.load_state(), averaged.load_state()
    assert ended is not None and whole is not None
    assert same(ended.now, whole.now) and same(ended.best, whole.best)
    assert np.array_equal(losses(run)[1:, 3:], losses(averaged)[1:, 3:])


@pytest.mark.parametrize("before", [0.0, 0.9])
@pytest.mark.parametrize("after", [{"ema": 0.0}, {"ema": 0.99}, {"ema": 0.99, "optimizer": "sgd"}])
def test_a_fork_may_begin_change_and_leave_it(before: float, after: dict[str, Any], settings: Settings) -> None:
    """Weights and moments go on; an average that was not kept begins with the weights."""
    from vae_core.learn.position import Position, load_position, save_position

    config = replace(AVERAGED, ema=before)
    parent, made = store.create(settings, config, {}), steps_of(config)
    take(made, 3)
    save_position(parent, Position(epoch=1, best_epoch=1, best_value=9.0, best=made.weights()), made)
    child = steps_of(replace(config, **after))
    load_position(forks.fork(settings, parent, {**after, "epochs": 9}), child)
    assert same(child.weights(), made.weights())
    trained, moments = len(made.variables), len(steps_of(PLAIN).state())
    if "optimizer" not in after:
        assert same(child.state()[:moments], made.state()[:moments])
    if after["ema"]:
        kept = before and "optimizer" not in after
        wanted = made.state()[-trained:] if kept else [variable.numpy() for variable in child.variables]
        assert same(child.state()[-trained:], wanted)


def test_the_state_of_another_network_is_refused(settings: Settings) -> None:
    from vae_core.learn.position import Position, load_position, save_position

    run, made = store.create(settings, AVERAGED, {}), steps_of(AVERAGED)
    save_position(run, Position(), made)
    load_position(run, steps_of(AVERAGED))
    with pytest.raises(LoupeError, match="does not fit"):
        load_position(run, steps_of(replace(AVERAGED, encoder="flatten dense16 dense16")))
