"""Several changes made in turns: which trainings, the effect of each against least squares, and a real one."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from support import answer, run_here
from test_ladder import finished

from vae_core.cli import worker as worker
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import store
from vae_core.search import factorial, settling, together

IMAGES = 40
A = Config("digits", (8, 8, 1), "flatten dense8 code2", epochs=2, train_size=300)
B = replace(A, encoder="flatten dense8 dense8 code2", epochs=3, batch=32, train_size=200)
EFFECTS = {"added or removed layers": -3.0, "the data": 5.0, "the epochs": -1.0, "the optimiser": 0.0}


@pytest.fixture
def planted(settings):
    """Every combination with some seeds; each change has an effect of our choice, and two of them one together."""
    random = np.random.default_rng(0)
    hard = random.gamma(4.0, 8.0, IMAGES)

    def runs(joint, seeds):
        rows = factorial.design(len(EFFECTS))
        for seed in range(seeds):
            luck = random.normal()
            for row, config in zip(rows, factorial.configs(A, B)):
                of_all = (row * list(EFFECTS.values())).sum() / 2 + joint * row[0] * row[1]
                losses = hard + luck + of_all + 0.05 * random.normal(size=IMAGES)
                yield finished(settings, replace(config, seed=seed), losses)

    def pair(joint=0.0, seeds=3):
        made = list(runs(joint, seeds))
        return made[0], made[len(factorial.configs(A, B)) - 1]  # without any of them, and with all

    return pair


@pytest.mark.parametrize("count", range(2, 6))
def test_both_halves_have_as_much_of_every_other_change(count):
    rows = factorial.design(count)
    assert len(rows) == 2 ** (count if count <= factorial.WHOLE else count - 1) and (rows[0] == -1).all()
    assert len({tuple(row) for row in rows}) == len(rows)
    assert (rows.T @ rows == len(rows) * np.eye(count)).all()
    for one, other, third in itertools.combinations(range(count), 3):  # no effect hides behind two others together
        assert not rows[:, one] @ (rows[:, other] * rows[:, third])


def test_the_effects_are_those_of_least_squares_whatever_two_do_together(planted):
    a, b = planted(joint=2.0)
    found = factorial.read(a, b)
    rows = factorial.design(len(EFFECTS))
    means = together.read(a.settings, factorial.configs(A, B)).losses.mean(axis=(1, 2))
    wanted = 2 * np.linalg.lstsq(np.column_stack([np.ones(len(rows)), rows]), means, rcond=None)[0][1:]
    assert [each.label for each in found.effects] == list(EFFECTS)
    assert [each.apart.value for each in found.effects] == pytest.approx(wanted)
    for effect, true in zip(found.effects, EFFECTS.values()):
        assert effect.apart.low < true < effect.apart.high
    told = " ".join(found.sentences())
    assert (found.seeds, found.trainings, found.ended) == (3, 8, settling.SETTLED)
    assert "Added or removed layers lower the loss by 3" in told and "The data raise the loss by 5" in told
    assert "The optimiser: no difference that matters" in told


def test_nothing_is_said_before_three_seeds(planted):
    found = factorial.read(*planted(seeds=2))
    assert not found.seeds and not found.ended
    assert "Nothing can be said before 8 combinations" in found.sentences()[0]


def test_what_cannot_be_asked_is_said(settings):
    a = finished(settings, A, np.ones(IMAGES))
    for other, minutes, wrong in (
        (replace(A, epochs=3), 5.0, "Only one thing"),
        (B, 0.0, "More than 0"),
        (replace(A, dataset="shapes", image=(28, 28, 1)), 5.0, "Only one thing"),
    ):
        with pytest.raises(LoupeError, match=wrong):
            factorial.begin(a, finished(settings, other, np.ones(IMAGES)), minutes)


def test_a_real_one_is_trained_and_told(here, capsys):
    small = replace(A, epochs=1, train_size=100)
    runs = [store.create(here, config, {}) for config in (small, replace(small, epochs=2, encoder=B.encoder))]
    for run in runs:
        assert run_here(capsys, "train", "--run", run.id)[0] == 0
    found = json.loads(answer(capsys, "factorial", *[run.id for run in runs], "--minutes", "20", "--json"))
    assert found["trainings"] == 4 and found["seeds"] >= 3
    assert found["effects"].keys() == {"added or removed layers", "the epochs"}
    assert all(effect["low"] < effect["high"] for effect in found["effects"].values())
