"""A disk that can be filled and forbidden, for tests of what happens then."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from support import eventually

from vae_core.runs.work import Work


class Disk:
    """The folder as a disk of 8 MB of its own, where root can make one."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.filler = folder, folder / "filler"
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
        self.real = sys.platform == "linux" and subprocess.run(command, capture_output=True).returncode == 0
        if not self.real and not hasattr(psutil, "RLIMIT_FSIZE"):
            pytest.skip("there is no way to a full disk here")

    def fill(self, work: Work) -> None:
        """For anybody else than root: the process that works there may write no more."""
        if not self.real:
            psutil.Process(work.status()["pid"]).rlimit(psutil.RLIMIT_FSIZE, (1000, 1000))
            return
        with self.filler.open("wb", buffering=0) as file, pytest.raises(OSError) as full:
            while True:
                file.write(b"x" * 4096)
        assert full.value.errno == errno.ENOSPC

    def clear(self) -> None:
        self.filler.unlink(missing_ok=True)

    def forbid(self, writing: bool = True) -> None:
        if self.real:
            command = ["mount", "-o", f"remount,{'ro' if writing else 'rw'}", str(self.folder)]
            eventually(lambda: subprocess.run(command, capture_output=True).returncode == 0)
        else:
            self.folder.chmod(0o500 if writing else 0o700)

    def close(self) -> None:
        if self.real:
            subprocess.run(["umount", "-l", self.folder], check=True)
