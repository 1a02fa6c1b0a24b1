"""Odd images against usual ones: the ranking numbers against scikit-learn's, and a whole separation."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score

from vae_core.cli import worker as worker
from vae_core.data import catalog, splits
from vae_core.data.dataset import Dataset, Part
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.look import evaluation, separation
from vae_core.look.portable import Portable
from vae_core.look.separation import held, ranking, scoring
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.settings import Settings

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("decimals", [8, 1, 0], ids=["no ties", "some ties", "many ties"])
def test_ranking_numbers_are_scikit_learns_and_their_intervals_hold_them(decimals: int) -> None:
    odd = RANDOM.random(800) < 0.1
    scores = np.round(RANDOM.normal(0, 1, 800) + 1.2 * odd, decimals)
    found = ranking.quality(scores, odd)
    assert found.auroc == pytest.approx(roc_auc_score(odd, scores))
    assert found.precision == pytest.approx(average_precision_score(odd, scores))
    assert found.auroc_interval[0] < found.auroc < found.auroc_interval[1]
    assert found.precision_interval[0] < found.precision < found.precision_interval[1]


def test_an_interval_is_as_wide_as_the_numbers_scatter() -> None:
    """Over many draws of the same kind of data, 95 % of the intervals should hold the true AUROC."""
    truth = 0.7602  # of two unit bell curves one apart: Phi(1 / sqrt 2)
    inside = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        odd = np.arange(300) < 60
        low, high = ranking.quality(random.normal(0, 1, 300) + odd, odd, seed).auroc_interval
        inside += low <= truth <= high
    assert inside >= 52


def test_a_confusion_table_counts_what_is_called_odd() -> None:
    odd = RANDOM.random(500) < 0.2
    scores = RANDOM.normal(0, 1, 500) + odd
    found = separation.confusion(scores, odd, 0.7)
    called = scores > 0.7
    assert found.found + found.false == called.sum()
    assert found.accuracy == pytest.approx((called == odd).mean())
    assert found.balanced_accuracy == pytest.approx(balanced_accuracy_score(odd, called))
    assert found.recall == pytest.approx(called[odd].mean()) and found.precision == pytest.approx(odd[called].mean())
    assert found.false_alarms == pytest.approx(called[~odd].mean())


def test_the_line_is_the_held_out_score_of_the_stated_rank() -> None:
    held = RANDOM.permutation(99).astype(float)  # with a new image, a hundred
    assert [separation.line(held, rate) for rate in (0.01, 0.05, 0.5)] == [98.0, 94.0, 49.0]
    assert separation.line(held, 0.009) == math.inf and separation.least(99) == 0.01
    assert separation.confusion(held, np.arange(99) < 9, math.inf).false == 0


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3])
def test_usual_images_are_called_odd_as_often_as_was_stated(rate: float) -> None:
    """Over many draws: neither more often, nor so seldom that odd ones would be missed without need."""
    shares = [(RANDOM.normal(0, 1, 200) > separation.line(RANDOM.normal(0, 1, 150), rate)).mean() for _ in range(400)]
    assert rate - 1 / 151 - 0.005 < np.mean(shares) < rate + 0.005


def test_mahalanobis_is_scipys() -> None:
    known, asked = RANDOM.normal(0, 1, (300, 3)) @ RANDOM.normal(0, 1, (3, 3)), RANDOM.normal(0, 1, (20, 3))
    inverse = np.linalg.inv(np.cov(known, rowvar=False))
    expected = [mahalanobis(row, known.mean(axis=0), inverse) for row in asked]
    assert scoring.mahalanobis(known, asked) == pytest.approx(expected)
    flat = np.column_stack([known, np.zeros(300)])
    assert scoring.mahalanobis(flat, np.column_stack([asked, np.zeros(20)])) == pytest.approx(expected)


def _separated(run: Run) -> Task:
    task = separation.begin(run, ["4"])
    if task.state() != "done":
        worker.work(task)
    return task


def test_a_run_is_asked_for_a_class_and_held_against_pca_and_pixels(trained: Run) -> None:
    task = _separated(trained)
    document, arrays = json.loads(json.dumps(task.result(), allow_nan=False)), task.arrays()
    methods = {(row["method"], row["score"]) for row in document["rows"]}
    assert {("this model", name) for name in ("reconstruction", "KL", "Mahalanobis", "neighbours")} <= methods
    assert {("PCA", "reconstruction"), ("raw pixels", "pixel neighbours")} <= methods
    labels = catalog.load("digits", trained.settings).test.labels
    assert (arrays["odd"] == (labels == 4)).all() and (arrays["places"] == np.arange(len(labels))).all()
    for row, scores in zip(document["rows"], arrays["scores"]):
        assert row["auroc"] == pytest.approx(roc_auc_score(labels == 4, scores), abs=1e-3)
    codes = trained.codes()["reconstruction"]
    place = _place(document)
    assert arrays["scores"][place] == pytest.approx(codes, rel=1e-3)


def _place(document: dict) -> int:
    """Of the model's reconstruction among the rows."""
    rows = document["rows"]
    return next(i for i, row in enumerate(rows) if (row["method"], row["score"]) == ("this model", "reconstruction"))


