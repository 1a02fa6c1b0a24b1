"""Slurm, as universities have it: sbatch, scancel, squeue and sacct, and within a job scontrol, all as the person."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from vae_core.errors import LoupeError
from vae_core.place import Place
from vae_core.runs import files
from vae_core.runs.places import answers
from vae_core.runs.places.job import ENDED, RUNS, UNKNOWN, WAITS, Asked, Standing, filled
from vae_core.settings import Settings

NONE: Mapping[str, str] = MappingProxyType({})
LEAD_SECONDS = 60  # before its time is over a job is told; Slurm may do it half a minute earlier
LOOK_SECONDS, CHANGE_SECONDS = 4.0, 60.0  # a look may be given up sooner than a change, which somebody asked for
SCRIPT = """\
#!/bin/bash
# Written by Latent Loupe, which sends it by sbatch; {name} is what it trains.
{options}
{setup}
{exports}
cd {folder} || exit
{UNTOLD}
exec {command}
"""
UNTOLD = 'trap "" USR1  # told too soon that its time is nearly over, it goes on until it is'
ARRAY = """\
#!/bin/bash
{options}
{UNTOLD}
scripts=({scripts})
logs=({logs})
exec bash "${{scripts[SLURM_ARRAY_TASK_ID]}}" >> "${{logs[SLURM_ARRAY_TASK_ID]}}" 2>&1
"""
WAITING = ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD")
RUNNING = ("RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "STAGE_OUT", "SIGNALING", "RESIZING")
REASONS = {  # each fits beside Stop on a phone
    "Priority": "others come first",
    "Resources": "no machine is free",
    "BeginTime": "goes on in minutes",
    "JobHeldUser": "somebody holds it",
    "JobHeldAdmin": "its people hold it",
    "ReqNodeNotAvail": "machines are away",
    "PartitionTimeLimit": "asks for too long",
    "PartitionDown": "closed for now",
}
ENDS = {
    "OUT_OF_MEMORY": "out of memory",
    "TIMEOUT": "its time was over",
    "NODE_FAIL": "its machine failed",
    "BOOT_FAIL": "its machine failed",
    "PREEMPTED": "others came first",
    "CANCELLED": "it was cancelled",
    "FAILED": "its program failed, and the log says why",
    "COMPLETED": "its program ended before it was through",
    answers.GONE: "why, it no longer knows",
}


# What Slurm is asked for.


def start(settings: Settings, place: Place, asked: Sequence[Asked]) -> list[str]:
    """Several are an array of jobs, each with the script that it would have alone."""
    for each in asked:
        files.write_bytes(each.script, script(place, each).encode())
    first = asked[0]
    words = ["--parsable", f"--job-name={first.name}", "--open-mode=append"]
    if len(asked) > 1:
        words += [f"--array=0-{len(asked) - 1}", "--output=/dev/null"]
    else:
        log = str(first.log).replace("%", "%%")  # it puts numbers in the place of such
        words += [f"--output={log}", str(first.script)]
    wrong = f"{first.name} could not be sent to {place.name}"
    text = array(place, asked) if len(asked) > 1 else ""
    number = _change("sbatch", words, wrong, text, first.secrets).strip().split(";")[0]
    numbers = [f"{number}_{place}" for place in range(len(asked))] if len(asked) > 1 else [number]
    answers.put(settings, numbers, "PENDING")
    return numbers


def stop(settings: Settings, number: str) -> bool:
    _change("scancel", ("--state=PENDING", number), f"Job {number} could not be taken back")
    answers.outdate(settings)
    return False  # it says so itself


def again(number: str) -> None:
    _change("scontrol", ("requeue", number), f"Slurm would not run job {number} once more")


def inside() -> str | None:
    array, part = (os.environ.get(f"SLURM_ARRAY_{name}_ID") for name in ("JOB", "TASK"))
    return f"{array}_{part}" if array and part else os.environ.get("SLURM_JOB_ID")


def script(place: Place, asked: Asked) -> str:
    return filled(SCRIPT, place, asked, UNTOLD=UNTOLD, options=_headed(place))


def array(place: Place, asked: Sequence[Asked]) -> str:
    """Each part of it becomes one of these jobs."""
    scripts, logs = (shlex.join(str(path) for path in paths) for paths in zip(*((a.script, a.log) for a in asked)))
    return ARRAY.format(UNTOLD=UNTOLD, options=_headed(place), scripts=scripts, logs=logs)


def _headed(place: Place) -> str:
    return "\n".join(f"#SBATCH {option}" for option in _options(place))


def _options(place: Place) -> Iterator[str]:
    yield "--requeue"
    yield f"--signal=B:USR1@{LEAD_SECONDS}"
    given = {
        "partition": place.partition,
        "account": place.account,
        "time": place.time,
        "mem": place.memory,
        "cpus-per-task": place.cpus,
        "gpus": place.gpus,
    }
    yield from (f"--{name}={value}" for name, value in given.items() if value)


# What Slurm says.


def standing(settings: Settings, number: str) -> Standing:
    found = answers.of(settings, number, answers.Source(_everything, _past, (*WAITING, *RUNNING)))
    if found.state in WAITING:
        reason = REASONS.get(found.reason, found.reason)
        told = f"Waiting in Slurm: {reason}." if reason not in ("", "None") else "Waiting in Slurm."
        return Standing(WAITS, told if found.is_fresh else "Slurm does not answer.")
    if found.state in RUNNING:
        return Standing(RUNS)
    if found.state:
        return Standing(ENDED, f"Slurm ended it: {ENDS.get(found.state, found.state.lower().replace('_', ' '))}.")
    return Standing(UNKNOWN, "Slurm does not answer.")


def _everything() -> dict[str, tuple[str, str]] | None:
    """All jobs of this person that it still knows, in one question; None where it does not answer."""
    said = _look("squeue", ("--me", "--array", "--noheader", "--states=all", "--format=%i|%T|%r"))
    if said is None:
        return None
    rows = (line.strip().split("|", 2) for line in said.splitlines())
    return {row[0]: (row[1], row[2]) for row in rows if len(row) == 3}


def _past(number: str) -> str:
    """How a job ended that squeue has forgotten; not every cluster keeps that."""
    said = _look("sacct", (f"--jobs={number}", "--allocations", "--noheader", "--parsable2", "--format=State"))
    return (said or "").strip().split("\n")[-1].split(" ")[0]  # "CANCELLED by 1000"


def _look(tool: str, words: Sequence[str]) -> str | None:
    try:
        done = _run(tool, words, LOOK_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _change(tool: str, words: Sequence[str], wrong: str, script: str = "", secrets: Mapping[str, str] = NONE) -> str:
    try:
        done = _run(tool, words, CHANGE_SECONDS, script, secrets)
    except FileNotFoundError:
        fix = "Start Latent Loupe where Slurm's programs are, or choose another place"
        raise LoupeError(f"{wrong}: there is no {tool} here", "A machine of the cluster was expected", fix) from None
    except (OSError, subprocess.TimeoutExpired):
        raise LoupeError(f"{wrong}: {tool} did not answer", fix="Try again in some minutes") from None
    if done.returncode:
        said = done.stderr.strip().split("\n")[-1].removeprefix(f"{tool}: ").removeprefix("error: ")
        raise LoupeError(f"{wrong}. Slurm said: {said}", fix="Correct the place in loupe.toml: see docs/cluster.md")
    return done.stdout


def _run(
    tool: str, words: Sequence[str], seconds: float, script: str = "", secrets: Mapping[str, str] = NONE
) -> subprocess.CompletedProcess[str]:
    """A job inherits the environment of who sends it, unless its people have forbidden that."""
    told = {**os.environ, **secrets}
    return subprocess.run([tool, *words], env=told, input=script, capture_output=True, text=True, timeout=seconds)
