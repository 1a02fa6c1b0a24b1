"""The Explore page: every section, and what it says where something is missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from support import button, captions, fine, made_run, parcel, settings_in, shown_before, train

from ui.explore import place, sections, wall
from vae_core.design.config import Config
from vae_core.look import codes as places
from vae_core.look import noise
from vae_core.runs import store
from vae_core.runs.store import Run

Page = Callable[..., AppTest]
Header = dict[str, Any]


@pytest.fixture
def page(visit: Any, monkeypatch: pytest.MonkeyPatch) -> Page:
    """The Explore page of a run, with one section open."""
    shown_before(monkeypatch)

    def open_page(run: Run, section: str = "Grid", image: int = 0, **address: str) -> AppTest:
        return visit(run.settings, "explore", {sections.KEY: section, "image-number": image}, run=run.id, **address)

    return open_page


@pytest.fixture(scope="module")
def plain_run(once: Any) -> Run:
    """An autoencoder without a prior, with codes of four numbers, trained on noisy images."""
    settings = settings_in(once("without-a-prior", _train_without_prior))
    (line,) = store.list_runs(settings)
    return Run(line.id, settings)


def _train_without_prior(folder: Path) -> None:
    small = Config("digits", (8, 8, 1), "flatten dense16", kind="ae", latent=4, noise=0.4, epochs=1, train_size=300)
    train(settings_in(folder), small)


def every_section(app: AppTest) -> Iterator[str]:
    """Opens one after the other on the same page, the first of which is open."""
    for section in sections.SECTIONS:
        if app.session_state[sections.KEY] != section:
            app.session_state[sections.KEY] = section
            app.run()
        assert not app.exception, (section, app.exception)
        yield section


def galleries(app: AppTest) -> list[tuple[Header, np.ndarray]]:
    """What the page hands to its galleries: the header, and the codes of the pictures."""
    found = []
    for element in app.main.get("bidi_component"):
        header, body = parcel(element.proto.bytes) if element.proto.bytes else ({}, b"")
        if "captions" in header:
            start, length = header["codes"]
            codes = np.frombuffer(body[start : start + length], "<f4").reshape(-1, header["size"])
            assert len(codes) == len(header["captions"])
            found.append((header, codes))
    return found


# Sections.


@pytest.mark.parametrize("section", sections.SECTIONS)
def test_every_section_is_there_and_says_what_it_is(page, trained, section):
    app = fine(page(trained, section))
    assert sections.SECTIONS[section].about in captions(app)
    assert section == "Draw" or galleries(app)


@pytest.mark.parametrize("section", sections.SECTIONS)
def test_every_section_of_longer_codes_without_a_prior(page, plain_run, section):
    fine(page(plain_run, section))


def test_it_is_said_which_images_the_dots_are(page, trained):
    assert f"The dots are {len(trained.codes()['mean'])} test images" in captions(fine(page(trained)))


def test_a_grid_covers_the_map_in_the_spacing_that_was_chosen(page, trained):
    app = page(trained)
    app.slider(key=f"grid-n-{trained.id}").set_value(5)
    app.session_state["grid-spacing-True"] = "By the prior"
    ((header, codes),) = galleries(fine(app.run()))
    expected = places.grid(trained.codes()["mean"], True, 5, "gaussian").codes.reshape(-1, 2)
    assert header["columns"] == 5 and codes == pytest.approx(expected, abs=1e-5)


def test_spacing_by_the_prior_needs_one(page, plain_run):
    app = fine(page(plain_run))
    with_prior = [group for group in app.button_group if "By the prior" in group.options]
    assert not with_prior and "follow none" in next(g.help for g in app.button_group if "Even" in g.options)


def test_a_grid_lies_on_the_two_numbers_that_the_map_shows(page, plain_run):
    app = page(plain_run)
    app.session_state["explore_axes"] = "Two numbers"
    fine(app.run())
    key = f"plane-{plain_run.id}"
    app.selectbox(key=f"{key}-across").set_value(3)
    app.selectbox(key=f"{key}-up").set_value(1)
    ((header, codes),) = galleries(fine(app.run()))
    assert (np.ptp(codes, axis=0) > 1e-3).tolist() == [False, True, False, True]
    assert header["captions"][0].startswith("z2 ") and ", z4 " in header["captions"][0]


def test_traversals_go_through_the_place_in_the_address(page, trained):
    ((header, codes),) = galleries(fine(page(trained, "Traversals", at="1.25,-0.5")))
    assert header["rows"] == ["z1", "z2"] and len(codes) == 2 * 13
    assert codes[:13, 1] == pytest.approx(-0.5) and codes[13:, 0] == pytest.approx(1.25)


@pytest.mark.parametrize("address", ["", "banana", "1", "1,2,3", "1,inf", "nan,0", ","])
def test_an_address_that_is_no_place_is_the_middle(page, trained, address):
    ((_, codes),) = galleries(fine(page(trained, "Traversals", at=address)))
    assert codes[:13, 1] == pytest.approx(0) and codes[13:, 0] == pytest.approx(0)
    assert place.read("1.5,-2", 2) == (1.5, -2.0) and place.read(address, 2) is None


def test_samples_come_again_with_their_seed(page, trained):
    app = page(trained, "Samples")
    ((_, first),) = galleries(fine(app))
    button(app, "Again").click()
    ((_, second),) = galleries(fine(app.run()))
    assert not np.allclose(first, second) and app.number_input(key="samples-seed").value == 1
    app.number_input(key="samples-seed").set_value(0)
    assert np.array_equal(galleries(fine(app.run()))[0][1], first)


def test_samples_without_a_prior_come_from_the_codes_and_say_so(page, plain_run):
    assert "mixture" in captions(fine(page(plain_run, "Samples")))


def test_the_way_between_two_images_begins_and_ends_at_their_codes(page, trained):
    app = page(trained, "Between two")
    app.number_input(key="between-a").set_value(7)
    app.number_input(key="between-b").set_value(30)
    ((header, codes),) = galleries(fine(app.run()))
    mean = trained.codes()["mean"]
    assert codes[0] == pytest.approx(mean[7]) and codes[-1] == pytest.approx(mean[30])
    assert header["captions"][0].startswith("Original") and header["captions"][1] == "0% of the way"


def test_test_images_are_ordered_by_loss_and_filtered_by_class(page, trained):
    arrays = trained.codes()
    app = page(trained, "Test images")
    app.selectbox(key=f"wall-class-{trained.id}").set_value(3)
    ((header, codes),) = galleries(fine(app.run()))
    of_class = np.flatnonzero(arrays["labels"] == 3)
    worst = of_class[np.argsort(-arrays["reconstruction"][of_class], kind="stable")][:24]
    assert codes == pytest.approx(arrays["mean"][worst])
    assert header["captions"][0].startswith(f"3 (test image {worst[0]}), loss ")
    assert header["tile"] == [3 * 8 + 2, 8]  # original, reconstruction, error


@pytest.mark.parametrize(("order", "count"), [(wall.FIRST, 10), (wall.RANDOM, 100), (wall.MAP, 100)])
def test_exactly_as_many_test_images_as_were_asked_for(page, trained, order, count):
    app = page(trained, "Test images")
    app.selectbox(key="wall-order").set_value(order).run()
    app.number_input(key=f"wall-count-{order == wall.MAP}").set_value(count)
    ((_, codes),) = galleries(fine(app.run()))
    assert len(codes) == count
    if order == wall.FIRST:
        assert codes == pytest.approx(trained.codes()["mean"][:count])


def test_ten_samples_are_ten(page, trained):
    app = page(trained, "Samples")
    app.number_input(key="samples-count").set_value(10)
    ((_, codes),) = galleries(fine(app.run()))
    assert len(codes) == 10


def test_random_test_images_lie_on_the_map_where_their_codes_are(page, trained):
    app = page(trained, "Test images")
    app.selectbox(key="wall-order").set_value(wall.MAP)
    ((header, codes),) = galleries(fine(app.run()))
    spots = np.array(header["places"])
    assert len(spots) == len(trained.codes()["mean"]) and ((spots >= 0) & (spots <= 1)).all()
    assert np.corrcoef(spots[:, 0], codes[:, 0])[0, 1] == pytest.approx(1, abs=1e-3)
    assert np.corrcoef(spots[:, 1], codes[:, 1])[0, 1] == pytest.approx(-1, abs=1e-3)


def test_one_image_says_what_the_model_believes_and_what_lies_near(page, trained):
    app = page(trained, "One image")
    app.number_input(key="image-number").set_value(5)
    portrait, draws, near = galleries(fine(app.run()))
    arrays = trained.codes()
    table = app.main.dataframe[0].value
    assert table["± sigma"].to_numpy() == pytest.approx(np.exp(0.5 * arrays["log_variance"][5]))
    assert portrait[1] == pytest.approx(arrays["mean"][[5, 5]]) and len(draws[1]) == 24
    away = np.linalg.norm(near[1] - arrays["mean"][5], axis=1)
    assert len(away) == 16 and (np.diff(away) >= 0).all()


def test_denoising_begins_with_the_noise_of_the_run(page, plain_run):
    app = fine(page(plain_run, "Denoise"))
    assert app.slider(key=f"denoise-level-{plain_run.id}").value == 0.4
    ((header, _),) = galleries(app)
    assert header["rows"] == ["Original", "Noisy", "Reconstruction"] and header["columns"] == 8


@pytest.mark.parametrize("kind", noise.KINDS)
def test_denoising_knows_other_noise(page, trained, kind):
    app = page(trained, "Denoise")
    app.session_state["denoise-kind"] = kind
    assert "dB" in "".join(text.value for text in fine(app.run()).main.markdown)


# What may be missing.


def test_without_the_data_set_the_codes_remain(page, own):
    path = own.path / "config.json"
    path.write_text(path.read_text().replace('"digits"', '"gone-digits"'))
    app = page(own)
    for section in every_section(app):
        assert any("can no longer be read" in info.value for info in app.main.info), section
        assert not app.error and not app.main.get("page_link"), section


def test_images_that_can_be_had_are_offered(page, own):
    path = own.path / "config.json"
    path.write_text(path.read_text().replace('"digits"', '"mnist"'))
    for section in every_section(app := page(own)):
        assert any("mnist is not on this machine" in info.value for info in app.main.info), section
        assert {link.proto.label for link in app.main.get("page_link")} == {"Get it on Data"}, section
        assert not app.error, section


def test_a_data_set_that_has_changed_is_not_taken_for_the_old_one(page, own):
    own.set_resolved({**own.resolved(), "data_fingerprint": "another"})
    app = fine(page(own, "Test images"))
    assert any("has changed" in info.value for info in app.main.info)


@pytest.mark.parametrize(("state", "sentence"), [("queued", "still training"), ("stopped", "was stopped")])
def test_a_run_without_codes_shows_its_newest_epoch(page, settings, state, sentence):
    app = fine(page(made_run(settings, state)))
    assert sentence in app.main.info[0].value
    assert any("Map of codes" in text.value for text in app.main.markdown)


def test_a_run_that_failed_at_once_says_so(page, settings):
    app = fine(page(made_run(settings, "failed", epochs=0)))
    assert any("failed" in info.value for info in app.main.info)


def test_a_run_that_is_removed_while_it_is_shown(page, own):
    app = fine(page(own))
    shutil.rmtree(own.path)
    fine(app.run())
    assert not galleries(app)


def test_a_run_without_its_networks_still_shows_its_codes(page, own):
    for path in (own.model, own.decoder_tflite, own.encoder_tflite, own.plane):
        path.unlink(missing_ok=True)
    app = page(own)
    assert not app.exception and app.error


def test_codes_that_are_no_numbers(page, own):
    arrays = own.codes()
    arrays["mean"][3] = np.nan
    own.save_codes(arrays)
    app = page(own)
    for section in every_section(app):
        assert not app.error, (section, app.error)
        finite = all(np.isfinite(codes).all() for _, codes in galleries(app))
        assert finite or section == "Denoise", section
    none = Run("nothing-but-nan", own.settings)
    shutil.copytree(own.path, none.path)
    arrays["mean"][:] = np.nan
    none.save_codes(arrays)
    assert "is a number" in page(none).error[0].value


def test_another_run_does_not_take_over_the_place_of_the_last(page, own, plain_run):
    shutil.copytree(plain_run.path, own.settings.checkpoints / plain_run.id)
    app = fine(page(own, at="1,1"))
    app.sidebar.selectbox[0].set_value(plain_run.id)
    fine(app.run())
    assert app.query_params["run"] == plain_run.id and "at" not in app.query_params


def test_an_image_number_beyond_a_smaller_test_set_is_the_last(page, trained):
    app = fine(page(trained, "One image", image=10**6))
    assert app.number_input(key="image-number").value == len(trained.codes()["mean"]) - 1
