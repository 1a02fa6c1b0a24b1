"""Ray, asked over the HTTP of its dashboard, by which jobs are sent to it; its package is never loaded.

The log is a file in the run's folder and not Ray's, which lies on the machine that ran the job and stays there. The
code is where the settings' lines or this Python say; Ray carries nothing there."""

from __future__ import annotations

import json
import os
import shlex
import time
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypedDict

from vae_core.checked import Unfit, listed, maybe, record, text
from vae_core.errors import LoupeError
from vae_core.place import Place
from vae_core.runs import files
from vae_core.runs.places import answers
from vae_core.runs.places.job import ENDED, RUNS, UNKNOWN, WAITS, Asked, Standing, filled
from vae_core.settings import Settings

LOOK_SECONDS, CHANGE_SECONDS = 4.0, 60.0  # a look may be given up sooner than a change, which somebody asked for
PREFIX = "loupe-"  # of a job's name there, before its number
NUMBER = "LOUPE_RAY_JOB"  # by which a job knows its own
SCRIPT = """\
#!/bin/bash
# Written by Latent Loupe, which has Ray run it; {name} is what it trains.
exec >> {log} 2>&1
{setup}
{exports}
cd {folder} || exit
exec {command}
"""
UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
PENDING, FAILED, STOPPED = "PENDING", "FAILED", "STOPPED"
ALIVE = (PENDING, "RUNNING")
ENDS = {
    STOPPED: "it was stopped there",
    "SUCCEEDED": "its program ended before it was through",
    "JOB_ENTRYPOINT_COMMAND_ERROR": "its program failed, and the log says why",
    "JOB_SUPERVISOR_ACTOR_DIED": "its machine failed",
    "JOB_SUPERVISOR_ACTOR_UNKNOWN_FAILURE": "its machine failed",
    "JOB_SUPERVISOR_ACTOR_START_TIMEOUT": "no machine was free for too long",
    "JOB_SUPERVISOR_ACTOR_UNSCHEDULABLE": "no machine is as large as it asks for",
    answers.GONE: "it was started anew, or has forgotten the job",
}


TOLD = listed(record(submission_id=maybe(text), status=maybe(text), error_type=maybe(text)))


class Told(TypedDict):
    """Of a job, what we ask for."""

    submission_id: str | None
    status: str | None
    error_type: str | None


class _Refused(LoupeError):
    """What Ray says where it was reached, and will not."""


def inside() -> str | None:
    return os.environ.get(NUMBER)


def script(place: Place, asked: Asked) -> str:
    return filled(SCRIPT, place, asked, log=shlex.quote(str(asked.log)))


