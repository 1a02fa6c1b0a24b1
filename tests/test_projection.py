"""A projection as a task: what it is asked, what it keeps, and how it is seen while it forms."""

import json

import numpy as np
import pytest
from support import eventually, loaded_by

from vae_core.cli import worker as worker
from vae_core.data import catalog
from vae_core.errors import LoupeError
from vae_core.look import projection
from vae_core.look.portable import Portable
from vae_core.look.projection import TEST, TRAIN, Projection, adding, stability
from vae_core.runs import files, jobs, locks, tasks


def done(run, spec=None, **fields):
    task = projection.begin(run, spec or Projection(**fields))
    worker.work(task)
    assert task.state() == "done"
    return task


# What is asked.


def test_a_spec_is_its_json():
    spec = Projection(method="umap", of="layer:2", images="both", count=500, seed=3, neighbours=30, metric="cosine")
    assert projection.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    assert "perplexity" not in spec.to_json()
    assert Projection(method="tsne", perplexity=30).to_json() == Projection(method="tsne", perplexity=30.0).to_json()


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"method": "lda"}, "pca, tsne, umap"),
        ({"of": "weights"}, "codes, pixels or layer"),
        ({"of": "layer:"}, "layer"),
        ({"of": "layer:-1"}, "layer"),
        ({"of": "layer:01"}, "layer"),
        ({"images": "none"}, "test, train, both"),
        ({"count": -1}, "whole number from 0"),
        ({"count": 1.5}, "whole number"),
        ({"seed": True}, "whole number"),
        ({"method": "tsne", "perplexity": 0}, "number from 2 to 500"),
        ({"method": "tsne", "perplexity": float("nan")}, "number from 2 to 500"),
        ({"method": "umap", "neighbours": 1}, "from 2 to 200"),
        ({"method": "umap", "metric": "hamming"}, "euclidean, cosine"),
        ({"components": 11}, "from 2 to 10"),
    ],
)
def test_a_wrong_spec_is_refused_with_what_was_expected(fields, word):
    with pytest.raises(LoupeError, match=word):
        Projection(**fields)


def test_an_unknown_key_is_refused_by_name():
    with pytest.raises(LoupeError, match="'colour'"):
        projection.from_json({"method": "pca", "colour": "red"})


def test_what_can_be_projected_is_listed_in_words(trained):
    found = {source.of: source for source in projection.sources(trained)}
    assert found["codes"].dimensions == 2
    assert found["pixels"].title == "the raw pixels: 64 numbers an image"
    layers = [of for of in found if of.startswith("layer:")]
    rows = trained.config().architecture().encoder_rows
    assert [found[of].dimensions for of in layers] == [np.prod(rows[int(of[6:])].output) for of in layers]
    with pytest.raises(LoupeError, match=r"no layer:99 to project"):
        projection.begin(trained, Projection(of="layer:99"))


# What is kept.


def test_the_codes_of_the_test_images(own):
    found = projection.read(done(own))
    known = own.codes()
    assert found.codes.tolist() == known["mean"].tolist()
    assert found.labels.tolist() == known["labels"].tolist()
    assert found.loss.tolist() == known["reconstruction"].tolist()
    assert found.kl.tolist() == known["kl"].tolist()
    assert found.image.tolist() == list(range(len(known["mean"])))
    assert not found.half.any()
    np.testing.assert_allclose(found.centre + found.places @ found.axes, found.codes, atol=1e-5)
    assert found.result["walk"] == "plane"
    assert found.result["quality"]["kept"] == pytest.approx(15, abs=0.01)
    assert "on average 15.0 are among its 15 nearest" in found.result["honesty"][0]


def test_every_point_is_its_own_image_whatever_the_halves(own):
    dataset = catalog.load("digits", own.settings)
    found = projection.read(done(own, images="both", count=700))
    assert len(found.image) == 700
    assert set(found.half.tolist()) == {TEST, TRAIN}
    pixels = {TEST: dataset.test.pixels, TRAIN: dataset.train.pixels}
    labels = {TEST: dataset.test.labels, TRAIN: dataset.train.labels}
    shown = np.stack([pixels[half][image] for half, image in zip(found.half.tolist(), found.image.tolist())])
    mean, _ = Portable.of(own).encode(shown)
    np.testing.assert_allclose(found.codes, mean, atol=1e-4)
    assert found.labels.tolist() == [labels[h][i] for h, i in zip(found.half.tolist(), found.image.tolist())]


