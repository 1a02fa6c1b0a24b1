"""Processes that stay open and take an epoch in turn, so that one machine's mood is all of theirs.

A worker reads a line for each epoch that it shall train and answers with a line of JSON. It ends where its input does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.rows import Row
from vae_core.runs import jobs
from vae_core.settings import PROJECT

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "2"}
PATIENCE = 30.0  # seconds that a worker has to end by itself
TORCH = PROJECT / ".torch"  # where bench/torch.sh makes its environments
VERSIONS = ("2.12", "newest")


def pythons() -> dict[str, Path]:
    """Of the environments with PyTorch that are there."""
    whole = [version for version in VERSIONS if (TORCH / version / ".made").exists()]
    return {version: TORCH / version / "bin" / "python" for version in whole}


class Worker:
    """The process of `python -m MODULE WORDS`, seen from the bench; `before` are words that begin its command."""

    def __init__(
        self, module: str, words: Sequence[str], python: Path | str = sys.executable, before: Sequence[str] = ()
    ) -> None:
        lower = ["nice", "-n", str(jobs.NICENESS)]  # as a training lowers itself: all wait for others alike
        command = [*lower, *before, str(python), "-m", module, *words]
        pipe, environment = subprocess.PIPE, {**os.environ, **QUIET}
        self.process = subprocess.Popen(command, cwd=PROJECT, env=environment, text=True, stdin=pipe, stdout=pipe)

    def epoch(self) -> Row:
        """What it answers once it has trained one."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("{"):  # libraries may talk, too
                return dict(json.loads(line))
        raise RuntimeError(f"A trainer ended early: {self.process.args!r}")

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()


def asked() -> bool:
    """Wait, in a worker, until an epoch is asked for; False where none will be."""
    return bool(sys.stdin.readline())


def answer(row: Row) -> None:
    print(json.dumps(row), flush=True)


def serve(epoch: Callable[[], Row]) -> None:
    while asked():
        began = time.process_time()
        row = epoch()
        answer({**row, "processor": time.process_time() - began})
