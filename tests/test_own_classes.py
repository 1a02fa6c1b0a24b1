"""A model of some classes is worth what it makes of those: the test images of others do not count."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support import settings_in, train

from vae_core.cli import worker
from vae_core.data import catalog, splits
from vae_core.design.config import Config
from vae_core.look import baselines, best, comparison, doctor, evaluation, scores, tested, worth
from vae_core.runs import store

SOME = ("0", "1", "6")
CONFIG = Config("digits", (8, 8, 1), "flatten dense64 dense32", epochs=60, batch=32, learning_rate=0.005, classes=SOME)


@pytest.fixture(scope="module")
def run(once):
    where = settings_in(once("own-classes", lambda folder: train(settings_in(folder), CONFIG)))
    return store.open_run(where, store.list_runs(where)[0].id)


@pytest.fixture(scope="module")
def digits(run):
    return catalog.load("digits", run.settings)


def test_its_numbers_are_those_of_its_own_classes(run, digits):
    labels = digits.test.labels
    own = np.isin(labels, [0, 1, 6])
    metrics = run.metrics()
    assert (metrics["images"], tuple(metrics["classes"])) == (own.sum(), SOME)
    assert metrics["data_fingerprint"] == digits.fingerprint
    codes = run.codes()
    assert len(codes["mean"]) == len(labels)  # odd images are looked for among all
    kept = codes["reconstruction"][own].mean()
    assert metrics["bce"]["mean_code"]["nats_per_image"] == pytest.approx(kept, rel=1e-4)
    assert (tested.own(run, codes) == own).all()
    assert len(scores.of(run)["reconstruction"]) == own.sum()


def test_so_are_those_beside_it(run, digits):
    own = splits.only(digits, SOME)
    mean = own.train.pixels.reshape(len(own.train), -1).mean(axis=0, dtype=np.float64).astype(np.float32) / 255
    target = own.test.pixels.reshape(len(own.test), -1).astype(np.float32) / 255
    nats = baselines.cross_entropy(target, np.broadcast_to(mean, target.shape)).mean()
    strip = run.metrics()["baselines"]
    assert strip["mean_image"]["bce"]["nats_per_image"] == pytest.approx(nats, rel=1e-5)
    assert run.metrics()["gap_closed"] > 0.3
    assert not [finding for finding in doctor.examine(run) if "straight" in finding.title.lower()]


def test_the_best_codes_are_looked_for_among_them(run, digits):
    task = best.begin(run)
    worker.work(task)
    assert np.isin(digits.test.labels[best.arrays(task)["places"]], [0, 1, 6]).all()
    assert task.result()["of"] == np.isin(digits.test.labels, [0, 1, 6]).sum()


def test_so_are_the_images_that_say_what_a_layer_is_worth(run, digits):
    task = worth.begin(run)
    worker.work(task)
    assert np.isin(digits.test.labels[task.arrays(worth.FORM)["places"]], [0, 1, 6]).all()
    whole = task.arrays(worth.FORM)["whole"].mean()
    assert whole == pytest.approx(scores.of(run)["reconstruction"].mean(), rel=1e-4)


def test_two_models_are_compared_on_the_classes_of_both(run, settings):
    other = train(run.settings, Config("digits", (8, 8, 1), "flatten dense16", epochs=1))
    found = comparison.compare(run, other)
    assert found.images == run.metrics()["images"] and not found.problem
    strange = train(run.settings, Config("digits", (8, 8, 1), "flatten dense16", epochs=1, classes=("2", "3")))
    assert comparison.compare(run, strange).problem == "They were trained on different classes."


def test_what_an_earlier_version_measured_on_all_images_is_measured_anew(run):
    path = run.path / "metrics.json"
    kept = json.loads(path.read_text())
    del kept["classes"]
    path.write_text(json.dumps({**kept, "images": 360}))
    assert run.metrics() is None
    assert evaluation.evaluate(run, run.settings)["images"] == run.metrics()["images"] < 360
