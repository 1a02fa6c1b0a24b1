"""A question of two configs: settled by what is there, by seeds that are trained for it, or left open in time."""

from __future__ import annotations

import json
from dataclasses import replace

import compared
import numpy as np
import pytest
from scipy import stats
from support import answer, eventually, run_here

from vae_core.cli import worker as worker
from vae_core.errors import LoupeError
from vae_core.look import intervals
from vae_core.runs import arms, forks, jobs, store, tasks
from vae_core.search import settling


@pytest.fixture(scope="module")
def models(once):
    return compared.models(once)


@pytest.fixture
def own(models, settings):
    """A copy that may be changed."""
    return compared.copied(models, settings)


def settled(a, b, minutes=5.0):
    task = settling.begin(a, b, settling.BY[0], minutes)
    worker.work(task)
    assert task.state() == "done"
    return task


def test_what_is_clear_already_trains_nothing(own):
    before = len(store.list_runs(own["base0"].settings))
    task = settled(own["base0"], own["layers0"])
    found = task.result(settling.RESULT)
    assert found["ended"] in (settling.SETTLED, settling.LITTLE) and found["pairs"] == 3
    assert len(store.list_runs(own["base0"].settings)) == before
    losses = [
        np.stack([own[f"{name}{seed}"].codes()["reconstruction"] for seed in range(3)]) for name in ("base", "layers")
    ]
    difference = losses[1].astype(float) - losses[0]
    over = [
        stats.ttest_1samp(difference.mean(axis=axis), 0).confidence_interval(intervals.EACH_LOOK).high
        for axis in (0, 1)
    ]
    (look,) = settling.looks(task)
    assert look["value"] == pytest.approx(difference.mean())
    assert look["high"] - look["value"] == pytest.approx(np.hypot(*(high - difference.mean() for high in over)))
    assert look["matters"] == pytest.approx(0.02 * losses[0].mean())


def test_missing_seeds_are_trained_in_pairs_until_the_time_is_over(own):
    a, b = own["base0"], own["three0"]
    expected = settling.expected(a, b)
    assert expected.pairs in arms.LOOKS and expected.minutes > 0
    task = settled(a, b, minutes=0.7)
    found = task.result(settling.RESULT)
    both = arms.of(a).seeds, arms.of(b).seeds
    assert found["pairs"] >= 3 and both[1][:3] == (0, 1, 2)
    assert abs(len(both[0]) - len(both[1])) <= 1  # pair by pair, not one arm after the other
    assert [look["pairs"] for look in settling.looks(task)] == list(arms.LOOKS[: len(found["looks"])])
    again = settling.begin(a, b, settling.BY[0], 0.7)
    assert again.id != task.id or found["pairs"] == 2  # with the pairs that are there now it is another question


def test_a_stop_ends_the_training_too_and_another_start_goes_on_with_it(own, settings):
    a, b = own["base0"], own["three0"]
    task = settling.begin(a, b, settling.BY[0], 10.0)
    slow = replace(own["three0"].config(), seed=2)
    jobs.start(settings, task, command=tasks.COMMAND)
    eventually(lambda: any(run.config() == slow for run in arms.of(b).waiting), "no training has begun")
    jobs.request_stop(task)
    eventually(lambda: task.state() == "stopped" and not task.has_process())
    (run,) = [store.Run(line.id, settings) for line in store.list_runs(settings) if _config(line, settings) == slow]
    eventually(lambda: not run.has_process())
    assert run.state() in ("stopped", "done")
    worker.work(task)
    assert run.state() == "done" and task.result(settling.RESULT)["pairs"] >= 3


def _config(line, settings):
    return store.Run(line.id, settings).config()


def test_what_cannot_be_asked_is_refused(own):
    a, b = own["base0"], own["layers0"]
    flattered = compared.ended_like(own["layers0"], split="test")
    for wrong, problem in (
        ((a, flattered, settling.BY[0], 5.0), "cannot be compared.*flatters"),
        ((a, own["base1"], settling.BY[0], 5.0), "same settings"),
        ((a, b, "mood", 5.0), "cannot be asked of"),
        ((a, b, settling.BY[0], 0.0), "0 minutes"),
        ((a, forks.fork(a.settings, a, {"epochs": 3}), settling.BY[0], 5.0), "goes on from another run"),
    ):
        with pytest.raises(LoupeError, match=problem):
            settling.begin(*wrong)


def test_the_command_line_settles(own, here, capsys):
    a, b = own["base0"].id, own["layers0"].id
    found = json.loads(answer(capsys, "settle", a, b, "--json"))
    assert found["ended"] in (settling.SETTLED, settling.LITTLE) and found["comparison"]["pairs"] == 3
    assert "no more pairs were trained" in answer(capsys, "settle", a, b)
    code, _, refused = run_here(capsys, "settle", a, own["base1"].id)
    assert code == 1 and "same settings" in refused
