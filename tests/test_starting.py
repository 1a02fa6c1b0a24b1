"""What a click starts is started once, however many threads the clicks are answered in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from support import end_work, kill

from ui import starting
from vae_core.design.config import Config
from vae_core.look import scores
from vae_core.runs import forks, store
from vae_core.runs.store import Run
from vae_core.settings import Settings

CONFIG = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense8 code2", epochs=1000)
CLICKS = 6
Made = TypeVar("Made")


@pytest.fixture(autouse=True)
def begun(here: Settings) -> Iterator[None]:
    """What was begun is ended while it still loads TensorFlow: that it was begun once is known by then."""
    yield
    end_work(here)


def at_once(click: Callable[[], Made]) -> list[Made]:
    """What so many threads get that do it at the same moment."""
    together = threading.Barrier(CLICKS)

    def meet(_: int) -> Made:
        together.wait()
        return click()

    with ThreadPoolExecutor(CLICKS) as pool:
        return list(pool.map(meet, range(CLICKS)))


def ids(settings: Settings) -> set[str]:
    return {summary.id for summary in store.list_runs(settings)}


def test_clicks_at_once_train_one_model(settings):
    assert {run.id for run in at_once(lambda: starting.train(CONFIG))} == ids(settings)
    assert len(ids(settings)) == 1


def test_a_first_model_is_one_model(settings):
    assert {run.id for run in at_once(starting.first_steps)} == ids(settings)
    assert len(ids(settings)) == 1


def test_train_it_again_makes_one_more(settings):
    before = store.create(settings, CONFIG, {})
    again = {run.id for run in at_once(lambda: starting.train(CONFIG, again=True))}
    assert len(again) == 1 and ids(settings) == {before.id, *again}


def test_what_was_removed_at_once_can_be_trained_anew(settings):
    first = starting.train(CONFIG)
    kill(first)
    store.remove(first)
    assert starting.train(CONFIG).path.is_dir()


def test_seeds_are_counted_once(settings):
    new = at_once(lambda: starting.seeds(CONFIG, 2))
    assert sorted(len(runs) for runs in new) == [0] * (CLICKS - 1) + [2] and len(ids(settings)) == 2


def test_clicks_at_once_fork_once(settings, trained):
    parent = forks.fork(settings, trained, {"epochs": 900})
    children = {run.id for run in at_once(lambda: starting.fork(parent, {"epochs": 1000}))}
    assert len(children) == 1 and ids(settings) == {parent.id, *children}
    assert Run(children.pop(), settings).status()["pid"]


def test_a_task_gets_one_process_and_nobody_is_refused(settings):
    run = store.create(settings, CONFIG, {})
    task = scores.begin(run)
    at_once(lambda: starting.work(task))
    assert task.status()["pid"]
