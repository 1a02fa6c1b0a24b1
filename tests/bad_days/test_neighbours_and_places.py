"""Numbers of processes that were given out again, folders that may not be read, other file systems, a second server."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import workers
from disks import Disk
from support import end_work, eventually, kill, made_run, run_here

from vae_core.errors import LoupeError
from vae_core.runs import jobs, locks, store, tasks, transfer
from vae_core.runs.store import Run
from vae_core.runs.work import Work
from vae_core.search import study
from vae_core.settings import Settings

NOBODY = 65534
ASKED = [("list",), ("show", "RUN"), ("doctor", "RUN"), ("remove", "RUN", "--yes"), ("resume", "RUN")]


@pytest.fixture
def settings(settings: Settings) -> Iterator[Settings]:
    yield settings
    end_work(settings)


# A number that another process has by now.


def reused(work: Work, state: str) -> None:
    """As a process left it that died; its number is that of this process now."""
    work.set_status(state=state, pid=os.getpid(), pid_started=(locks.started(os.getpid()) or 0) - 3600)


@pytest.mark.parametrize("state", ["queued", "running"])
@pytest.mark.parametrize("kind", ["run", "task", "search"])
def test_fault_pid_is_somebody_elses_now(settings, kind, state):
    work = _work(settings, kind)
    reused(work, state)
    assert work.state() == "interrupted" and not work.has_process()
    jobs.request_stop(work)
    assert work.state() == "interrupted" and not work.stop_requested()
    with jobs.hold(work, None):
        assert work.state() == "running"
    assert work.state() == "interrupted"


def _work(settings: Settings, kind: str) -> Work:
    run = made_run(settings, "done")
    if kind == "task":
        return tasks.begin(run, "images", {"n": 1})
    from searching import asked

    return study.create(settings, asked())._hire(1) if kind == "search" else store.create(settings, run.config(), {})


def test_fault_pid_of_a_dead_training_is_reused_and_it_goes_on(settings):
    run = workers.new(settings)
    workers.running(settings, run)
    kill(run)
    reused(run, "running")
    pid = workers.running(settings, run)
    assert pid != os.getpid() and run.status()["pid"] == pid
    jobs.request_stop(run)
    eventually(lambda: run.state() == "stopped", run)


# Folders that may not be read.


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may open everything, and would see nothing of it."""
    if os.name == "nt":
        pytest.skip("Windows has other rights")
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def others(here: Settings, tmp_path: Path) -> Iterator[Settings]:
    """A folder that belongs to who has no rights beside it."""
    for path in (tmp_path, *tmp_path.parents[:3]):
        if path.name.startswith(("test_", "popen-", "pytest-")):
            path.chmod(0o755)
    yield here
    for path in tmp_path.rglob("*"):
        path.chmod(0o755)


@pytest.mark.parametrize(
    "words", [("list",), ("show", "RUN"), ("doctor", "RUN"), ("remove", "RUN", "--yes"), ("resume", "RUN")]
)
def test_fault_mode_of_a_run_that_nobody_may_open(others, capsys, words):
    run, other = made_run(others, "done"), made_run(others, "done")
    asked = tuple(run.id if word == "RUN" else word for word in words)
    run_here(capsys, "list"), run_here(capsys, *[word.replace(run.id, "none") for word in asked])  # loads what it needs
    run.path.chmod(0)
    with unprivileged():
        code, printed, complained = run_here(capsys, *asked)
    assert "inside the program" not in complained and (code == 0) == (words == ("list",)), complained
    assert "ermission denied" in printed + complained or "may not be" in complained
    assert other.id in printed or words != ("list",)
    run.path.chmod(0o755)
    assert run.state() == "done"


def test_fault_mode_of_all_runs_and_of_the_cache(others, capsys):
    made_run(others, "done")
    run_here(capsys, "list")
    others.checkpoints.chmod(0)
    with unprivileged():
        code, _, complained = run_here(capsys, "list")
    assert code == 1 and "cannot be read" in complained and "inside the program" not in complained
    others.checkpoints.chmod(0o755)
    others.cache.mkdir(exist_ok=True)
    others.cache.chmod(0)
    with unprivileged():
        assert run_here(capsys, "list")[0] == 0


# Another file system.


@pytest.fixture
def disk(settings: Settings) -> Iterator[Disk]:
    disk = Disk(settings.checkpoints)
    if not disk.real:
        pytest.skip("only root can mount a disk of its own here")
    yield disk
    disk.close()


def test_fault_disk_of_the_runs_is_another_than_that_of_the_cache(disk, settings, tmp_path):
    assert sys.platform == "linux"
    run = made_run(settings, "done")
    assert run.path.stat().st_dev != tmp_path.stat().st_dev
    target = io.BytesIO()
    transfer.pack(settings, [run.id], target)
    (copy,) = transfer.unpack(settings, target)
    assert copy.history() == run.history()
    shipped = replace(settings, shipped=tmp_path / "shipped")
    shipped.shipped.mkdir()
    (shipped.shipped / "one.zip").write_bytes(target.getvalue())
    from vae_core.runs.shipped import ready

    ready(shipped)
    assert [line.state for line in store.list_shipped(shipped)] == ["done"]
    store.remove(copy)
    assert [line.id for line in store.list_runs(settings)] == [run.id]


# A second page server.


@pytest.mark.long
def test_fault_servers_are_two_on_one_folder(tab, server, settings):
    from browser import button, press, serving, told

    run = workers.new(settings)
    with serving(settings) as second:
        workers.running(settings, run)
        pages = [tab(f"{each.address}/train?run={run.id}") for each in (server, second)]
        for page in pages:
            button(page, "Stop").wait_for()
        press(pages[0], "Stop")
        for page in pages:
            button(page, "Resume").wait_for()
        assert run.state() == "stopped"
        pages[1].goto(second.address)
        press(pages[1], "☆")
        eventually(lambda: Run(run.id, settings).card()["star"], run)
        server.kill()
        pages[1].reload()
        told(pages[1], "Latent Loupe")
        server.start()
    assert not run.has_process()
    with pytest.raises(LoupeError, match="There is no run"):
        store.open_run(settings, "another")
    shutil.rmtree(run.path)
