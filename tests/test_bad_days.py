"""Bad days of a training, seen from the page: each ends in a clear sentence, nothing lost, nothing stuck."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from browser import LONG, Server, button, eventually, idle, kill, press, serving, told, without_trouble

from vae_core.runs import jobs, store
from vae_core.runs.store import Run
from vae_core.settings import Settings
from vae_core.spec.config import Config

CONFIG = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense32:gelu", batch=64, epochs=25)
ENDLESS = 9_000  # epochs
DIVERGING = replace(CONFIG, optimizer="sgd", learning_rate=10.0, warmup=4.0, loss="mse", sigma=0.7, beta=30.0)
LOSSES = [f"{part}_total_nats_per_image" for part in ("train", "validation")]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("bad-days")
    return Settings(cache=folder / "cache", checkpoints=folder / "checkpoints", train_slots=4)


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[Server]:
    with serving(settings) as server:
        yield server


@pytest.fixture
def tab(chromium: Any) -> Iterator[Callable[[str], Any]]:
    """Opens pages, and looks at their end whether any of them shows what no page should."""
    browser = chromium.new_context(viewport={"width": 1280, "height": 900})

    def opened(address: str) -> Any:
        page = browser.new_page()
        page.goto(address)
        return page

    yield opened
    for page in browser.pages:
        without_trouble(page)
    browser.close()


def started(settings: Settings, config: Config) -> Run:
    run = store.create(settings, config, {})
    jobs.start(settings, run)
    return run


def watch(tab: Callable[[str], Any], server: Server, run: Run) -> Any:
    return tab(f"{server.address}/train?run={run.id}")


def set_up(page: Any, epochs: int) -> Any:
    """The form with its defaults but for the number of epochs; the button that starts it."""
    field = page.get_by_role("spinbutton", name="Epochs")
    field.fill(str(epochs), timeout=LONG)
    field.press("Tab")
    told(page, f"{epochs:,} epochs")
    return button(page, "Start training").element_handle()


def newest(settings: Settings) -> Run:
    return Run(store.list_runs(settings)[0].id, settings)


def losses(run: Run) -> Any:
    return np.array([[row[name] for name in LOSSES] for row in run.history()])


def test_two_tabs_and_a_killed_page_server_share_one_run(tab, server, settings):
    first, second = tab(f"{server.address}/train"), tab(f"{server.address}/train")
    start, same_start = set_up(first, ENDLESS), set_up(second, ENDLESS)
    start.dblclick()
    first.wait_for_url("**/train?run=*", timeout=LONG)
    same_start.click()
    second.wait_for_url(first.url, timeout=LONG)
    assert len(store.list_runs(settings)) == 1
    run, address = newest(settings), first.url
    eventually(run.history)
    pid = run.status()["pid"]
    first.close(), second.close()

    server.kill()
    epoch = len(run.history())
    server.start()
    first, second = tab(address), tab(address)
    stops = [button(page, "Stop").element_handle(timeout=LONG) for page in (first, second)]
    eventually(lambda: len(run.history()) > epoch)
    assert run.status()["pid"] == pid
    for stop in stops:
        stop.evaluate("button => button.click()")
    for page in (first, second):
        button(page, "Resume").wait_for(timeout=LONG)
        assert page.get_by_role("alert").count() == 0, page.get_by_role("alert").all_inner_texts()
    assert run.state() == "stopped" and run.status()["best"] and run.model.exists()


def test_stopped_in_the_first_second_it_can_go_on_at_once(tab, server, settings):
    page = tab(f"{server.address}/train")
    set_up(page, ENDLESS + 1).click()
    press(page, "Stop")
    button(page, "Resume").wait_for(timeout=LONG)
    run = newest(settings)
    assert run.state() == "stopped" and not run.history()
    press(page, "Resume")
    button(page, "Stop").wait_for(timeout=LONG)
    eventually(run.history)
    assert page.get_by_role("alert").count() == 0, page.get_by_role("alert").all_inner_texts()
    press(page, "Stop")
    button(page, "Resume").wait_for(timeout=LONG)
    assert run.state() == "stopped"


def test_a_killed_trainer_goes_on_as_one_that_was_not(tab, server, settings):
    unwatched = tab(f"{server.address}/train")
    set_up(unwatched, CONFIG.epochs).click()
    unwatched.wait_for_url("**/train?run=*", timeout=LONG)
    whole = newest(settings)
    unwatched.close()  # the browser goes, the training goes on

    run = started(settings, whole.config())
    page = watch(tab, server, run)
    eventually(lambda: len(run.history()) >= 3)
    kill(run)
    told(page, "Interrupted")
    told(page, "Resume goes on from the last state")
    press(page, "Resume")
    button(page, "Train longer").wait_for(timeout=LONG)
    eventually(lambda: whole.state() == run.state() == "done")
    assert [row["epoch"] for row in run.history()] == list(range(1, CONFIG.epochs + 1))
    assert np.allclose(losses(run), losses(whole), rtol=1e-4)


def test_a_loss_that_is_no_number_keeps_the_best_epoch_before_it(tab, server, settings):
    run = started(settings, DIVERGING)
    page = watch(tab, server, run)
    told(page, "The loss stopped being a number in epoch")
    told(page, "Try a learning rate of 1")
    button(page, "Fork").wait_for(timeout=LONG)
    page.get_by_role("link", name="Explore it").wait_for(timeout=LONG)
    assert run.state() == "failed" and run.status()["best"]["epoch"] in (1, 2)
    assert len(run.history()) == 2 and run.model.exists() and len(run.codes()["mean"])


def test_a_folder_that_is_deleted_while_it_is_shown(tab, server, settings):
    done, live = started(settings, replace(CONFIG, epochs=1)), started(settings, replace(CONFIG, epochs=ENDLESS))
    finished, training = watch(tab, server, done), watch(tab, server, live)
    told(finished, "The doctor found")
    idle(finished)
    eventually(live.history)
    trainer = psutil.Process(live.status()["pid"])
    for run in (done, live):
        os.replace(run.path, settings.cache / run.id)
    told(training, "There is no run")
    finished.get_by_text("Epoch by epoch").click()
    told(finished, "is no longer there")
    eventually(lambda: not trainer.is_running())
    for page in (finished, training):
        page.goto(server.address)
        told(page, "Latent Loupe")
    assert not any(run.path.exists() for run in (done, live))


class Disk:
    """A disk of 8 MB of its own, where root can make one."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.filler = folder, folder / "filler"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder]
        self.real = sys.platform == "linux" and subprocess.run(command, capture_output=True).returncode == 0
        if not self.real and not hasattr(psutil, "RLIMIT_FSIZE"):
            pytest.skip("there is no way to a full disk here")

    def fill(self, trainer: Run) -> None:
        """For anybody else than root: the trainer alone may write no more."""
        if not self.real:
            psutil.Process(trainer.status()["pid"]).rlimit(psutil.RLIMIT_FSIZE, (1000, 1000))
            return
        with self.filler.open("wb", buffering=0) as file, pytest.raises(OSError) as full:
            while True:
                file.write(b"x" * 4096)
        assert full.value.errno == errno.ENOSPC

    def clear(self) -> None:
        self.filler.unlink(missing_ok=True)

    def forbid(self, writing: bool = True) -> None:
        if self.real:
            command = ["mount", "-o", f"remount,{'ro' if writing else 'rw'}", self.folder]
            eventually(lambda: subprocess.run(command, capture_output=True).returncode == 0)
        else:
            self.folder.joinpath("runs").chmod(0o500 if writing else 0o700)

    def close(self) -> None:
        if self.real:
            subprocess.run(["umount", "-l", self.folder], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "small")
    yield disk
    disk.close()


def test_a_full_disk_and_one_that_is_read_only(tab, disk, settings):
    small = replace(settings, checkpoints=disk.folder / "runs")
    with serving(small) as server:
        run = started(small, CONFIG)
        page = watch(tab, server, run)
        eventually(lambda: len(run.history()) >= 2)
        disk.fill(run)
        told(page, "The disk is full")
        assert run.state() == "failed"
        known = [row["epoch"] for row in run.history()]
        assert known == list(range(1, len(known) + 1)) and len(run.snapshot_epochs()) >= len(known) - 1
        disk.clear()
        press(page, "Resume")

        button(page, "Stop").wait_for(timeout=LONG)
        eventually(lambda: run.status()["phase"] == "saving")
        disk.fill(run)
        told(page, "The disk is full")
        assert len(run.history()) == CONFIG.epochs
        disk.clear()
        press(page, "Resume")
        eventually(lambda: run.state() == "done")
        assert run.model.exists() and run.metrics()

        disk.forbid()
        page.goto(f"{server.address}/train")
        set_up(page, 7).click()
        told(page, "may not be written to")
        page.goto(server.address)
        press(page, "☆")
        told(page, "may not be written to")
        disk.forbid(False)
        assert len(store.list_runs(small)) == 1
