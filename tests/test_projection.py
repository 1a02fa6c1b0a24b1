"""A projection as a task: what it is asked, what it keeps, and the bad days."""

import json
import shutil
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from test_bad_days import Disk

from vae_core.cli import tasks as worker
from vae_core.data import catalog
from vae_core.errors import LoupeError
from vae_core.look import projection
from vae_core.look.portable import Portable
from vae_core.look.projection import TEST, TRAIN, Projection
from vae_core.look.projections import adding, images, stability
from vae_core.look.projections.prepared import ENCODE
from vae_core.look.projections.stages import FIND
from vae_core.look.projections.work import work
from vae_core.runs import files, jobs, tasks
from vae_core.runs.store import Run


@pytest.fixture
def run(trained, settings):
    """A copy of a finished run, to be changed."""
    shutil.copytree(trained.path, settings.checkpoints / trained.id)
    return Run(trained.id, settings)


def done(run, spec=None, **fields):
    task = projection.begin(run, spec or Projection(**fields))
    worker.work(task)
    assert task.state() == "done"
    return task


def until(condition, task):
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, (task.status(), task.log.read_text())
        time.sleep(0.02)


def of_own_images(run, **arrays):
    """The run as if it had been trained on somebody's own images."""
    path = run.settings.cache / "mine.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
    catalog.add(path, "mine", run.settings)
    document = run.document()
    document["config"]["dataset"] = "mine"
    files.write_json(run.path / "config.json", document)
    return run


def own_images(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 1), np.uint8)


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


def test_the_codes_of_the_test_images(run):
    found = projection.read(done(run))
    known = run.codes()
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


def test_every_point_is_its_own_image_whatever_the_halves(run):
    dataset = catalog.load("digits", run.settings)
    found = projection.read(done(run, images="both", count=700))
    assert len(found.image) == 700
    assert set(found.half.tolist()) == {TEST, TRAIN}
    pixels = {TEST: dataset.test.pixels, TRAIN: dataset.train.pixels}
    labels = {TEST: dataset.test.labels, TRAIN: dataset.train.labels}
    own = np.stack([pixels[half][image] for half, image in zip(found.half.tolist(), found.image.tolist())])
    mean, _ = Portable.of(run).encode(own)
    np.testing.assert_allclose(found.codes, mean, atol=1e-4)
    assert found.labels.tolist() == [labels[h][i] for h, i in zip(found.half.tolist(), found.image.tolist())]


def test_losses_that_are_computed_are_those_of_the_training(run):
    before = projection.read(done(run))
    document = run.document()
    document["resolved"]["data_fingerprint"] = "another"  # so that nothing is taken from the run's folder
    files.write_json(run.path / "config.json", document)
    after = projection.read(done(run, count=179))
    kept = np.isin(before.image, after.image)
    np.testing.assert_allclose(after.loss, before.loss[kept], rtol=1e-3)
    np.testing.assert_allclose(after.kl, before.kl[kept], rtol=1e-3, atol=1e-4)


def test_pixels_come_back_as_pcas_own_reconstruction(run):
    from sklearn.decomposition import PCA

    found = projection.read(done(run, of="pixels", components=10))
    pixels = catalog.load("digits", run.settings).test.pixels.reshape(len(found.image), -1) / 255
    known = PCA(10).fit(pixels)
    again = known.inverse_transform(known.transform(pixels))
    np.testing.assert_allclose(found.centre + found.places @ found.axes, again, atol=1e-4)
    assert found.result["walk"] == "pixels"


