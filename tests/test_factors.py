"""MIG and DCI: against computations of their own, on codes of which it is known what they deserve."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from vae_core.data.dataset import Part
from vae_core.look.metrics import factors
from vae_core.look.metrics.factors import BINS, Factor

COUNT = 1200
RANDOM = np.random.default_rng(0)
KIND, SIZE, TURN = RANDOM.integers(4, size=COUNT), RANDOM.random(COUNT), RANDOM.random(COUNT)
KNOWN = [Factor("kind", KIND, False), Factor("size", SIZE, True), Factor("turn", TURN, True)]
APART = np.stack([KIND + 0.1 * RANDOM.random(COUNT), SIZE, TURN], axis=1)
MIXED = APART @ np.linalg.qr(RANDOM.normal(size=(3, 3)))[0]
NOISY = np.concatenate([MIXED, APART[:, :1], RANDOM.normal(size=(COUNT, 2))], axis=1)


def independent_mig(codes: np.ndarray, known: Sequence[Factor]) -> float:
    """By counting, from the definition alone."""

    def cut(values: Sequence[float]) -> list[int]:
        low, high = min(values), max(values)
        return [min(int((value - low) / (high - low) * BINS), BINS - 1) for value in values]

    def entropy(values: Sequence[object]) -> float:
        return -sum(n / len(values) * math.log(n / len(values)) for n in Counter(values).values())

    total = 0.0
    for factor in known:
        kinds = cut(list(factor.values)) if factor.is_number else list(factor.values)
        told = []
        for number in codes.T:
            cells = cut(list(number))
            told.append(entropy(cells) + entropy(kinds) - entropy(list(zip(cells, kinds, strict=True))))
        best, second = sorted(told)[-1], sorted(told)[-2]
        total += (best - second) / entropy(kinds)
    return total / len(known)


def independent_parting(weights: list[list[float]]) -> float:
    """Disentanglement of rows, in the words of Eastwood and Williams: 1 - H_K(P_i), weighted by rho_i."""
    everything, total = sum(map(sum, weights)), 0.0
    for row in weights:
        mass = sum(row)
        parts = [each / mass for each in row if each > 0] if mass else []
        entropy = -sum(part * math.log(part, len(row)) for part in parts)
        total += (1 - entropy) * mass / everything
    return total


@pytest.mark.parametrize("codes", [APART, MIXED, NOISY], ids=["apart", "mixed", "noisy"])
def test_mig_is_what_counting_gives(codes):
    assert factors.mig(codes, KNOWN) == pytest.approx(independent_mig(codes, KNOWN), abs=0.005)


@pytest.mark.parametrize("codes", [APART, MIXED, NOISY], ids=["apart", "mixed", "noisy"])
def test_dci_is_what_the_paper_says(codes):
    weights, told = factors.importances(codes, KNOWN)
    table = []
    for factor in KNOWN:
        kind = RandomForestRegressor if factor.is_number else RandomForestClassifier
        forest = kind(factors.TREES, min_samples_leaf=2, random_state=4).fit(codes[::2], factor.values[::2])
        table.append([float(each) for each in forest.feature_importances_])
    rows = [list(row) for row in zip(*table, strict=True)]
    assert weights == pytest.approx(np.array(rows))
    assert factors.parted(weights) == pytest.approx(independent_parting(rows))
    assert factors.parted(weights.T) == pytest.approx(independent_parting(table))
    assert all(0 <= each <= 1 for each in told)


def test_codes_that_are_the_factors_deserve_all_and_a_turned_copy_hardly_anything():
    for codes, low, high in ((APART, 0.7, 1.0), (MIXED, 0.0, 0.35)):
        weights, told = factors.importances(codes, KNOWN)
        assert low <= factors.mig(codes, KNOWN) <= high
        assert low <= factors.parted(weights) <= high
        assert np.mean(told) > 0.8, "a turned copy still tells them"


def test_what_is_a_factor():
    part = Part(
        np.zeros((COUNT, 1, 1, 1), np.uint8),
        KIND,
        {
            "letter": np.array(list("ABCD"))[KIND],  # the class, in other words
            "size": SIZE.astype(np.float32),
            "price": np.array([f"{each:.4f}" for each in TURN]),  # of a manifest, whose cells are words
            "file": np.array([f"{number}.png" for number in range(COUNT)]),
            "row": np.array([str(number) for number in range(COUNT)]),
            "same": np.zeros(COUNT),
            "broken": np.full(COUNT, np.nan),
        },
    )
    assert [(each.name, each.is_number) for each in factors.factors(part)] == [
        ("letter", False),
        ("size", True),
        ("price", True),
    ]
    assert [each.name for each in factors.factors(Part(part.pixels, KIND))] == ["class"]
