"""What grows with runs, workers and jobs, in seconds of a processor: how long others keep it busy does not count.

    python -m bench.grow --runs 1000 100000 --workers 1 10 100

The runs are folders as a list reads them, all finished; workers are processes that want one lease at once, and leases
that one process keeps up."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import store
from vae_core.runs.index import Index
from vae_core.runs.places import answers, lease
from vae_core.runs.run import CARD_FILE, CONFIG_FILE
from vae_core.runs.work import STATUS_FILE
from vae_core.settings import PROJECT, Settings, environment

CONFIG = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense16", epochs=2)
BEATS = 100


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, nargs="*", default=[1000])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 10, 100])
    asked = parser.parse_args()
    for count in asked.runs:
        with TemporaryDirectory() as folder:
            _of_runs(count, _settings(Path(folder)))
    for count in asked.workers:
        with TemporaryDirectory() as folder:
            _of_workers(count, _settings(Path(folder)))


def _settings(folder: Path) -> Settings:
    return Settings(cache=folder / "cache", checkpoints=folder / "checkpoints", shipped=folder / "shipped")


def _seconds(action: Callable[[], object]) -> float:
    before = time.process_time()
    action()
    return time.process_time() - before


def _of_runs(count: int, settings: Settings) -> None:
    _make(count, settings)
    index = Index(settings)
    first, again = (_seconds(lambda: store.list_runs(settings, index)) for _ in range(2))
    other = _seconds(lambda: store.list_runs(settings))  # one that has only what the first wrote down
    size = sum(path.stat().st_size for path in (settings.cache / "lists").glob("*"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count} runs: read all {first:.2f} s, look again {again:.2f} s, another process {other:.2f} s; "
        f"the index has {size / 1e6:.1f} MB, the process at most {peak:.0f} MB",
        flush=True,
    )
    print(f"    `list` as a command: {_command(settings):.2f} s", flush=True)


def _make(count: int, settings: Settings) -> None:
    """Old enough to be settled, as an index wants them."""
    run = store.create(settings, CONFIG, {})
    run.set_status(state="done", epoch=2)
    told = {name: (run.path / name).read_bytes() for name in (CONFIG_FILE, CARD_FILE, STATUS_FILE)}
    old = time.time() - 3600
    for number in range(1, count):
        path = run.path.with_name(f"digits-copy-{number:06d}")
        path.mkdir()
        for name, data in told.items():
            (path / name).write_bytes(data)
            os.utime(path / name, (old, old))
    time.sleep(3)


def _command(settings: Settings) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "vae_core", "list"]
    subprocess.run(command, cwd=PROJECT, env={**os.environ, **environment(settings)}, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _of_workers(count: int, settings: Settings) -> None:
    folders = [settings.checkpoints / f"run-{number}" / "lease" for number in range(count)]
    for folder in folders:
        folder.mkdir(parents=True)
    leases = [lease.claim(folder) for folder in folders]
    beat = _seconds(lambda: _check(leases)) / BEATS
    said = {f"{number}": ("RUNNING", "") for number in range(count)}
    for number in said:
        answers.put(settings, [number], "RUNNING")
    source = answers.Source(lambda: said, lambda _: "", ("RUNNING",))
    look = _seconds(lambda: [answers.of(settings, number, source) for number in said])
    for each in leases:
        each.release()
    print(f"{count} workers: a look at all their leases {beat * 1000:.2f} ms,", end=" ")
    print(f"at what a cluster says of all {look * 1000:.1f} ms;", end=" ")
    print(f"of {count} that want one lease at once {_crowd(count, settings)} get it in turn", flush=True)


def _check(leases: Iterable[lease.Lease]) -> None:
    for _ in range(BEATS):
        for each in leases:
            each.check()


def _crowd(count: int, settings: Settings) -> int:
    """How many get the next number; the others are told that somebody was quicker. The highest is held by one."""
    folder = settings.checkpoints / "wanted" / "lease"
    folder.parent.mkdir()
    context = multiprocessing.get_context("fork")
    crowd = [context.Process(target=_want, args=(folder,)) for _ in range(count)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    return sum(each.exitcode == 0 for each in crowd)


def _want(folder: Path) -> None:
    try:
        lease.claim(folder)
    except LoupeError:
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
