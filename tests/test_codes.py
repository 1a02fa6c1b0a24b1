"""Planes, grids, traversals and samples of the latent space, checked where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from vae_core.errors import LoupeError
from vae_core.look import codes as look


@pytest.fixture
def flat() -> np.ndarray:
    """2-D codes with a wide first and a narrow second coordinate."""
    return (np.random.default_rng(0).normal(size=(2000, 2)) * [5, 1] + [10, -3]).astype(np.float32)


@pytest.fixture
def deep() -> np.ndarray:
    """5-D codes that vary most along the third, then along the first coordinate."""
    return (np.random.default_rng(0).normal(size=(2000, 5)) * [2, 0.1, 4, 0.1, 0.1] + 7).astype(np.float32)


def test_a_plane_with_a_prior_is_its_square(flat: np.ndarray) -> None:
    assert np.array_equal(look.plane(flat, True), [[0, 0], [3, 0], [0, 3]])
    assert np.array_equal(look.plane(flat, True, span=1.5), [[0, 0], [1.5, 0], [0, 1.5]])


def test_a_plane_without_a_prior_spans_the_codes(flat: np.ndarray) -> None:
    origin, across, up = look.plane(flat, False)
    low, high = np.quantile(flat, [0.01, 0.99], axis=0)
    assert np.allclose(origin - across - up, low, atol=1e-4) and np.allclose(origin + across + up, high, atol=1e-4)


def test_a_larger_code_is_cut_along_its_principal_axes(deep: np.ndarray) -> None:
    origin, across, up = look.plane(deep, True)
    assert np.allclose(origin, deep.mean(axis=0), atol=1e-5)
    assert np.allclose(across, [0, 0, 3, 0, 0], atol=0.1) and np.allclose(up, [3, 0, 0, 0, 0], atol=0.1)
    assert np.linalg.norm([across, up], axis=1) == pytest.approx(3)
    assert "two principal axes of the codes (100% of their variance)" in look.grid(deep, True, 3).note


@pytest.mark.parametrize("has_prior", [True, False])
def test_the_grid_of_a_plane_is_the_linear_grid(has_prior: bool, flat: np.ndarray, deep: np.ndarray) -> None:
    for codes in (flat, deep, flat[:, :1]):
        from_plane = look.plane_grid(look.plane(codes, has_prior), 4)
        grid = look.grid(codes, has_prior, 4)
        assert np.allclose(from_plane.reshape(grid.codes.shape), grid.codes, atol=1e-4)


def test_the_top_row_is_the_largest_second_coordinate(flat: np.ndarray) -> None:
    for spacing in look.SPACINGS:
        grid = look.grid(flat, True, 5, spacing)
        assert np.allclose(grid.codes[..., 0], np.tile(grid.across, (5, 1)))
        assert np.allclose(grid.codes[..., 1], np.tile(grid.up, (5, 1)).T)
        assert (np.diff(grid.across) > 0).all() and (np.diff(grid.up) < 0).all()


def test_gaussian_spacing_has_equal_steps_of_probability(flat: np.ndarray) -> None:
    assert np.allclose(norm.cdf(look.grid(flat, True, 4, "gaussian").across), [1 / 8, 3 / 8, 5 / 8, 7 / 8])


def test_data_spacing_has_equal_shares_of_the_codes(flat: np.ndarray) -> None:
    across = look.grid(flat, False, 8, "data").across
    shares = [
        np.mean((flat[:, 0] >= low) & (flat[:, 0] < high)) for low, high in zip(across[:-1], across[1:], strict=True)
    ]
    assert np.allclose(shares, 0.98 / 7, atol=2e-3)


def test_gaussian_spacing_without_a_prior_is_refused(flat: np.ndarray) -> None:
    with pytest.raises(LoupeError, match="follow none"):
        look.grid(flat, False, 4, "gaussian")


def test_an_unknown_spacing_is_refused(flat: np.ndarray) -> None:
    with pytest.raises(LoupeError, match="linear, gaussian, data"):
        look.grid(flat, True, 4, "log")


def test_codes_that_are_all_equal_still_have_a_plane() -> None:
    for size in (1, 2, 3):
        same = np.ones((50, size), np.float32)
        assert np.isfinite(look.plane(same, False)).all()
        assert np.allclose(look.grid(same, False, 3).codes, 1, atol=0.01)


def test_the_axes_do_not_flip_when_the_codes_do(deep: np.ndarray) -> None:
    assert np.allclose(look.plane(deep, True)[1:], look.plane(2 * deep.mean(axis=0) - deep, True)[1:], atol=1e-3)


def test_a_traversal_moves_one_dimension(deep: np.ndarray) -> None:
    rows = look.traversals(deep[0], deep, True, 7)
    assert rows.shape == (5, 7, 5)
    for dimension in range(5):
        assert np.allclose(rows[dimension, :, dimension], np.linspace(-3, 3, 7))
        assert np.array_equal(np.delete(rows[dimension], dimension, 1), np.tile(np.delete(deep[0], dimension), (7, 1)))
    third = look.traversals(deep[0], deep, False, 7)[2, :, 2]
    assert np.allclose(third[[0, -1]], np.quantile(deep[:, 2], [0.01, 0.99]), atol=1e-4)


def test_the_line_between_two_codes_has_both_ends(deep: np.ndarray) -> None:
    line = look.between(deep[0], deep[1], 5)
    assert np.array_equal(line[[0, -1]], deep[:2]) and np.allclose(line[2], deep[:2].mean(axis=0))


def test_samples_of_the_prior_are_standard_normal(deep: np.ndarray) -> None:
    found = look.samples(deep, True, 5000, seed=1)
    assert found.shape == (5000, 5)
    assert np.allclose(found.mean(axis=0), 0, atol=0.06) and np.allclose(found.std(axis=0), 1, atol=0.05)


def test_samples_without_a_prior_follow_the_codes() -> None:
    random = np.random.default_rng(0)
    codes = np.concatenate([random.normal(size=(600, 2)) + [20, 0], random.normal(size=(200, 2)) * 0.1]).astype(
        np.float32
    )
    found = look.samples(codes, False, 2000, seed=1)
    right = found[:, 0] > 10
    assert right.mean() == pytest.approx(0.75, abs=0.04)
    assert found[right].mean(axis=0) == pytest.approx([20, 0], abs=0.2) and found[~right].std() < 0.2
    assert 0.6 < right[:500].mean() < 0.9, "the samples are not sorted by component"
    assert np.array_equal(found, look.samples(codes, False, 2000, seed=1))


@pytest.mark.parametrize("codes", [np.zeros((30, 4)), np.eye(3), np.random.default_rng(0).normal(size=(40, 64))])
def test_a_mixture_is_found_for_few_equal_and_wide_codes(codes: np.ndarray) -> None:
    found = look.mixture_samples(codes.astype(np.float32), 5, seed=0)
    assert found.shape == (5, codes.shape[1]) and np.isfinite(found).all()
