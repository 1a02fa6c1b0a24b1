"""The Project page: asking for maps, watching them form, and what can be done with the ones that are kept."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from browser import LONG, Server, button, eventually, idle, kill, press, serving, told, without_trouble
from conftest import environment
from PIL import Image
from playwright.sync_api import TimeoutError
from streamlit.testing.v1 import AppTest
from test_explore import captions, fine, opened
from test_live import make

from ui.explore.view import look
from ui.project import chosen, forming, kept
from ui.project.laid import lay
from vae_core.cli import tasks as worker
from vae_core.data import catalog
from vae_core.look import projection
from vae_core.look.portable import Portable
from vae_core.look.projection import Projection
from vae_core.runs import jobs, tasks
from vae_core.runs.store import Run
from vae_core.settings import PROJECT, Settings

PIXELS = Projection(method="pca", of="pixels", images="both", count=120)
CODES = Projection(method="pca", of="codes", count=90)
Page = Callable[..., AppTest]


@pytest.fixture(scope="module")
def with_maps(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with two finished maps. Not to be changed."""
    settings = replace(trained.settings, checkpoints=tmp_path_factory.mktemp("maps"))
    shutil.copytree(trained.path, settings.checkpoints / trained.id)
    run = Run(trained.id, settings)
    for spec in (PIXELS, CODES):
        worker.work(projection.begin(run, spec))
    return run


@pytest.fixture
def own(with_maps: Run, settings: Settings) -> Run:
    """A copy that may be changed."""
    shutil.copytree(with_maps.path, settings.checkpoints / with_maps.id)
    return Run(with_maps.id, settings)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    def open_page(run: Run, *names: str, address: str = "", **state: Any) -> AppTest:
        for name, value in environment(run.settings).items():
            monkeypatch.setenv(name, value)
        app = AppTest.from_file(os.path.join(PROJECT, "app.py"), default_timeout=60)
        app.query_params["run"] = run.id
        if names:
            app.session_state[f"project_shown-{run.id}"] = list(names)
        for key, value in state.items():
            app.session_state[key] = value
        if address:
            app.query_params["maps"] = address
        return app.switch_page("pages/project.py").run()

    return open_page


def name_of(run: Run, spec: Projection) -> str:
    return projection.begin(run, spec).id


def maps(app: AppTest) -> list[dict[str, Any]]:
    """What the browser gets of each map."""
    data = [element.proto.bytes for element in app.main.get("bidi_component") if element.proto.bytes]
    return [header for header in (opened(each)[0] for each in data) if "points" in header]


def texts(app: AppTest) -> str:
    return "\n".join(element.value for kind in ("markdown", "caption", "info") for element in app.main.get(kind))


# Choosing what is shown.


def test_the_codes_are_there_at_once_and_need_no_other_map(page, trained):
    app = fine(page(trained))
    (header,) = maps(app)
    assert header["names"] == ["z1", "z2"] and header["count"] == len(trained.codes()["mean"])
    assert "a place on this map is a whole code" in captions(app)
    app.segmented_control(key="project_method").set_value("tsne")
    assert "They need no t-SNE" in texts(fine(app.run()))


@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
def test_every_method_can_be_set_up_before_it_starts(page, trained, method):
    app = page(trained)
    app.segmented_control(key="project_method").set_value(method)
    fine(app.run())
    helps = [element.help for kind in ("number_input", "selectbox") for element in app.main.get(kind)]
    assert len(helps) >= {"pca": 3, "tsne": 6, "umap": 7}[method] and all(helps)


def test_kept_maps_are_shown_side_by_side_with_how_far_they_can_be_trusted(page, with_maps):
    app = fine(page(with_maps, kept.CODES, name_of(with_maps, PIXELS), name_of(with_maps, CODES)))
    first, pixels, codes = maps(app)
    assert [each["leads"] for each in (first, pixels, codes)] == [True, False, False]
    assert len({each["group"] for each in (first, pixels, codes)}) == 1
    assert "near" in pixels and "pictures" in pixels and codes["rings"] and "near" not in codes
    assert "Of a point's 15 neighbours here, on average" in captions(app)
    found = "".join(element.proto.body for element in app.main.get("html"))
    assert "Trustworthiness" in found and "Continuity" in found and "Class told by neighbours" in found


