"""What is said to a place, and by it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vae_core.place import Place


@dataclass(frozen=True)
class Asked:
    """A job that is to be run: one command line, and where what it says is written."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]  # what it needs beside what is there
    secrets: Mapping[str, str]  # and what is handed on, but written nowhere
    folder: Path  # to be in
    script: Path
    log: Path


def filled(form: str, place: Place, asked: Asked, **more: str) -> str:
    """A script for a shell. Where the place has lines of its own, their `python` is the one that has the program."""
    command = ("python", *asked.command[1:]) if place.setup else asked.command
    exports = (f"export {name}={shlex.quote(value)}" for name, value in asked.environment.items())
    return form.format(
        name=shlex.quote(asked.name),
        setup="\n".join(place.setup),
        exports="\n".join(exports),
        folder=shlex.quote(str(asked.folder)),
        command=shlex.join(command),
        **more,
    )


@dataclass(frozen=True)
class Job:
    """One that a place was asked for, as it stands in its folder."""

    place: str
    kind: str
    number: str  # a part of an array of jobs is 7_0


WAITS, RUNS, ENDED, UNKNOWN = "waits", "runs", "ended", "unknown"


@dataclass(frozen=True)
class Standing:
    """`told` is a sentence where there is something to tell."""

    state: str
    told: str = ""

    @property
    def is_alive(self) -> bool:
        """Of what nobody can say, it is taken to go on."""
        return self.state != ENDED
