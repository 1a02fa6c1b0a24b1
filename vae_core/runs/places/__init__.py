"""Where a job runs: on this machine, or on a cluster. A job is one command line and one folder, whatever runs it.

A place starts a job, takes back one that still waits, and says how it stands. Its log, its losses, a stop and how it
ended are files in its folder, wherever it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from vae_core.place import Place
from vae_core.runs.places.job import Asked, Job, Standing
from vae_core.settings import Settings


class Engine(Protocol):
    """What a kind of place can do; a module of this room."""

    def start(self, settings: Settings, place: Place, asked: Sequence[Asked]) -> list[str]:
        """Ask for all of them to be run, in one question. The numbers that they have there."""

    def stop(self, settings: Settings, number: str) -> bool:
        """Take it back if it waits. One that runs sees the stop in its folder. Whether it has ended by that, whatever
        is said of it later."""

    def again(self, number: str) -> None:
        """Run it once more, for a job that is within it and whose time is over."""

    def standing(self, settings: Settings, number: str) -> Standing:
        """Whether it waits or runs there, and why not."""

    def inside(self) -> str | None:
        """The number of the job that this process belongs to."""


def _engine(kind: str, place: str) -> Engine:
    """Loaded where a job is there alone: a list of runs needs none."""
    from vae_core.runs.places import ray, slurm

    engines: Mapping[str, Engine] = {"slurm": slurm, "ray": ray.Dashboard(place)}
    return engines[kind]


def start(settings: Settings, place: Place, asked: Sequence[Asked]) -> list[Job]:
    numbers = _engine(place.kind, place.name).start(settings, place, asked)
    return [Job(place.name, place.kind, number) for number in numbers]


def stop(settings: Settings, job: Job) -> bool:
    return _engine(job.kind, job.place).stop(settings, job.number)


def again(job: Job) -> None:
    _engine(job.kind, job.place).again(job.number)


def standing(settings: Settings, job: Job) -> Standing:
    return _engine(job.kind, job.place).standing(settings, job.number)


def is_inside(job: Job | None) -> bool:
    """Whether this very process is that job."""
    return job is not None and _engine(job.kind, job.place).inside() == job.number


def is_stray(job: Job | None) -> bool:
    """Whether this very process is a job that nobody expects any more: this one was asked for in its place, or none."""
    from vae_core.runs.places import ray

    return ray.inside() is not None and not is_inside(job)