def test_the_axes_of_a_pca_can_be_chosen(page, with_maps):
    name = name_of(with_maps, PIXELS)
    app = page(with_maps, name)
    app.selectbox(key=f"map-{name}-across").set_value(3)
    fine(app.run())
    app.selectbox(key=f"map-{name}-up").set_value(0)
    (header,) = maps(fine(app.run()))
    assert header["names"][0].startswith("component 4 (") and header["names"][1].startswith("component 1 (")


def test_a_map_that_was_removed_is_no_longer_offered(page, own):
    name = name_of(own, PIXELS)
    app = page(own, kept.CODES, name)
    tasks.remove(tasks.find(own, name.rpartition("/")[2]))
    assert len(maps(fine(app.run()))) == 1


def test_more_maps_than_there_is_room_for_let_the_newest_stay(page, with_maps):
    names = [name_of(with_maps, PIXELS), name_of(with_maps, CODES)]
    app = page(with_maps, *names, kept.CODES, project_wanted=[names[0]])
    assert fine(app).session_state[f"project_shown-{with_maps.id}"] == [names[1], kept.CODES, names[0]]


def test_a_link_opens_the_maps_that_it_names(page, with_maps):
    names = [name_of(with_maps, spec).rpartition("/")[2] for spec in (PIXELS, CODES)]
    app = fine(page(with_maps, address=",".join(names)))
    assert [header["plane"].rpartition("/")[2] for header in maps(app)] == names
    assert app.query_params["maps"] == ",".join(names)
    assert len(maps(fine(page(with_maps, address="projection-0123456789,../x")))) == 1


# The images behind the points.


def test_every_row_of_a_map_is_the_image_whose_number_it_bears(with_maps, monkeypatch):
    for name, value in environment(with_maps.settings).items():
        monkeypatch.setenv(name, value)
    view, found = look(with_maps), lay(look(with_maps), name_of(with_maps, PIXELS))
    rows = np.arange(len(found.points.ids))
    pictures = found.pictures(view, rows)
    assert Portable.of(with_maps).encode(pictures)[0] == pytest.approx(found.points.codes, abs=1e-4)
    assert np.diff(found.points.ids).min() > 0 and found.row(int(found.points.ids[7])) == 7
    assert found.row(-1) is None and found.row(10**9) is None
    train = int(np.flatnonzero(found.points.ids >= found.points.tests)[0])
    assert "training image" in found.told(train) and "(test image 0)" in found.told(0)


def test_chosen_images_come_as_a_table_and_as_one_picture(with_maps, monkeypatch):
    for name, value in environment(with_maps.settings).items():
        monkeypatch.setenv(name, value)
    view, found = look(with_maps), lay(look(with_maps), name_of(with_maps, PIXELS))
    rows = np.array([3, 0, 100])
    lines = list(csv.DictReader(io.StringIO(chosen.as_csv(found, rows))))
    assert [line["half"] for line in lines] == [
        "test" if found.points.ids[row] < found.points.tests else "train" for row in rows
    ]
    assert [float(line["loss"]) for line in lines] == pytest.approx(found.map.loss[rows].tolist())
    assert [float(line["x"]) for line in lines] == pytest.approx(found.map.places[rows, 0].tolist())
    sheet = np.asarray(Image.open(io.BytesIO(chosen.as_png(view, found, rows))))
    assert np.array_equal(sheet[:8, :8], found.pictures(view, rows)[0, ..., 0])


def test_without_the_data_set_the_maps_remain(page, own):
    name = name_of(own, PIXELS)
    path = own.path / "config.json"
    path.write_text(path.read_text().replace('"digits"', '"gone-digits"'))
    app = page(own, kept.CODES, name)
    assert not app.exception and len(maps(app)) == 2
    assert any("can no longer be read" in info.value for info in app.main.info)


