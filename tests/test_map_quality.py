"""How far a map can be trusted: the measures against scikit-learn's and against their definitions."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from vae_core.look.projection import Projection, quality, sentences

RANDOM = np.random.default_rng(0)
SPACE = RANDOM.standard_normal((400, 12)).astype(np.float32)
MAP = SPACE[:, :2].copy()
LABELS = (SPACE[:, 0] > 0).astype(int) + 2 * (SPACE[:, 5] > 0.3)


def measured(original=SPACE, places=MAP, labels=None, **more):
    return quality.measure(original, places, labels, 0, lambda done, total: None, **more)


@pytest.mark.parametrize(
    ("method", "asked", "sample", "trust", "said"),
    [
        ("tsne", 400, 400, 0.9, {sentences.MISLEADS}),
        ("pca", 400, 400, 0.9, set()),
        ("pca", 100, 400, 0.9, {"That was measured at 100 of the 400 points."}),
        ("pca", 400, 50, 0.9, {"Trustworthiness and continuity were measured among 50 random points."}),
        ("pca", 400, 50, None, set()),
    ],
)
def test_what_is_said_of_a_map_and_no_more(method, asked, sample, trust, said):
    found = {"kept": 7.25, "neighbours": 15, "asked": asked, "sample": sample, "trustworthiness": trust}
    first, *more = sentences.honesty(Projection(method), found, 400)
    assert "on average 7.2 are among its 15 nearest" in first and set(more) == said
    too_few = sentences.honesty(Projection(method), {**found, "kept": None}, 400)
    assert too_few == ["There are too few images to say how far this map can be trusted."]


@pytest.mark.parametrize(
    ("of", "method", "dimensions", "needless"),
    [
        ("codes", "tsne", 2, True),
        ("codes", "pca", 2, False),
        ("codes", "umap", 3, False),
        ("pixels", "tsne", 2, False),
    ],
)
@pytest.mark.parametrize(("left_out", "told"), [(0, ""), (1, "1 image is left out"), (2, "2 images are left out")])
def test_what_a_map_notes(of, method, dimensions, needless, left_out, told):
    notes = " ".join(sentences._notes(Projection(method, of=of), left_out, dimensions))
    assert ("needs no" in notes) == needless
    assert told in notes and ("left out" in notes) == bool(left_out)


@pytest.mark.parametrize("k", [5, 15])
def test_trustworthiness_and_continuity(k):
    trust, continuity = quality.ranks(SPACE, MAP, k)
    assert trust == pytest.approx(trustworthiness(SPACE, MAP, n_neighbors=k), abs=1e-6)
    assert continuity == pytest.approx(trustworthiness(MAP, SPACE, n_neighbors=k), abs=1e-6)


def test_how_many_neighbours_are_kept():
    found = measured()
    apart = [np.linalg.norm(space[:, None] - space[None], axis=2) for space in (SPACE, MAP)]
    there, here = (np.argsort(each, axis=1)[:, 1:16] for each in apart)
    kept = [len({*one} & {*other}) for one, other in zip(there.tolist(), here.tolist())]
    assert found.kept.tolist() == kept
    assert found.summary["kept"] == pytest.approx(np.mean(kept))
    assert found.summary["asked"] == found.summary["sample"] == 400


def test_neighbours_that_are_known_are_not_searched_again():
    near = np.argsort(np.linalg.norm(SPACE[:, None] - SPACE[None], axis=2), axis=1)[:, 1:31]
    assert measured(near=near).summary == measured().summary


def test_classes_by_neighbours():
    found = measured(labels=LABELS).summary
    for key, space in (("knn_map", MAP), ("knn_original", SPACE)):
        near = NearestNeighbors(n_neighbors=15).fit(space).kneighbors(return_distance=False)  # none is its own
        known = np.mean([np.bincount(LABELS[row]).argmax() for row in near] == LABELS)
        assert found[key] == pytest.approx(known, abs=0.005)  # two classes of equal votes are told apart in any way


def test_the_map_of_a_plane_keeps_everything():
    found = measured(original=MAP, labels=LABELS).summary
    assert (found["kept"], found["trustworthiness"], found["continuity"]) == (15, 1, 1)


def test_large_maps_are_sampled_and_say_so(monkeypatch):
    monkeypatch.setattr(quality, "MOST_WORK", 100 * 400 * 12)
    monkeypatch.setattr(quality, "SAMPLE", 200)
    found = measured()
    assert found.summary["asked"] == 100 == np.isfinite(found.kept).sum()
    assert found.summary["sample"] == 200
    again = measured()
    assert found.summary == again.summary
    whole = quality.ranks(SPACE, MAP, 15)[0]
    assert found.summary["trustworthiness"] == pytest.approx(whole, abs=0.05)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 20])
def test_few_points(count):
    found = measured(SPACE[:count], MAP[:count], LABELS[:count])
    assert found.summary["neighbours"] == min(15, count - 1)
    assert (found.summary["kept"] is None) == (count == 1)
    assert len(found.kept) == count
    assert quality.density(MAP[:count]).max() == 1


def test_one_class_tells_nothing():
    assert measured(labels=np.zeros(400, int)).summary["knn_map"] is None


def test_density_is_high_where_the_points_are():
    places = np.concatenate([RANDOM.normal(0, 0.1, (300, 2)), RANDOM.uniform(-5, 5, (100, 2))])
    found = quality.density(places)
    assert found.shape == (400,)
    assert found[:300].mean() > 10 * found[300:].mean()


def test_the_overlap_of_two_maps():
    assert quality.overlap(MAP, MAP, 0) == 15
    assert quality.overlap(MAP, MAP[:, ::-1] * 3, 0) == 15
    assert quality.overlap(MAP, RANDOM.standard_normal((400, 2)), 0) < 2
