"""What a cluster last said of a person's jobs. It is asked for all of them at once and seldom, however many look."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from vae_core.checked import by_name, flag, listed, number, record, text
from vae_core.errors import LoupeError
from vae_core.runs import files, locks
from vae_core.settings import Settings

ASK_SECONDS, RETRY_SECONDS = 5.0, 20.0
MOST = 1000  # jobs that are remembered
GONE = "GONE"  # of which nobody knows any more
FORM = record(asked=number(0), answers=flag, jobs=by_name(listed(text)))


class Kept(TypedDict):
    asked: float  # when
    answers: bool  # whether it did
    jobs: Mapping[str, list[str]]  # by their numbers: state and reason


@dataclass(frozen=True)
class Source:
    """How a cluster is asked."""

    everything: Callable[[], dict[str, tuple[str, str]] | None]  # all jobs that it still knows; None: no answer
    past: Callable[[str], str]  # how one ended that it has put away; empty where nobody kept that
    alive: Collection[str]  # the states of jobs that have not ended
    name: str = "slurm"  # of the file that keeps what it said


@dataclass(frozen=True)
class Answer:
    """The state of a job in the words of the cluster; empty where it never said one."""

    state: str
    reason: str
    is_fresh: bool


def of(settings: Settings, job: str, source: Source) -> Answer:
    kept = _read(settings, source.name)
    if job not in kept["jobs"] or not _is_fresh(kept):
        kept = _ask(settings, kept, source)
    if kept["answers"] and job not in kept["jobs"]:
        kept = _put(settings, source.name, kept, [job], source.past(job) or GONE)
    state, reason = kept["jobs"].get(job, ["", ""])
    return Answer(state, reason, kept["answers"])


def put(settings: Settings, jobs: Sequence[str], state: str, name: str = "slurm") -> None:
    """What is known without asking, until it is asked."""
    _put(settings, name, {**_read(settings, name), "asked": 0.0}, jobs, state)


def outdate(settings: Settings, name: str = "slurm") -> None:
    """Ask anew at the next look: something has just been changed there."""
    _write(settings, name, {**_read(settings, name), "asked": 0.0})


def _ask(settings: Settings, kept: Kept, source: Source) -> Kept:
    """Only one at a time asks; the others go by what was said before."""
    path = _path(settings, source.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = locks.take(path.with_suffix(".lock"), 0)
    if lock is None:
        return kept
    try:
        found = source.everything()
        jobs = kept["jobs"] if found is None else _known(kept["jobs"], found, source)
        return _write(settings, source.name, {"asked": time.time(), "answers": found is not None, "jobs": jobs})
    finally:
        lock.release()


def _known(
    before: Mapping[str, list[str]], found: Mapping[str, tuple[str, str]], source: Source
) -> Mapping[str, list[str]]:
    """A cluster soon forgets what has ended, so that is kept here."""
    ended = {job: answer for job, answer in before.items() if answer[0] not in source.alive}
    return {**ended, **{job: list(answer) for job, answer in found.items()}}


def _is_fresh(kept: Kept) -> bool:
    return abs(time.time() - kept["asked"]) < (ASK_SECONDS if kept["answers"] else RETRY_SECONDS)


def _put(settings: Settings, name: str, kept: Kept, jobs: Sequence[str], state: str) -> Kept:
    return _write(settings, name, {**kept, "jobs": {**kept["jobs"], **{job: [state, ""] for job in jobs}}})


def _read(settings: Settings, name: str) -> Kept:
    try:
        found: Kept = files.read_json(_path(settings, name), FORM)
    except LoupeError:  # none yet, or spoiled: it is asked anew
        return {"asked": 0.0, "answers": True, "jobs": {}}
    return found


def _write(settings: Settings, name: str, kept: Kept) -> Kept:
    newest = dict(list(kept["jobs"].items())[-MOST:])
    path, bounded = _path(settings, name), Kept(asked=kept["asked"], answers=kept["answers"], jobs=newest)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_json(path, bounded, durable=False)
    return bounded


def _path(settings: Settings, name: str) -> Path:
    return settings.cache / f"{name}.json"