@pytest.mark.parametrize(("state", "sentence"), [("queued", "still training"), ("stopped", "was stopped")])
def test_a_run_without_codes_says_why_there_are_no_maps(page, settings, state, sentence):
    assert sentence in fine(page(make(settings, state))).main.info[0].value


def test_what_ended_without_a_map_is_told_with_a_way_on(page, own):
    for seed, state in enumerate(("failed", "stopped", "interrupted")):
        task = projection.begin(own, replace(CODES, seed=seed + 1))
        task.set_status(state=state, error="There is no room" if state == "failed" else None)
    app = fine_but_told(page(own))
    told = [element.value for kind in ("error", "warning") for element in app.main.get(kind)]
    assert sum("There is no room" in text for text in told) == 1 and len(told) == 3
    labels = [element.label for element in app.button]
    assert labels.count("Try again") == labels.count("Forget it") == 3
    next(element for element in app.button if element.label == "Forget it").click()
    app.run()
    assert len(projection.of(own)) == 4


def fine_but_told(app: AppTest) -> AppTest:
    assert not app.exception
    return app


def test_a_forming_map_is_drawn_whatever_its_points_are():
    places = np.random.default_rng(0).normal(size=(500, 2))
    for some, labels in ((places, np.arange(500)), (places[:1], None), (places[:0], None), (places * np.nan, None)):
        picture = np.asarray(Image.open(io.BytesIO(forming.drawn(some, labels))))
        assert picture.shape[:2] == (forming.SIDE, forming.SIDE)
        assert bool(picture[..., 3].any()) == bool(len(some) and np.isfinite(some).any())


# In a browser.


@pytest.fixture
def tab(chromium: Any) -> Any:
    page = chromium.new_page(viewport={"width": 1400, "height": 1200})
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    yield page
    without_trouble(page)
    assert page.errors == []
    page.close()


def opened_page(tab: Any, server: Server, run: Run, maps: int = 1) -> Any:
    tab.goto(f"{server.address}/project?run={run.id}")
    tab.locator(".over").nth(maps - 1).wait_for(timeout=LONG)
    return tab


def asking(tab: Any, server: Server, run: Run) -> Any:
    """The page with what a map is asked for by; it is folded where there are maps already."""
    page = opened_page(tab, server, run)
    idle(page).get_by_text("Make a map").click()
    button(page, "Start").wait_for(timeout=LONG)
    return page


def pick(page: Any, label: str) -> None:
    page.get_by_role("radio", name=label, exact=True).click()


def choose(page: Any, label: str, option: str) -> None:
    """A script run closes an open list, as that of the choice before may do; then it is opened again."""

    def chosen_now() -> bool:
        idle(page).get_by_test_id("stSelectbox").filter(has_text=label).first.click()
        try:
            page.get_by_role("option", name=option).first.click(timeout=3000)
        except TimeoutError:
            return False
        return True

    eventually(chosen_now)


def test_a_map_is_asked_for_forms_and_is_walked_on(tab, own):
    with serving(own.settings) as server:
        page = asking(tab, server, own)
        choose(page, "Images", "All images")
        choose(page, "How many", "1,000")
        choose(page, "Of", "the raw pixels")
        press(page, "Start")
        formed = page.locator(".over[aria-label*='pixels: 1,000 images']")
        formed.wait_for(timeout=LONG)
        assert len([task for task in projection.of(own) if task.state() == "done"]) == 3
        idle(page)  # the map that stood alone has given its place to the two beside each other
        formed.hover()
        box = formed.bounding_box()
        page.keyboard.down("Shift")
        page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.7, steps=5)
        page.mouse.up()
        page.keyboard.up("Shift")
        told(page, "Mean loss")
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV").click()
        lines = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
        told(page, f"{len(lines)} images are chosen.")
        page.locator(".over").nth(1).click()  # in its middle; the page has scrolled
        pick(page, "Neighbours")
        told(page, "By pixel")
        page.reload()
        page.get_by_text("PCA of the pixels, all images, 1,000 of them").wait_for(timeout=LONG)
        assert {task.state() for task in projection.of(own)} == {"done"}