def test_a_layers_activations_are_keras_own(run):
    """In a process of its own: this one has no TensorFlow in it."""
    program = (
        "import sys, keras, numpy as np\n"
        "from vae_core.data import catalog; from vae_core.learn import features\n"
        "from vae_core.runs.store import Run; from vae_core.settings import load\n"
        "run = Run(sys.argv[1], load()); pixels = catalog.load('digits', run.settings).test.pixels[:50]\n"
        "encoder = keras.saving.load_model(run.model, compile=False).get_layer('encoder')\n"
        "layers = [layer for layer in encoder.layers if not isinstance(layer, keras.layers.InputLayer)]\n"
        "for place in range(len(run.config().architecture().encoder)):\n"
        "    known = keras.Model(encoder.input, layers[place].output)(np.float32(pixels) / 255, training=False)\n"
        "    told = []\n"
        "    found = features.activations(run, place, pixels, lambda done, total: told.append(done))\n"
        "    np.testing.assert_allclose(found, np.asarray(known).reshape(50, -1), atol=1e-5)\n"
        "    assert told[-1] == 50\n"
    )
    import subprocess

    from conftest import environment

    command = [sys.executable, "-c", program, run.id]
    found = subprocess.run(command, env=environment(run.settings), capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


def test_a_layer_is_projected_by_a_process_of_its_own(run):
    before = "tensorflow" in sys.modules  # another test may have asked for it
    task = projection.begin(run, Projection(of="layer:1"))
    jobs.start(run.settings, task, command=tasks.COMMAND)
    until(lambda: task.state() == "done", task)
    found = projection.read(task)
    assert found.result["dimensions"] == projection.check(run, found.spec).dimensions
    assert found.result["walk"] == "neighbours"
    assert ("tensorflow" in sys.modules) == before


# While it forms.


def test_a_map_is_seen_while_it_forms_and_cancelled_half_way(run):
    task = projection.begin(run, Projection(method="tsne", images="both", exaggeration=1.5))
    jobs.start(run.settings, task, command=tasks.COMMAND)
    until(lambda: task.live() is not None, task)
    first = task.live()
    assert set(first) == {"places", "image", "half", "labels"}
    assert first["places"].shape == (len(first["image"]), 2)
    until(lambda: task.status()["done"] > 0.5 and (task.live()["places"] != first["places"]).any(), task)
    assert task.status()["phase"] == "Forming the map"
    jobs.request_stop(task)
    until(lambda: task.state() == "stopped" and not task.has_process(), task)
    jobs.start(run.settings, task, command=tasks.COMMAND)  # and once more
    until(lambda: task.state() == "done", task)
    assert task.live() is None


@pytest.fixture
def disk(tmp_path):
    disk = Disk(tmp_path / "small")
    yield disk
    disk.close()


def test_known_codes_move_while_the_others_are_encoded(run, monkeypatch):
    for place, value in (("work.MANY", 100), ("preview.MANY", 100), ("preview.POINTS", 60), ("preview.REST", 0),
                         ("live.EVERY", 0), ("images.CHUNK", 64)):  # fmt: skip
        monkeypatch.setattr(f"vae_core.look.projections.{place}", value)
    task = projection.begin(run, Projection(method="tsne", images="both"))
    seen = []

    def tell(phase, done, total):
        live = task.live()
        if phase == ENCODE and live is not None:
            seen.append(live)
        if phase == FIND:
            raise jobs.Stopped("enough")

    with pytest.raises(jobs.Stopped):
        work(task, tell)
    assert len(seen) > 3 and not (seen[0]["places"] == seen[-1]["places"]).all()
    test = catalog.load("digits", run.settings).test
    for live in seen:
        assert (live["half"] == TEST).all() and (live["labels"] == test.labels[live["image"]]).all()


def test_a_disk_that_runs_full_is_a_sentence_and_with_room_the_map_is_made_after_all(trained, settings, disk):
    small = replace(settings, checkpoints=disk.folder / "runs")
    shutil.copytree(trained.path, small.checkpoints / trained.id)
    task = projection.begin(Run(trained.id, small), Projection(method="tsne", images="both", count=600))
    jobs.start(small, task, command=tasks.COMMAND)
    until(lambda: task.live() is not None, task)
    disk.fill(task)
    until(lambda: task.state() == "failed" and not task.has_process(), task)
    assert "The disk is full" in task.status()["error"] and "Free some space" in task.status()["error"]
    disk.clear()
    jobs.start(small, task, command=tasks.COMMAND)
    until(lambda: task.state() == "done", task)
    assert len(projection.read(task).places) == 600


def test_two_who_ask_the_same_get_the_same(run):
    first, second = (projection.begin(run, Projection(method="tsne")) for _ in range(2))
    assert first == second
    jobs.start(run.settings, first, command=tasks.COMMAND)
    with pytest.raises(LoupeError, match="already"):
        jobs.start(run.settings, second, command=tasks.COMMAND)
    until(lambda: first.state() == "done", first)


# Further images, other seeds.


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_further_images_are_put_on_a_finished_map(run, method):
    base = done(run, method=method)
    task = adding.begin(base, "train", 40)
    worker.work(task)
    arrays = task.arrays()
    assert arrays["places"].shape[0] == len(arrays["image"]) == len(arrays["labels"]) == 40
    assert (arrays["half"] == TRAIN).all()
    places = projection.read(base).places[:, :2]
    middle, reach = places.mean(axis=0), 1.5 * np.ptp(places)
    assert (np.linalg.norm(arrays["places"][:, :2] - middle, axis=1) < reach).all()


def test_maps_from_other_seeds_are_compared(run):
    task = stability.begin(done(run, method="tsne", count=100))
    worker.work(task)
    found = task.result()
    assert found["seeds"] == [0, 1, 2]
    assert 1 < found["kept"] <= found["neighbours"] == 15
    with pytest.raises(LoupeError, match="same map for every seed"):
        stability.begin(projection.begin(run, Projection()))


# Bad days.


def test_what_is_not_finite_is_left_out_and_counted(run):
    codes = run.codes()
    codes["mean"][3] = np.nan
    codes["mean"][7, 0] = np.inf
    run.save_codes(codes)
    found = projection.read(done(run))
    assert found.result["left_out"] == 2
    assert "2 images are left out" in found.result["notes"][0]
    assert not {3, 7} & set(found.image.tolist())
    assert np.isfinite(found.places).all()
    assert found.labels.tolist() == np.delete(codes["labels"], [3, 7]).tolist()


def test_nothing_but_nan_is_a_sentence(run):
    codes = run.codes()
    codes["mean"][:] = np.nan
    run.save_codes(codes)
    task = projection.begin(run, Projection())
    with pytest.raises(LoupeError, match="None of the 180 images"):
        worker.work(task)
    assert task.state() == "failed"
    assert "None of the 180 images" in task.status()["error"]


def test_images_without_labels(run):
    of_own_images(run, x_train=own_images(60), x_test=own_images(40, 1))
    found = projection.read(done(run, method="tsne"))
    assert found.labels is None
    assert found.result["quality"]["knn_map"] is None
    assert found.result["quality"]["kept"] is not None


def test_images_of_one_class(run):
    of_own_images(
        run, x_train=own_images(60), x_test=own_images(40, 1), y_train=np.zeros(60, int), y_test=np.zeros(40, int)
    )
    found = projection.read(done(run))
    assert set(found.labels.tolist()) == {0}
    assert found.result["quality"]["knn_map"] is None


@pytest.mark.parametrize("method", projection.METHODS)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_hardly_any_images(run, method, count):
    found = projection.read(done(run, method=method, count=count))
    assert len(found.places) == len(found.quality) == count
    assert found.result["honesty"]


def test_copies_only(run):
    of_own_images(run, x_train=own_images(60), x_test=np.repeat(own_images(1, 1), 40, axis=0))
    for method in projection.METHODS:
        found = projection.read(done(run, method=method))
        assert np.isfinite(found.places).all()


def test_columns_of_a_manifest_come_along():
    from vae_core.data.dataset import Part

    part = Part(own_images(3), None, {"age": np.array([3, 1, 2]), "hand": np.array(["left", "right", "left"])})
    described, arrays = images.described_columns(part)
    assert [each["kind"] for each in described] == ["number", "words"]
    result = {"columns": described}
    columns = {each["name"]: projection._column(each, arrays[each["array"]]) for each in result["columns"]}
    assert columns["age"].tolist() == [3, 1, 2]
    assert columns["hand"].tolist() == ["left", "right", "left"]


def test_more_numbers_than_fit_are_refused_before_they_are_computed(run, monkeypatch):
    from vae_core.look.projections import features

    monkeypatch.setattr(features, "MOST_BYTES", 4 * 64 * 100)
    with pytest.raises(LoupeError, match="Project at most 100 images"):
        done(run, of="pixels")


def test_two_numbers_need_no_tsne_and_it_is_said(run):
    assert "needs no t-SNE" in done(run, method="tsne", count=50).result()["notes"][-1]


def test_a_lowered_perplexity_stands_in_the_result(run):
    result = done(run, method="tsne", perplexity=100).result()
    assert result["spec"]["perplexity"] == pytest.approx(179 / 3)
    assert "lowered to 59.7" in result["notes"][0]
    assert replace(Projection(method="tsne"), perplexity=result["spec"]["perplexity"])
