"""Every page with a run and with none, and what can be done on Home and Data."""

from __future__ import annotations

import io
import itertools
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import environment
from PIL import Image
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest, app_test

from ui import cards, data_views, errors, owner, palette, pixels, run_table, words
from vae_core.data import catalog
from vae_core.data.dataset import Dataset, Part
from vae_core.runs import jobs, store
from vae_core.runs.store import Run, Summary
from vae_core.runs.work import FINAL
from vae_core.settings import PROJECT, Settings

PAGES = ("home", "data", "train", "explore", "project", "compare", "tune")
SECONDS = 60
HOSTILE = (
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "'\"; DROP",
    "🎉",
    "*b* [x](http://y) $z$ :red[w]",
    "a" * 200,
)


@pytest.fixture
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that has shown a page before; AppTest forgets that before every run."""
    monkeypatch.setattr(PagesManager, "uses_pages_directory", False)
    monkeypatch.setattr(app_test, "PagesManager", type("Warm", (PagesManager,), {}))


@pytest.fixture
def app(warm: None, cold_app: AppTest) -> AppTest:
    return cold_app


@pytest.fixture
def cold_app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The whole app, with this test's settings."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LOUPE_DATA", raising=False)
    import streamlit as st

    st.cache_data.clear()
    yield AppTest.from_file(str(PROJECT / "app.py"), default_timeout=SECONDS)
    st.cache_data.clear()


@pytest.fixture
def with_run(trained: Run, settings: Settings) -> Run:
    """A copy that may be changed."""
    shutil.copytree(trained.path, settings.checkpoints / trained.id)
    return Run(trained.id, settings)


def fine(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    assert not [error.value for error in app.error]
    return app


def at(app: AppTest, page: str) -> AppTest:
    return fine(fine(app.run()).switch_page(f"pages/{page}.py").run())


def button(app: AppTest, label: str) -> Any:
    found = [each for each in app.button if each.label == label]
    assert found, [each.label for each in app.button]
    return found[0]


def texts(app: AppTest) -> str:
    kinds: tuple[Any, ...] = (
        app.title,
        app.subheader,
        app.markdown,
        app.caption,
        app.info,
        app.warning,
        app.error,
        app.html,
    )
    return "\n".join(
        str(element.proto.body if kind is app.html else element.value) for kind in kinds for element in kind
    )


# Every page.


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_runs(app, page):
    assert at(app, page).title


@pytest.mark.parametrize("page", PAGES)
def test_a_page_with_a_run(app, with_run, page):
    app.query_params["run"] = with_run.id
    assert at(app, page).title
    assert app.query_params["run"] == with_run.id  # a page switch clears it, the page writes it again


@pytest.mark.parametrize("page", PAGES)
def test_the_first_page_that_a_fresh_server_shows_stands_in_its_frame(cold_app, with_run, page):
    cold_app.query_params["run"] = with_run.id
    fine(cold_app.switch_page(f"pages/{page}.py").run())
    assert cold_app.selectbox(key="picked_run").value == with_run.id


@pytest.mark.parametrize("page", PAGES)
def test_a_page_whose_run_is_removed_meanwhile(app, with_run, page):
    app.query_params["run"] = with_run.id
    at(app, page)
    shutil.rmtree(with_run.path)
    fine(app.run())


def test_no_page_loads_tensorflow(settings, with_run):
    code = (
        "import sys\nfrom streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file('app.py', default_timeout={SECONDS})\n"
        f"app.query_params['run'] = {with_run.id!r}\n"
        f"pages = [app.run(), *(app.switch_page(f'pages/{{name}}.py').run() for name in {PAGES})]\n"
        "assert not app.exception\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'tensorflow', 'keras', 'jax', 'torch'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment(settings), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(("name", "value"), [("LOUPE_TRAIN_SLOTS", "many"), ("LOUPE_CHECKPOINTS", __file__)])
def test_wrong_settings_are_told(app, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    app.run()
    assert not app.exception
    assert value in app.error[0].value.replace("\\", "")


# The chosen run.


def test_a_run_is_chosen_for_all_pages(app, with_run):
    at(app, "explore").selectbox(key="picked_run").set_value(with_run.id).run()
    assert fine(app).query_params["run"] == with_run.id
    assert "What the decoder draws all over the map" in texts(app)
    fine(app.switch_page("pages/project.py").run())
    assert app.query_params["run"] == with_run.id
    app.selectbox(key="picked_run").set_value("").run()
    assert "run" not in fine(app).query_params


@pytest.mark.parametrize("name", HOSTILE)
def test_an_address_with_another_name_is_told(app, with_run, name):
    app.query_params["run"] = name
    app.run()
    assert not app.exception
    assert "There is no run" in app.warning[0].value


@pytest.mark.parametrize("name", ["explore", "project", "train", "compare", "tune"])
def test_where_there_is_no_run_a_first_one_is_offered(app, name):
    page = at(app, name)
    if name == "train":
        page.segmented_control(key="train_view").set_value("Watch").run()
    if name == "tune":
        page.segmented_control(key="tune_view").set_value("Learning rate").run()
    assert "There is no run yet" in fine(page).info[0].value
    assert button(page, "Train a first model")


# Home.


def test_home_begins_with_one_button(app, settings):
    button(at(app, "home"), "Train a first model").click().run()
    assert not app.exception
    (run,) = store.list_runs(settings)
    assert (run.dataset, run.state) in {("digits", "queued"), ("digits", "running")}
    assert app.query_params["run"] == run.id
    assert app.title[0].value == "Train"
    jobs.request_stop(Run(run.id, settings))
    wait_until(lambda: Run(run.id, settings).state() in FINAL)


def wait_until(true: Callable[[], bool]) -> None:
    import time

    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_run_is_starred_locked_and_unlocked_on_its_card(app, with_run):
    at(app, "home").button(key=f"star-{with_run.id}").click().run()
    assert with_run.card()["star"]
    app.button(key=f"star-{with_run.id}").click().run()
    assert not with_run.card()["star"]
    app.menu_button(key=f"menu-{with_run.id}").click("Lock").run()
    assert with_run.card()["locked"]
    app.menu_button(key=f"menu-{with_run.id}").click("Unlock").run()
    assert not with_run.card()["locked"]


def in_dialog(run_id: str, what: str) -> None:
    """What the page of a dialog test does: open it, in every run of the script."""
    from ui import cached, owner, run_dialogs

    owner.ask()
    run = cached.find(run_id)
    if run and what == "describe":
        run_dialogs.describe(run)
    elif run:
        getattr(run_dialogs, what)([run_id])


@pytest.fixture
def dialog(app: AppTest) -> Callable[..., AppTest]:
    return lambda *args: AppTest.from_function(in_dialog, default_timeout=SECONDS, args=args).run()


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_and_note_can_be_given(dialog, app, with_run, name):
    opened = dialog(with_run.id, "describe")
    opened.text_input[1].set_value(name[:60])
    opened.text_area[0].set_value(name)
    button(opened, "Save").click().run()
    assert (with_run.card()["name"], with_run.card()["note"]) == (name[:60], name)
    at(app, "home")
    assert "<script>" not in texts(app)
    fine(app.segmented_control(key="home_view").set_value("Table").run())


def test_another_s_run_is_removed_only_after_a_tick(dialog, with_run):
    with_run.set_card(owner="Ana")
    opened = dialog(with_run.id, "remove")
    assert "Ana" in opened.checkbox[0].label
    assert button(opened, "Remove").disabled
    opened.checkbox[0].check().run()
    button(opened, "Remove").click().run()
    assert not with_run.path.exists()


def test_one_s_own_run_is_removed_after_one_question_and_a_locked_one_stays(dialog, with_run):
    with_run.set_card(locked=True)
    opened = dialog(with_run.id, "remove")
    button(opened, "Remove").click().run()
    assert "locked" in opened.error[0].value
    with_run.set_card(locked=False)
    button(opened, "Remove").click().run()
    assert not with_run.path.exists()


def test_what_was_exported_is_imported_under_a_new_name(dialog, app, with_run):
    opened = dialog(with_run.id, "export")
    target = io.BytesIO()
    from vae_core.runs import transfer

    transfer.pack(with_run.settings, [with_run.id], target)
    assert opened.download_button
    at(app, "home").file_uploader[0].set_value(("runs.zip", target.getvalue(), "application/zip")).run()
    assert {run.id for run in store.list_runs(with_run.settings)} == {with_run.id, f"{with_run.id}-2"}
    assert fine(app).query_params["run"] == f"{with_run.id}-2"


def test_an_import_of_something_else_is_told(app, with_run):
    at(app, "home").file_uploader[0].set_value(("runs.zip", b"no zip", "application/zip")).run()
    assert "no zip" in app.error[0].value
    assert not app.exception


def test_the_table_has_a_row_for_every_run_and_gives_them_as_csv(app, with_run):
    at(app, "home").segmented_control(key="home_view").set_value("Table").run()
    (table,) = fine(app).dataframe
    assert list(table.value["name"]) == [with_run.id]
    assert button(app, "Compare").disabled
    assert [each.label for each in app.download_button] == ["CSV"]


def test_a_filter_that_nothing_passes_says_so(app, with_run):
    at(app, "home").text_input(key="home_search").set_value("nothing like this").run()
    assert "No run fits" in fine(app).info[0].value
    app.text_input(key="home_search").set_value("DIGITS vae").run()
    assert not app.info
    app.segmented_control(key="home_whose").set_value("Mine").run()
    assert not app.info  # nobody gave a name, so what has none is ours


def test_a_folder_that_is_no_run_is_shown_as_such(app, with_run):
    (with_run.settings.checkpoints / "stranger").mkdir()
    app.run()
    assert not app.exception
    assert "missing" in app.error[0].value


def summary(name: str, **values: Any) -> Summary:
    return Summary(name, values.pop("created", "2026-01-01T00:00:00+00:00"), "done", name=name, **values)


def test_cards_are_ordered_the_starred_first():
    runs = [
        summary("b", best_nats_per_pixel=0.2, parameters=5, created="2026-01-03T00:00:00+00:00"),
        summary("c", best_nats_per_pixel=0.1, parameters=7, created="2026-01-02T00:00:00+00:00"),
        summary("A", star=True),
        summary("d"),
    ]
    orders = {sort: "".join(run.name for run in cards.ordered(runs, sort)) for sort in cards.SORTS}
    assert orders == {"Newest": "Abcd", "Best loss": "Acbd", "Fewest parameters": "Abcd", "Name": "Abcd"}


def test_rows_carry_units_in_their_names():
    row = run_table.frame([summary("a", best_nats_per_pixel=0.25, best_nats_per_image=16.0)]).iloc[0]
    assert (row["loss_nats_per_pixel"], row["loss_nats_per_image"]) == (0.25, 16.0)


# Words and colours.


@pytest.mark.parametrize("name", HOSTILE)
def test_names_cannot_become_markup(name):
    assert "<" not in errors.plain(name).replace("\\<", "")
    shown: list[str] = []
    original, pixels.st.html = pixels.st.html, shown.append
    try:
        pixels.title(name, "#000000")
        pixels.facts({name: name})
    finally:
        pixels.st.html = original
    assert "<script" not in "".join(shown)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.123456, "0.1235"), (24.04321, "24.04"), (1234.5, "1,234"), (0, "0"), (99_908, "99,908")],
)
def test_numbers_in_words(value, text):
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (999, "999"), (99_908, "100k"), (1_068_820, "1.1M"), (3 * 10**9, "3.0G")]
)
def test_short_numbers(value, text):
    assert words.short(value) == text


@pytest.mark.parametrize("typed", ["  Ana \n B ", *HOSTILE])
def test_an_owner_is_one_short_line(typed):
    name = owner.clean(typed)
    assert len(name) <= owner.LONGEST and name == owner.clean(name)
    assert not set(name) & set('<>"/\\;\n')


# The transformations of Machado, Oliveira and Fernandes (2009) at full strength, on linear RGB.
VISION = {
    "usual": np.eye(3),
    "without red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "without green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "without blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.parametrize("vision", VISION)
def test_ten_colours_are_told_apart_by_everybody(vision):
    seen = [_lab(np.asarray(VISION[vision]) @ _linear(colour)) for colour in palette.COLOURS]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 12  # 2.3 is just noticeable


@pytest.mark.parametrize("ground", ["#FFFFFF", "#0E1117"])
def test_every_colour_stands_out_from_the_page(ground):
    def light(colour: str) -> float:
        return float(np.dot([0.2126, 0.7152, 0.0722], _linear(colour))) + 0.05

    ratios = [light(colour) / light(ground) for colour in palette.COLOURS]
    assert min(max(ratio, 1 / ratio) for ratio in ratios) > 1.9


def _linear(colour: str) -> Any:
    value = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _lab(linear: Any) -> Any:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(linear, 0, 1) / [0.9505, 1, 1.089]
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def test_a_new_run_changes_no_other_s_colour():
    before = palette.models(["a", "b"])
    assert palette.models(["a", "b", "c"]) | before == palette.models(["a", "b", "c"])


# Data.


def dataset(labels: bool = True) -> Dataset:
    pixels = np.arange(40 * 8 * 8, dtype=np.uint32).reshape(40, 8, 8, 1).astype(np.uint8)
    train = Part(pixels, np.arange(40) % 4 if labels else None)
    test = Part(pixels[:8], np.arange(8) % 2 if labels else None)
    return Dataset("d", "D", train, test, tuple("abcd") if labels else (), validation=np.arange(4))


def test_a_view_counts_every_image_once():
    view = data_views.view(dataset())
    assert [(line.name, line.train, line.validation, line.test) for line in view.lines] == [
        ("a", 9, 1, 4), ("b", 9, 1, 4), ("c", 9, 1, 0), ("d", 9, 1, 0),
    ]  # fmt: skip
    assert all(len(line.images) == 10 for line in view.lines)
    (line,) = data_views.view(dataset(labels=False)).lines
    assert (line.name, line.train, line.validation, line.test, len(line.images)) == ("", 36, 4, 8, 40)


def test_noise_is_of_the_strength_that_was_asked_for():
    images = np.full((50, 8, 8, 1), 128, np.uint8)
    clean, noisy = data_views.noisy(images, 0.1)
    assert np.array_equal(clean, images)
    assert np.std(noisy / 255) == pytest.approx(0.1, rel=0.05)
    assert np.array_equal(data_views.noisy(images, 0.0)[1], images)


@pytest.mark.parametrize("name", ["digits", "shapes"])
def test_a_data_set_is_shown_with_its_classes(app, name):
    page = at(app, "data").pills(key="data").set_value(name).run()
    classes = catalog.describe(name, Settings(cache=Path(os.environ["LOUPE_CACHE"]))).classes
    assert all(one in texts(fine(page)) for one in classes)
    assert page.slider(key="data_noise").value == 0.3


def test_a_data_set_that_is_not_here_comes_second_and_can_be_fetched(app):
    assert at(app, "data").pills(key="data").value == "digits"
    app.pills(key="data").set_value("cifar10").run()
    assert button(fine(app), "Fetch it")


def test_a_damaged_data_set_does_not_keep_the_page_from_another(app):
    folder = catalog._find("mnist", Settings(cache=Path(os.environ["LOUPE_CACHE"]))).folder
    folder.mkdir(parents=True)
    assert fine(at(app, "data")).pills(key="data").value == "digits"
    assert "Remove it and add it again" in app.pills(key="data").set_value("mnist").run().error[0].value
    folder.rmdir()


def test_training_on_a_data_set_takes_it_along(app):
    at(app, "data").pills(key="data").set_value("digits").run()
    button(app, "Train on it").click().run()
    assert fine(app).title[0].value == "Train"
    assert "digits" in [each.value for each in app.selectbox]


def arrays(**values: Any) -> bytes:
    target = io.BytesIO()
    np.savez(target, **values)
    return target.getvalue()


def images(count: int = 60) -> Any:
    return np.random.default_rng(0).integers(0, 256, (count, 12, 10), dtype=np.uint8)


def adding(app: AppTest) -> AppTest:
    return fine(at(app, "data").segmented_control(key="data_tab").set_value("Add your own").run())


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    adding(app).file_uploader[0].set_value([(name, content, "") for name, content in files]).run()
    return button(app, "Look at it").click().run()


def zip_of_pictures() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number, pixels in enumerate(images(40)):
            picture = io.BytesIO()
            Image.fromarray(pixels).save(picture, "PNG")
            archive.writestr(f"{'cats' if number % 2 else 'dogs'}/{number}.png", picture.getvalue())
    return target.getvalue()


def csv_of_pixels() -> bytes:
    header = ",".join(["label", *(f"p{place}" for place in range(64))])
    rows = [
        ",".join(map(str, [number % 3, *row])) for number, row in enumerate(np.arange(40 * 64).reshape(40, 64) % 251)
    ]
    return "\n".join([header, *rows]).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [("mine.npz", arrays(x_train=images())), ("My Pets!.zip", zip_of_pictures()), ("table.csv", csv_of_pixels())],
)
def test_an_upload_is_looked_at_and_kept(app, settings, name, content):
    page = fine(upload(app, (name, content)))
    added = page.session_state["data_preview"].name
    assert "Nothing is kept yet" in page.success[0].value
    assert added not in catalog.names(settings)
    button(page, "Keep it").click().run()
    assert fine(page).pills(key="data").value == added
    assert added in catalog.names(settings)
    assert len(catalog.load(added, settings).train) > 10
    assert not list((settings.cache / "previews").iterdir())


def test_what_is_discarded_leaves_nothing(app, settings):
    page = fine(upload(app, ("mine.npz", arrays(x_train=images()))))
    button(page, "Discard").click().run()
    assert "mine" not in catalog.names(settings)
    assert not [path for path in settings.cache.rglob("*") if "mine" in path.name]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ([("mine.npz", b"no archive")], "cannot be read"),
        ([("mine.npz", arrays(x_train=np.array([{}], dtype=object)))], "pickled"),
        ([("mine.npz", arrays(other=images()))], "expected"),
        ([("mine.npz", arrays(x_train=np.full((20, 8, 8), np.nan)))], "NaN"),
        ([("mine.npz", arrays(x_train=np.zeros((20, 8, 8), np.uint8)))], "one flat colour"),
        ([("mine.npz", arrays(x_train=np.zeros((20, 8), np.uint8)))], "square"),
        ([("mine.zip", b"PK")], "cannot be opened"),
        ([("mine.zip", arrays(x=images()))], "expected"),
        ([("mine.csv", b"a,b\nc,d")], "expected"),
        ([("mine.csv", b"\xff\xfe\x00")], "."),
        ([("mine.npz", b""), ("other.npz", b"")], "two .npz files"),
        ([("mine.npz", b""), ("other.zip", b"")], "do not go together"),
        ([("digits.npz", arrays(x_train=images()))], "called 'digits' already"),
        ([("🎉.npz", arrays(x_train=images()))], "cannot be the name"),
    ],
)
def test_a_wrong_upload_is_told_and_leaves_nothing(app, settings, files, told):
    page = upload(app, *files)
    assert not page.exception
    assert told in page.error[0].value.replace("\\", "")
    assert not list((settings.cache / "previews").glob("*/*"))
    assert not (settings.cache / "datasets").exists()


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: AppTest) -> Path:
    """A folder that may be read, and one beside it that may not."""
    for name in ("open", "closed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.npz").write_bytes(arrays(x_train=images()))
    (tmp_path / "open" / "way-out").symlink_to(tmp_path / "closed")
    monkeypatch.setenv("LOUPE_ROOTS", str(tmp_path / "open"))
    return tmp_path / "open"


def by_path(app: AppTest, path: str) -> AppTest:
    source = next(each for each in adding(app).segmented_control if each.label == "From")
    source.set_value("Folder or file here").run()
    app.text_input(key="data_path").set_value(path).run()
    return button(app, "Look at it").click().run()


def test_a_path_below_a_root_is_read(app, settings, roots):
    page = fine(by_path(app, str(roots / "mine.npz")))
    button(page, "Keep it").click().run()
    assert "mine" in catalog.names(settings)


@pytest.mark.parametrize("path", ["../closed/mine.npz", "way-out/mine.npz", "/etc/passwd", "~/mine.npz"])
def test_a_path_outside_the_roots_is_not(app, roots, path):
    page = by_path(app, path)
    assert "outside" in page.error[0].value
    assert not page.exception


def test_there_is_no_reading_by_path_over_a_network(roots):
    assert Settings(roots=str(roots)).readable == (roots,)
    assert Settings(roots=str(roots), host="0.0.0.0").readable == ()


def test_an_added_data_set_can_be_removed_after_a_question(app, settings):
    catalog.add(write(settings, arrays(x_train=images())), "mine", settings)
    at(app, "data").pills(key="data").set_value("mine").run()
    button(fine(app), "Remove").click().run()
    assert "mine" in catalog.names(settings)
    opened = AppTest.from_function(in_removal, default_timeout=SECONDS).run()
    button(opened, "Remove").click().run()
    assert "mine" not in catalog.names(settings)


def in_removal() -> None:
    from ui import cached, data_parts

    if "mine" in cached.data_names():
        data_parts.remove(cached.data_summary("mine"))


def write(settings: Settings, content: bytes) -> Path:
    path = settings.cache.parent / "mine.npz"
    path.write_bytes(content)
    return path
