"""A map for other programs: as a table, and as TensorBoard's projector reads it."""

import csv
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image
from support import loaded_by, places, settings_in

from vae_core.cli import worker as worker
from vae_core.cli.main import main
from vae_core.data import catalog
from vae_core.look import projection
from vae_core.look.projection import Projection
from vae_core.runs.store import Run
from vae_core.share import projector


@pytest.fixture(scope="module")
def task(trained, tmp_path_factory):
    settings = settings_in(tmp_path_factory.mktemp("projector"))
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


@pytest.fixture
def get(tmp_path, task):
    """TensorBoard's projector has opened our folder: what it answers to its page's questions."""
    from tensorboard.plugins.base_plugin import TBContext
    from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin
    from werkzeug.test import Client

    projector.write(task, tmp_path / "out")
    plugin = ProjectorPlugin(TBContext(logdir=str(tmp_path / "out")))
    pages = {route: Client(page) for route, page in plugin.get_plugin_apps().items()}

    def answered(route, **query):
        answer = pages[f"/{route}"].get(f"/{route}", query_string={"run": ".", **query})
        assert answer.status_code == 200, answer.text
        return answer.data

    return answered


def test_tensorboard_opens_it(task, get):
    assert json.loads(get("runs")) == ["."]
    found = projection.read(task)
    config = json.loads(get("info"))
    codes, on_the_map = (each["tensorName"] for each in config["embeddings"])
    assert [each["tensorShape"] for each in config["embeddings"]] == [[150, 3], [150, 3]]
    for name, known in ((codes, found.codes), (on_the_map, found.places)):
        served_tensor = np.frombuffer(get("tensor", name=name), np.float32).reshape(150, -1)
        np.testing.assert_allclose(served_tensor[:, :2], known, rtol=1e-5, atol=1e-6)
        assert (served_tensor[:, 2] == 0).all()  # of two numbers it draws nothing
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


def test_from_a_terminal(task, tmp_path):
    asked = ["project", task.run.id, "--method", "tsne", "--count", "60"]
    files = ["--csv", str(tmp_path / "map.csv"), "--tensorboard", str(tmp_path / "board")]
    code = (
        "import contextlib\nfrom vae_core.cli.main import main\n"
        f"for words, name in (({asked + files!r} + ['--json'], 'made'), ({asked!r}, 'kept')):\n"
        f"    with open({str(tmp_path)!r} + f'/{{name}}.txt', 'w') as out, contextlib.redirect_stdout(out):\n"
        "        assert main(words) == 0\n"
    )
    assert not loaded_by(code, task.settings) & {"tensorflow", "keras"}
    document = json.loads((tmp_path / "made.txt").read_text())
    assert document["points"] == 60
    assert document["quality"]["trustworthiness"] > 0.8
    assert len((tmp_path / "map.csv").read_text().splitlines()) == 61
    names = {"tensors.tsv", "metadata.tsv", "sprite.png", "projector_config.pbtxt"}
    assert {path.name for path in (tmp_path / "board").iterdir()} >= names
    assert "Of a point's 15 neighbours" in (tmp_path / "kept.txt").read_text()


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
    for name, value in places(task.settings).items():
        monkeypatch.setenv(name, value)
    assert main(["project", task.run.id, *words]) == 2
    assert sentence in capsys.readouterr().err
