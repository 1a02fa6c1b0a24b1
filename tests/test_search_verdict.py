"""What a search says of its best trial: beside simple means, fold by fold, on the page and in a terminal."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from searching import BASE, RATES
from support import eventually, plain

from vae_core.runs import store
from vae_core.search import expected, queue, study, verdict
from vae_core.search.space import Vary
from vae_core.search.study import Study
from vae_core.search.trials import Trial
from vae_core.search.verdict import Fold
from vae_core.search.wanted import Search
from vae_core.settings import Settings

MSE = replace(BASE, loss="mse", kind="ae", beta=None, sigma=None)
SEARCH = Search(MSE, RATES, folds=2, pruner="none")
STRIP = {name: {"mse": {"nats_per_pixel": value}} for name, value in (("mean_image", 0.0866), ("pca", 0.05))}


def rows(reconstruction: float, train: float) -> list[dict[str, Any]]:
    """Of two epochs in nats per image, the second of which is the better one."""
    names = ("total", "reconstruction")
    held_out = {f"validation_{name}_nats_per_image": reconstruction for name in names}
    training = {f"train_{name}_nats_per_image": train for name in names}
    none = {f"{part}_kl_nats_per_image": 0.0 for part in ("train", "validation")}
    last = {"epoch": 2, **held_out, **training, **none}
    return [{**last, "epoch": 1, "validation_total_nats_per_image": 2 * reconstruction}, last]


def found_by(settings: Settings, reconstruction: float, train: float) -> Study:
    """A search with one trial of two folds that reached this."""
    import optuna

    found = study.create(settings, SEARCH, "mine")
    runs = [store.create(settings, config, {}, study="mine") for config in SEARCH.configs({"learning_rate": 0.01})]
    for number, run in enumerate(runs):
        for row in rows(reconstruction * (1 + number / 10), train):
            run.add_history(row)
        run.set_status(state="done", epoch=2)
    rates = optuna.distributions.FloatDistribution(1e-3, 3e-2, log=True)
    found.optuna(1).add_trial(
        optuna.trial.create_trial(
            params={"learning_rate": 0.01},
            distributions={"learning_rate": rates},
            value=reconstruction,
            user_attrs={queue.RUNS: [run.id for run in runs]},
        )
    )
    found._hire(1).set_status(state="done")
    return found


def test_a_model_that_does_not_beat_the_mean_image_is_told_in_the_unit_of_its_loss() -> None:
    nats = 0.3687 * MSE.pixels
    trial = Trial(0, "done", {}, (nats,), ("a", "b"), 1.0)
    folds = verdict.folds(trial, {"a": rows(nats, nats), "b": rows(nats, nats)})
    assert [(fold.number, fold.epoch, fold.reconstruction) for fold in folds] == [(1, 2, nats), (2, 2, nats)]
    said = verdict.judge(MSE, folds, None, STRIP)
    assert said.model == pytest.approx(0.3687) and said.unit == "squared error per pixel"
    assert len(said.words) == 1 and "Nothing here beats the mean image" in said.words[0]
    assert "0.3687" in said.words[0] and "0.0866" in said.words[0] and "validation images" in said.words[0]
    metrics = {"mse": {"mean_code": {"nats_per_pixel": 0.02}}}
    good = verdict.judge(MSE, folds, metrics, STRIP)  # the winner's test images are what counts
    assert (good.model, good.images, good.words) == (0.02, "test", ())


def test_a_validation_loss_far_above_that_of_training_is_told() -> None:
    said = verdict.judge(MSE, [Fold(1, "a", 1, loss=287.0, reconstruction=1.0, train=59.0)], None, STRIP)
    assert len(said.words) == 1 and "287" in said.words[0] and "59" in said.words[0] and "batch norm" in said.words[0]
    assert not verdict.judge(MSE, [Fold(1, "a", 1, loss=60.0, reconstruction=1.0, train=59.0)], None, STRIP).words


def test_the_spread_of_folds_is_that_of_a_sample() -> None:
    assert verdict.mean_and_spread([1.0, 2.0, 3.0]) == (2.0, 1.0)
    assert verdict.mean_and_spread([5.0]) == (5.0, None)


def test_the_page_says_that_nothing_beats_the_mean_image_and_shows_every_fold(settings, visit) -> None:
    found_by(settings, reconstruction=287.0, train=59.0)
    app = visit(settings, "tune")
    eventually(lambda: "Nothing here beats the mean image" in plain(app.run()))
    assert not app.exception and not app.error
    assert "59" in plain(app) and "batch norm" in plain(app)
    folds = app.table[0].value
    assert list(folds["Fold"]) == ["1", "2", "Mean", "Spread"]
    assert [float(value) for value in folds["Loss"]] == pytest.approx([287, 315.7, 301.35, 28.7 / 2**0.5], rel=1e-3)
    assert "squared error per image" in plain(app)


def test_a_good_search_is_shown_without_a_warning(settings, visit) -> None:
    found_by(settings, reconstruction=0.5, train=0.5)
    app = visit(settings, "tune")
    assert not app.exception and not app.error and not app.warning
    assert len(app.table[0].value) == 4


def test_the_command_says_the_same(settings, call) -> None:
    found_by(settings, reconstruction=287.0, train=59.0)
    code, told, complained = call("searches", "mine")
    assert code == 0, complained
    assert "Nothing here beats the mean image" in told and "batch norm" in told and "spread" in told
    document = json.loads(call("searches", "mine", "--json")[1])
    assert len(document["folds"]) == 2 and document["verdict"]["bars"]["mean image"] > 0
    assert document["verdict"]["model"] == pytest.approx(287 * 1.05 * verdict.unit_of(MSE).scale)


def test_a_search_is_foretold_with_its_start_its_graphs_and_its_folds(settings) -> None:
    from vae_core.data import catalog

    digits = catalog.describe("digits", settings)
    one = expected.expected(settings, Search(BASE, RATES), digits).trial
    assert one.most > 5 > one.least  # the first trial waits for a process to start, the others do not

    def whole(**wanted: Any) -> float:
        return expected.expected(settings, Search(**{"base": BASE, "space": RATES, **wanted}), digits).whole.middle

    ten = whole(trials=10)
    assert whole(trials=20) > ten > 10 and whole(trials=10, folds=3) > 1.2 * ten
    layers = (Vary("filters", 0.5, 2.0),)
    assert whole(trials=10, space=layers) > 1.5 * ten  # each trial makes a graph of its own
    assert whole(trials=10_000, minutes=3.0) < 300
