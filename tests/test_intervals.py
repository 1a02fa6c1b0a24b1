"""Intervals against what is known of them: closed forms, SciPy, and how often they hold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from vae_core.look import intervals


def test_the_paired_bootstrap_is_scipys():
    differences = np.random.default_rng(1).gamma(1.0, size=(400, 2)) - 0.9
    for column, ours in enumerate(intervals.over_images(differences, 0.95)):
        theirs = stats.bootstrap(
            (differences[:, column],), np.mean, n_resamples=20_000, method="percentile", vectorized=True, rng=2
        ).confidence_interval
        assert ours.value == pytest.approx(differences[:, column].mean())
        width = theirs.high - theirs.low
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.05 * width)


def test_a_difference_without_spread_is_sure():
    exact = intervals.over_images(np.full((50, 1), 2.0), 0.99)[0]
    assert (exact.value, exact.low, exact.high, exact.excludes_zero) == (2.0, 2.0, 2.0, True)
    nothing = intervals.over_seeds_and_images(np.ones((3, 5)), np.ones((3, 5)), 0.99)
    assert (nothing.low, nothing.high, nothing.excludes_zero) == (0.0, 0.0, False)


def test_without_noise_between_images_the_seeds_interval_is_welchs():
    random = np.random.default_rng(3)
    a, b = random.normal(size=4), random.normal(1, 2, size=3)
    ours = intervals.over_seeds_and_images(np.tile(a[:, None], 9), np.tile(b[:, None], 9), 0.9)
    theirs = stats.ttest_ind(b, a, equal_var=False).confidence_interval(0.9)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def _arms(random, count, seeds=3, images=60):
    """Arms of one config: each seed has a level of its own, each image one, and each pair some noise."""
    shape = (count, 2, seeds, images)
    of_seed, of_image = random.normal(size=shape[:3])[..., None], random.normal(size=(count, 1, 1, images))
    return of_seed + of_image + random.normal(size=shape)


def test_the_interval_over_seeds_and_images_holds_as_often_as_it_says():
    trials = _arms(np.random.default_rng(4), 2000)
    wrong = np.mean([intervals.over_seeds_and_images(a, b, 0.9).excludes_zero for a, b in trials])
    assert 0.03 < wrong <= 0.105


def test_a_plain_bootstrap_over_three_seeds_would_not():
    """Why there is another one: resampled seeds are never worse than the worst that was seen."""
    random = np.random.default_rng(5)
    wrong = []
    for a, b in _arms(random, 300):
        picked = random.integers(3, size=(2, 500, 3))
        means = b.mean(axis=1)[picked[0]].mean(axis=1) - a.mean(axis=1)[picked[1]].mean(axis=1)
        low, high = np.quantile(means, (0.05, 0.95))
        wrong.append(low > 0 or high < 0)
    assert np.mean(wrong) > 0.15


def test_the_correction_is_bonferronis():
    assert intervals.level(1) == pytest.approx(0.95)
    assert intervals.level(10) == pytest.approx(0.995)
