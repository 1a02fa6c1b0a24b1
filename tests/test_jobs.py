"""Jobs as real processes: started, stopped, killed, and found again."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from support import end_work, eventually, kill, made_run
from workers import AT_ONCE, DEAF, OPENING, UNTIL_STOPPED, child, new, running, start

from vae_core.errors import LoupeError
from vae_core.runs import jobs, locks, store, work
from vae_core.settings import PROJECT, Settings


@pytest.fixture(autouse=True)
def nothing_goes_on(settings: Settings) -> Iterator[None]:
    yield
    end_work(settings)


def test_a_job_runs_apart_from_who_started_it_until_it_is_stopped(settings: Settings) -> None:
    run = new(settings)
    pid = running(settings, run)
    status = run.status()
    assert status["pid"] == pid and locks.alive(pid, status["pid_started"])
    assert not locks.alive(pid, status["pid_started"] - 60), "another process of the same number"
    assert psutil.Process(pid).cwd() == str(PROJECT)
    if sys.platform != "win32":
        assert os.getsid(pid) == pid and psutil.Process(pid).nice() >= jobs.NICENESS
    assert jobs.request_stop(run) in ("running", "stopped")  # it may have seen the stop already
    eventually(lambda: run.state() == "stopped", run)
    assert run.log.read_text() == f"begun {pid}\n"


def test_no_dead_child_stays_in_the_process_table(settings: Settings) -> None:
    run = new(settings)
    pid = start(settings, run, AT_ONCE)
    eventually(lambda: not psutil.pid_exists(pid), run)
    assert run.state() == "done" and run.status()["pid"] is None
    assert jobs.request_stop(run) == "done" and not run.stop_requested()


def test_waiting_for_a_job_returns_at_its_end(settings: Settings) -> None:
    run = new(settings)
    jobs.start(settings, run, wait=True, command=(sys.executable, "-c", AT_ONCE))
    assert run.state() == "done"


def test_a_killed_job_is_interrupted_and_can_be_started_again(settings: Settings) -> None:
    run = new(settings)
    running(settings, run)
    kill(run)
    assert run.status()["state"] == "running", "nobody was there to write anything else"
    assert run.state() == "interrupted" and store.list_runs(settings)[0].state == "interrupted"
    start(settings, run, AT_ONCE)
    eventually(lambda: run.state() == "done", run)
    with pytest.raises(LoupeError, match="what has finished does not change"):
        start(settings, run, AT_ONCE)


def test_a_job_outlives_the_server_that_started_it(settings: Settings) -> None:
    run = new(settings)
    script = OPENING + (
        "jobs.start(here, run, command=(sys.executable, '-c', sys.argv[1])); print('up', flush=True); input()\n"
    )
    server = child(script, UNTIL_STOPPED, run.id, LOUPE_CHECKPOINTS=str(settings.checkpoints))
    assert server.stdout is not None and server.stdout.readline() == "up\n"
    eventually(lambda: run.state() == "running", run)
    server.kill()
    server.communicate()
    assert run.state() == "running" and locks.alive(run.status()["pid"], run.status()["pid_started"])
    jobs.request_stop(run)
    eventually(lambda: run.state() == "stopped", run)


def test_two_that_start_one_run_get_one_process(settings: Settings) -> None:
    run = new(settings)
    script = OPENING + (
        "print('ready', flush=True); input()\n"
        "try: print(jobs.start(here, run, command=(sys.executable, '-c', sys.argv[1])))\n"
        "except LoupeError as error: print(error)\n"
    )
    both = [child(script, UNTIL_STOPPED, run.id, LOUPE_CHECKPOINTS=str(settings.checkpoints)) for _ in range(2)]
    for one in both:
        assert one.stdout is not None and one.stdout.readline() == "ready\n"
    for one in both:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    said = sorted(one.communicate()[0].strip() for one in both)
    eventually(lambda: "begun" in run.log.read_text(), run)
    assert said[0] == str(run.status()["pid"]) and f"{run.id} is already" in said[1]
    with pytest.raises(LoupeError, match="is already running"):
        start(settings, run)
    jobs.request_stop(run)
    eventually(lambda: not run.has_process(), run)
    assert run.log.read_text().count("begun") == 1


def test_who_has_a_run_has_it_alone(settings: Settings) -> None:
    run = new(settings)
    running(settings, run)
    second = child(UNTIL_STOPPED, run.id, LOUPE_CHECKPOINTS=str(settings.checkpoints))
    assert f"{run.id} is already running" in second.communicate()[0]
    with pytest.raises(LoupeError, match="is at work. Stop it first"):
        store.remove(run)
    assert run.state() == "running" and run.path.exists()


def test_a_start_waits_for_a_process_that_has_said_how_it_ended_and_only_has_to_go(settings: Settings) -> None:
    run, gate = new(settings), settings.checkpoints / "gate.txt"
    slow_to_go = (
        "    run.set_status(state='stopped')\n" + f"    while not Path({str(gate)!r}).exists(): time.sleep(0.01)\n"
    )
    running(settings, run, UNTIL_STOPPED.replace("    run.set_status(state='stopped')\n", slow_to_go))
    jobs.request_stop(run)
    eventually(lambda: run.state() == "stopped", run)
    assert run.has_process()
    opener = threading.Timer(0.2, gate.touch)
    opener.start()
    start(settings, run, AT_ONCE)
    assert gate.exists()
    eventually(lambda: run.state() == "done", run)


def test_a_process_that_is_still_loading_is_neither_lost_nor_started_twice(settings: Settings) -> None:
    run = new(settings)
    start(settings, run, "input_never_comes = __import__('threading').Event().wait()")
    assert run.state() == "queued" and jobs.place(settings, run) is None
    with pytest.raises(LoupeError, match="is already queued"):
        start(settings, run)
    kill(run)
    assert run.state() == "interrupted"


def test_a_job_that_is_stopped_while_it_loads_never_begins(settings: Settings) -> None:
    run, gate = new(settings), settings.checkpoints / "gate.txt"
    wait = f"while not Path({str(gate)!r}).exists(): time.sleep(0.01)\n"
    start(settings, run, OPENING + wait + UNTIL_STOPPED)
    assert jobs.request_stop(run) == "stopped"
    gate.touch()
    eventually(lambda: not run.has_process(), run)
    assert run.status()["state"] == "stopped" and not run.stop_requested()
    eventually(lambda: "stopped before its turn came" in run.log.read_text(), run)
    assert "begun" not in run.log.read_text()


def test_a_run_that_nobody_starts_is_not_queued_for_ever(settings: Settings) -> None:
    run = new(settings)
    assert run.state() == "queued"
    long_ago = time.time() - work.GRACE_SECONDS - 1
    os.utime(run.path / work.STATUS_FILE, (long_ago, long_ago))
    assert run.state() == "interrupted"


def test_a_run_that_nobody_started_can_be_stopped(settings: Settings) -> None:
    run = new(settings)
    assert jobs.request_stop(run) == "stopped" and run.status()["state"] == "stopped"


def test_a_stop_that_a_killed_job_never_saw_does_not_stop_the_next(settings: Settings) -> None:
    run = new(settings)
    running(settings, run, DEAF)
    jobs.request_stop(run)
    kill(run)
    assert run.state() == "interrupted" and run.stop_requested()
    foreground = child(UNTIL_STOPPED, run.id, LOUPE_CHECKPOINTS=str(settings.checkpoints))
    eventually(lambda: run.state() == "running" and run.status()["pid"] == foreground.pid, run)
    assert not run.stop_requested()
    jobs.request_stop(run)
    foreground.communicate()
    assert foreground.returncode == 0 and run.state() == "stopped"


def test_a_command_that_cannot_run_is_told(settings: Settings) -> None:
    run = new(settings)
    with pytest.raises(LoupeError, match="No process could be started"):
        jobs.start(settings, run, command=("no-such-python",))
    assert run.state() == "failed" and "No process could be started" in run.status()["error"]


@pytest.mark.parametrize(
    ("trouble", "state"),
    [("LoupeError('The loss is no number')", "failed"), ("KeyboardInterrupt()", "interrupted")],
)
def test_whatever_ends_a_job_it_leaves_a_final_state(settings: Settings, trouble: str, state: str) -> None:
    run = new(settings)
    start(settings, run, OPENING + f"with jobs.hold(run):\n    run.add_progress({{'step': 1}}); raise {trouble}\n")
    eventually(lambda: run.state() == state, run)
    assert run.status()["error"] == ("The loss is no number." if state == "failed" else None)
    eventually(lambda: not run.has_process(), run)
    assert run.progress() == [] and run.status()["pid"] is None


def test_a_job_whose_folder_is_deleted_ends_and_frees_its_slot(settings: Settings) -> None:
    run, other = new(settings), new(settings)
    pid = running(settings, run, OPENING + "with jobs.hold(run):\n    while True: run.set_status(epoch=1)\n")
    hidden = settings.checkpoints / ".gone"
    os.replace(run.path, hidden)
    eventually(lambda: not psutil.pid_exists(pid))
    assert "is gone" in (hidden / "log.txt").read_text() and not run.path.exists()
    running(settings, other)


def test_the_settings_here_are_the_settings_there(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUPE_DATA", "/from/the/environment")
    run, wanted = new(settings), replace(settings, train_slots=3, host="0.0.0.0")
    jobs.start(wanted, run, wait=True, command=(sys.executable, "-c", OPENING + "print(here)\n"))
    assert run.log.read_text() == f"{wanted}\n"


def test_looking_at_a_lock_takes_it_from_nobody(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not locks.held(path) and not path.exists()
    lock = locks.take(path, 0)
    assert lock is not None and locks.held(path) and locks.take(path, 0) is None
    lock.release()
    looking, stop = [], threading.Event()

    def look() -> None:
        while not stop.is_set():
            looking.append(locks.held(path))

    watchers = [threading.Thread(target=look) for _ in range(3)]
    for watcher in watchers:
        watcher.start()
    eventually(lambda: len(looking) > 2000)
    stop.set()
    for watcher in watchers:
        watcher.join()
    assert not any(looking), "two that look must not take each other for the holder"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no shared lock there")
def test_one_who_is_put_to_sleep_while_looking_keeps_nobody_from_beginning(settings: Settings) -> None:
    import fcntl

    run, longer = new(settings), jobs.LOCK_SECONDS + 1
    run.lock.touch()
    with run.lock.open() as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_SH)
        start(settings, run, OPENING + "with jobs.hold(run): run.set_status(state='done')\n")
        asleep = time.monotonic() + longer
        eventually(lambda: time.monotonic() > asleep)
    eventually(lambda: run.state() == "done", run)


@pytest.mark.parametrize("state", ["running", "failed", "interrupted"])
def test_only_a_stop_of_one_that_still_waits_is_taken_back_by_a_start(settings, state):
    """A process that works, or is about to end, obeys the stop; the start is refused until it is gone."""
    run = made_run(settings, state)
    run.set_status(pid=os.getpid(), pid_started=locks.started(os.getpid()))
    run.request_stop()
    try:
        with pytest.raises(LoupeError, match="is already"):
            jobs.start(settings, run)
        assert run.stop_requested()
        run.set_status(state="queued")
        assert jobs.start(settings, run) == os.getpid() and not run.stop_requested()
    finally:
        run.set_status(state="stopped", pid=None)  # this process is not to be ended with what a test left at work