def test_losses_that_are_computed_are_those_of_the_training(own):
    before = projection.read(done(own))
    document = own.document()
    document["resolved"]["data_fingerprint"] = "another"  # so that nothing is taken from the own's folder
    files.write_json(own.path / "config.json", document)
    after = projection.read(done(own, count=179))
    kept = np.isin(before.image, after.image)
    np.testing.assert_allclose(after.loss, before.loss[kept], rtol=1e-3)
    np.testing.assert_allclose(after.kl, before.kl[kept], rtol=1e-3, atol=1e-4)


def test_pixels_come_back_as_pcas_own_reconstruction(own):
    from sklearn.decomposition import PCA

    found = projection.read(done(own, of="pixels", components=10))
    pixels = catalog.load("digits", own.settings).test.pixels.reshape(len(found.image), -1) / 255
    known = PCA(10).fit(pixels)
    again = known.inverse_transform(known.transform(pixels))
    np.testing.assert_allclose(found.centre + found.places @ found.axes, again, atol=1e-4)
    assert found.result["walk"] == "pixels"


def test_a_layers_activations_are_keras_own(trained):
    import keras

    from vae_core.learn import features

    pixels = catalog.load("digits", trained.settings).test.pixels[:50]
    encoder = keras.saving.load_model(trained.model, compile=False).get_layer("encoder")
    layers = [layer for layer in encoder.layers if not isinstance(layer, keras.layers.InputLayer)]
    for place in range(len(trained.config().architecture().encoder)):
        known = keras.Model(encoder.input, layers[place].output)(np.float32(pixels) / 255, training=False)
        told = []
        found = features.activations(trained, place, pixels, lambda done, total, told=told: told.append(done))
        np.testing.assert_allclose(found, np.asarray(known).reshape(50, -1), atol=1e-5)
        assert told[-1] == 50


def test_a_layer_is_projected_by_a_process_of_its_own(own):
    found = projection.read(done(own, of="layer:1"))
    assert found.result["dimensions"] == projection.check(own, found.spec).dimensions
    assert found.result["walk"] == "neighbours"
    page = (
        "from vae_core.look import projection; from vae_core.runs import jobs, store, tasks\n"
        "from vae_core.settings import load\n"
        f"run = store.open_run(load(), {own.id!r})\n"
        "task = projection.begin(run, projection.Projection(of='layer:1'))\n"
        "assert task.state() == 'done' and len(projection.read(task).places) == 180\n"
        "assert projection.begin(run, projection.Projection(of='layer:1', seed=1)).state() == 'queued'\n"
    )
    assert not loaded_by(page, own.settings) & {"tensorflow", "keras"}, "who asks for a map must not wait for them"


# While it forms.


def test_a_map_is_seen_while_it_forms_and_cancelled_half_way(own):
    task = projection.begin(own, Projection(method="tsne", images="both", count=600, exaggeration=1.5))
    jobs.start(own.settings, task, command=tasks.COMMAND)
    eventually(lambda: task.live() is not None, task)
    first = task.live()
    assert set(first) == {"places", "image", "half", "labels"}
    assert first["places"].shape == (len(first["image"]), 2)
    eventually(lambda: task.status()["done"] > 0.5 and (task.live()["places"] != first["places"]).any(), task)
    assert task.status()["phase"] == "Forming the map"
    jobs.request_stop(task)
    eventually(lambda: task.state() == "stopped" and not task.has_process(), task)
    worker.work(task)  # and once more
    assert task.state() == "done" and task.live() is None


def test_two_who_ask_the_same_get_the_same(own):
    first, second = (projection.begin(own, Projection(method="tsne")) for _ in range(2))
    assert first == second
    with locks.exclusive(first.lock), pytest.raises(LoupeError, match="already"):  # as the one that works on it
        jobs.start(own.settings, second, command=tasks.COMMAND)


# Further images, other seeds.


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_further_images_are_put_on_a_finished_map(own, method):
    base = done(own, method=method)
    task = adding.begin(base, "train", 40)
    worker.work(task)
    arrays = task.arrays()
    assert arrays["places"].shape[0] == len(arrays["image"]) == len(arrays["labels"]) == 40
    assert (arrays["half"] == TRAIN).all()
    places = projection.read(base).places[:, :2]
    middle, reach = places.mean(axis=0), 1.5 * np.ptp(places)
    assert (np.linalg.norm(arrays["places"][:, :2] - middle, axis=1) < reach).all()


def test_maps_from_other_seeds_are_compared(own):
    task = stability.begin(done(own, method="tsne", count=100))
    worker.work(task)
    found = task.result()
    assert found["seeds"] == [0, 1, 2]
    assert 1 < found["kept"] <= found["neighbours"] == 15
    with pytest.raises(LoupeError, match="same map for every seed"):
        stability.begin(projection.begin(own, Projection()))
