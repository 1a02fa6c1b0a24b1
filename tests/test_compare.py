"""The Compare page: what stands on it, and what it says on bad days."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from browser import eventually, press, serving, told, without_trouble
from conftest import environment
from streamlit.testing.v1 import AppTest

from ui import compare
from ui.compare import images, numbers
from vae_core.look import comparison, scores
from vae_core.runs import store
from vae_core.runs import tasks as derived
from vae_core.runs.store import Run
from vae_core.settings import PROJECT, Settings
from vae_core.spec.config import Config

SECONDS = 60
BASE = Config("digits", (8, 8, 1), "conv4/2 bn flatten dense16", latent=2, epochs=2)
LAYERS = replace(BASE, encoder="conv4/2 bn conv4 bn flatten dense16")
MODELS = {
    **{f"base{seed}": replace(BASE, seed=seed) for seed in range(3)},
    **{f"layers{seed}": replace(LAYERS, seed=seed) for seed in range(3)},
    "three0": replace(BASE, latent=3),
    "ae0": replace(BASE, kind="ae", beta=None),
}
TRAIN = """
import json, sys
from vae_core import settings
from vae_core.learn import training
from vae_core.runs import store
from vae_core.spec.config import from_json
for config in json.load(sys.stdin):
    run = store.create(settings.load(), from_json(config), {})
    training.train(run, run.settings)
    print(run.id, flush=True)
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Three seeds of one model and of one with more layers, a code of three numbers, and an autoencoder."""
    folder = tmp_path_factory.mktemp("models")
    settings = Settings(cache=folder / "cache", checkpoints=folder / "checkpoints")
    done = subprocess.run(
        [sys.executable, "-c", TRAIN], cwd=PROJECT, env=environment(settings), capture_output=True, text=True,
        input=json.dumps([config.to_json() for config in MODELS.values()]), timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return settings, {name: Run(run_id, settings) for name, run_id in zip(MODELS, done.stdout.split())}


@pytest.fixture
def page(models, settings, monkeypatch):
    """The page with these runs, in a copy that may be changed."""
    shutil.copytree(models[0].checkpoints, settings.checkpoints)

    def open_page(*names, section="What changed"):
        for name, value in environment(settings).items():
            monkeypatch.setenv(name, value)
        app = AppTest.from_file(os.path.join(PROJECT, "app.py"), default_timeout=SECONDS)
        app.query_params["runs"] = ",".join(models[1][name].id if name in models[1] else name for name in names)
        app.session_state[compare.KEY] = section
        return app.switch_page("pages/compare.py").run()

    open_page.settings = settings
    open_page.run = lambda name: Run(models[1][name].id, settings)
    return open_page


def text(app) -> str:
    parts = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.success, *app.title, *app.subheader]
    return " ".join(part.value for part in parts).replace("\\", "")


def html(app) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def test_the_layers_that_were_added_are_drawn_and_explained(page):
    app = page("base0", "layers0")
    assert not app.exception
    told = text(app)
    assert "The second adds 4 layers" in told and "Looks for 4 patterns of 3x3 pixels" in told
    assert "+ conv4 bn" in html(app) and "+ deconv4 bn" in html(app)
    assert "All settings beside the layers are the same" in told
    assert "3 done" in told


def test_three_seeds_of_each_are_compared_as_configs(page):
    told = text(page("base0", "layers0"))
    found = comparison.compare(page.run("base0"), page.run("layers0"))
    assert found.scope == "configs"
    assert found.sentences()[0][:40] in told
    assert "over 3 and 3 seeds" in told


def test_one_seed_is_credited_nothing_and_more_are_offered(page):
    for name in ("layers1", "layers2"):
        store.remove(page.run(name))
    app = page("base0", "layers0")
    assert "not credited" in text(app)
    assert any(button.label == "Train 2 more seeds" for button in app.button)


def test_the_table_holds_the_numbers_of_the_comparison(page):
    for name in ("base0", "base1", "base2", "layers0", "layers1", "layers2"):
        task = scores.begin(page.run(name))
        task.save({}, {"bce": np.full(len(page.run(name).codes()["mean"]), 6.4)})
        task.set_status(state="done")
    app = page("base0", "layers0", section="Numbers")
    assert not app.exception
    table = html(app)
    for row in comparison.compare(page.run("base0"), page.run("layers0")).rows:
        difference = row.difference
        assert f"{difference.value:+.3g} ({difference.low:+.3g} to {difference.high:+.3g})" in table
        assert row.differs == (f"{row.b.mean:.4g}" in "".join(re.findall("<b>(.*?)</b>", table)))
    assert "0.1 ± 0" in table  # the cross-entropy, per pixel
    counts = page.run("layers0").config().architecture().counts
    assert f"{counts['total']:,}" in table and f"{counts['encoder']:,}" in table


def test_metrics_of_an_evaluation_stand_in_the_table(page):
    task = derived.begin(page.run("base0"), numbers.EVALUATION, {})
    metric = {"name": "fid", "label": "Distance of samples", "value": 12.5, "unit": "none", "better": "lower",
              "meaning": "How unlike samples are.", "interval": [11.0, 14.0]}  # fmt: skip
    task.save({"metrics": [metric]})
    task.set_status(state="done")
    table = html(page("base0", "ae0", section="Numbers"))
    assert "Distance of samples" in table and "12.5<small>11 to 14</small>" in table


@pytest.mark.parametrize("section", list(compare.SECTIONS))
def test_every_section_takes_four_models_of_different_kinds(page, section):
    app = page("base0", "layers0", "three0", "ae0", section=section)
    assert not app.exception and not app.error, text(app)


def test_images_are_ordered_by_what_they_gained():
    losses = np.array([[5.0, 1.0, 3.0, np.nan], [4.0, 3.0, 3.0, 1.0]])
    assert images._ordered(images.IMPROVED, losses).tolist() == [0, 2, 1, 3]
    assert images._ordered(images.WORSENED, losses).tolist() == [1, 2, 0, 3]
    assert images._ordered(images.BEST, losses).tolist() == [1, 2, 0, 3]
    assert images._ordered(images.WORST, losses).tolist() == [0, 2, 1, 3]


# Bad days.


def test_nothing_chosen_says_what_to_do(page):
    app = page()
    assert "Choose two to four runs" in text(app) and not app.exception


def test_a_run_that_was_removed_is_named(page):
    app = page("base0", "layers0", "gone-123456")
    assert "There is no run gone-123456" in text(app) and not app.exception
    shutil.rmtree(page.run("layers0").path)
    app.run()
    assert not app.exception and not app.error


def test_identical_configs_differ_by_chance(page):
    told = text(page("base0", "base1"))
    assert "the same settings" in told and "chance: the seed" in told


@pytest.mark.parametrize("section", ["Numbers", "Images", "Walk"])
def test_other_data_is_compared_in_nothing(page, section):
    other = store.create(page.settings, replace(page.run("base0").config(), dataset="shapes"), {})
    shutil.copy(page.run("base0").path / "codes.npz", other.path)
    other.set_status(state="done")
    app = page("base0", other.id, section=section)
    assert not app.exception
    assert "tested on different images" in text(app)


def test_one_that_still_trains_is_waited_for(page):
    other = store.create(page.settings, replace(page.run("base0").config(), epochs=9), {})
    app = page("base0", other.id, section="Numbers")
    assert not app.exception
    assert "what is shown here comes when its training has ended" in text(app)
    assert not page("base0", other.id, section="Losses").exception


def test_what_was_selected_on_the_test_set_is_marked(page):
    flattered = store.create(page.settings, replace(page.run("base0").config(), split="test"), {})
    shutil.copy(page.run("base0").path / "codes.npz", flattered.path)
    flattered.set_status(state="done")
    app = page("base0", flattered.id, section="Numbers")
    assert "was chosen on the test images" in text(app)
    assert "selected on the test set" in html(app) and "<b>" not in html(app).split("On the test images")[1]


def test_what_differs_at_once_can_be_separated(page):
    run = page.run("layers0")
    other = store.create(page.settings, replace(run.config(), epochs=9, train_size=500), {})
    shutil.copy(run.path / "codes.npz", other.path)
    other.set_status(state="done")
    app = page("base0", other.id)
    told = text(app)
    assert "More than the architecture differs" in told and "Only the epochs" in told
    labels = [button.label for button in app.button]
    assert labels.count("Train it") == 2 and "Train all 2" in labels  # the layers alone are trained already


def test_the_five_reports_have_their_points_and_mistakes(page):
    app = page("base0")
    app.session_state["compare_view"] = "The five reports"
    app.run()
    assert not app.exception and not app.error
    told = text(app)
    assert "mnist-deeper" in told and "never connected" in told and "1,003,540" in told
    assert sum(button.label == "Run its small form" for button in app.button) == 3


# In a real browser.


@pytest.fixture
def shown(models, settings, chromium):
    """The page in Chromium: two models of two numbers, one of them with more layers."""
    shutil.copytree(models[0].checkpoints, settings.checkpoints)
    with serving(settings) as server:
        page = chromium.new_page(viewport={"width": 1440, "height": 1200})
        page.set_default_timeout(1000 * SECONDS)
        page.server, page.sent = server, []
        page.on("websocket", lambda socket: socket.on("framesent", lambda payload: page.sent.append(payload)))

        def go(*names, section="Walk"):
            runs = ",".join(models[1][name].id for name in names)
            page.goto(f"{server.address}/compare?runs={runs}")
            page.get_by_role("radio", name=section).click()
            return page

        yield go
        without_trouble(page)
        page.close()


def readouts(page) -> list[str]:
    return page.locator(".twin .code").all_inner_texts()


def at(codes) -> str:
    return "  ".join(f"z{number + 1} {value:.2f}" for number, value in enumerate(codes))


def drag(page, place: int, way: list[tuple[float, float]]) -> None:
    """Over one of the maps, by shares of its sides."""
    box = page.locator(".twin canvas.over").nth(place).bounding_box()
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in way]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=8)
    page.mouse.up()


def test_one_cursor_drives_both_models_without_a_word_to_the_server(shown, models):
    page = shown("base0", "layers0")
    page.locator(".twin .pair canvas").first.wait_for()
    runs = [models[1][name] for name in ("base0", "layers0")]
    first = [at(run.codes()["mean"][0]) for run in runs]  # both stand at their own code of the first test image
    eventually(lambda: readouts(page) == first)
    before = len(page.sent)
    drag(page, 0, [(0.5, 0.5), (0.7, 0.4), (0.3, 0.6)])
    moved = readouts(page)
    assert moved[0] != first[0] and moved[1] != first[1]
    drag(page, 1, [(0.5, 0.5), (0.6, 0.6)])  # any map leads
    assert readouts(page)[0] != moved[0]
    page.get_by_role("button", name="Same code").click()
    eventually(lambda: len(set(readouts(page))) == 1)
    page.locator(".twin canvas.over").nth(1).press("ArrowRight")
    eventually(lambda: len(set(readouts(page))) == 1)
    assert len(page.sent) == before


def test_a_lasso_chooses_the_same_images_everywhere(shown, models):
    page = shown("base0", "three0")
    page.locator(".twin .pair canvas").first.wait_for()
    assert page.get_by_role("button", name="Same code").is_disabled()  # codes of two and of three numbers
    page.get_by_role("button", name="Lasso").click()
    drag(page, 0, [(0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95)])
    note, count = page.locator(".twin .note").first, len(models[1]["base0"].codes()["mean"])
    eventually(lambda: f"{count} test images are chosen; their mean loss" in note.inner_text())
    page.get_by_role("button", name="Clear", exact=True).click()
    eventually(lambda: "chosen" not in note.inner_text())


def test_the_numbers_are_measured_while_one_looks(shown, models):
    page = shown("base0", "ae0", section="Numbers")
    told(page, "Cross-entropy")
    page.locator(".loupe-numbers td", has_text="Class by neighbours").wait_for()
    assert all(scores.finished(Run(models[1][name].id, page.server.settings)) is not None for name in ("base0", "ae0"))


def test_missing_seeds_are_trained_by_one_button(shown, models):
    page = shown("base0", "three0", section="What changed")
    press(page, "Train 2 more seeds")
    told(page, re.compile("3 done; .*: 3 done"))
    told(page, re.compile("over 3 and 3 seeds"))


def test_a_run_removed_while_it_is_shown_is_missed_politely(shown, models):
    page = shown("base0", "layers0", section="Images")
    told(page, "Below each picture its loss")
    store.remove(Run(models[1]["layers0"].id, page.server.settings))
    page.get_by_role("radio", name="Losses").click()
    told(page, re.compile("There is no run|cannot be read|Choose two to four runs"))
