"""Seeds of one config: which runs belong together, which are missing, mean and spread."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import arms, forks, store

CONFIG = Config("digits", (8, 8, 1), "flatten dense16 code2", epochs=2)


def finished(settings, parent=None, **changes):
    run = store.create(settings, replace(CONFIG, **changes), {}, parent=parent)
    run.set_status(state="done")
    return run


def test_an_arm_holds_one_run_a_seed_whatever_the_recipe(settings):
    first = finished(settings)
    finished(settings, epochs=3)
    finished(settings, beta=0.5)
    again, second = finished(settings), finished(settings, seed=5, recipe="mine")
    assert arms.of(first).done == (first, second)
    assert arms.of(again).done == (again, second)
    assert arms.of(second).seeds == (0, 5)


def test_those_on_their_way_are_waited_for(settings):
    first, second = finished(settings), store.create(settings, replace(CONFIG, seed=1), {})
    assert arms.of(first).waiting == (second,)
    second.set_status(state="failed")
    assert arms.of(first).waiting == ()


def test_a_fork_has_no_companions(settings):
    parent = finished(settings)
    fork = finished(settings, parent=parent.id)
    assert arms.of(fork).done == (fork,)
    assert arms.of(parent).done == (parent,)


def test_only_missing_seeds_are_wanted(settings):
    finished(settings, seed=7)
    finished(settings, seed=8)
    config = replace(CONFIG, seed=7)
    assert arms.missing(settings, config, 4) == [replace(CONFIG, seed=9), replace(CONFIG, seed=10)]
    store.create(settings, replace(CONFIG, seed=10), {})
    assert arms.missing(settings, config, 4) == [replace(CONFIG, seed=9)]  # one is on its way


@pytest.mark.parametrize("count", [0, -1, 41])
def test_a_senseless_number_of_seeds_is_refused(settings, count):
    with pytest.raises(LoupeError, match="1 to 40"):
        arms.missing(settings, CONFIG, count)


def test_mean_and_spread():
    several = arms.spread([1.0, 2.0, 4.5])
    assert (several.mean, several.spread, several.count) == (2.5, pytest.approx(1.8027756), 3)
    assert arms.told(several) == "2.5 ± 1.8 (3 seeds)"
    assert arms.told(arms.spread([1.25])) == "1.25"


def test_changes_that_a_fork_can_make_leave_the_seed_alone():
    assert "seed" not in forks.CHANGEABLE
