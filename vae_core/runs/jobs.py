"""Training processes: started apart from whoever asked for them, found again by their lock, stopped by a file."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from vae_core.errors import LoupeError
from vae_core.place import HERE, Place, named
from vae_core.runs import locks, places, slots
from vae_core.runs.forms import Status
from vae_core.runs.places import here
from vae_core.runs.places.job import Asked
from vae_core.runs.places.lease import Lease
from vae_core.runs.work import FINAL, Work
from vae_core.settings import INSTALLED, PROJECT, SECRETS, Settings
from vae_core.settings import environment as as_variables

if TYPE_CHECKING:
    from filelock import BaseFileLock

TRAIN = (sys.executable, "-m", "vae_core", "train", "--run")
NICENESS = 5
LOCK_SECONDS = 2.0  # one who looks at the lock may be in the way for a moment,
BUSY_SECONDS = 30.0  # and on a busy machine be put to sleep at it
END_SECONDS = 30.0  # which a process that has said how it ended may still take to go
QUEUE_SECONDS = 5.0  # until a process that was just started waits for its turn
W = TypeVar("W", bound=Work)
log = logging.getLogger(__name__)


class Stopped(LoupeError):
    """Raised out of `hold` where the run was stopped before it had begun; the run's state says so too."""


def start(
    settings: Settings, run: Work, *, wait: bool = False, command: Sequence[str] = TRAIN, place: str | None = None
) -> int | str:
    """Have the run's process started, which outlives this one: here, or at the place of that name, by default where it
    was before. Its number, or its job's there. Refused where one has the run already."""
    let_end(run)
    where = _place(settings, run, place)
    with locks.exclusive(run.guard):
        if _is_leaving(run) and (pid := run.status()["pid"]):
            run.clear_stop()  # its process has not seen the stop yet, so it stays and begins after all
            return pid
        asked = _made_ready(settings, run, command)
        with _told(run):
            if where:
                return _send([run], where, [asked])[0]
            process = here.start(asked)
        run.set_status(pid=process.pid, pid_started=locks.started(process.pid))
    log.info("started process %d for %s", process.pid, run.id)
    if wait:
        process.wait()
    else:
        here.reap(process)
    return process.pid


def start_all(settings: Settings, runs: Sequence[Work], *, command: Sequence[str] = TRAIN, place: str = HERE) -> None:
    """Have all of them started. A cluster is asked once, and says itself whose turn it is."""
    where = named(settings.places, place)
    if where is None:
        for run in runs:
            start(settings, run, command=command, place=HERE)
    elif runs:
        for run in runs:
            let_end(run)
        with ExitStack() as guards:
            for run in runs:
                guards.enter_context(locks.exclusive(run.guard))
            asked = [_made_ready(settings, run, command) for run in runs]
            guards.enter_context(_told(*runs))
            _send(runs, where, asked)


def _made_ready(settings: Settings, run: Work, command: Sequence[str]) -> Asked:
    _refuse_second(run, taken=run.has_process())
    run.clear_stop()
    run.set_status(state="queued", phase="", error=None, queued=time.time(), pid=None, pid_started=None)
    run.set_job(None)
    told = _variables(settings)
    secrets = {name: told.pop(name) for name in SECRETS}
    return Asked(run.id, (*command, run.id), told, secrets, PROJECT, run.script, run.log)


def is_elsewhere(settings: Settings, run: Work, place: str | None = None) -> bool:
    """Whether it would be started on a cluster."""
    return _place(settings, run, place) is not None


def _place(settings: Settings, run: Work, name: str | None) -> Place | None:
    job = run.job()
    return named(settings.places, name if name is not None else job.place if job else HERE)


def _send(runs: Sequence[Work], where: Place, asked: Sequence[Asked]) -> list[str]:
    sent = places.start(runs[0].settings, where, asked)
    for run, job in zip(runs, sent, strict=True):
        run.set_job(job)
        log.info("%s asked for job %s for %s", where.name, job.number, run.id)
    return [job.number for job in sent]


