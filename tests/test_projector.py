"""A map for other programs: as a table, and as TensorBoard's projector reads it."""

import csv
import io
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager, suppress

import numpy as np
import pytest
from PIL import Image

from vae_core.cli import tasks as worker
from vae_core.cli.main import main
from vae_core.data import catalog
from vae_core.look import projection
from vae_core.look.projection import Projection
from vae_core.runs.store import Run
from vae_core.share import projector


@pytest.fixture(scope="module")
def task(trained, tmp_path_factory):
    from conftest import _settings

    settings = _settings(tmp_path_factory.mktemp("projector"))
    shutil.copytree(trained.path, settings.checkpoints / trained.id)
    task = projection.begin(Run(trained.id, settings), Projection(images="both", count=150))
    worker.work(task)
    return task


def test_a_row_an_image(task):
    found = projection.read(task)
    rows = list(csv.DictReader(io.StringIO(projector.csv(task).decode())))
    assert len(rows) == 150
    for place in (0, 77, 149):
        row = rows[place]
        assert int(row["image"]) == found.image[place]
        assert row["half"] == ("test", "train")[found.half[place]]
        assert row["label"] == str(found.labels[place])
        assert float(row["place_1"]) == pytest.approx(found.places[place, 0], rel=1e-5)
        assert float(row["code_2"]) == pytest.approx(found.codes[place, 1], rel=1e-5)


@contextmanager
def tensorboard(folder):
    """A real one, on a port of its own; what it answers to its projector's questions."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    options = {"logdir": folder, "port": port, "load_fast": "false"}
    command = [sys.executable, "-m", "tensorboard.main", *(f"--{name}={value}" for name, value in options.items())]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def get(route, **query):
        words = urllib.parse.urlencode({"run": ".", **query})
        with urllib.request.urlopen(
            f"http://localhost:{port}/data/plugin/projector/{route}?{words}", timeout=30
        ) as answer:
            return answer.read()

    try:
        end = time.monotonic() + 120
        while True:
            with suppress(OSError):
                get("runs")
                break
            assert server.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
        yield get
    finally:
        server.terminate()
        server.wait()


def test_tensorboard_opens_it(task, tmp_path):
    projector.write(task, tmp_path / "out")
    with tensorboard(tmp_path / "out") as get:
        assert json.loads(get("runs")) == ["."]
        _check(task, get)


def _check(task, get):
    found = projection.read(task)
    config = json.loads(get("info"))
    codes, places = (each["tensorName"] for each in config["embeddings"])
    assert [each["tensorShape"] for each in config["embeddings"]] == [[150, 2], [150, 2]]
    for name, known in ((codes, found.codes), (places, found.places)):
        served_tensor = np.frombuffer(get("tensor", name=name), np.float32).reshape(150, -1)
        np.testing.assert_allclose(served_tensor, known, rtol=1e-5, atol=1e-6)
    header, *rows = get("metadata", name=codes).decode().splitlines()
    assert len(rows) == 150
    label = header.split("\t").index("label")
    assert [row.split("\t")[label] for row in rows] == [str(each) for each in found.labels]
    sheet = np.asarray(Image.open(io.BytesIO(get("sprite_image", name=codes))))
    dataset = catalog.load("digits", task.settings)
    width, height = config["embeddings"][0]["sprite"]["singleImageDim"]
    on_a_side = sheet.shape[1] // width
    assert sheet.shape[0] == sheet.shape[1]
    for place in (0, 60, 149):
        part = dataset.test if found.half[place] == projection.TEST else dataset.train
        row, column = divmod(place, on_a_side)
        shown = sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]
        assert (shown == part.pixels[found.image[place], :, :, 0]).all()


def test_many_images_are_made_small_enough_for_one_sheet(monkeypatch):
    monkeypatch.setattr(projector, "SPRITE_SIDE", 40)
    pixels = np.random.default_rng(0).integers(0, 256, (100, 16, 8, 3), np.uint8)
    small = projector._thumbnails(pixels)
    assert small.shape == (100, 4, 2, 3)
    assert max(projector._sheet(small).shape[:2]) <= 40


def test_from_a_terminal(task, tmp_path, monkeypatch, capsys):
    from conftest import environment

    before = "tensorflow" in sys.modules  # another test may have asked for it
    for name, value in environment(task.settings).items():
        monkeypatch.setenv(name, value)
    run, table, folder = task.run.id, tmp_path / "map.csv", tmp_path / "board"
    assert (
        main(
            [
                "project",
                run,
                "--method",
                "tsne",
                "--count",
                "60",
                "--csv",
                str(table),
                "--tensorboard",
                str(folder),
                "--json",
            ]
        )
        == 0
    )
    document = json.loads(capsys.readouterr().out)
    assert document["points"] == 60
    assert document["quality"]["trustworthiness"] > 0.8
    assert len(table.read_text().splitlines()) == 61
    assert {path.name for path in folder.iterdir()} >= {
        "tensors.tsv",
        "metadata.tsv",
        "sprite.png",
        "projector_config.pbtxt",
    }
    assert main(["project", run, "--method", "tsne", "--count", "60"]) == 0  # kept, so at once
    assert "Of a point's 15 neighbours" in capsys.readouterr().out
    assert ("tensorflow" in sys.modules) == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--method", "pca", "--perplexity", "5"], "PCA has no --perplexity"),
        (["--of", "layer:77"], "no layer:77 to project"),
        (["--method", "tsne", "--perplexity", "1"], "from 2 to 500"),
        (["--detach", "--csv", "x.csv"], "writes no files"),
    ],
)
def test_wrong_words_are_answered(task, monkeypatch, capsys, words, sentence):
    from conftest import environment

    for name, value in environment(task.settings).items():
        monkeypatch.setenv(name, value)
    assert main(["project", task.run.id, *words]) == 2
    assert sentence in capsys.readouterr().err
