"""A folder that at most one process works in: its state, its lock, how it is asked to stop, what it says meanwhile."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from vae_core.checked import Check, Unfit
from vae_core.runs import files, forms, locks, places
from vae_core.runs.forms import FINAL as FINAL
from vae_core.runs.forms import STATES as STATES
from vae_core.runs.places.job import ENDED, UNKNOWN, WAITS, Job, Standing
from vae_core.runs.places.lease import Lease, claim, is_held
from vae_core.settings import Settings

GRACE_SECONDS = 30.0  # for work that was just created and whose process is about to be
PROGRESS_BYTES = 128 * 1024
STATUS_FILE, LOG_FILE, JOB_FILE, SCRIPT_FILE, LEASE = "status.json", "log.txt", "job.json", "job.sh", "lease"
LATER = b"later"  # in the file of a stop: not a person's, so it goes on by itself
STATUS: forms.Status = {
    "state": "queued",
    "phase": "",
    "queued": None,
    "pid": None,
    "pid_started": None,
    "seconds": None,
    "eta_seconds": None,
    "eta_range": None,
    "eta_at": None,
    "error": None,
}


@dataclass(frozen=True)
class Work:
    """Holds no open file and no copy: every call reads or writes the disk."""

    id: str
    settings: Settings
    lease: Lease | None = field(default=None, compare=False, repr=False)  # of who works there, on a cluster

    BLANK: ClassVar[Mapping[str, object]] = STATUS  # what a status says before anybody has said anything

    @property
    def form(self) -> Check:
        """The check of what a status may say."""
        return forms.STATUS

    @property
    def path(self) -> Path:
        raise NotImplementedError

    @property
    def owner(self) -> str:
        """Whose turn it takes in the queue."""
        raise NotImplementedError

    # Where it stands.

    def status(self) -> forms.Status:
        found: forms.Status = files.read_json(self.path / STATUS_FILE, self.form, self.BLANK)
        return found

    def set_status(self, **changes: Any) -> None:
        """For the one process that works here, or who starts or stops it."""
        if changes.get("state", "queued") not in STATES:
            raise ValueError(f"no such state: {changes['state']}")
        path, status = self.writes(self.path / STATUS_FILE), {**self.status(), **changes}
        try:
            files.write_json(path, status, durable="state" in changes)
        except files.DiskFull:
            files.overwrite_json(path, status)  # so that the sentence about the full disk can be read at all

    def state(self) -> str:
        """The state, with the lock as the truth: what a dead process left as 'running' is 'interrupted'."""
        return self.state_by(self.status())

    def state_by(self, status: forms.Status) -> str:
        """The state, for who has read the status already."""
        state = str(status["state"])
        if state in FINAL:
            return state
        if state == "queued" and self.stop_requested():
            return "stopped"
        if locks.held(self.lock):
            return state
        now = self._unlocked(status)
        again = self.status()  # it may have ended, or begun anew, between the two looks
        return now if now != "interrupted" or again == status else self.state_by(again)

    def _unlocked(self, status: forms.Status) -> str:
        """The state where nobody is seen to hold the lock. On another machine that may be so while it works."""
        job = self._job_elsewhere()
        if job:
            return {WAITS: "queued", ENDED: "interrupted"}.get(self._standing(job, status).state, status["state"])
        return "queued" if status["state"] == "queued" and self._is_starting(status) else "interrupted"

    def _standing(self, job: Job, status: forms.Status) -> Standing:
        """As its place says; where that says nothing, whether it was heard of in its folder decides."""
        now = places.standing(self.settings, job)
        if now.state == UNKNOWN and status["state"] == "running" and not is_held(self.path / LEASE):
            return Standing(ENDED, f"{now.told} It was not heard of for a minute.")
        return now

    def _is_starting(self, status: forms.Status) -> bool:
        if status["pid"] is not None:
            return locks.alive(status["pid"], status["pid_started"])
        with suppress(FileNotFoundError):
            # A clock that was set back since leaves a file of the future: that is no start that goes on.
            return abs(time.time() - (self.path / STATUS_FILE).stat().st_mtime) < GRACE_SECONDS
        return False

    def has_process(self) -> bool:
        """Whether some process works here, or was started to."""
        if locks.held(self.lock):
            return True
        job, status = self._job_elsewhere(), self.status()
        if job:
            return status["state"] not in FINAL and self._standing(job, status).is_alive
        return locks.alive(status["pid"], status["pid_started"])

    def request_stop(self, *, later: bool = False) -> None:
        """`later`: it is to go on by itself, in the next turn at its place."""
        files.write_bytes(self._stop, LATER if later else b"")

    def stop_requested(self) -> bool:
        return self._stop.exists()

    def goes_on_later(self) -> bool:
        with suppress(FileNotFoundError):
            return self._stop.read_bytes() == LATER
        return False

    def clear_stop(self) -> None:
        with files.told(self._stop):
            self._stop.unlink(missing_ok=True)

    # Where it is at work, if that is not this machine.

    def job(self) -> Job | None:
        path = self.path / JOB_FILE
        return Job(**files.read_json(path, forms.JOB)) if path.exists() else None

    def _job_elsewhere(self) -> Job | None:
        """Within that very job its lock and its process tell more than the cluster does."""
        job = self.job()
        return None if places.is_inside(job) else job

    def set_job(self, job: Job | None) -> None:
        if job:
            files.write_json(self.path / JOB_FILE, asdict(job))
            return
        with files.told(self.path / JOB_FILE):
            (self.path / JOB_FILE).unlink(missing_ok=True)

    def take_lease(self) -> Lease:
        """For the process that is the job. Whoever had the lease is an earlier life of it."""
        return claim(self.path / LEASE)

    def writes(self, path: Path) -> Path:
        """The path, for who writes there: refused where another machine has taken the folder over meanwhile."""
        if self.lease:
            self.lease.check()
        return path

    def told(self) -> str:
        """What its place has to say of it before it has said itself how it ended; empty where there is nothing."""
        job, status = self._job_elsewhere(), self.status()
        if job is None or status["state"] in FINAL or locks.held(self.lock):
            return ""
        return self._standing(job, status).told

    # What it says while it goes on.

    def add_progress(self, row: Mapping[str, object]) -> None:
        import json

        size = files.append_line(self.writes(self._progress), json.dumps(files.plain(row), allow_nan=False))
        if size > 2 * PROGRESS_BYTES:
            files.keep_last(self._progress, PROGRESS_BYTES)

    def progress(self) -> list[dict[str, Any]]:
        import json

        rows = []
        for line in files.read_lines(self._progress):
            with suppress(ValueError, RecursionError, Unfit):
                rows.append(forms.PROGRESS(json.loads(line)))
        return rows

    def remove_progress(self) -> None:
        with files.told(self._progress):
            self._progress.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what writers that were killed left behind."""
        files.sweep_left(self.path, files.TEMPORARY)

    # Files.

    @property
    def script(self) -> Path:
        """What a cluster is asked to run."""
        return self.path / SCRIPT_FILE

    @property
    def log(self) -> Path:
        return self.path / LOG_FILE

    @property
    def lock(self) -> Path:
        """Held by the process that works here for as long as it lives."""
        return self.path / "lock"

    @property
    def guard(self) -> Path:
        """Held for a moment by whoever starts, stops or renames it."""
        return self.path / "guard.lock"

    @property
    def _stop(self) -> Path:
        return self.path / "stop"

    @property
    def _progress(self) -> Path:
        return self.path / "progress.jsonl"
