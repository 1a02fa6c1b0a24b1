"""Odd images against usual ones: the ranking numbers against scikit-learn's, and a whole separation."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score

from vae_core.cli import tasks as worker
from vae_core.data import catalog
from vae_core.data.dataset import Dataset, Part
from vae_core.errors import LoupeError
from vae_core.look import separation
from vae_core.look.separation import ranking, scoring
from vae_core.runs.store import Run
from vae_core.settings import Settings
from vae_core.spec.config import Config

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
    found = separation.confusion(scores, odd, 0.2)
    called = scores >= found.threshold
    assert called.sum() == 100 and found.found + found.false == 100
    assert found.accuracy == pytest.approx((called == odd).mean())
    assert found.balanced_accuracy == pytest.approx(balanced_accuracy_score(odd, called))
    assert found.recall == pytest.approx(called[odd].mean()) and found.precision == pytest.approx(odd[called].mean())


def test_mahalanobis_is_scipys() -> None:
    known, asked = RANDOM.normal(0, 1, (300, 3)) @ RANDOM.normal(0, 1, (3, 3)), RANDOM.normal(0, 1, (20, 3))
    inverse = np.linalg.inv(np.cov(known, rowvar=False))
    expected = [mahalanobis(row, known.mean(axis=0), inverse) for row in asked]
    assert scoring.mahalanobis(known, asked) == pytest.approx(expected)
    flat = np.column_stack([known, np.zeros(300)])
    assert scoring.mahalanobis(flat, np.column_stack([asked, np.zeros(20)])) == pytest.approx(expected)


def test_a_run_is_asked_for_a_class_and_held_against_pca_and_pixels(trained: Run) -> None:
    task = separation.begin(trained, ["4"])
    worker.work(task)
    document, arrays = json.loads(json.dumps(task.result(), allow_nan=False)), task.arrays()
    methods = {(row["method"], row["score"]) for row in document["rows"]}
    assert {("this model", name) for name in ("reconstruction", "KL", "Mahalanobis", "neighbours")} <= methods
    assert {("PCA", "reconstruction"), ("raw pixels", "pixel neighbours")} <= methods
    labels = catalog.load("digits", trained.settings).test.labels
    assert (arrays["odd"] == (labels == 4)).all()
    for row, scores in zip(document["rows"], arrays["scores"]):
        assert row["auroc"] == pytest.approx(roc_auc_score(labels == 4, scores), abs=1e-3)
    aurocs = [row["auroc"] for row in document["rows"]]
    assert aurocs == sorted(aurocs, reverse=True)
    codes = trained.codes()["reconstruction"]
    place = next(i for i, row in enumerate(document["rows"])
                 if (row["method"], row["score"]) == ("this model", "reconstruction"))  # fmt: skip
    assert arrays["scores"][place] == pytest.approx(codes, rel=1e-3)


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
