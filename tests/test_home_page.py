"""The Home page: the first training, runs as cards and as a table, and what can be done with them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest
from support import HOSTILE, SECONDS, button, end_work, fine, made_run, shown_before, texts

from ui import frame
from ui.data import browse
from ui.home import cards, table
from vae_core.runs import store, transfer
from vae_core.runs.store import Run, Summary
from vae_core.settings import Settings


@pytest.fixture(autouse=True)
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    shown_before(monkeypatch)


@pytest.fixture
def run(settings: Settings) -> Run:
    return made_run(settings, "done")


# The first training.


@pytest.fixture
def begun(settings: Settings) -> Iterator[None]:
    """What was begun is ended while it still loads TensorFlow: the page has shown it by then."""
    yield
    end_work(settings)


def test_home_begins_with_one_button(begun, visit, settings):
    app = fine(visit(settings, "home"))
    button(app, "Train a model (30 s)").click().run()
    assert not app.exception
    (run,) = store.list_runs(settings)
    assert (run.dataset, run.state) in {("type", "queued"), ("type", "running")}
    assert Run(run.id, settings).has_process()
    assert app.query_params["run"] == run.id
    assert app.title[0].value == "Train"


# Cards and the table.


def test_a_run_is_starred_locked_and_unlocked_on_its_card(visit, run):
    app = fine(visit(run.settings, "home"))
    app.button(key=f"star-{run.id}").click().run()
    assert run.card()["star"]
    app.button(key=f"star-{run.id}").click().run()
    assert not run.card()["star"]
    app.menu_button(key=f"menu-{run.id}").click("Lock").run()
    assert run.card()["locked"]
    app.menu_button(key=f"menu-{run.id}").click("Unlock").run()
    assert not run.card()["locked"]


def test_the_table_has_a_row_for_every_run_and_gives_them_as_csv(visit, trained):
    app = fine(visit(trained.settings, "home"))
    app.segmented_control(key="home_view").set_value("Table").run()
    (table,) = fine(app).dataframe
    assert list(table.value["name"]) == [trained.id]
    assert button(app, "Compare").disabled
    assert [each.label for each in app.download_button] == ["Take it home", "CSV"]


def test_what_was_trained_to_answer_a_question_is_shown_when_it_is_asked_for(visit, run):
    answer = store.create(run.settings, replace(run.config(), seed=1), {}, answers=f"{run.id}/settling-1")
    made_run(run.settings, "done", run=answer)
    app = fine(visit(run.settings, "home"))
    pickable = lambda: set(app.sidebar.selectbox(key=frame.KEY).options)  # noqa: E731
    assert not any(answer.id in line for line in pickable()) and len(pickable()) > 1
    assert not [each for each in app.button if each.key == f"star-{answer.id}"]
    app.toggle(key="home_every").set_value(True).run()
    assert [each for each in fine(app).button if each.key == f"star-{answer.id}"]


def test_a_filter_that_nothing_passes_says_so(visit, trained):
    app = fine(visit(trained.settings, "home"))
    app.text_input(key="home_search").set_value("nothing like this").run()
    assert "No run fits" in fine(app).info[0].value
    app.text_input(key="home_search").set_value("DIGITS vae").run()
    assert not app.info
    app.segmented_control(key="home_whose").set_value("Mine").run()
    assert not app.info  # nobody gave a name, so what has none is ours


def test_a_folder_that_is_no_run_is_shown_as_such(visit, run):
    (run.settings.checkpoints / "stranger").mkdir()
    app = visit(run.settings, "home")
    assert not app.exception
    assert "missing" in app.error[0].value


def summary(name: str, created: str = "2026-01-01T00:00:00+00:00", **values: object) -> Summary:
    return Summary(name, created, "done", name=name, **values)


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
    of = {"kind": "ae", "loss": "mse", "image": (4, 4, 3)}
    row = table.frame([summary("a", best_nats_per_image=12.0, **of)]).iloc[0]
    assert (row["loss_per_pixel"], row["loss_per_image"], row["loss_mean_over_channels"]) == (0.25, 12.0, 4.0)
    assert row["loss_unit"] == "squared error"


# Dialogs.


def in_dialog(run_id: str, what: str) -> None:
    """What the page of a dialog test does: open it, in every run of the script."""
    from ui import cached, owner
    from ui.home import dialogs, welcome

    owner.ask()
    run = cached.find(run_id)
    if what == "import":
        welcome.importer()
        welcome.bring_in()
        return
    if run and what == "describe":
        dialogs.describe(run)
    elif run:
        getattr(dialogs, what)([run_id])


@pytest.fixture
def dialog(here: Settings) -> Callable[..., AppTest]:
    return lambda run, what: AppTest.from_function(in_dialog, default_timeout=SECONDS, args=(run.id, what)).run()


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_and_note_can_be_given(dialog, visit, run, name):
    opened = dialog(run, "describe")
    opened.text_input[1].set_value(name[:60])
    opened.text_area[0].set_value(name)
    button(fine(opened), "Save").click().run()
    assert (run.card()["name"], run.card()["note"]) == (name[:60], name)
    app = fine(visit(run.settings, "home"))
    assert "<script>" not in texts(app)
    fine(app.segmented_control(key="home_view").set_value("Table").run())


def test_a_name_that_is_too_long_is_told_and_not_cut(dialog, run):
    opened = dialog(run, "describe")
    opened.text_input[1].set_value("a" * 61)
    button(opened, "Save").click().run()
    assert "61 characters" in opened.error[0].value and run.card()["name"] == ""
    assert not any(field.proto.max_chars for field in (opened.text_input[1], opened.text_area[0]))  # browsers cut there


def test_another_s_run_is_removed_only_after_a_tick(dialog, run):
    run.set_card(owner="Ana")
    opened = dialog(run, "remove")
    assert "Ana" in opened.checkbox[0].label
    assert button(opened, "Remove").disabled
    opened.checkbox[0].check().run()
    button(opened, "Remove").click().run()
    assert not run.path.exists()


def test_one_s_own_run_is_removed_after_one_question_and_a_locked_one_stays(dialog, run):
    run.set_card(locked=True)
    opened = dialog(run, "remove")
    button(opened, "Remove").click().run()
    assert "locked" in opened.error[0].value
    run.set_card(locked=False)
    button(opened, "Remove").click().run()
    assert not run.path.exists()


# Runs that leave and come.


def test_what_was_exported_is_imported_under_a_new_name(dialog, own):
    assert dialog(own, "export").download_button
    target = io.BytesIO()
    transfer.pack(own.settings, [own.id], target)
    app = fine(give(dialog(own, "import"), target.getvalue()))
    assert {run.id for run in store.list_runs(own.settings)} == {own.id, f"{own.id}-2"}
    assert app.query_params["run"] == f"{own.id}-2"
    assert f"Imported 1 run: {own.id}-2. {own.id}-2 is a copy of {own.id}," in app.toast[0].value.replace("\\", "")
    assert app.file_uploader[0].value is None


def test_the_button_opens_the_import(visit, run):
    assert not fine(visit(run.settings, "home")).file_uploader
    assert button(visit(run.settings, "home"), "Import").click().run().file_uploader


def give(app: AppTest, content: bytes) -> AppTest:
    """A file to the import."""
    return app.file_uploader[0].set_value(("runs.zip", content, "application/zip")).run()


def test_an_import_of_something_else_is_told(dialog, run):
    app = give(dialog(run, "import"), b"no zip")
    assert "no zip" in app.error[0].value
    assert not app.exception


@pytest.mark.parametrize(
    ("state", "epochs", "label"),
    [
        ("done", 1, "Explore"),
        ("stopped", 2, "Explore"),
        ("stopped", 0, "Watch"),
        ("failed", 0, "Watch"),
    ],
)
def test_only_what_has_a_map_is_offered_to_explore(visit, settings, state, epochs, label):
    run = made_run(settings, state, epochs)
    app = fine(visit(settings, "home"))
    assert app.button(key=f"open-{run.id}").label == label


@pytest.mark.parametrize("names", [("cat/1.png", "dog/2.JPG"), ("x_train.npy", "y_train.npy"), ("pets.csv", "a.txt")])
def test_images_given_to_the_import_of_runs_are_sent_to_the_right_page(dialog, run, names):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    app = give(dialog(run, "import"), target.getvalue())
    assert "holds images" in app.error[0].value and "page Data" in app.error[0].value
    assert "new" not in app.error[0].value


def test_a_run_given_as_images_is_sent_to_the_right_page(visit, own):
    target = io.BytesIO()
    transfer.pack(own.settings, [own.id], target)
    app = fine(visit(own.settings, "data", {browse.TAB: browse.ADD}))
    app.file_uploader[0].set_value([("runs.zip", target.getvalue(), "")]).run()
    assert "holds exported runs" in app.error[0].value and "page Home" in app.error[0].value
