"""The ladder: rungs that share their seeds, a trend that pools them, recomputed by other means; and a real climb."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support import answer, run_here

from vae_core.cli import worker as worker
from vae_core.design import recipes
from vae_core.design.architecture import plan
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.look import intervals
from vae_core.place import Place
from vae_core.runs import store
from vae_core.search import ladder, sent, settling

IMAGES = 40
BASE = Config("digits", (8, 8, 1), "flatten dense8 code2", epochs=2, train_size=300)
EPOCHS = ((4.0, 60.0), (4.0, 50.0))  # seconds and validation loss


def finished(settings, config, losses, slower=1.0):
    """A run as it lies on the disk, with losses of our choice."""
    run = store.create(settings, config, {"data_fingerprint": "f"})
    fill(run, losses, slower)
    return run


def fill(run, losses, slower=1.0):
    run.save_codes({"mean": np.zeros((IMAGES, 2)), "reconstruction": losses.astype(np.float32)})
    for epoch, (seconds, loss) in enumerate(EPOCHS, 1):
        run.add_history({"epoch": epoch, "seconds": slower * seconds, "validation_total_nats_per_image": loss})
    run.set_status(state="done")


@pytest.mark.parametrize(
    ("encoder", "side"),
    [
        ("conv4 flatten", 3),
        ("conv4/2 conv4 flatten dense8", 7),  # 3, and 2 more steps of 2 pixels
        ("conv4 pool2 conv4 flatten", 8),  # 3, then 4 in steps of 2, then 4 more
        ("conv4k5/2 res(conv4 conv4) flatten", 13),
        ("conv4 conv4 conv4 conv4 conv4 flatten", 11),
        ("conv4/2 conv4/2 conv4/2 conv4 flatten", 28),  # it would be 31: no more than there is
        ("flatten dense8", 28),
    ],
)
def test_what_one_number_of_the_last_picture_sees(encoder, side):
    assert plan((28, 28, 1), encoder).sees == side


@pytest.fixture
def climbed(settings):
    """Three seeds of every rung; each pair of layers lowers the loss by 1 and doubles the seconds."""
    random = np.random.default_rng(0)
    hard = random.gamma(4.0, 8.0, IMAGES)

    def rungs(gain=1.0, seeds=3, noise=0.1):
        for seed in range(seeds):
            luck = random.normal()
            for place, config in enumerate(recipes.ladder(BASE)):
                losses = hard + luck - gain * place + noise * random.normal(size=IMAGES)
                yield finished(settings, replace(config, seed=seed), losses, 2.0**place)

    return lambda **how: next(iter(list(rungs(**how))))


def test_layers_can_be_added_elsewhere_and_an_older_ladder_says_nothing_of_it(settings):
    run = finished(settings, replace(BASE, encoder="conv4/2 flatten dense8 code2"), np.ones(IMAGES))
    task = ladder.begin(run, 5.0, where="picture")
    assert ladder.newest(run, "picture") == task and ladder.newest(run) is None
    assert [rung.config.encoder.count("conv4") for rung in ladder.read(run, where="picture").rungs] == [1, 2, 3, 4, 5]
    with pytest.raises(LoupeError, match="Choose another place"):
        ladder.begin(finished(settings, BASE, np.ones(IMAGES)), 5.0, where="picture")


def test_the_trend_pools_all_rungs_and_seeds(climbed):
    run = climbed()
    found = ladder.read(run)
    losses = np.array([[each.codes()["reconstruction"] for each in rung.runs] for rung in found.rungs], float)
    slopes = np.array([[np.polyfit(range(5), losses[:, seed, i], 1)[0] for i in range(IMAGES)] for seed in range(3)])
    means = 4 * slopes.mean(axis=1), 4 * slopes.mean(axis=0)
    errors = [stats.sem(each) * stats.t.ppf((1 + intervals.EACH_LOOK) / 2, len(each) - 1) for each in means]
    assert (found.seeds, found.ended) == (3, settling.SETTLED)
    assert found.trend.value == pytest.approx(4 * slopes.mean(), rel=1e-6)
    assert found.trend.high - found.trend.value == pytest.approx(np.hypot(*errors), rel=1e-6)
    assert found.rungs[0].apart is None and found.rungs[2].apart.value == pytest.approx(-2, abs=0.1)
    told = " ".join(found.sentences())
    assert (
        "4 more pairs of layers lower the loss by 3.99 nats per image (3.93 to 4.06), over 3 seeds" in told
        and "takes 16.0 times the seconds" in told
    )
    assert "does not end one epoch" in told
    assert found.rungs[1].in_time == 60.0  # the first of its epochs took as long as both of the lowest rung


def test_what_depth_does_not_change_is_said(climbed):
    found = ladder.read(climbed(gain=0.0, seeds=5, noise=0.01))
    assert found.ended == settling.LITTLE and "depth does not matter here" in found.sentences()[0]


def test_two_seeds_say_nothing(climbed):
    found = ladder.read(climbed(seeds=2))
    assert (found.seeds, found.trend, found.ended) == (0, None, "")
    assert "Nothing can be said" in found.sentences()[0] and found.rungs[4].loss is not None


def test_a_ladder_that_is_clear_trains_nothing_and_a_climb_goes_seed_by_seed(climbed, settings):
    run = climbed()
    task = ladder.begin(run, 5.0)
    worker.work(task)
    assert task.result(ladder.RESULT) == {"ended": settling.SETTLED, "seeds": 3}
    assert len(store.list_runs(settings)) == 15


def test_a_real_climb_trains_every_rung(here, capsys):
    first = store.create(here, BASE, {})
    code, _, problem = run_here(capsys, "train", "--run", first.id)
    assert code == 0, problem
    found = json.loads(answer(capsys, "ladder", first.id, "--pairs", "1", "--minutes", "0.4", "--json"))
    assert [rung["encoder"] for rung in found["rungs"]] == ["flatten dense8 code2", "flatten dense8 dense8 code2"]
    assert found["rungs"][1]["runs"] and found["rungs"][1]["loss"] > 0
    assert "more pairs" in answer(capsys, "ladder", first.id, "--pairs", "1", "--minutes", "0.4")


def test_on_a_cluster_a_look_is_sent_at_once_and_what_was_lost_once_more(settings, monkeypatch):
    cluster = replace(settings, places=(Place("cluster", "slurm"),))
    losses = np.random.default_rng(0).normal(20, 1, IMAGES)
    sent_there = []

    def start_all(where, runs, place):
        sent_there.append([run.config().seed for run in runs])
        lost = runs[0] if len(sent_there) == 1 else None
        for run in runs:
            run.set_status(state="interrupted") if run is lost else fill(run, losses + 0.01 * run.config().seed)

    monkeypatch.setattr(sent.jobs, "start_all", start_all)
    task = ladder.begin(finished(cluster, BASE, losses), 1e-9, 1, place="cluster")
    worker.work(task)
    assert sent_there == [[0, 1, 1, 2, 2], [0]]  # seed 0 of the lowest rung is there
    assert task.spec["place"] == "cluster" and task.result(ladder.RESULT)["seeds"] == 3
    assert "place" not in ladder.begin(task.run, 1.0).spec
    with pytest.raises(LoupeError, match="no place 'moon'"):
        ladder.begin(task.run, 1.0, place="moon")


def test_what_cannot_be_climbed_is_refused(climbed):
    run = climbed()
    for wrong, problem in (
        ((run, 0.0), "0 minutes"),
        ((run, 5.0, 9), "9 pairs"),
        ((store.create(run.settings, replace(BASE, epochs=3), {}, parent=run.id), 5.0), "goes on from another run"),
    ):
        with pytest.raises(LoupeError, match=problem):
            ladder.begin(*wrong)
