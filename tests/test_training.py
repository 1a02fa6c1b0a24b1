"""Real trainings on the embedded digits: what is written, when they end, and which of them share a graph."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from conftest import Once
from support import train
from trainings import PLAIN, WHOLE, alike, trained_whole, trial

from vae_core.data import catalog
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.settings import Settings


@pytest.fixture(scope="module")
def whole(once: Once) -> Run:
    return trained_whole(once)


# What a run holds.


def test_a_run_holds_all_that_is_promised(whole: Run) -> None:
    status, rows, codes, epochs = whole.status(), whole.history(), whole.codes(), list(range(1, WHOLE.epochs + 1))
    assert status["state"] == "done" and [row["epoch"] for row in rows] == epochs
    assert rows[-1]["validation_total_nats_per_image"] < rows[0]["validation_total_nats_per_image"]
    best = min(rows, key=lambda row: row["validation_total_nats_per_image"])
    assert status["best"]["epoch"] == best["epoch"]
    assert status["best"]["validation"]["nats_per_pixel"] == pytest.approx(best["validation_total_nats_per_image"] / 64)
    assert codes["mean"].shape == codes["log_variance"].shape == (len(codes["labels"]), 2)
    assert whole.snapshot_epochs() == epochs and whole.snapshot(3)["grid"].shape == (16, 16, 8, 8, 1)
    assert whole.metrics()["bce"]["mean_code"]["nats_per_pixel"] > 0
    assert whole.resolved()["precision"] == "float32" and whole.resolved()["parameters"]["total"] > 0


def test_the_parts_sum_to_the_total(whole: Run) -> None:
    for row in whole.history():
        for part in ("train", "validation"):
            nats, kl, total = (row[f"{part}_{kind}_nats_per_image"] for kind in ("reconstruction", "kl", "total"))
            assert total == pytest.approx(nats + 3 * kl, rel=1e-6)


def test_a_plain_autoencoder_has_no_kl(settings: Settings) -> None:
    run = train(settings, replace(PLAIN, encoder="flatten dense32 code2:relu bn", kind="ae", loss="mse", beta=None))
    assert [row["train_kl_nats_per_image"] for row in run.history()] == [0]
    assert "log_variance" not in run.codes() and (run.codes()["mean"] >= 0).all()


def test_training_on_chosen_classes_sees_only_those(settings: Settings) -> None:
    digits = catalog.load("digits", settings)
    labels = np.delete(digits.train.labels, digits.validation)
    chosen = np.isin(labels, (3, 7)).sum()
    seen: list[dict] = []
    trial(settings, replace(PLAIN, classes=("3", "7"), train_size=0, batch=8), seen.append)
    assert {row["steps"] for row in seen if "steps" in row} == {-(-chosen // 8)} and 0 < chosen < len(labels) / 4


def test_early_stopping_waits_for_its_patience(settings: Settings) -> None:
    run = trial(settings, replace(PLAIN, kind="ae", beta=None, epochs=50, learning_rate=0.3, batch=64, patience=2))
    best, last = run.status()["best"]["epoch"], len(run.history())
    assert last < 50 and last - best == 2


def test_a_trial_that_is_ended_early_leaves_its_pictures(settings: Settings) -> None:
    def end(row: dict) -> None:
        if "epoch_done" in row:
            Run(store.list_runs(settings)[0].id, settings).request_stop()

    run = trial(settings, replace(PLAIN, epochs=50), end)
    assert run.state() == "stopped" and run.thumbs()


def test_a_loss_that_is_no_number_ends_the_run_with_a_sentence(settings: Settings) -> None:
    diverging = replace(PLAIN, optimizer="sgd", learning_rate=10.0, loss="mse", sigma=0.001, batch=8)
    with pytest.raises(LoupeError, match="stopped being a number in epoch"):
        train(settings, diverging)
    (line,) = store.list_runs(settings)
    assert line.state == "failed" and "learning rate" in (line.error or "")


# Graphs that several runs share.


@pytest.mark.parametrize(
    "config", [replace(PLAIN, epochs=2), replace(WHOLE, optimizer="sgd", epochs=2)], ids=["plain", "convolutions"]
)
def test_a_kept_graph_trains_as_a_new_one_would(settings: Settings, config: Config) -> None:
    """Other rates, batches, betas and folds go through one graph, and nothing of the run before stays in it."""
    from vae_core.learn.kept import KeptSteps

    steps = KeptSteps()
    others = [
        replace(config, learning_rate=0.3, batch=32),
        replace(config, split="fold:2/3"),
        replace(config, beta=4.0, schedule="cosine", warmup=1.0),
    ]
    for other in others:
        trial(settings, other, kept=steps)
    run = trial(settings, config, kept=steps)
    assert len(steps._known) == 1
    assert alike(run, trial(settings, config))


def test_another_network_or_noise_gets_a_graph_of_its_own(settings: Settings) -> None:
    from vae_core.learn.kept import KeptSteps

    steps, noise = KeptSteps(), {"noise": 0.3, "noise_once": True}
    changes: list[dict[str, Any]] = [{}, noise, {"seed": 5}, {"optimizer": "sgd"}]
    runs = [trial(settings, replace(PLAIN, **change), kept=steps) for change in changes]
    assert len(steps._known) == 4
    assert not any(alike(one, other) for one, other in combinations(runs, 2))
