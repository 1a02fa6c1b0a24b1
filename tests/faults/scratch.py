"""A copy of a tree in which one file is another for a while, and calls of pytest there that leave nothing running."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parent
PLUGIN = "in_order"
QUIET = ("-x", "-q", "-rfE", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", PLUGIN, "--hypothesis-seed=0")
FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", re.MULTILINE)  # a log has lines of errors too
PASSED, WRONG_USE, NOTHING_CHOSEN = 0, 4, 5  # exit codes of pytest
HUNG = re.compile(r"Timeout \(>|\+ Timeout \+")  # says pytest-timeout
SUITES_OWN = 300.0  # seconds that a test may take in the suite


@dataclass(frozen=True)
class Ended:
    """A call of pytest; without a code it ran out of time."""

    code: int | None
    said: str

    @property
    def failed(self) -> str:
        """The first test that failed, or what kept it from being read."""
        found = FAILED.search(self.said)
        return found[1] if found else "conftest.py" if "while loading conftest" in self.said else ""

    @property
    def noticed(self) -> bool:
        """A hang counts where pytest-timeout saw it."""
        if self.code is None:
            return HUNG.search(self.said) is not None
        return self.code not in (PASSED, NOTHING_CHOSEN) and (self.code != WRONG_USE or bool(self.failed))


class Scratch:
    def __init__(self, tree: Path) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="loupe-faults-")).resolve()
        self.folder = self.root / "tree"
        for name in _names(tree):
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(tree / name, target, follow_symlinks=False)
        shutil.copy2(HERE / f"{PLUGIN}.py", self.folder)

    @contextmanager
    def with_file(self, path: str, text: str) -> Iterator[None]:
        before = (self.folder / path).read_bytes()
        try:
            self._write(path, text.encode())
            yield
        finally:
            self._write(path, before)

    def pytest(self, words: Sequence[str], seconds: float, each: float = SUITES_OWN) -> Ended:
        """In so many seconds, and `each` test in so many."""
        given = (f"--basetemp={self.root / 'temporary'}", f"--timeout={each:.0f}")
        command = [sys.executable, "-m", "pytest", *QUIET, *given, *words]
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        log = self.root / "said.txt"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            try:
                code = process.wait(seconds)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                self._tidy(process)
        return Ended(code, log.read_text("utf-8", errors="replace"))

    def close(self) -> None:
        self._end_processes()
        shutil.rmtree(self.root, ignore_errors=True)

    def _write(self, path: str, content: bytes) -> None:
        """Without what Python keeps of the file: it may be as long, and be written within the same second."""
        file = self.folder / path
        file.write_bytes(content)
        for kept in file.parent.glob(f"__pycache__/{file.stem}.*.pyc"):
            kept.unlink()

    def _tidy(self, process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._end_processes()
        for line in Path("/proc/mounts").read_text().splitlines() if sys.platform == "linux" else ():
            if line.split()[1].startswith(f"{self.root}/"):  # a test's small disk
                subprocess.run(["umount", "-l", line.split()[1]], capture_output=True)
        for left in (self.root / "temporary", self.folder / ".hypothesis"):
            shutil.rmtree(left, ignore_errors=True)

    def _end_processes(self) -> None:
        """Trainings, page servers and browsers outlive the tests that were killed."""
        found = [process for process in psutil.process_iter() if self._is_here(process)]
        for process in found:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=10)

    def _is_here(self, process: psutil.Process) -> bool:
        try:
            words = [process.cwd(), *process.cmdline()]
        except (psutil.Error, OSError):
            return False  # somebody else's, or gone meanwhile
        return process.pid != os.getpid() and any(str(self.root) in word for word in words)


def _names(tree: Path) -> list[str]:
    """Of the files that a commit of everything would have."""
    told = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=tree, check=True, capture_output=True, text=True
    )
    return [name for name in told.stdout.split("\0") if name and (tree / name).is_file()]


def asked(scratch: Scratch, stages: Sequence[Sequence[str]], seconds: float) -> Iterator[Ended]:
    """One stage after the other, until the time is over. A test that hangs must fail before that."""
    end = time.monotonic() + seconds
    for words in stages:
        left = end - time.monotonic()
        yield scratch.pytest(words, left, min(SUITES_OWN, seconds / 2)) if left > 0 else Ended(None, "")
