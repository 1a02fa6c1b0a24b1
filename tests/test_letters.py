"""The letters of the data set `type`: what their factors say, what is kept for testing, and who draws them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support import checksum

from vae_core.data import builtin, catalog, keeping, letters
from vae_core.data.dataset import Dataset
from vae_core.errors import LoupeError
from vae_core.settings import Settings


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """As the catalogue gives it, drawn by the process that it starts."""
    return catalog.load("type", Settings(cache=tmp_path_factory.mktemp("cache")))


def factors(**given) -> dict[str, np.ndarray]:
    middle = {name: [sum(ends) / 2] for name, ends in letters.RANGES.items()}
    values = {"character": [10], "face": [0], **middle, **given}
    count = max(map(len, values.values()))
    return {name: np.resize(np.asarray(value), count) for name, value in values.items()}


def of(part) -> dict[str, np.ndarray]:
    """A part's factors, as its columns tell them."""
    places = {face: number for number, face in enumerate(letters.FACES)}
    faces = np.array([places[face] for face in part.columns["face"]])
    return {**part.columns, "face": faces, "character": part.labels}


def test_it_is_what_the_catalogue_promised(drawn: Dataset) -> None:
    known = builtin.find("type")
    assert known and drawn.image == known.image and drawn.classes == known.classes == letters.CLASSES
    assert (len(drawn.train), len(drawn.validation), len(drawn.test)) == (known.train, known.validation, known.test)
    assert len(drawn.train) + len(drawn.test) == 20_000
    assert set(np.unique(drawn.test.labels)) == set(range(36)) and set(drawn.test.columns["face"]) == set(letters.FACES)
    assert not drawn.warnings


def test_the_factors_draw_the_same_pictures_again(drawn: Dataset) -> None:
    some = drawn.test.take(np.arange(0, 2000, 20))
    assert np.array_equal(letters.draw(of(some)), some.pixels)


def test_a_face_is_never_tested_where_it_was_trained(drawn: Dataset) -> None:
    """A cell is a face with a fifth of the slants, weights and sizes: it trains or tests, as a whole."""

    def cells(part) -> set[tuple[int, ...]]:
        steps = [
            np.minimum((part.columns[name] - low) / (high - low) * letters.STEPS, letters.STEPS - 1).astype(int)
            for name, (low, high) in list(letters.RANGES.items())[:3]
        ]
        return set(zip(of(part)["face"].tolist(), *(each.tolist() for each in steps), strict=True))

    train, test = cells(drawn.train), cells(drawn.test)
    assert not train & test and len(test) > 100
    nearest = (drawn.train.pixels[:4000, None] == drawn.test.pixels[None, :20]).all((2, 3, 4))
    assert not nearest.any(), "no test image is a copy"


def test_no_letter_is_cut_off(drawn: Dataset) -> None:
    edges = drawn.train.pixels[:, [0, -1]].max((1, 2, 3)), drawn.train.pixels[:, :, [0, -1]].max((1, 2, 3))
    assert all((edge > 128).mean() < 0.03 for edge in edges)


@pytest.mark.parametrize(
    ("name", "grows"),
    [
        ("weight", lambda ink: ink.sum((1, 2))),
        ("size", lambda ink: ink.any(2).sum(1) + ink.sum((1, 2)) / 784),
        ("slant", lambda ink: _mean_column(ink[:, :14]) - _mean_column(ink[:, 14:])),
    ],
)
@pytest.mark.parametrize("face", [0, 5, 8, 14])
def test_a_factor_does_what_its_name_says(name, grows, face):
    images = letters.draw(factors(face=[face], character=[18], **{name: np.linspace(*letters.RANGES[name], 6)}))
    told = grows(images[..., 0] / 255.0)
    assert (np.diff(told) > 0).all(), told


def _mean_column(ink: np.ndarray) -> np.ndarray:
    return (ink.sum(1) * np.arange(letters.SIDE)).sum(1) / ink.sum((1, 2))


def test_each_face_draws_every_character_in_its_own_way():
    character, face = np.tile(np.arange(36), len(letters.FACES)), np.repeat(np.arange(len(letters.FACES)), 36)
    images = letters.draw(factors(character=character, face=face)).reshape(len(face), -1)
    assert (images.sum(1) > 255 * 20).all() and len(np.unique(images, axis=0)) == len(images)


def test_the_fingerprint_names_fonts_and_version_and_not_the_bytes(drawn: Dataset, monkeypatch) -> None:
    assert drawn.fingerprint == letters.stamp()
    monkeypatch.setattr(letters, "VERSION", letters.VERSION + 1)
    assert letters.stamp() != drawn.fingerprint
    monkeypatch.undo()
    monkeypatch.setattr(letters, "FACES", letters.FACES[:-1])
    assert letters.stamp() != drawn.fingerprint


DRAWN = {"cbee91f5d4cd9f7b": -1_358_450}


def test_what_is_drawn_changes_with_fonts_and_version_alone(drawn: Dataset) -> None:
    """Copies are kept by these. Who changes what is drawn raises the version, and writes here what is drawn now."""
    assert checksum(drawn) == pytest.approx(DRAWN[letters.stamp()], abs=50)


def test_what_is_kept_is_not_drawn_again(drawn: Dataset, tmp_path: Path, monkeypatch) -> None:
    catalog_settings = Settings(cache=tmp_path)
    origin = catalog._find("type", catalog_settings)
    keeping.write(drawn, origin.folder)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert catalog.load("type", catalog_settings).fingerprint == drawn.fingerprint


def test_without_matplotlib_it_is_said_what_is_missing(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ModuleNotFoundError(\"No module named 'matplotlib'\")")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(LoupeError) as told:
        catalog.load("type", Settings(cache=tmp_path / "cache"))
    assert "No module named 'matplotlib'" in str(told.value) and "requirements.txt" in str(told.value)


def test_who_asks_for_it_does_not_load_matplotlib(tmp_path: Path) -> None:
    code = (
        "import json, sys\nfrom pathlib import Path\nfrom vae_core.data import catalog\n"
        "from vae_core.settings import Settings\n"
        f"catalog.load('type', Settings(cache=Path({str(tmp_path)!r})))\nprint(json.dumps('matplotlib' in sys.modules))"
    )
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(asked.stdout) is False
