"""Intervals against what is known of them: closed forms, SciPy, and how often they hold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from vae_core.look import intervals
from vae_core.runs import arms


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
    nothing = intervals.over_pairs_and_images(np.zeros((3, 5)), 0.99)
    assert (nothing.low, nothing.high, nothing.excludes_zero) == (0.0, 0.0, False)


def test_without_noise_between_images_the_pairs_interval_is_students():
    random = np.random.default_rng(3)
    pairs = random.normal(1, 2, size=5)
    ours = intervals.over_pairs_and_images(np.tile(pairs[:, None], 9), 0.9)
    theirs = stats.ttest_1samp(pairs, 0).confidence_interval(0.9)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    known = np.std(pairs, ddof=1)
    assert (ours.high - ours.low) / 2 == pytest.approx(_half(known, 5, 0.9))
    assert intervals.half_width(known, 5) == pytest.approx(_half(known, 5, intervals.EACH_LOOK))


def _half(spread, count, confidence):
    return stats.t.ppf((1 + confidence) / 2, count - 1) * spread / count**0.5


def _differences(random, count, pairs=3, images=60):
    """Of two configs that are the same: each pair has a level of its own, each image one, and all of them noise."""
    shape = (count, pairs, images)
    of_pair, of_image = random.normal(size=shape[:2])[..., None], random.normal(size=(count, 1, images))
    return of_pair + of_image + random.normal(size=shape)


def test_the_interval_over_pairs_and_images_holds_as_often_as_it_says():
    trials = _differences(np.random.default_rng(4), 2000)
    wrong = np.mean([intervals.over_pairs_and_images(each, 0.9).excludes_zero for each in trials])
    assert 0.03 < wrong <= 0.105


def test_a_plain_bootstrap_over_three_pairs_would_not():
    """Why there is another one: resampled pairs are never worse than the worst that was seen."""
    random = np.random.default_rng(5)
    wrong = []
    for each in _differences(random, 300):
        means = each.mean(axis=1)[random.integers(3, size=(500, 3))].mean(axis=1)
        low, high = np.quantile(means, (0.05, 0.95))
        wrong.append(low > 0 or high < 0)
    assert np.mean(wrong) > 0.15


def _ever(differences, confidence):
    """In which comparisons the interval excludes 0 at some look: another way than the product's, all at once."""
    found = np.zeros(len(differences), bool)
    for look in arms.LOOKS:
        seen = differences[:, :look]
        half = stats.t.ppf((1 + confidence) / 2, look - 1) * seen.std(axis=1, ddof=1) / look**0.5
        found |= np.abs(seen.mean(axis=1)) > half
    return found


def test_who_looks_again_and_again_is_wrong_in_five_of_a_hundred():
    """10,000 comparisons in which nothing differs: the error of a share of 5 % is 0.22 %."""
    differences = np.random.default_rng(6).normal(size=(10_000, arms.MOST))
    assert 0.043 < _ever(differences, intervals.EACH_LOOK).mean() < 0.057
    assert _ever(differences, 0.95).mean() > 0.15  # as plain intervals would be
    for each, found in zip(differences[:40], _ever(differences[:40], intervals.EACH_LOOK)):
        ours = [intervals.over_pairs_and_images(np.tile(each[:n, None], 2), intervals.EACH_LOOK) for n in arms.LOOKS]
        assert found == any(look.excludes_zero for look in ours)


def test_pairs_between_two_looks_wait_for_the_next():
    assert [intervals.looked(pairs) for pairs in (0, 2, 3, 4, 5, 39, 40, 99)] == [0, 0, 3, 3, 5, 27, 40, 40]


def test_the_correction_is_bonferronis():
    assert intervals.level(1) == pytest.approx(0.95)
    assert intervals.level(10) == pytest.approx(0.995)
