"""Accounts: who may look, who may act, what happens to forged presses, and what one account may have at once."""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest
from support import ACCOUNTS, SECONDS, button, end_work, fine, made_run, places, plain, shown_before, texts

from ui import account, acts, frame, limits, starting
from ui.data import browse
from ui.home import welcome
from vae_core import extras
from vae_core.data import catalog, originals, versions
from vae_core.data.fitting import Fitting
from vae_core.data.originals import Original
from vae_core.design import recipes
from vae_core.errors import LoupeError
from vae_core.look import scores
from vae_core.runs import locks, store, tasks, transfer
from vae_core.runs.store import Run
from vae_core.search import study
from vae_core.search.study import Study
from vae_core.settings import PROJECT, Settings

ANA, BO, TEA = "ana@school.example", "bo@school.example", "tea@school.example"
BASE = recipes.default("digits", (8, 8, 1))


def signed_in(email: str, **more: Any) -> dict[str, Any]:
    return {"is_logged_in": True, "email": email, **more}


@pytest.fixture(autouse=True)
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    shown_before(monkeypatch)


@pytest.fixture
def school(settings: Settings) -> Settings:
    """Where people sign in, and one of them is a teacher."""
    return replace(settings, sign_in="email", teachers=f"{TEA}, another@school.example")


@pytest.fixture
def run(school: Settings) -> Run:
    """Ana's."""
    return made_run(school, "done", run=store.create(school, BASE, {}, owner=ANA))


# Who comes in.


@pytest.mark.parametrize("page", frame.PAGES)
def test_who_has_not_signed_in_sees_nothing_of_any_page(visit, run, monkeypatch, page):
    monkeypatch.setattr(extras, "find_spec", lambda name: name)  # as where the extra is installed
    app = fine(visit(run.settings, page, run=run.id))
    assert [each.label for each in app.button] == ["Sign in"] and not app.sidebar.selectbox
    assert run.id not in texts(app) and account.WELCOME in texts(app)


