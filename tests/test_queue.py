"""The queue of jobs, as real processes that wait for their turn."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest
from support import SECONDS, end_work, eventually, kill, places
from workers import AT_ONCE, CROWD, child, new, running, start, waiting

from vae_core.runs import jobs, slots, store
from vae_core.settings import Settings


@pytest.fixture(autouse=True)
def nothing_goes_on(settings: Settings) -> Iterator[None]:
    yield
    end_work(settings)


def test_the_second_job_waits_until_the_first_is_dead(settings: Settings) -> None:
    first, second, third = (new(settings, seed=seed) for seed in range(3))
    running(settings, first)
    waiting(settings, second)
    waiting(settings, third)
    assert [jobs.place(settings, run) for run in (first, second, third)] == [None, 1, 2]
    assert [line.state for line in store.list_runs(settings)] == ["queued", "queued", "running"]
    kill(first)
    eventually(lambda: second.state() == "running", second)
    assert jobs.place(settings, third) == 1 and third.state() == "queued"


def test_as_many_run_as_there_are_slots(settings: Settings) -> None:
    two = replace(settings, train_slots=2)
    runs = [new(two, seed=seed) for seed in range(4)]
    for run in runs:
        start(two, run)
    eventually(lambda: sorted(run.state() for run in runs) == ["queued", "queued", "running", "running"])
    eventually(lambda: sorted(jobs.place(two, run) or 0 for run in runs) == [0, 0, 1, 2])
    kill(next(run for run in runs if run.state() == "running"))
    eventually(lambda: sorted(run.state() for run in runs) == ["interrupted", "queued", "running", "running"])


def test_a_queued_job_is_stopped_at_once_and_a_killed_one_is_forgotten(settings: Settings) -> None:
    first, second, third, fourth = (new(settings, seed=seed) for seed in range(4))
    running(settings, first)
    pids = {run.id: waiting(settings, run) for run in (second, third, fourth)}
    assert jobs.request_stop(second) == "stopped"
    kill(third)
    assert third.state() == "interrupted"
    eventually(lambda: jobs.place(settings, fourth) == 1)
    eventually(lambda: not psutil.pid_exists(pids[second.id]))
    assert second.status()["state"] == "stopped" and "begun" not in second.log.read_text()
    assert not second.stop_requested() and first.state() == "running"


def test_owners_take_turns(settings: Settings) -> None:
    first = new(settings, "Ada")
    running(settings, first)
    queued = [new(settings, owner, seed) for seed, owner in enumerate(["Ada", "Ada", "Bo", "Bo", "Cy"], start=1)]
    for run in queued:
        waiting(settings, run, AT_ONCE)
    ada, ada_2, bo, bo_2, cy = queued
    fair = [bo, cy, ada, bo_2, ada_2]
    assert [jobs.place(settings, run) for run in fair] == [1, 2, 3, 4, 5]
    jobs.request_stop(first)
    eventually(lambda: all(run.state() == "done" for run in queued))
    assert (settings.checkpoints / "order.txt").read_text().split() == [run.id for run in fair]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forty processes that begin one by one take their time")
def test_forty_who_press_train_at_once_are_told_their_turn_and_get_it(settings: Settings) -> None:
    """One of them presses twenty times, before all others."""
    runs = [f"run-{number}" for number in range(40)]
    lines = [f"{number} {'greedy' if number < 20 else run} {run}\n" for number, run in enumerate(runs)]
    with slots.slot(settings, "train", slots.Ticket(0.0, "teacher", "before")):
        crowd = child(CROWD, **places(settings))
        assert crowd.stdin is not None
        crowd.stdin.write("".join(reversed(lines)))
        crowd.stdin.close()
        eventually(lambda: len(slots.line_of(settings, "train").waiting()) == len(runs))
        told = {run: slots.place(settings, "train", run) for run in runs}
    fair = [runs[0], *runs[20:], *runs[1:20]]
    assert crowd.wait(SECONDS) == 0 and [told[run] for run in fair] == list(range(1, 41))
    assert (settings.checkpoints / "order.txt").read_text().split() == fair
    assert not slots.line_of(settings, "train").waiting()


@pytest.mark.parametrize(
    ("waiting", "served", "order"),
    [
        ("a1 a2 a3", {}, "a1 a2 a3"),
        ("a1 a2 b3 c4", {}, "a1 b3 c4 a2"),
        ("a1 b2", {"a": 7, "b": 3}, "b2 a1"),
        ("a1 a2 b3 b4 c5", {"a": 1, "b": 2}, "c5 a1 b3 a2 b4"),
    ],
)
def test_the_order_of_the_queue(waiting: str, served: dict[str, int], order: str) -> None:
    tickets = {token: f"{token[1]}~{token[0]}~run~x.ticket" for token in waiting.split()}
    assert slots.in_order(reversed(tickets.values()), served) == [tickets[token] for token in order.split()]


def test_spoiled_books_of_the_queue_stop_nobody(settings: Settings) -> None:
    line = slots.line_of(settings, "train")
    line.tickets.mkdir(parents=True)
    line.turns.write_text("not JSON")
    (line.tickets / "0000000001.000000~x~y~dead.ticket").write_text("")
    run = new(settings)
    start(settings, run, AT_ONCE)
    eventually(lambda: run.state() == "done", run)
    assert len(line.served()) == 1


def test_dead_tickets_are_tidied_away(settings: Settings) -> None:
    line = slots.line_of(settings, "train")
    line.tickets.mkdir(parents=True)
    dead = line.tickets / "0000000001.000000~x~y~dead.ticket"
    dead.write_text("")
    os.utime(dead, (1, 1))
    run = new(settings)
    start(settings, run, AT_ONCE)
    eventually(lambda: run.state() == "done" and not run.has_process(), run)
    assert list(line.tickets.iterdir()) == []
