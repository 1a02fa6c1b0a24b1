"""A run's files damaged in every way that was thought of: each command answers, and never with a fault of its own."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

import damage
import pytest
from support import settings_in

from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.settings import Settings

COMMANDS = {
    "list": ("list",),
    "show": ("show", "RUN"),
    "evaluate": ("evaluate", "RUN"),
    "compare": ("compare", "RUN", "OTHER"),
    "doctor": ("doctor", "RUN"),
    "grid": ("grid", "RUN", "--size", "3", "--out", "grid.png"),
    "report": ("report", "RUN", "--out", "report.html"),
    "resume": ("resume", "RUN"),
}
INSIDE = "Something went wrong inside"
SHORT, LONG = 250, 5_000  # commands
AT_WORK = {"lock", "guard.lock", "stop"}
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def runs(once):
    """A finished run with all that it can have, another to compare it with, and one that was stopped."""
    return once("damaged", _train)


def _train(folder: Path) -> None:
    from support import places, train

    from vae_core.cli.main import main
    from vae_core.design.config import Config

    settings = settings_in(folder)
    config = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense16", train_size=300, epochs=2)
    first, second = train(settings, config), train(settings, config)
    stopped = store.create(settings, config, first.resolved(), study="none")  # a trial's end is no work
    for name in ("history.csv", "state"):
        whole = first.path / name
        (shutil.copytree if whole.is_dir() else shutil.copy)(whole, stopped.path / name)
    stopped.set_status(state="stopped", epoch=2)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in places(settings).items():
            patch.setenv(name, value)
        assert main(("compare", first.id, second.id)) == 0


@pytest.fixture
def begin(runs: Path, here: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Run]:
    """Fresh copies of the three; the one that a command is asked about."""
    monkeypatch.chdir(here.checkpoints.parent)
    names = sorted(path.name for path in (runs / "checkpoints").iterdir() if not path.name.startswith("."))
    shutil.copytree(runs / "cache", here.cache)

    def copied(command: str) -> Run:
        shutil.rmtree(here.checkpoints, ignore_errors=True)
        for name in names:
            shutil.copytree(runs / "checkpoints" / name, here.checkpoints / name)
        return Run(names[2 if command == "resume" else 0], here)

    return copied


def cases(run: Run, command: str) -> Iterator[tuple[str, str]]:
    """A file, and what can be done to it."""
    files = sorted(path for path in run.path.rglob("*") if path.is_file() and path.name not in AT_WORK)
    for path in files:
        yield from ((path.relative_to(run.path).as_posix(), how) for how in damage.ALL if damage.fits(how, path))


def tried(begin: Callable[[str], Run], call: Call, count: int) -> list[str]:
    """What ended in a fault of the program."""
    every = [(command, *each) for command in COMMANDS for each in cases(begin(command), command)]
    random.Random(1).shuffle(every)
    found = []
    for seed, (command, name, how) in enumerate(islice(cycle(every), count)):
        run = begin(command)
        damage.ALL[how](run.path / name, random.Random(seed))
        others = sorted(path.name for path in run.path.parent.iterdir() if path.name != run.id)
        words = {"RUN": run.id, "OTHER": others[0]}
        said = call(*(words.get(word, word) for word in COMMANDS[command]))
        if INSIDE in "".join(said[1:]) or said[0] not in (0, 1, 2):
            found.append(f"{command}: {name} {how}, seed {seed}: {said[2]}")
    return found


def test_a_damaged_file_is_told_and_never_a_fault_of_the_program(begin, call):
    assert tried(begin, call, SHORT) == []


@pytest.mark.long
def test_thousands_of_damaged_files_are_told(begin, call):
    assert tried(begin, call, LONG) == []
