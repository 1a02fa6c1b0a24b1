"""What is derived from a run by a process of its own."""

import sys
from collections.abc import Iterator

import pytest
from support import end_work, eventually, kill

from vae_core.cli import worker as worker
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import jobs, store, tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.settings import Settings

CONFIG = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense16 code2")
PROGRAM = """
import sys, time
import numpy as np
from vae_core.cli import worker
from vae_core.cli.main import main

def count(task, tell):
    "Says how far it is until it has counted as far as asked."
    for number in range(task.spec["to"]):
        task.save_live({"number": np.asarray(number)})
        tell("Counting", number, task.spec["to"])
        time.sleep(0.02)
    if task.spec.get("fails"):
        raise ValueError("a bug")
    task.save({"reached": task.spec["to"]}, {"numbers": np.arange(task.spec["to"])})

worker.WORKERS["count"] = ("__main__", "count")
sys.exit(main(["task", sys.argv[-1]]))
"""
COMMAND = (sys.executable, "-c", PROGRAM)


@pytest.fixture
def run(settings: Settings) -> Iterator[Run]:
    yield store.create(settings, CONFIG, {})
    end_work(settings)


def started(run, **spec) -> Task:
    task = tasks.begin(run, "count", spec, owner="Ada")
    jobs.start(run.settings, task, command=COMMAND)
    return task


def test_a_task_works_in_its_own_process_and_keeps_what_it_found(run):
    task = started(run, to=3)
    eventually(lambda: task.state() == "done", task)
    assert task.result() == {"reached": 3}
    assert task.arrays()["numbers"].tolist() == [0, 1, 2]
    assert task.live() is None
    assert (task.kind, task.owner, task.run) == ("count", "Ada", run)


def test_the_same_question_is_the_same_task(run):
    first = tasks.begin(run, "count", {"to": 3})
    assert tasks.begin(run, "count", {"to": 3}) == first
    other = tasks.begin(run, "count", {"to": 4})
    assert tasks.of(run, "count") == [other, first]
    assert tasks.find(run, first.path.name) == first


def test_a_task_can_be_watched_and_stopped(run):
    task = started(run, to=100_000)
    eventually(lambda: task.status()["done"] > 0 and task.live() is not None, task)
    assert task.state() == "running"
    assert task.status()["phase"] == "Counting"
    jobs.request_stop(task)
    eventually(lambda: task.state() == "stopped" and not task.has_process(), task)
    tasks.remove(task)
    assert tasks.of(run, "count") == []


def test_a_killed_one_is_interrupted(run):
    task = started(run, to=100_000)
    eventually(lambda: task.state() == "running", task)
    kill(task)
    assert task.state() == "interrupted"


def test_one_that_breaks_says_so_and_can_be_begun_again(run):
    task = started(run, to=1, fails=True)
    eventually(lambda: task.state() == "failed" and not task.has_process(), task)
    assert "inside the program" in task.status()["error"]
    assert "a bug" in task.log.read_text()
    jobs.start(run.settings, task, command=COMMAND)
    eventually(lambda: task.state() == "failed" and not task.has_process(), task)


@pytest.mark.parametrize("name", ["", "..", "count-", "../../config.json", "count-0123456789"])
def test_a_name_from_outside_finds_tasks_only(run, name):
    with pytest.raises(LoupeError):
        tasks.find(run, name)


def test_tasks_go_with_their_run(run):
    task = tasks.begin(run, "count", {"to": 3})
    run.set_status(state="stopped")
    store.remove(run)
    assert not task.path.exists()
    assert worker.WORKERS.get("count") is None


def test_what_has_hardly_begun_says_nothing_of_its_end(run):
    task = tasks.begin(run, "count", {"to": 100}, owner="Ada")
    tell = worker.Teller(task)
    tell("Loading", 0, 0)
    tell("Counting", 1, 100)
    assert task.status()["eta_seconds"] is None and task.status()["done"] == 0.01
    tell("Counting on", 50, 100)
    assert task.status()["eta_seconds"] == pytest.approx(task.status()["seconds"])
