"""Bad days of a projection: numbers that are none, odd data sets, hardly any images, no room on the disk."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from disks import Disk
from support import eventually
from test_projection import done

from vae_core.cli import worker as worker
from vae_core.data import catalog
from vae_core.errors import LoupeError
from vae_core.look import projection
from vae_core.look.projection import Projection, images
from vae_core.runs import files, jobs, tasks
from vae_core.runs.store import Run


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


@pytest.fixture
def disk(tmp_path):
    disk = Disk(tmp_path / "small")
    yield disk
    disk.close()


def test_a_disk_that_runs_full_is_a_sentence_and_with_room_the_map_is_made_after_all(trained, settings, disk):
    small = replace(settings, checkpoints=disk.folder / "runs")
    shutil.copytree(trained.path, small.checkpoints / trained.id)
    task = projection.begin(Run(trained.id, small), Projection(method="tsne", images="both", count=600))
    jobs.start(small, task, command=tasks.COMMAND)
    eventually(lambda: task.live() is not None, task)
    disk.fill(task)
    eventually(lambda: task.state() == "failed" and not task.has_process(), task)
    assert "The disk is full" in task.status()["error"] and "Free some space" in task.status()["error"]
    disk.clear()
    worker.work(task)
    assert task.state() == "done" and len(projection.read(task).places) == 600


def test_what_is_not_finite_is_left_out_and_counted(own):
    codes = own.codes()
    codes["mean"][3] = np.nan
    codes["mean"][7, 0] = np.inf
    own.save_codes(codes)
    found = projection.read(done(own))
    assert found.result["left_out"] == 2
    assert "2 images are left out" in found.result["notes"][0]
    assert not {3, 7} & set(found.image.tolist())
    assert np.isfinite(found.places).all()
    assert found.labels.tolist() == np.delete(codes["labels"], [3, 7]).tolist()


def test_nothing_but_nan_is_a_sentence(own):
    codes = own.codes()
    codes["mean"][:] = np.nan
    own.save_codes(codes)
    task = projection.begin(own, Projection())
    with pytest.raises(LoupeError, match="None of the 180 images"):
        worker.work(task)
    assert task.state() == "failed"
    assert "None of the 180 images" in task.status()["error"]


def test_images_without_labels(own):
    of_own_images(own, x_train=own_images(60), x_test=own_images(40, 1))
    found = projection.read(done(own, method="tsne"))
    assert found.labels is None
    assert found.result["quality"]["knn_map"] is None
    assert found.result["quality"]["kept"] is not None


def test_images_of_one_class(own):
    of_own_images(
        own, x_train=own_images(60), x_test=own_images(40, 1), y_train=np.zeros(60, int), y_test=np.zeros(40, int)
    )
    found = projection.read(done(own))
    assert set(found.labels.tolist()) == {0}
    assert found.result["quality"]["knn_map"] is None


@pytest.mark.parametrize("method", projection.METHODS)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_hardly_any_images(own, method, count):
    found = projection.read(done(own, method=method, count=count))
    assert len(found.places) == len(found.quality) == count
    assert found.result["honesty"]


def test_copies_only(own):
    of_own_images(own, x_train=own_images(60), x_test=np.repeat(own_images(1, 1), 40, axis=0))
    for method in projection.METHODS:
        found = projection.read(done(own, method=method))
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


def test_more_numbers_than_fit_are_refused_before_they_are_computed(own, monkeypatch):
    from vae_core.look.projection import features

    monkeypatch.setattr(features, "MOST_BYTES", 4 * 64 * 100)
    with pytest.raises(LoupeError, match="Project at most 100 images"):
        done(own, of="pixels")


def test_two_numbers_need_no_tsne_and_it_is_said(own):
    assert "needs no t-SNE" in done(own, method="tsne", count=50).result()["notes"][-1]


def test_a_lowered_perplexity_stands_in_the_result(own):
    result = done(own, method="tsne", perplexity=100).result()
    assert result["spec"]["perplexity"] == pytest.approx(179 / 3)
    assert "lowered to 59.7" in result["notes"][0]
    assert projection.from_json(result["spec"]).perplexity < 100  # it can be asked for again