@contextmanager
def _told(*runs: Work) -> Iterator[None]:
    """What could not be started has failed, and says so."""
    try:
        yield
    except LoupeError as error:
        _fail(runs, str(error))
        raise
    except OSError as error:
        sentence = f"No process could be started for {runs[0].id}: {error.strerror}."
        _fail(runs, sentence)
        raise LoupeError(sentence, fix="Close other programs and try again") from error


def _fail(runs: Sequence[Work], sentence: str) -> None:
    for run in runs:
        with suppress(LoupeError, OSError):
            run.set_status(state="failed", error=sentence)


def let_end(run: Work) -> None:
    """Wait for a process that has said how it ended, and only has to go: one may stop it and go on at once."""
    if run.status()["state"] in FINAL and locks.held(run.lock):
        lock = locks.take(run.lock, END_SECONDS)
        if lock is None:
            raise LoupeError(f"{run.id} is at work, and about to end", fix="Try again in a moment")
        lock.release()


def let_queue(run: Work) -> None:
    """Wait for a process that was just started to take its place, so that what is started next comes after it."""
    until = time.monotonic() + QUEUE_SECONDS
    while run.state() == "queued" and place(run.settings, run) is None and time.monotonic() < until:
        time.sleep(slots.POLL_SECONDS)


@contextmanager
def hold(run: W, kind: str | None = "train") -> Iterator[W]:
    """For the process that works: have the folder for itself, wait for a slot ('queued'), then be 'running'.

    What it yields is the same work, for who writes there: on a cluster only while nobody has taken it over. Who only
    starts others and waits for them needs no slot: its kind is None."""
    lock, lease, queued = _claim(run)
    run = replace(run, lease=lease)
    try:
        _lower_priority()
        run.sweep()
        with _slot(run, kind, queued):
            _give_way(run)
            run.set_status(state="running")
            yield run
    except Stopped:
        raise
    except LoupeError as error:
        with suppress(LoupeError, OSError):
            run.set_status(state="failed", error=str(error))
        raise
    finally:
        with suppress(LoupeError, OSError):  # the folder may be gone, or the disk broken; the lock goes all the same
            _let_go(run)
        _release(lock, lease)


def _slot(run: Work, kind: str | None, queued: float) -> AbstractContextManager[None]:
    if kind is None or places.is_inside(run.job()):  # a cluster has said itself whose turn it is
        return nullcontext()
    return slots.slot(run.settings, kind, slots.Ticket(queued, run.owner, run.id), lambda: _give_way(run))


def request_stop(run: Work) -> str:
    """Ask the run to stop, and return its state now: a queued one is stopped at once, a running one soon."""
    with locks.exclusive(run.guard):
        if run.state() in ("queued", "running"):
            run.request_stop()
            if _take_back(run) or not run.has_process():
                run.set_status(state="stopped")  # nobody is there to say it
    return run.state()


def _take_back(run: Work) -> bool:
    """Whether it has ended by that. Where its place does not answer, it sees the stop in its folder when it begins. Who
    stops from within the job, as one that ends since its machine is taken away, does not take away its next turn."""
    job = run.job()
    if job and not places.is_inside(job):
        with suppress(LoupeError):
            return places.stop(run.settings, job)
    return False


def go_on_later(run: Work) -> None:
    """For the process that had to end because its time at a place was over: ask for the next turn."""
    job = run.job()
    if job and run.status()["state"] == "queued":
        with _told(run):
            places.again(job)


def place(settings: Settings, run: Work) -> int | None:
    """The run's place in the queue, 1 being the next to start; None where it does not wait there."""
    return slots.place(settings, "train", run.id)


def _is_leaving(run: Work) -> bool:
    """Whether it was stopped while it still waited, or its process was only starting."""
    status = run.status()
    alive = locks.alive(status["pid"], status["pid_started"])
    return status["state"] == "queued" and run.stop_requested() and alive


