"""This machine: a process of its own, which outlives who started it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import Any

from vae_core.runs import files, own
from vae_core.runs.places.job import Asked


def start(asked: Asked) -> subprocess.Popen[bytes]:
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        detached = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    with files.told(asked.log), own.opened(asked.log, "ab") as output:
        return subprocess.Popen(
            asked.command,
            cwd=asked.folder,
            env={**os.environ, **asked.environment, **asked.secrets},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **detached,
        )


def reap(process: subprocess.Popen[bytes]) -> None:
    """Somebody must ask for the exit status, or the dead child stays in the process table for as long as a page server
    lives. A waiting thread does that everywhere; forking twice is for POSIX only, unsafe beside other threads, and
    hides the number of the process."""
    threading.Thread(target=process.wait, name=f"wait-{process.pid}", daemon=True).start()
