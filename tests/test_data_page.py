"""The Data page: what every data set looks like, what can be done with it, and taking an added one away."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from support import SECONDS, button, fine, settings_in, shown_before, texts

from vae_core.data import catalog
from vae_core.data.dataset import Dataset, Part
from vae_core.look import glance
from vae_core.settings import Settings


@pytest.fixture(autouse=True)
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    shown_before(monkeypatch)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Data sets that are read once for all that only look at them."""
    return settings_in(tmp_path_factory.mktemp("data"))


def dataset(labels: bool = True) -> Dataset:
    pixels = np.arange(40 * 8 * 8, dtype=np.uint32).reshape(40, 8, 8, 1).astype(np.uint8)
    train = Part(pixels, np.arange(40) % 4 if labels else None)
    test = Part(pixels[:8], np.arange(8) % 2 if labels else None)
    return Dataset("d", "D", train, test, tuple("abcd") if labels else (), validation=np.arange(4))


def test_a_view_counts_every_image_once():
    view = glance.view(dataset())
    assert [(line.name, line.train, line.validation, line.test) for line in view.lines] == [
        ("a", 9, 1, 4),
        ("b", 9, 1, 4),
        ("c", 9, 1, 0),
        ("d", 9, 1, 0),
    ]
    assert all(len(line.images) == 10 for line in view.lines)
    (line,) = glance.view(dataset(labels=False)).lines
    assert (line.name, line.train, line.validation, line.test, len(line.images)) == ("", 36, 4, 8, 40)


def test_noise_is_of_the_strength_that_was_asked_for():
    images = np.full((50, 8, 8, 1), 128, np.uint8)
    clean, noisy = glance.noisy(images, 0.1)
    assert np.array_equal(clean, images)
    assert np.std(noisy / 255) == pytest.approx(0.1, rel=0.05)
    assert np.array_equal(glance.noisy(images, 0.0)[1], images)


def test_a_data_set_is_made_by_a_process_of_its_own(visit, settings, monkeypatch):
    """What drawing 20,000 letters takes would stay with the page's server."""
    monkeypatch.setattr(catalog, "_keep", lambda *_: pytest.fail("it was made here"))
    said = texts(fine(visit(settings, "data", data="type")))
    assert catalog.is_kept("type", settings)
    assert all(one in said for one in catalog.describe("type", settings).classes)


@pytest.mark.parametrize("name", ["digits", "shapes"])
def test_a_data_set_is_shown_with_its_classes(visit, kept, name):
    app = fine(visit(kept, "data"))
    app.pills(key="data").set_value(name).run()
    said = texts(fine(app))
    assert all(one in said for one in catalog.describe(name, kept).classes)
    assert app.slider(key="data_noise").value == 0.3


def test_a_data_set_that_is_not_here_comes_second_and_can_be_fetched(visit, kept):
    app = fine(visit(kept, "data"))
    assert app.pills(key="data").value == "type"
    app.pills(key="data").set_value("cifar10").run()
    assert button(fine(app), "Fetch it")


def test_a_damaged_data_set_does_not_keep_the_page_from_another(visit, settings):
    catalog._find("mnist", settings).folder.mkdir(parents=True)
    app = fine(visit(settings, "data"))
    assert app.pills(key="data").value == "type"
    assert "Remove it and add it again" in app.pills(key="data").set_value("mnist").run().error[0].value


def test_training_on_a_data_set_takes_it_along(visit, kept):
    app = fine(visit(kept, "data"))
    app.pills(key="data").set_value("digits").run()
    button(app, "Train on it").click().run()
    assert fine(app).title[0].value == "Train"
    assert "digits" in [each.value for each in app.selectbox]


def test_an_added_data_set_can_be_removed_after_a_question(visit, settings, tmp_path):
    np.savez(tmp_path / "mine.npz", x_train=np.random.default_rng(0).integers(0, 256, (60, 12, 10), np.uint8))
    catalog.add(tmp_path / "mine.npz", "mine", settings)
    app = fine(visit(settings, "data"))
    app.pills(key="data").set_value("mine").run()
    button(fine(app), "Remove").click().run()
    assert "mine" in catalog.names(settings)
    opened = AppTest.from_function(in_removal, default_timeout=SECONDS).run()
    button(opened, "Remove").click().run()
    assert "mine" not in catalog.names(settings)


def in_removal() -> None:
    from ui.cached import datasets
    from ui.data import actions

    if "mine" in datasets.names():
        actions.remove(datasets.summary("mine"))


@pytest.mark.parametrize(("side", "count"), [(8, 32), (28, 32), (96, 12)])
def test_of_small_images_more_are_shown(side, count):
    pixels = np.zeros((120, side, side, 3), np.uint8)
    many = Dataset("d", "D", Part(pixels, np.arange(120) % 3), Part(pixels[:3], np.arange(3)), tuple("abc"))
    assert [len(line.images) for line in glance.view(many).lines] == [count] * 3