def _refuse_second(run: Work, *, taken: bool) -> None:
    if run.status()["state"] == "done":
        raise LoupeError(
            f"{run.id} has finished, and what has finished does not change", fix="Fork a run to train it longer"
        )
    if taken:
        now = run.state()
        doing = now if now in ("queued", "running") else "at work, and about to end"
        raise LoupeError(f"{run.id} is already {doing}", "One process at a time has a run")


def environment(settings: Settings) -> dict[str, str]:
    """This process's environment, but with the settings as they are here and a checkout's code first."""
    return {**os.environ, **_variables(settings)}


def _variables(settings: Settings) -> dict[str, str]:
    paths = [*([] if INSTALLED else [str(PROJECT)]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**as_variables(settings), "PYTHONPATH": os.pathsep.join(paths)}


def _claim(run: Work) -> tuple[BaseFileLock | None, Lease | None, float]:
    """The run's lock, with this process written into the status, and since when the run is queued.

    A job of a cluster has a lease, which counts where an earlier life of it still has the lock, paused or dead."""
    with locks.exclusive(run.guard):  # not before the one who started this process has written its number
        status = run.status()
        if places.is_stray(run.job()):
            raise LoupeError(f"{run.id} was taken back or sent anew meanwhile", "This process does nothing")
        is_sent = places.is_inside(run.job())
        lock = None if status["state"] == "done" else locks.take(run.lock, _patience(status, is_sent))
        if status["state"] == "done" or (lock is None and not is_sent):
            _refuse_second(run, taken=True)
        lease = None
        try:
            lease = run.take_lease() if is_sent else None
            return lock, lease, _sign(run, status, is_sent)
        except BaseException:
            _release(lock, lease)
            raise


def _release(lock: BaseFileLock | None, lease: Lease | None) -> None:
    if lease:
        lease.release()
    if lock:
        lock.release()


def _patience(status: Status, is_sent: bool) -> float:
    """Who is named there and lives has the run; anybody else has its lock to look at it, and lets it go."""
    if is_sent:
        return LOCK_SECONDS
    return LOCK_SECONDS if not _is_mine(status) and locks.alive(status["pid"], status["pid_started"]) else BUSY_SECONDS


def _is_mine(status: Status) -> bool:
    """On Windows a virtual environment's python is the parent of the one that runs."""
    return status["pid"] in (os.getpid(), os.getppid())


def _sign(run: Work, status: Status, is_sent: bool) -> float:
    me = os.getpid()
    if not is_sent:
        run.set_job(None)  # it is trained here after all
    was_started = status["state"] == "queued" and (_is_mine(status) or is_sent)
    if not was_started or run.goes_on_later():
        run.clear_stop()  # meant for an earlier process, which died before it could obey
    queued = float((status["queued"] if was_started else None) or time.time())
    run.set_status(state="queued", phase="", error=None, queued=queued, pid=me, pid_started=locks.started(me))
    return queued


def _let_go(run: Work) -> None:
    later = run.goes_on_later()
    run.clear_stop()
    run.remove_progress()
    run.sweep()  # once more: what an earlier life left may have been too fresh to be told from somebody's work
    state = run.status()["state"]
    state = "queued" if later and state == "stopped" else state if state in FINAL else "interrupted"
    run.set_status(pid=None, pid_started=None, state=state)


def _give_way(run: Work) -> None:
    if not run.stop_requested():
        return
    with locks.exclusive(run.guard):
        if run.stop_requested():  # nobody has taken it back meanwhile
            run.set_status(state="stopped")
            raise Stopped(f"{run.id} was stopped before its turn came")


def _lower_priority() -> None:
    """A page server on the same machine stays quick."""
    if sys.platform == "win32":
        import psutil

        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(max(0, NICENESS - os.nice(0)))
