"""How a process that works is told to end: by Ctrl-C, a polite kill, or a cluster whose time for it is nearly over."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from vae_core.runs import jobs, places
from vae_core.runs.work import Work

TIME_IS_OVER = getattr(signal, "SIGUSR1", None)  # nearly: a cluster says so to a job (runs/places/slurm.py)


@contextmanager
def stopped_by_signals(work: Work) -> Iterator[None]:
    """The first one ends the work in order; the second one ends it at once.

    On a cluster it is the machine that is taken back, as its time is nearly over: the work goes on later."""
    on_cluster = places.is_inside(work.job())
    told: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        signal.signal(number, before[signal.Signals(number)])
        told.append(number)
        if not work.stop_requested():
            work.request_stop(later=on_cluster)
        said = b"\nStopping after this batch. Once more to break off.\n"
        os.write(sys.stderr.fileno(), said)  # print is not for handlers

    heard = (signal.SIGINT, signal.SIGTERM, *([TIME_IS_OVER] if TIME_IS_OVER and on_cluster else []))
    before = {number: signal.signal(number, ask) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if TIME_IS_OVER in told:
        jobs.go_on_later(work)
