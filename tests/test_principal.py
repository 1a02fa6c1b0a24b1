"""Principal components, against scikit-learn's."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from vae_core.look.projection import pca


def cloud(count, dimensions, seed=0):
    random = np.random.default_rng(seed)
    spread = 10 * 0.7 ** np.arange(dimensions)
    turn, _ = np.linalg.qr(random.normal(size=(dimensions, dimensions)))
    return (random.standard_normal((count, dimensions)) * spread @ turn + 5).astype(np.float32)


@pytest.mark.parametrize("exact", [True, False])
def test_it_is_scikit_learns(exact, monkeypatch):
    monkeypatch.setattr(pca, "EXACT_DIMENSIONS", 2048 if exact else 1)
    values = cloud(5000, 30)
    found, known = pca.components(values, 6), PCA(6).fit(values)
    assert found.exact == exact
    np.testing.assert_allclose(found.explained, known.explained_variance_ratio_, rtol=1e-3)
    np.testing.assert_allclose(np.abs((found.axes * known.components_).sum(axis=1)), 1, atol=1e-3)
    np.testing.assert_allclose(np.abs(found.places), np.abs(known.transform(values)), atol=0.05)


def test_as_many_components_as_dimensions_lead_back_exactly():
    values = cloud(300, 6)
    found = pca.components(values, 10)
    assert found.places.shape == (300, 6)
    np.testing.assert_allclose(found.centre + found.places @ found.axes, values, atol=1e-4)
    assert found.explained.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    "values",
    [np.ones((50, 4)), np.arange(12.0).reshape(1, 12), np.arange(30.0)[:, None], cloud(3, 40)],
    ids=["all the same", "one row", "one dimension", "fewer rows than components"],
)
def test_what_has_too_little_in_it_still_has_places(values):
    values = values.astype(np.float32)
    found = pca.components(values, 10)
    assert found.places.shape[1] >= 2
    assert np.isfinite(found.places).all()
    assert np.isfinite(found.explained).all()
    np.testing.assert_allclose(found.centre + found.places @ found.axes, values, atol=1e-3)


def test_a_picture_does_not_flip():
    values = cloud(500, 8)
    np.testing.assert_allclose(
        pca.components(values, 2).places, pca.components(values[::-1], 2).places[::-1], atol=1e-2
    )
