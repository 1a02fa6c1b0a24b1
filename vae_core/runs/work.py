"""A folder that at most one process works in: its state, its lock, how it is asked to stop, what it says meanwhile."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from vae_core.checked import Check, Unfit
from vae_core.runs import files, forms, locks
from vae_core.runs.forms import FINAL as FINAL
from vae_core.runs.forms import STATES as STATES
from vae_core.settings import Settings

GRACE_SECONDS = 30.0  # for work that was just created and whose process is about to be
PROGRESS_BYTES = 128 * 1024
STATUS_FILE, LOG_FILE = "status.json", "log.txt"
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
        path, status = self.path / STATUS_FILE, {**self.status(), **changes}
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
        if locks.held(self.lock) or (state == "queued" and self._is_starting(status)):
            return state
        again = self.status()  # it may have ended, or begun anew, between the two looks
        return "interrupted" if again == status else self.state_by(again)

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
        status = self.status()
        return locks.alive(status["pid"], status["pid_started"])

    def request_stop(self) -> None:
        files.write_bytes(self._stop, b"")

    def stop_requested(self) -> bool:
        return self._stop.exists()

    def clear_stop(self) -> None:
        with files.told(self._stop):
            self._stop.unlink(missing_ok=True)

    # What it says while it goes on.

    def add_progress(self, row: Mapping[str, object]) -> None:
        import json

        size = files.append_line(self._progress, json.dumps(files.plain(row), allow_nan=False))
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
        files.sweep(self.path, files.TEMPORARY, files.STALE_SECONDS)

    # Files.

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