@dataclass(frozen=True)
class Dashboard:
    """That of a place, by its name in the settings."""

    place: str

    def start(self, settings: Settings, place: Place, asked: Sequence[Asked]) -> list[str]:
        """It knows no arrays of jobs. What is handed on in secret is not: Ray shows it to everybody."""
        return [self._start(settings, place, each) for each in asked]

    def _start(self, settings: Settings, place: Place, asked: Asked) -> str:
        """The number is chosen here, so that a job whose answer is lost on the way can be found."""
        number = str(time.time_ns() // 1000)
        wrong = f"{asked.name} could not be sent to {place.name}"
        told = Asked(**{**vars(asked), "environment": {**asked.environment, NUMBER: number}})
        files.write_bytes(asked.script, script(place, told).encode())
        try:
            _ask(place, "POST", "", CHANGE_SECONDS, wrong, _wanted(place, asked, number))
        except _Refused:
            raise
        except LoupeError:
            _ask(place, "GET", f"{PREFIX}{number}", CHANGE_SECONDS, wrong)
        answers.put(settings, [number], PENDING, _kept(place))
        return number

    def stop(self, settings: Settings, number: str) -> bool:
        """Ray says that a job waits until a machine is free for it, and only then ends it. One that runs is not told by
        Ray: that would wait for three seconds and then kill it."""
        place = self._place(settings)
        if place is None:
            return False
        name, wrong = f"{PREFIX}{number}", f"Job {number} could not be taken back"
        if _ask(place, "GET", name, CHANGE_SECONDS, wrong)[0]["status"] != PENDING:
            answers.outdate(settings, _kept(place))
            return False
        _ask(place, "POST", f"{name}/stop", CHANGE_SECONDS, wrong)
        return True

    def again(self, number: str) -> None:
        raise LoupeError(f"Ray runs job {number} but once", fix="Resume the run")

    def standing(self, settings: Settings, number: str) -> Standing:
        place = self._place(settings)
        if place is None:
            return Standing(ENDED, f"{self.place} is no place of loupe.toml any more.")
        found = answers.of(settings, number, answers.Source(lambda: _everything(place), _past, ALIVE, _kept(place)))
        if not found.is_fresh and (found.state in ALIVE or not found.state):
            return Standing(UNKNOWN, "Ray does not answer.")
        if found.state in ALIVE:
            waits = Standing(WAITS, "Waiting in Ray: no machine is free.")
            return waits if found.state == PENDING else Standing(RUNS)
        return Standing(ENDED, f"Ray ended it: {ENDS.get(found.state, found.state.lower().replace('_', ' '))}.")

    def inside(self) -> str | None:
        return inside()

    def _place(self, settings: Settings) -> Place | None:
        return next((each for each in settings.places if each.name == self.place and each.kind == "ray"), None)


def _wanted(place: Place, asked: Asked, number: str) -> dict[str, object]:
    """A job that asks for nothing would run on the head, however many others do."""
    memory = place.memory and int(place.memory.rstrip("KMGT")) * UNITS.get(place.memory[-1], UNITS["M"])
    wanted = {
        "entrypoint": shlex.join(("bash", str(asked.script))),
        "submission_id": f"{PREFIX}{number}",
        "metadata": {"run": asked.name},
        "entrypoint_num_cpus": place.cpus or 1,
        "entrypoint_num_gpus": place.gpus,
        "entrypoint_memory": memory,
    }
    return {name: value for name, value in wanted.items() if value}


def _everything(place: Place) -> dict[str, tuple[str, str]] | None:
    with suppress(LoupeError):
        jobs = _ask(place, "GET", "", LOOK_SECONDS, "Ray was not asked")
        named = (((job["submission_id"] or "").removeprefix(PREFIX), job) for job in jobs)
        return {name: (_state(job), "") for name, job in named if name.isdigit()}
    return None


def _state(job: Told) -> str:
    return (job["error_type"] if job["status"] == FAILED else None) or job["status"] or ""


def _past(number: str) -> str:
    """It knows all jobs since it was started."""
    return ""


def _kept(place: Place) -> str:
    return f"ray-{zlib.crc32(place.address.encode()):08x}"


def _ask(
    place: Place, method: str, job: str, seconds: float, wrong: str, document: Mapping[str, object] | None = None
) -> list[Told]:
    """What is said of each job that it was asked about."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import ProxyHandler, Request, build_opener

    data = None if document is None else json.dumps(document).encode()
    request = Request(f"{place.address.rstrip('/')}/api/jobs/{job}", data, method=method)  # noqa: S310
    try:
        with build_opener(ProxyHandler({})).open(
            request, timeout=seconds
        ) as answer:  # the web's proxy has no part in it
            found = json.load(answer)
        told: list[Told] = TOLD(found if isinstance(found, list) else [found])
        return told
    except HTTPError as error:
        said = error.read(20_000).decode(errors="replace").strip(" .\n").split("\n")[-1]
        raise _Refused(f"{wrong}. Ray said: {said[:300] or error.reason}", fix="See docs/cluster.md") from None
    except (OSError, HTTPException, ValueError, Unfit):
        fix = "Try again in some minutes, or correct the place in loupe.toml"
        raise LoupeError(f"{wrong}: no Ray answers at {place.address}", fix=fix) from None
