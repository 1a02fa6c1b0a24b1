"""The Project page without a browser: asking for maps, the ones that are kept, and what ended without one."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from support import captions, click, eventually, fine, html, labels, made_run, parcel, settings_in, texts

from ui import owner
from ui.project import chosen, forming, kept
from ui.project.laid import lay
from ui.view import look
from vae_core.cli import worker as worker
from vae_core.look import projection
from vae_core.look.portable import Portable
from vae_core.look.projection import Projection
from vae_core.runs import tasks
from vae_core.runs.store import Run
from vae_core.settings import Settings

PIXELS = Projection(method="pca", of="pixels", images="both", count=120)
CODES = Projection(method="pca", of="codes", count=90)
Page = Callable[..., AppTest]


@pytest.fixture(scope="module")
def with_maps(trained: Run, once: Any) -> Run:
    """A run with two finished maps. Not to be changed."""

    def fill(folder) -> None:
        run = Run(trained.id, settings_in(folder))
        shutil.copytree(trained.path, run.path)
        for spec in (PIXELS, CODES):
            worker.work(projection.begin(run, spec))

    return Run(trained.id, settings_in(once("two-maps", fill)))


@pytest.fixture
def mapped(with_maps: Run, settings: Settings) -> Run:
    """A copy that may be changed."""
    shutil.copytree(with_maps.path, settings.checkpoints / with_maps.id)
    return Run(with_maps.id, settings)


@pytest.fixture
def page(visit: Any) -> Page:
    def open_page(run: Run, *names: str, address: str = "", **state: Any) -> AppTest:
        shown = {f"project_shown-{run.id}": list(names)} if names else {}
        return visit(run.settings, "project", shown | state, run=run.id, **({"maps": address} if address else {}))

    return open_page


def name_of(run: Run, spec: Projection) -> str:
    return projection.begin(run, spec).id


def maps(app: AppTest) -> list[dict[str, Any]]:
    """What the browser gets of each map."""
    data = [element.proto.bytes for element in app.main.get("bidi_component") if element.proto.bytes]
    return [header for header in (parcel(each)[0] for each in data) if "points" in header]


# Choosing what is shown.


def test_the_codes_are_there_at_once_and_need_no_other_map(page, trained):
    app = fine(page(trained))
    (header,) = maps(app)
    assert header["names"] == ["z1", "z2"] and header["count"] == len(trained.codes()["mean"])
    assert "a place on this map is a whole code" in captions(app)
    app.segmented_control(key="project_method").set_value("tsne")
    assert "They need no t-SNE" in texts(fine(app.run()))


def test_every_method_can_be_set_up_before_it_starts(page, trained):
    app = page(trained)
    for method, least in {"pca": 3, "tsne": 6, "umap": 7}.items():
        app.segmented_control(key="project_method").set_value(method)
        fine(app.run())
        helps = [element.help for kind in ("number_input", "selectbox") for element in app.main.get(kind)]
        assert len(helps) >= least and all(helps), method


def test_two_tabs_that_ask_for_the_same_map_get_one(page, own):
    tabs = [page(own, **{owner.KEY: name}) for name in ("Ada", "Grace")]
    for tab in tabs:
        fine(click(tab, "Start"))
    (task,) = projection.of(own)
    eventually(lambda: task.state() == "done" and not task.has_process(), task)
    for tab in tabs:
        assert [header["plane"] for header in maps(fine(tab.run()))] == [f"map-{own.id}-codes", f"map-{task.id}"]


def test_kept_maps_are_shown_side_by_side_with_how_far_they_can_be_trusted(page, with_maps):
    app = fine(page(with_maps, kept.CODES, name_of(with_maps, PIXELS), name_of(with_maps, CODES)))
    first, pixels, codes = maps(app)
    assert app.get("popover")[0].proto.popover.label == "Make a map"
    assert [each["leads"] for each in (first, pixels, codes)] == [True, False, False]
    assert len({each["group"] for each in (first, pixels, codes)}) == 1
    assert "near" in pixels and "pictures" in pixels and codes["rings"] and "near" not in codes
    assert "Of a point's 15 neighbours here, on average" in captions(app)
    assert all(text in html(app) for text in ("Trustworthiness", "Continuity", "Class told by neighbours"))


def test_the_axes_of_a_pca_can_be_chosen(page, with_maps):
    name = name_of(with_maps, PIXELS)
    app = page(with_maps, name)
    app.selectbox(key=f"map-{name}-across").set_value(3)
    fine(app.run())
    app.selectbox(key=f"map-{name}-up").set_value(0)
    (header,) = maps(fine(app.run()))
    assert header["names"][0].startswith("component 4 (") and header["names"][1].startswith("component 1 (")


def test_a_map_that_was_removed_is_no_longer_offered(page, mapped):
    name = name_of(mapped, PIXELS)
    app = page(mapped, kept.CODES, name)
    tasks.remove(tasks.find(mapped, name.rpartition("/")[2]))
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


def test_every_row_of_a_map_is_the_image_whose_number_it_bears(mapped, here):
    view, found = look(mapped), lay(look(mapped), name_of(mapped, PIXELS))
    rows = np.arange(len(found.points.ids))
    pictures = found.pictures(view, rows)
    assert Portable.of(mapped).encode(pictures)[0] == pytest.approx(found.points.codes, abs=1e-4)
    assert np.diff(found.points.ids).min() > 0 and found.row(int(found.points.ids[7])) == 7
    assert found.row(-1) is None and found.row(10**9) is None
    train = int(np.flatnonzero(found.points.ids >= found.points.tests)[0])
    assert "training image" in found.told(train) and "(test image 0)" in found.told(0)


def test_chosen_images_come_as_a_table_and_as_one_picture(mapped, here):
    view, found = look(mapped), lay(look(mapped), name_of(mapped, PIXELS))
    rows = np.array([3, 0, 100])
    lines = list(csv.DictReader(io.StringIO(chosen.as_csv(found, rows))))
    assert [line["half"] for line in lines] == [
        "test" if found.points.ids[row] < found.points.tests else "train" for row in rows
    ]
    assert [float(line["loss"]) for line in lines] == pytest.approx(found.map.loss[rows].tolist())
    assert [float(line["x"]) for line in lines] == pytest.approx(found.map.places[rows, 0].tolist())
    sheet = np.asarray(Image.open(io.BytesIO(chosen.as_png(view, found, rows))))
    assert np.array_equal(sheet[:8, :8], found.pictures(view, rows)[0, ..., 0])


def test_without_the_data_set_the_maps_remain(page, mapped):
    name = name_of(mapped, PIXELS)
    path = mapped.path / "config.json"
    path.write_text(path.read_text().replace('"digits"', '"gone-digits"'))
    app = page(mapped, kept.CODES, name)
    assert not app.exception and len(maps(app)) == 2
    assert any("can no longer be read" in info.value for info in app.main.info)


@pytest.mark.parametrize(("state", "sentence"), [("queued", "still training"), ("stopped", "was stopped")])
def test_a_run_without_codes_says_why_there_are_no_maps(page, settings, state, sentence):
    assert sentence in fine(page(made_run(settings, state))).main.info[0].value


def test_what_ended_without_a_map_is_told_with_a_way_on(page, own):
    for seed, state in enumerate(("failed", "stopped", "interrupted")):
        task = projection.begin(own, replace(CODES, seed=seed + 1))
        task.set_status(state=state, error="There is no room" if state == "failed" else None)
    app = page(own)
    assert not app.exception
    told = [element.value for kind in ("error", "warning") for element in app.main.get(kind)]
    for ended in ("It ended with an error: There is no room", "It was cancelled", "Its process died"):
        assert sum(ended in text for text in told) == 1, ended
    assert len(told) == 3
    assert labels(app).count("Try again") == labels(app).count("Forget it") == 3
    click(app, "Forget it")
    assert len(projection.of(own)) == 2


def test_a_forming_map_is_drawn_whatever_its_points_are():
    places = np.random.default_rng(0).normal(size=(500, 2))
    for some, kinds in ((places, np.arange(500)), (places[:1], None), (places[:0], None), (places * np.nan, None)):
        picture = np.asarray(Image.open(io.BytesIO(forming.drawn(some, kinds))))
        assert picture.shape[:2] == (forming.SIDE, forming.SIDE)
        assert bool(picture[..., 3].any()) == bool(len(some) and np.isfinite(some).any())
