"""A training process that takes one run after the other: TensorFlow is loaded once for many short trainings."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from typing import Any

from vae_core.errors import LoupeError
from vae_core.runs import jobs, locks
from vae_core.runs.store import Run
from vae_core.settings import PROJECT, Settings

COMMAND = (sys.executable, "-m", "vae_core", "trainer")
log = logging.getLogger(__name__)


class Trainer:
    """It is given the names of runs on its standard input and ends when that is closed, as when its owner dies."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def train(self, run: Run) -> None:
        """Begin, or go on with, this run; it says itself how far it is."""
        process = self._started()
        run.clear_stop()
        mark = {"pid": process.pid, "pid_started": locks.started(process.pid)}
        run.set_status(state="queued", phase="", error=None, queued=time.time(), **mark)
        try:
            assert process.stdin is not None
            process.stdin.write(f"{run.id}\n".encode())
            process.stdin.flush()
        except OSError as error:
            raise LoupeError("The training process has ended", fix="Start the search again") from error

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()
        self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = _launch(self._settings)
            log.info("training process %d", self._process.pid)
        return self._process


def _launch(settings: Settings) -> subprocess.Popen[bytes]:
    detached: dict[str, Any] = {} if os.name == "nt" else {"start_new_session": True}
    return subprocess.Popen(
        COMMAND, cwd=PROJECT, env=jobs.environment(settings), stdin=subprocess.PIPE, **detached
    )  # its output goes where its owner's goes, to the worker's log