def test_a_map_is_cancelled_while_it_forms_and_can_be_tried_again(tab, own):
    with serving(own.settings) as server:
        page = asking(tab, server, own)
        pick(page, "t-SNE")
        choose(page, "Of", "the raw pixels")
        choose(page, "Images", "All images")
        press(page, "Start")
        slow = lambda: next(task for task in projection.of(own) if projection.spec_of(task).method == "tsne")  # noqa: E731
        page.get_by_role("img", name="The map as it is now").wait_for(timeout=LONG)
        press(page, "Cancel")
        eventually(lambda: slow().state() == "stopped")
        told(page, "It was cancelled")
        eventually(lambda: not slow().has_process())
        press(page, "Try again")
        eventually(lambda: slow().state() in ("queued", "running"))
        button(page, "Cancel").wait_for(timeout=LONG)
        jobs.request_stop(slow())
        eventually(lambda: not slow().has_process())


def test_a_killed_map_says_so_and_is_made_anew_or_ended_within_a_second(tab, own):
    with serving(own.settings) as server:
        page = asking(tab, server, own)
        pick(page, "t-SNE")
        choose(page, "Of", "the raw pixels")
        choose(page, "Images", "All images")
        press(page, "Start")
        slow = lambda: next(task for task in projection.of(own) if projection.spec_of(task).method == "tsne")  # noqa: E731
        eventually(lambda: any(projection.spec_of(task).method == "tsne" for task in projection.of(own)))
        eventually(lambda: slow().state() == "running")
        kill(slow())
        told(page, "Its process died")
        press(page, "Try again")
        press(page, "Cancel")
        told(page, "It was cancelled")
        eventually(lambda: slow().state() == "stopped" and not slow().has_process())
        press(page, "Forget it")
        page.get_by_text("It was cancelled").wait_for(state="detached", timeout=LONG)
        assert {projection.spec_of(task).method for task in projection.of(own)} == {"pca"}


def test_a_double_click_starts_one_map(tab, own):
    with serving(own.settings) as server:
        page = asking(tab, server, own)
        choose(page, "Images", "Training images")
        button(page, "Start").dblclick(timeout=LONG)
        page.locator(".over").nth(1).wait_for(timeout=LONG)
        (task,) = (task for task in projection.of(own) if projection.spec_of(task).images == "train")
        assert task.state() == "done" and not task.has_process()
        eventually(lambda: page.locator(".over").count() == 2)  # the forming map gives way to the finished one
        assert page.get_by_text("already").count() == 0


def test_further_images_are_laid_on_a_map_and_it_is_seen_that_they_come(tab, own):
    tested = projection.begin(own, replace(CODES, count=0))
    worker.work(tested)
    with serving(own.settings) as server:
        tab.goto(f"{server.address}/project?run={own.id}&maps={tested.path.name}")
        holding = lambda number: tab.locator(f".over[aria-label*='codes: {number:,} images']")  # noqa: E731
        tests = len(own.codes()["mean"])
        holding(tests).wait_for(timeout=LONG)
        pick(tab, "Take away")
        press(tab, "Add the training images")
        told(tab, "More images for PCA of the codes")
        trained_on = catalog.load("digits", own.settings).train
        holding(tests + len(trained_on)).wait_for(timeout=LONG)


def test_two_tabs_that_ask_for_the_same_map_get_one(tab, chromium, own):
    with serving(own.settings) as server:
        pages = [asking(tab, server, own), asking(chromium.new_page(), server, own)]
        for page in pages:
            choose(page, "Images", "Training images")
            button(page, "Start").wait_for()
        for page in pages:
            press(page, "Start")
        for page in pages:
            page.locator(".over").nth(1).wait_for(timeout=LONG)
        assert sum(projection.spec_of(task).images == "train" for task in projection.of(own)) == 1
        pages[1].close()


def test_a_run_that_is_removed_while_its_maps_are_shown_is_told(tab, own):
    with serving(own.settings) as server:
        page = opened_page(tab, server, own)
        shutil.rmtree(own.path)
        pick(page, "Neighbours")
        told(page, "is no longer there")