def test_what_the_validation_images_say_chooses_the_score_and_sets_the_line(trained: Run) -> None:
    """Worked out here from the split alone, without a look at any test image."""
    task = _separated(trained)
    document, arrays = task.result(), task.arrays()
    config, digits = trained.config(), catalog.load("digits", trained.settings)
    held_out = np.sort(splits.split(digits, seed=config.seed, split=config.split).validation)
    pixels, odd = digits.train.pixels[held_out], digits.train.labels[held_out] == 4
    losses = evaluation.per_image(Portable.of(trained), pixels, config).bce["mean_code"]
    place = _place(document)
    assert arrays["held"][place] == pytest.approx(losses[~odd], rel=1e-3)
    assert document["rows"][place]["held_auroc"] == pytest.approx(roc_auc_score(odd, losses), abs=1e-3)
    own = [row["held_auroc"] for row in document["rows"] if row["method"] == separation.MODEL]
    assert document["rows"][0]["method"] == separation.MODEL and own[0] == max(own)
    assert f"{(~odd).sum()} usual images" in document["told"] and f"{odd.sum()} odd images" in document["told"]


def test_a_score_that_only_the_test_images_favour_is_not_chosen() -> None:
    rows = [
        {"method": separation.MODEL, "score": name, "held_auroc": held, "auroc": test}
        for name, held, test in (("KL", 0.6, 0.99), ("reconstruction", 0.7, 0.71), ("neighbours", 0.8, 0.5))
    ]
    assert separation._chosen(rows, True) == 2
    assert separation._chosen([{**row, "held_auroc": None} for row in rows], False) == 1


def _of(labels: np.ndarray) -> Part:
    return Part(np.zeros((len(labels), 8, 8, 1), np.uint8), labels)


@pytest.mark.parametrize(
    ("changes", "odd", "usual", "said"),
    [
        ({}, 20, 180, "that it was not trained on, chose"),
        ({"classes": tuple("12345678")}, 100, None, "of classes that it never saw, chose"),
        ({"train_size": 500}, None, None, "chose the score"),
        ({"split": "fold:2/5"}, 20, 180, "chose the score"),
        ({"split": "test"}, 10, 90, "only the other half is counted"),
    ],
)
def test_no_image_that_trained_or_is_asked_chooses_anything(
    changes: dict, odd: int | None, usual: int | None, said: str
) -> None:
    train, test = np.arange(1000) % 10, np.arange(200) % 10
    digits = Dataset("ten", "Ten", _of(train), _of(test), tuple("0123456789"))
    config = Config("ten", (8, 8, 1), "flatten dense8", **changes)
    part = held.images(config, digits, [0])
    trains = splits.split(digits, seed=0, split=config.split, train_size=config.train_size, classes=config.classes)
    assert set(part.known) == set(trains.train) and said in part.told() and part.chooses
    labels, others = (test, part.asked) if part.from_test else (train, trains.train)
    assert not set(others) & {*part.usual, *part.odd} and not set(part.usual) & set(part.odd)
    assert (labels[part.odd] == 0).all() and (labels[part.usual] != 0).all()
    assert (part.is_odd == (test[part.asked] == 0)).all()
    assert odd in (None, len(part.odd)) or abs(len(part.odd) - odd) < 12
    assert usual in (None, len(part.usual)) or abs(len(part.usual) - usual) < 12


def test_without_odd_images_beside_the_test_images_it_is_the_reconstruction_and_says_so() -> None:
    train, test = np.arange(300) % 9, np.arange(100) % 10
    digits = Dataset("ten", "Ten", _of(train), _of(test), tuple("0123456789"))
    part = held.images(Config("ten", (8, 8, 1), "flatten dense8"), digits, [9])
    assert not part.chooses and "it is the reconstruction" in part.told() and len(part.usual) == 60


def test_what_cannot_be_told_apart_is_refused(settings: Settings) -> None:
    digits = catalog.load("digits", settings)
    with pytest.raises(LoupeError, match="no class"):
        separation.odd_ones(digits, ["eleven"])
    with pytest.raises(LoupeError, match="none are"):
        separation.odd_ones(digits, [])
    with pytest.raises(LoupeError, match="all are"):
        separation.odd_ones(digits, digits.classes)
    bare = Dataset("bare", "Bare", Part(digits.train.pixels), Part(digits.test.pixels))
    with pytest.raises(LoupeError, match="no labels"):
        separation.odd_ones(bare, ["a"])


def test_the_classes_left_out_of_training_are_known() -> None:
    config = Config("digits", (8, 8, 1), "flatten dense8", classes=("0", "1"))
    assert separation.left_out(config, ("0", "1", "2")) == ("2",)
    assert separation.left_out(replace(config, classes=()), ("0", "1", "2")) == ()