def test_without_its_extra_or_its_secrets_it_says_so_and_lets_nobody_in(visit, run, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    assert "Authlib" in visit(run.settings, "home").error[0].value
    monkeypatch.setattr(extras, "find_spec", lambda name: name)
    app = visit(run.settings, "home")
    app = button(app, "Sign in").click().run()
    assert app.error and not app.sidebar.selectbox


@pytest.mark.parametrize(
    "said",
    [{}, {"email": ""}, {"email": 5}, {"email": f" {ANA}"}, {"email": f"{ANA}\u202e"}, {"email": "a" * 201}]
    + [{"email": ANA, "email_verified": False}, {"email": ANA, "email_verified": "false"}],
)
def test_an_account_that_says_too_little_or_too_much_is_none(visit, run, said):
    app = visit(run.settings, "home", user={"is_logged_in": True, **said})
    assert "no email that can be trusted" in plain(app) and run.id not in texts(app)


def test_headers_of_a_proxy_are_no_sign_in(visit, run):
    assert run.id not in texts(visit(run.settings, "home", user={"email": ANA}))


def test_without_the_setting_nobody_is_asked(visit, settings):
    run = made_run(settings, "done")
    app = fine(visit(settings, "home"))
    assert app.text_input(key="owner_field") and app.button(key=f"star-{run.id}")


# Who acts.


def forced(pressed: Any) -> None:
    """A press of a button, greyed out or not."""
    pressed.proto.disabled = False
    pressed.click().run()


@pytest.mark.parametrize(("who", "may"), [(ANA, True), (TEA, True), (BO, False)])
def test_a_card_offers_and_does_what_one_may(visit, run, who, may):
    app = fine(visit(run.settings, "home", user=signed_in(who)))
    assert ("Remove" in app.menu_button(key=f"menu-{run.id}").options) == may
    star = app.button(key=f"star-{run.id}")
    assert star.disabled != may
    forced(star)
    assert run.card()["star"] == may


def test_a_button_that_was_there_before_the_run_was_another_s_does_nothing(visit, run):
    run.set_card(owner=BO)
    app = fine(visit(run.settings, "home", user=signed_in(BO)))
    run.set_card(owner=ANA)
    app.button(key=f"star-{run.id}").click().run()
    assert not run.card()["star"] and f"belongs to {ANA}" in app.toast[0].value.replace("\\", "")


@pytest.mark.parametrize(("who", "may"), [(ANA, True), (TEA, True), (BO, False)])
def test_a_training_is_stopped_by_who_may(visit, school, who, may):
    run = made_run(school, "running", run=store.create(school, BASE, {}, owner=ANA))
    run.set_status(pid=1, pid_started=None)
    with held(run):
        app = fine(visit(school, "train", run=run.id, user=signed_in(who)))
        forced(button(app, "Stop" if who != TEA else "Stop it all the same"))
        assert run.stop_requested() == may


def held(run: Run) -> Any:
    """Its lock, as while it trains."""
    lock = locks.take(run.lock, SECONDS)
    assert lock
    return lock


def search(school: Settings) -> Study:
    from vae_core.search import space
    from vae_core.search.wanted import Search

    found = study.create(school, Search(BASE, (space.read("learning_rate=0.001..0.1"),)), "mine", owner=ANA)
    found._hire(1).set_status(state="stopped")
    return found


def images(school: Settings, owner: str = ANA) -> None:
    """A data set that somebody added."""
    file = school.cache.parent / "mine.npz"
    np.savez(file, x_train=np.random.default_rng(0).integers(0, 256, (60, 12, 10), np.uint8))
    catalog.add(file, "mine", school)
    originals.remember("mine", Original(file, owner=owner), school)


DEEDS: dict[str, Callable[[Run], object]] = {
    "change": lambda run: acts.change(run, star=True),
    "take over": lambda run: acts.change(run, owner="me"),
    "stop": acts.stop,
    "resume": starting.resume,
    "stop a task": lambda run: acts.stop(tasks.of(run, scores.KIND)[0]),
    "forget": lambda run: acts.forget(tasks.of(run, scores.KIND)[0]),
    "stop a search": lambda run: acts.stop_search(study.find(run.settings, "mine")),
    "go on with a search": lambda run: acts.go_on(study.find(run.settings, "mine")),
    "more trials": lambda run: acts.add_trials(study.find(run.settings, "mine"), 99, 0.0),
    "remove a search": lambda run: acts.remove_search(study.find(run.settings, "mine")),
    "remove originals": lambda run: acts.remove_originals("mine"),
    "another size of a data set": lambda run: acts.adopt_data("mine", run.settings, is_kept=True),
    "remove a data set": lambda run: acts.remove_data("mine"),
    "remove": acts.remove,
}
DONE = ("change", "stop", "forget", "stop a search", "remove a search", "remove a data set", "remove")  # in an instant


def doing(what: str, run_id: str) -> None:
    """What the page of the next test does."""
    from test_account import DEEDS

    from ui import cached
    from ui.errors import shown
    from vae_core.runs.store import Run

    with shown():
        DEEDS[what](Run(run_id, cached.settings()))


@pytest.fixture
def did(school: Settings, here: Settings, run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What comes of a deed on all that is Ana's, for whoever is signed in as this."""
    for name, value in places(school).items():
        monkeypatch.setenv(name, value)
    scores.begin(run, ANA)
    search(school)
    images(school)

    def done(what: str, user: dict[str, Any]) -> str:
        app = AppTest.from_function(doing, default_timeout=SECONDS, args=(what, run.id))
        app.user = user
        return " ".join(error.value.replace("\\", "") for error in app.run().error)

    return done


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"}


STRANGERS = (signed_in(BO), signed_in(ANA, email_verified=False), signed_in(ANA.upper()), {"email": ANA}, {})


def test_no_deed_of_a_stranger_changes_anything(did, school):
    before = everything(school.checkpoints.parent)
    for what in DEEDS:
        for stranger in STRANGERS:
            assert f"belongs to {ANA}. Its owner or a teacher was expected" in did(what, stranger), what
    assert everything(school.checkpoints.parent) == before


@pytest.mark.parametrize("who", [ANA, TEA])
def test_the_owner_and_a_teacher_do_what_they_want(did, school, run, who):
    for what in DONE:
        assert not did(what, signed_in(who)), what
    assert not run.path.exists() and not study.every(school) and "mine" not in catalog.names(school)


def test_what_nobody_owns_is_left_to_teachers(did, run):
    run.set_card(owner="")
    assert "has no owner" in did("change", signed_in(ANA))
    assert not did("change", signed_in(TEA)) and run.card()["star"]


def test_who_asked_for_what_was_found_of_a_run_may_forget_it(did, run):
    """It is of another's run; the run itself is not theirs."""
    task = tasks.begin(run, scores.KIND, {"version": 0}, BO)
    assert tasks.of(run, scores.KIND)[0] == task
    assert not did("forget", signed_in(BO)) and not task.path.exists()
    assert did("forget", signed_in(BO)), "the other one is Ana's"


def test_others_look_export_and_fork(visit, own, school):
    own.set_card(owner=ANA)
    app = fine(visit(school, "train", run=own.id, user=signed_in(BO)))
    button(app, "Train on").click().run()
    (fork,) = [line for line in store.list_runs(school) if line.id != own.id]
    end_work(school)
    assert (fork.owner, fork.parent) == (BO, own.id)


# Whose things are.


def test_what_is_imported_belongs_to_who_imports_it(school, own):
    own.set_card(owner=ANA)
    packed = io.BytesIO()
    transfer.pack(own.settings, [own.id], packed)
    assert [run.owner for run in transfer.unpack(school, packed, BO)] == [BO]
    assert [run.owner for run in transfer.unpack(school, packed)] == [ANA], "without accounts as it was"


def test_a_data_set_stays_whose_it_is_in_another_size(school):
    images(school)
    versions.refit("mine", school, Fitting(size=(16, 16)))
    assert originals.find("mine", school).owner == ANA


# How much one may have.


def test_one_more_training_than_allowed_is_told(school):
    made_run(school, "queued", 0, run=store.create(school, BASE, {}, owner=BO))
    where = replace(school, person_jobs=1)
    with pytest.raises(LoupeError, match="You have 1 training or search that waits or runs. At most 1 "):
        limits.check(where, BO)
    limits.check(where, ANA)
    limits.check(where, TEA, 9)
    limits.check(replace(where, sign_in=""), BO)
    with pytest.raises(LoupeError, match="You have 0"):
        limits.check(where, ANA, 2)


def test_searches_count_as_trainings_and_their_trials_do_not(school):
    found = search(school)
    assert limits.jobs(school, ANA) == 0
    found.workers()[0].set_status(state="queued")
    made_run(school, "queued", 0, run=store.create(school, BASE, {}, owner=ANA, study="mine"))
    assert limits.jobs(school, ANA) == 1


def test_what_is_on_disk_is_counted_and_told(school, run):
    images(school)
    taken = limits.disk(school, ANA)
    assert taken > sum(path.stat().st_size for path in run.path.rglob("*.npz")) + 60 * 12 * 10
    assert limits.disk(school, BO) == 0
    limits.check(replace(school, person_disk_bytes=taken + 1), ANA)
    with pytest.raises(LoupeError, match="Your runs and images take .* allowed here. Remove some"):
        limits.check(replace(school, person_disk_bytes=taken), ANA)


def importing() -> None:
    from ui.home import welcome

    welcome.bring_in()


def test_an_upload_that_is_too_large_is_told_and_not_read(school, here, monkeypatch):
    for name, value in places(replace(school, person_upload_bytes=10)).items():
        monkeypatch.setenv(name, value)
    app = AppTest.from_function(importing, default_timeout=SECONDS)
    app.user = signed_in(BO)
    app.run().file_uploader[0].set_value(("runs.zip", b"x" * 11, "application/zip")).run()
    assert "These files have 11 bytes. At most 10 bytes" in app.error[0].value.replace("\\", "")


def test_the_page_on_security_names_what_is_there():
    told = (PROJECT / "docs" / "security.md").read_text("utf-8")
    assert {name for name in re.findall(r"test_\w+\.py", told) if not (PROJECT / "tests" / name).exists()} == set()
    named = {field.name for field in fields(Settings)} & set(re.findall(r"\w+", told))
    assert named >= {*ACCOUNTS, "roots", "max_files", "max_bytes", "max_image_pixels"}


# Where others come without accounts.


def test_home_says_that_everybody_may_do_everything_where_others_can_come(visit, settings, school, monkeypatch):
    made_run(settings, "done")
    assert welcome.OPEN not in texts(visit(settings, "home"))
    monkeypatch.setitem(config.get_config_options(), "server.address", _option("server.address", "0.0.0.0"))
    assert welcome.OPEN in texts(visit(settings, "home"))
    assert welcome.OPEN not in texts(visit(school, "home", user=signed_in(BO)))


def test_who_comes_through_a_proxy_comes_from_elsewhere(visit, settings, monkeypatch):
    made_run(settings, "done")
    here = [each.options for each in visit(settings, "data", {browse.TAB: browse.ADD}).segmented_control]
    assert any("Folder or file here" in options for options in here)
    monkeypatch.setitem(
        config.get_config_options(), "server.allowedHosts", _option("server.allowedHosts", ["a.example"])
    )
    assert welcome.OPEN in texts(visit(settings, "home"))
    there = [each.options for each in visit(settings, "data", {browse.TAB: browse.ADD}).segmented_control]
    assert not any("Folder or file here" in options for options in there)


def _option(name: str, value: Any) -> Any:
    option = copy.deepcopy(config.get_config_options()[name])
    option.set_value(value, "a test")
    return option
