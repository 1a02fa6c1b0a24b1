"""Bad days of a training, seen from the page: each ends in a clear sentence, nothing lost, nothing stuck."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from browser import TAKEN_AWAY, Server, button, idle, press, told
from disks import Disk
from support import eventually, kill, made_run, train

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import jobs, locks, store
from vae_core.runs.store import Run
from vae_core.settings import Settings

CONFIG = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense32:gelu", batch=64, epochs=25)
ENDLESS = 9_000  # epochs
DIVERGING = replace(CONFIG, optimizer="sgd", learning_rate=10.0, warmup=4.0, loss="mse", sigma=0.7, beta=30.0)
LOSSES = [f"{part}_total_nats_per_image" for part in ("train", "validation")]
Tab = Callable[..., Any]


def started(settings: Settings, config: Config) -> Run:
    run = store.create(settings, config, {})
    jobs.start(settings, run)
    return run


def watch(tab: Tab, server: Server, run: Run) -> Any:
    return tab(f"{server.address}/train?run={run.id}")


def set_up(page: Any, epochs: int) -> Any:
    """The form with its defaults but for the number of epochs; the button that starts it."""
    page.get_by_text("Everything else", exact=True).click()
    field = page.get_by_role("spinbutton", name="Epochs")
    field.fill(str(epochs))
    field.press("Tab")
    told(page, f"{epochs:,} epochs")
    return button(page, "Start training").element_handle()


def newest(settings: Settings) -> Run:
    return Run(store.list_runs(settings)[0].id, settings)


def losses(run: Run) -> Any:
    return np.array([[row[name] for name in LOSSES] for row in run.history()])


def alerts(page: Any) -> list[str]:
    return list(page.get_by_role("alert").all_inner_texts())


def test_two_tabs_and_a_killed_page_server_share_one_run(tab, server, settings):
    first, second = tab(f"{server.address}/train"), tab(f"{server.address}/train")
    start, same_start = set_up(first, ENDLESS), set_up(second, ENDLESS)
    start.dblclick()
    first.wait_for_url("**/train?run=*")
    same_start.click()
    second.wait_for_url(first.url)
    assert len(store.list_runs(settings)) == 1
    run, address = newest(settings), first.url
    eventually(run.history, run)
    pid = run.status()["pid"]
    first.close(), second.close()

    server.kill()
    epoch = len(run.history())
    server.start()
    first, second = tab(address), tab(address)
    stops = [button(page, "Stop").element_handle() for page in (first, second)]
    eventually(lambda: len(run.history()) > epoch, run)
    assert run.status()["pid"] == pid
    for stop in stops:
        stop.evaluate("button => button.click()")
    for page in (first, second):
        button(page, "Resume").wait_for()
        assert not alerts(page)
    assert run.state() == "stopped" and run.status()["best"] and run.model.exists()


def test_stopped_in_the_first_second_it_can_go_on_at_once(tab, server, settings):
    page = tab(f"{server.address}/train")
    set_up(page, ENDLESS + 1).click()
    press(page, "Stop")
    button(page, "Resume").wait_for()
    run = newest(settings)
    assert run.state() == "stopped" and not run.history()
    press(page, "Resume")
    button(page, "Stop").wait_for()
    eventually(run.history, run)
    assert not alerts(page)
    press(page, "Stop")
    button(page, "Resume").wait_for()
    assert run.state() == "stopped"


def test_a_killed_trainer_goes_on_as_one_that_was_not(tab, server, settings):
    whole, run = train(settings, CONFIG), started(settings, CONFIG)
    page = watch(tab, server, run)
    eventually(lambda: len(run.history()) >= 3, run)
    kill(run)
    told(page, "Interrupted")
    told(page, "Resume goes on from the last state")
    press(page, "Resume")
    button(page, "Train longer").wait_for()
    eventually(lambda: run.state() == "done", run)
    assert [row["epoch"] for row in run.history()] == list(range(1, CONFIG.epochs + 1))
    assert np.allclose(losses(run), losses(whole), rtol=1e-4)


def test_a_loss_that_is_no_number_keeps_the_best_epoch_before_it(tab, server, settings):
    run = started(settings, DIVERGING)
    page = watch(tab, server, run)
    told(page, "The loss stopped being a number in epoch")
    told(page, "Try a learning rate of 1")
    button(page, "Fork").wait_for()
    page.get_by_role("link", name="Explore it").wait_for()
    assert run.state() == "failed" and run.status()["best"]["epoch"] in (1, 2)
    assert len(run.history()) == 2 and run.model.exists() and len(run.codes()["mean"])


def test_a_folder_that_is_deleted_while_it_is_shown(tab, server, own):
    page = watch(tab, server, own)
    told(page, "The doctor found")
    folded = idle(page).get_by_text("Epoch by epoch").element_handle()
    os.replace(own.path, own.settings.checkpoints.parent / TAKEN_AWAY)
    folded.evaluate("element => element.click()")  # unless the page has told it by itself
    told(page, "is no longer there")
    page.goto(server.address)
    told(page, "Latent Loupe")
    assert not own.path.exists()


def test_a_folder_that_is_deleted_while_its_training_is_watched(tab, server, settings):
    run = made_run(settings, "running", epochs=1)
    with locks.exclusive(run.lock):  # as its trainer holds it
        page = watch(tab, server, run)
        button(page, "Stop").wait_for()
        os.replace(run.path, settings.checkpoints.parent / TAKEN_AWAY)
        told(page, "There is no run")
    page.goto(server.address)
    told(page, "Latent Loupe")
    assert not run.path.exists()


def test_a_trainer_whose_folder_is_deleted_ends_and_makes_no_new_one(settings):
    def take_away(row: dict[str, Any]) -> None:
        if row.get("epoch_done") == 1:
            (run,) = store.list_runs(settings)
            os.replace(Run(run.id, settings).path, settings.checkpoints.parent / TAKEN_AWAY)

    with pytest.raises(LoupeError, match="is gone"):
        train(settings, replace(CONFIG, epochs=ENDLESS), take_away)
    assert not store.list_runs(settings)


@pytest.fixture
def disk(settings: Settings) -> Iterator[Disk]:
    """Where the runs are kept."""
    disk = Disk(settings.checkpoints)
    yield disk
    disk.close()


def test_a_disk_that_is_full_while_it_saves_leaves_all_epochs_and_goes_on(disk, settings):
    from vae_core.learn import training

    run = store.create(settings, CONFIG, {})

    def fill_at_last(row: dict[str, Any]) -> None:
        if row.get("epoch_done") == CONFIG.epochs:
            disk.fill(run)

    if not disk.real:
        pytest.skip("a process that may write no more cannot be given the right to write back")
    with pytest.raises(LoupeError, match="The disk is full"):
        training.train(run, settings, fill_at_last)
    assert run.state() == "failed" and "The disk is full" in run.status()["error"]
    assert len(run.history()) == CONFIG.epochs
    disk.clear()
    training.train(run, settings)
    assert run.state() == "done" and run.model.exists() and run.metrics()


def test_a_full_disk_and_one_that_is_read_only(tab, disk, server, settings):
    run = started(settings, CONFIG)
    page = watch(tab, server, run)
    eventually(lambda: len(run.history()) >= 2, run)
    disk.fill(run)
    told(page, "The disk is full")
    assert run.state() == "failed"
    known = [row["epoch"] for row in run.history()]
    assert known == list(range(1, len(known) + 1)) and len(run.snapshot_epochs()) >= len(known) - 1
    disk.clear()
    press(page, "Resume")
    eventually(lambda: run.state() == "done", run)
    assert run.model.exists() and run.metrics()

    disk.forbid()
    page.goto(f"{server.address}/train")
    set_up(page, 7).click()
    told(page, "may not be written to")
    page.goto(server.address)
    press(page, "☆")
    told(page, "may not be written to")
    disk.forbid(False)
    assert len(store.list_runs(settings)) == 1
