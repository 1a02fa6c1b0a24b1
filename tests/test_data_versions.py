"""An added data set in another size: read again from what it came from, a version of its own, and runs keep theirs."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from picture_files import fill, pack, picture, save
from support import answer, made_run, run_here

from vae_core.data import catalog, originals, versions
from vae_core.data.fitting import Fitting
from vae_core.errors import LoupeError


@pytest.fixture
def icons(tmp_path):
    for number in range(24):
        save(tmp_path / "icons", f"{number:02}.png", picture(16 + number, 30, "RGB"))
    return tmp_path / "icons"


def test_another_size_is_a_version_and_the_older_one_stays(icons, settings):
    first = catalog.add(icons, "icons", settings)
    second = versions.refit("icons", settings, Fitting(size=(48, 32), fill="white"))
    assert (first.image, second.image) == ((28, 28, 3), (48, 32, 3))
    assert catalog.load("icons", settings).image == (48, 32, 3) and "icons" in catalog.names(settings)
    assert not [name for name in catalog.names(settings) if "@" in name]
    older = versions.version("icons", first.fingerprint, settings)
    assert np.array_equal(catalog.load(older, settings).train.pixels, first.train.pixels)
    assert versions.version("icons", second.fingerprint, settings) == "icons"
    assert versions.sizes("icons", settings).versions == 1


def test_back_to_what_it_was_makes_no_third_version(icons, settings):
    first = catalog.add(icons, "icons", settings)
    versions.refit("icons", settings, Fitting(size=(48, 32)))
    again = versions.refit("icons", settings, Fitting())
    assert again.fingerprint == first.fingerprint == catalog.load("icons", settings).fingerprint
    assert versions.sizes("icons", settings).versions == 1
    versions.refit("icons", settings, Fitting())
    assert versions.sizes("icons", settings).versions == 1
    assert originals.find("icons", settings).fitting == Fitting()


def test_a_run_keeps_the_images_that_it_was_trained_on(icons, settings):
    first = catalog.add(icons, "icons", settings)
    run = made_run(settings, "done")
    document = run.document()
    document["config"] = {**document["config"], "dataset": "icons"}
    document["resolved"] = {"data_fingerprint": first.fingerprint}
    (run.path / "config.json").write_text(json.dumps(document))
    assert run.data_name() == "icons"
    versions.refit("icons", settings, Fitting(size=(48, 32)))
    assert run.data_name() == f"icons@{first.fingerprint}"
    assert catalog.load(run.data_name(), settings).image == first.image
    catalog.remove("icons", settings)
    assert run.data_name() == "icons" and not list((settings.cache / "datasets").iterdir())
    with pytest.raises(LoupeError, match="no data set called 'icons'"):
        catalog.load(run.data_name(), settings)


def test_what_is_no_fingerprint_names_no_version(icons, settings):
    catalog.add(icons, "icons", settings)
    for fingerprint in (None, "", "../icons", "0" * 16):
        assert versions.version("icons", fingerprint, settings) == "icons"
    with pytest.raises(LoupeError, match="cannot be the name"):
        catalog.add(icons, "icons@0123456789abcdef", settings)


def test_originals_that_are_gone_are_told(icons, settings):
    catalog.add(icons, "icons", settings)
    shutil.rmtree(icons)
    with pytest.raises(LoupeError, match="originals of 'icons' are not here.*They lay at"):
        versions.refit("icons", settings, Fitting(size=(48, 32)))
    assert catalog.load("icons", settings).image == (28, 28, 3)
    originals.remove("icons", settings)
    with pytest.raises(LoupeError, match="They were removed"):
        versions.refit("icons", settings, Fitting(size=(48, 32)))


def test_files_that_lie_here_are_counted_move_along_and_can_be_removed(icons, settings, tmp_path):
    elsewhere = replace(settings, cache=tmp_path / "preview")
    held = originals.folder("icons", elsewhere)
    held.mkdir(parents=True)
    pack(icons, held / "icons.zip")
    catalog.add(held / "icons.zip", "icons", elsewhere)
    versions.refit("icons", elsewhere, Fitting(size=(32, 32)))
    versions.adopt("icons", elsewhere, settings)
    shutil.rmtree(elsewhere.cache)
    data = catalog.describe("icons", settings)
    assert data.image == (32, 32, 3) and data.source == "icons.zip"
    sizes = versions.sizes("icons", settings)
    assert sizes.originals > 10_000 and sizes.versions == 0
    assert versions.refit("icons", settings, Fitting(size=(48, 48))).image == (48, 48, 3)
    originals.remove("icons", settings)
    assert versions.sizes("icons", settings).originals == 0 and catalog.load("icons", settings).image == (48, 48, 3)


def test_a_version_that_was_looked_at_elsewhere_becomes_the_newest(icons, settings, tmp_path):
    first = catalog.add(icons, "icons", settings)
    elsewhere = replace(settings, cache=tmp_path / "preview")
    originals.remember("icons", originals.find("icons", settings), elsewhere)
    versions.refit("icons", elsewhere, Fitting(size=(64, 64)))
    versions.adopt("icons", elsewhere, settings)
    assert catalog.load("icons", settings).image == (64, 64, 3)
    assert versions.version("icons", first.fingerprint, settings) == f"icons@{first.fingerprint}"
    assert originals.find("icons", settings).fitting.size == (64, 64)


def test_a_data_set_of_an_earlier_version_opens_and_says_why_it_stays_as_it_is(icons, settings):
    catalog.add(icons, "icons", settings)
    originals.remove("icons", settings)
    path = settings.cache / "datasets" / "icons" / "meta.json"
    known = json.loads(path.read_text())
    path.write_text(json.dumps({key: value for key, value in known.items() if key != "repairs"}))
    assert catalog.load("icons", settings).image == (28, 28, 3)
    with pytest.raises(LoupeError, match="earlier version added it"):
        versions.refit("icons", settings, Fitting())


def test_a_folder_of_the_local_data_is_read_as_ever(tmp_path, settings):
    fill(tmp_path / "local" / "pets", "cat")
    save(tmp_path / "local" / "pets", "cat/x.png", picture(31, 9))
    found = catalog.load("pets", replace(settings, data=tmp_path / "local"))
    assert found.image == (12, 31, 1) and "padded with black" in "; ".join(found.notes)


def test_the_terminal_changes_and_removes(icons, here, capsys):
    assert "each 28x28 colour" in answer(capsys, "data", "add", str(icons), "--name", "icons")
    assert "each 48x32 colour" in answer(capsys, "data", "change", "icons", "--size", "48x32", "--fill", "black")
    assert originals.find("icons", here).fitting == Fitting(size=(32, 48), fill="black")
    assert "each 28x28" in answer(capsys, "data", "change", "icons", "--size", "auto")
    assert "originals of icons are removed" in answer(capsys, "data", "remove", "icons", "--originals")
    code, _, complained = run_here(capsys, "data", "change", "icons", "--size", "64")
    assert code and "originals of 'icons' are not here" in complained
    code, _, complained = run_here(capsys, "train", "--dataset", "icons@0123456789abcdef")
    assert code and "cannot be the name" in complained
