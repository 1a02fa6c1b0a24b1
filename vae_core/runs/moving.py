"""Runs to another folder of runs, and from there: one that this machine sees, or one of another machine over ssh.

At both ends a run has a hidden name until all of it has come, so what broke off is never shown and goes by itself."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from vae_core import disk
from vae_core.errors import LoupeError
from vae_core.runs import files, own, store, transfer
from vae_core.runs.places.lease import is_held
from vae_core.runs.run import DERIVED, Run
from vae_core.runs.work import LEASE
from vae_core.settings import Settings
from vae_core.words import some

ELSEWHERE = re.compile(r"((?:[\w.-]+@)?[A-Za-z0-9][\w.-]+):([^:\0\n][^\0\n]*)")  # C:\runs is on this machine
RSYNC = ("rsync", "-rst", "--no-links", "--timeout=60", "--files-from=-")
AT_WORK = """\
cd {folder} || exit
for run in {runs}; do
    if [ -e "$run/lock" ] && command -v flock >/dev/null && ! flock -n "$run/lock" true; then echo "$run"
    elif [ -n "$(find "$run/{lease}" -type f -mmin -1 2>/dev/null)" ]; then echo "$run"; fi
done"""
SHOW = """\
cd {folder} || exit
for run in {runs}; do mv {hidden}/"$run" . 2>/dev/null && echo "$run"; done  # not onto one that is there
rm -rf {hidden}"""


@dataclass(frozen=True)
class Moved:
    """By name: what came, and what was there already and stays as it is there."""

    came: list[str]
    there: list[str]


@dataclass(frozen=True)
class _Machine:
    """A folder of runs on another one, from its home on."""

    host: str
    path: str

    @property
    def folder(self) -> str:
        """For a shell there."""
        return shlex.quote(self.path)

    def names(self, *, make: bool = False) -> set[str]:
        made = f"mkdir -p {self.folder} && " if make else ""
        return set(self.ask(f"{made}cd {self.folder} && ls").splitlines())

    def ask(self, script: str) -> str:
        return _called(("ssh", "--", self.host, script), f"{self.host} could not be asked")


def push(settings: Settings, ids: Iterable[str], target: str) -> Moved:
    runs = [store.open_run(settings, name) for name in dict.fromkeys(ids)]
    for run in runs:
        _refuse_unfinished(run)
    machine = _machine(target)
    return _send(settings, runs, machine) if machine else _copy_out(runs, Path(target).absolute())


def pull(settings: Settings, source: str, ids: Sequence[str]) -> Moved:
    machine = _machine(source)
    if machine is None:
        mounted = replace(settings, checkpoints=Path(source).absolute())
        runs = [store.open_run(mounted, name) for name in dict.fromkeys(ids)]
        for run in runs:
            _refuse_unfinished(run)
        return _take(settings, runs)
    wanted = [_one_of(machine.names(), name) for name in dict.fromkeys(ids)]
    there = [name for name in wanted if (settings.checkpoints / name).exists()]
    with files.aside(settings.checkpoints) as hidden:
        _fetch(machine, [name for name in wanted if name not in there], hidden)
        runs = [Run(name, replace(settings, checkpoints=hidden)) for name in wanted if name not in there]
        return Moved(_take(settings, runs).came, there)


def _machine(text: str) -> _Machine | None:
    found = ELSEWHERE.fullmatch(text)
    return _Machine(found[1], re.sub(r"^~(/+|$)", "", found[2]) or ".") if found else None


def _refuse_unfinished(run: Run) -> None:
    state = run.state()
    if state in ("queued", "running") or is_held(run.path / LEASE):
        raise _at_work(run.id)


def _at_work(name: str) -> LoupeError:
    return LoupeError(f"{name} is at work", "Only runs that have ended can be copied", "Stop it first")


def _copy_out(runs: Iterable[Run], folder: Path) -> Moved:
    moved = Moved([], [])
    for run in runs:
        if (folder / run.id).exists():
            moved.there.append(run.id)
            continue
        with files.aside(folder) as hidden:
            for name in transfer.travelling(run):
                _copy(run.path / name, hidden / name)
            moved.came.append(store.keep_as(hidden, run.id))
    return moved


def _take(settings: Settings, runs: Iterable[Run]) -> Moved:
    """What comes from elsewhere is checked as an import is, before anybody sees it."""
    moved = Moved([], [])
    for run in runs:
        if (settings.checkpoints / run.id).exists():
            moved.there.append(run.id)
            continue
        names = [name for name in transfer.travelling(run) if name not in transfer.MADE_AGAIN]
        with files.aside(settings.checkpoints) as hidden:
            new = Run(run.id, replace(settings, checkpoints=hidden))
            for name in names:
                _copy(run.path / name, new.path / name)
            transfer.check(new, names)
            moved.came.append(transfer.keep(new, settings))
    return moved


def _copy(source: Path, target: Path) -> None:
    with files.told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with own.opened(source, "rb") as old, target.open("xb") as new:
            shutil.copyfileobj(old, new)
        disk.sync(target)


# Another machine.


def _send(settings: Settings, runs: Sequence[Run], machine: _Machine) -> Moved:
    names = machine.names(make=True)
    new = [run for run in runs if run.id not in names]
    came: list[str] = []
    if new:
        hidden = f"{files.NEW}{uuid4().hex}"
        wanted = "\n".join(f"{run.id}/{name}" for run in new for name in transfer.travelling(run))
        target = f"{machine.host}:{machine.path}/{hidden}/"
        _called((*RSYNC, "--", f"{settings.checkpoints}/", target), f"Nothing came to {machine.host}", wanted)
        told = SHOW.format(folder=machine.folder, runs=_words(run.id for run in new), hidden=hidden)
        came = machine.ask(told).splitlines()
    return Moved(came, [run.id for run in runs if run.id not in came])


def _fetch(machine: _Machine, names: Sequence[str], hidden: Path) -> None:
    if not names:
        return
    busy = machine.ask(AT_WORK.format(folder=machine.folder, runs=_words(names), lease=LEASE)).split()
    if busy:
        raise _at_work(f"{some(busy, 5)}, over there,")
    source = f"{machine.host}:{machine.path}/"
    left = (f"--exclude={DERIVED}", "--exclude=.*")
    wanted = "".join(f"{name}/\n" for name in names)
    _called((*RSYNC, *left, "--", source, f"{hidden}/"), f"Nothing came from {machine.host}", wanted)


def _words(names: Iterable[str]) -> str:
    return " ".join(map(shlex.quote, names))


def _one_of(names: Iterable[str], begun: str) -> str:
    """The name there that is so, or the only one that begins so."""
    fit = [name for name in names if transfer.RUN_ID.fullmatch(name) and name.startswith(begun)]
    found = [begun] if begun in fit else sorted(fit)
    if not found or not begun:
        raise LoupeError(f"There is no run '{begun}' there")
    if len(found) > 1:
        raise LoupeError(f"'{begun}' could be {some(found, 5)}", "The beginning of one name was expected")
    return found[0]


def _called(words: Sequence[str], wrong: str, given: str = "") -> str:
    try:
        done = subprocess.run(words, input=given, capture_output=True, text=True)
    except FileNotFoundError:
        raise LoupeError(f"{wrong}: there is no {words[0]} here", fix=f"Install {words[0]}, or name a folder") from None
    if done.returncode:
        said = done.stderr.strip().split("\n")[0][:300]
        raise LoupeError(f"{wrong}. {words[0]} said: {said}", fix=f"Try it by itself: ssh {shlex.quote(words[-1])}")
    return done.stdout
