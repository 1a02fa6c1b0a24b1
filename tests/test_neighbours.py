"""Who is nearest to whom, against comparing everything."""

import numpy as np
import pytest

from vae_core.look import neighbours


@pytest.fixture
def cloud():
    return np.random.default_rng(0).standard_normal((300, 6)).astype(np.float32)


def brute(space, rows):
    return np.linalg.norm(rows[:, None].astype(np.float64) - space[None], axis=2)


@pytest.mark.parametrize("dimensions", [2, 6])
def test_the_neighbours_of_rows(cloud, dimensions):
    space, asked = cloud[:, :dimensions], np.array([5, 17, 250])
    found, distances = neighbours.search(space, asked, 8)
    apart = brute(space, space[asked])
    apart[np.arange(3), asked] = np.inf
    assert found.tolist() == np.argsort(apart, axis=1)[:, :8].tolist()
    np.testing.assert_allclose(distances, np.sort(apart, axis=1)[:, :8], atol=1e-5)


def test_a_point_is_not_its_own_neighbour_among_copies_of_itself():
    space = np.zeros((40, 3), np.float32)
    found, distances = neighbours.search(space, np.arange(40), 5)
    assert not (found == np.arange(40)[:, None]).any()
    assert all(len(set(row)) == 5 for row in found.tolist())
    assert not distances.any()


def test_the_search_tells_how_far_it_is(cloud, monkeypatch):
    monkeypatch.setattr(neighbours, "ROWS", 100)
    told = []
    neighbours.search(cloud, np.arange(300), 4, lambda done, total: told.append((done, total)))
    assert told == [(100, 300), (200, 300), (300, 300)]


def test_the_images_nearest_by_pixel():
    pixels = np.random.default_rng(1).integers(0, 256, (200, 8, 8, 1), np.uint8)
    found, distances = neighbours.nearest_images(pixels, pixels[3], 4)
    apart = brute(pixels.reshape(200, -1) / 255, pixels[3].reshape(1, -1) / 255)[0]
    assert found.tolist() == np.argsort(apart)[:4].tolist()
    assert found[0] == 3
    np.testing.assert_allclose(distances, np.sort(apart)[:4], atol=1e-4)


def test_squared_distances(cloud):
    np.testing.assert_allclose(neighbours.squared_distances(cloud[:9], cloud), brute(cloud, cloud[:9]) ** 2, atol=1e-4)
