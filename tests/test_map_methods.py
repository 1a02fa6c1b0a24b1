"""t-SNE and UMAP: against scikit-learn, umap-learn, openTSNE and exact sums."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import TSNE, trustworthiness

from vae_core.look import neighbours
from vae_core.look.projection import METHODS, Map, Projection, adding, methods, pca, stages, umap_layout
from vae_core.look.projection.repulsion import Repulsion
from vae_core.runs.jobs import Stopped

DIGITS = (load_digits().data[:400] / 16).astype(np.float32)
RANDOM = np.random.default_rng(0)


def made(values, tell=lambda phase, done, total: None, show=lambda places: None, **spec):
    found = stages.Stages(tell, [(stages.FIND, 1), (stages.FORM, 4)])
    return methods.make(np.asarray(values, np.float32), Projection(**spec), found, show)


@pytest.fixture(scope="module")
def tsne():
    return made(DIGITS, method="tsne")


@pytest.mark.parametrize("span", [0.001, 5, 40, 160])
def test_points_push_each_other_apart_as_the_sums_say(span):
    from concurrent.futures import ThreadPoolExecutor

    places = RANDOM.standard_normal((20, 1, 2)) + 0.1 * RANDOM.standard_normal((20, 150, 2))
    places = places.reshape(-1, 2) * span / np.ptp(places)
    apart = places[:, None] - places[None]
    near = 1 / (1 + (apart**2).sum(axis=2))
    exact, whole = (near[..., None] ** 2 * apart).sum(axis=1), near.sum() - len(places)
    with ThreadPoolExecutor(2) as pool:
        push = Repulsion(pool, 2)
        for _ in range(2):  # the second time with what is kept from the first
            found, total = push(places)
    assert np.linalg.norm(found - exact) < 0.03 * np.linalg.norm(exact)
    assert total == pytest.approx(whole, rel=2e-3)


def test_tsne_is_as_trustworthy_as_scikit_learns(tsne):
    known = TSNE(random_state=0).fit(DIGITS)
    ours, theirs = (trustworthiness(DIGITS, places, n_neighbors=15) for places in (tsne.places, known.embedding_))
    assert ours > theirs - 0.005
    assert tsne.divergence == pytest.approx(known.kl_divergence_, rel=0.05)
    assert tsne.places.shape == (400, 2)


def test_the_same_seed_gives_the_same_map(tsne):
    assert (made(DIGITS, method="tsne").places == tsne.places).all()
    assert not (made(DIGITS, method="tsne", seed=1).places == tsne.places).all()


def test_stronger_attraction_draws_clusters_together(tsne):
    assert np.ptp(made(DIGITS, method="tsne", exaggeration=4).places) < 0.7 * np.ptp(tsne.places)


def test_a_map_is_shown_while_it_forms_and_can_be_stopped():
    shown, told = [], []

    def tell(phase, done, total):
        told.append(phase)
        if done > 0.5 * total:
            raise Stopped("enough")

    with pytest.raises(Stopped):
        made(DIGITS, tell, lambda places: shown.append(np.array(places)), method="tsne")
    assert set(told) == {stages.FIND, stages.FORM}
    assert len(shown) > 100
    assert not (shown[0] == shown[-1]).all()


@pytest.mark.parametrize("method", ["tsne", "umap"])
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_a_few_points_are_laid_out_and_it_is_said(method, count):
    found = made(DIGITS[:count], method=method)
    assert found.places.shape == (count, 2)
    assert "too few" in found.notes[0]


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_nothing_but_copies_lie_on_one_place(method):
    found = made(np.ones((50, 5)), method=method)
    assert not found.places.any()
    assert "same numbers" in found.notes[0]


@pytest.mark.parametrize("method", ["tsne", "umap"])
@pytest.mark.parametrize("case", ["constant features", "copies", "two heaps"])
def test_odd_numbers_make_maps_too(method, case):
    values = {
        "constant features": np.hstack([DIGITS[:80, 20:24], np.full((80, 3), 7)]),
        "copies": np.repeat(DIGITS[:20], 5, axis=0),
        "two heaps": np.repeat(np.eye(2), 40, axis=0),
    }[case]
    found = made(values, method=method)
    assert np.isfinite(found.places).all()
    assert np.ptp(found.places) > 0


def test_a_perplexity_that_needs_more_images_is_lowered_and_it_is_said():
    found = made(DIGITS[:60], method="tsne", perplexity=50)
    assert found.spec.perplexity == pytest.approx(59 / 3)
    assert "lowered to 19.7" in found.notes[0]


def test_more_neighbours_than_images_are_lowered_and_it_is_said():
    found = made(DIGITS[:20], method="umap", neighbours=50)
    assert found.spec.neighbours == 20
    assert "only 20 images" in found.notes[0]


def test_a_large_space_is_reduced_first_and_it_is_said(monkeypatch):
    monkeypatch.setattr(methods, "MOST_WORK", 400**2 * 63)
    found = made(DIGITS, method="tsne")
    assert "first reduced to 50 by PCA" in found.notes[0]
    assert found.near is None
    assert trustworthiness(DIGITS, found.places, n_neighbors=15) > 0.98


def test_ties_between_neighbours_are_umaps(monkeypatch):
    from umap import umap_

    for name in ("smooth_knn_dist", "compute_membership_strengths"):
        monkeypatch.setattr(umap_, name, getattr(umap_, name).py_func)  # compiling takes longer than this small case
    values = np.vstack([DIGITS[:90], DIGITS[:3], DIGITS[:3], np.tile(DIGITS[100], (14, 1))])  # with copies
    near, distances = neighbours.search(values, np.arange(len(values)), 9)
    itself = np.arange(len(near))[:, None]
    known = {"knn_indices": np.hstack([itself, near]), "knn_dists": np.float32(np.hstack([0.0 * itself, distances]))}
    theirs, _, _ = umap_.fuzzy_simplicial_set(values, 10, np.random.RandomState(0), "euclidean", **known)
    np.testing.assert_allclose(umap_layout.graph(near, distances).toarray(), theirs.toarray(), atol=1e-4)


def test_umap_keeps_neighbours_together_and_is_shown():
    shown = []
    found = made(DIGITS, show=lambda places: shown.append(np.array(places)), method="umap")
    assert trustworthiness(DIGITS, found.places, n_neighbors=15) > 0.97
    assert len(shown) > 5
    assert not (shown[1] == shown[-1]).all()


def test_umap_can_be_stopped():
    def tell(phase, done, total):
        if phase == stages.FORM and done > 0.6 * total:
            raise Stopped("enough")

    with pytest.raises(Stopped):
        made(DIGITS, tell, method="umap")


OLD, NEW = DIGITS[:340], DIGITS[340:]


@pytest.fixture(scope="module")
def maps():
    """Of the same images by every method."""
    return {method: as_map(method, OLD) for method in METHODS}


def as_map(method, values):
    found = made(values, method=method)
    nothing = np.zeros(len(values), np.float32)
    return Map(
        Projection(method=method),
        {},
        found.places,
        nothing,
        nothing,
        values,
        nothing,
        nothing,
        nothing,
        nothing,
        None,
        found.centre,
        found.axes,
        {},
    )


def test_new_points_land_where_opentsne_puts_them(maps):
    import openTSNE

    found = maps["tsne"]
    known = openTSNE.TSNE(n_iter=0, early_exaggeration_iter=0, neighbors="exact", negative_gradient_method="bh")
    known = known.fit(OLD, initialization=1e-5 * found.places)
    known[:] = found.places
    theirs, ours = np.asarray(known.transform(NEW)), adding.place(found, OLD, NEW)
    middle = (found.places.max(axis=0) + found.places.min(axis=0)) / 2  # openTSNE has moved its map there
    apart = np.linalg.norm(ours - (theirs + middle), axis=1)
    assert np.median(apart) < 0.02 * np.ptp(found.places)


@pytest.mark.parametrize("method", METHODS)
def test_a_point_that_is_there_already_lands_beside_itself(maps, method):
    found = maps[method]
    again = adding.place(found, OLD, OLD[10:20])
    apart = np.linalg.norm(again[:, :2] - found.places[10:20, :2], axis=1)
    assert apart.max() < 0.05 * np.ptp(found.places[:, :2])


def test_pca_puts_new_points_where_it_would_have_put_them(maps):
    known = pca.components(OLD, 10)
    np.testing.assert_allclose(adding.place(maps["pca"], OLD, OLD[:5]), known.places[:5], atol=1e-5)
