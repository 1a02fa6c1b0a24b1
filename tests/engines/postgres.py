"""A PostgreSQL for the tests alone: Debian's, with its files in a folder of its own, and a person with a password."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from slurm import free_port
from support import eventually

from vae_core.settings import PROJECT

PROGRAMS = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("/none"))
DRIVER = PROJECT / ".psycopg"  # where the Makefile puts it: no lock has it
PERSON, PASSWORD = "postgres", "a:secret/word"
WRITTEN = "a%3Asecret%2Fword"  # as an address has it


def missing() -> list[str]:
    found = {"PostgreSQL": (PROGRAMS / "postgres").exists(), "psycopg": DRIVER.is_dir(), "root": os.getuid() == 0}
    return [name for name, is_there in found.items() if not is_there]


@dataclass
class Postgres:
    """It runs as a user of its own, since it refuses to be root, and as a child of this process."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="loupe-postgres-")))
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://{PERSON}:{WRITTEN}@127.0.0.1:{self.port}/postgres"

    def begin(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """And have its driver found, here and by what is started from here."""
        monkeypatch.setenv("PYTHONPATH", str(DRIVER), prepend=os.pathsep)
        monkeypatch.syspath_prepend(DRIVER)
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        for path in (self.folder, secret):
            shutil.chown(path, PERSON, PERSON)
        words = ("--auth=scram-sha-256", f"--pwfile={secret}", f"--username={PERSON}", "--no-sync")
        command = [str(PROGRAMS / "initdb"), "-D", str(self._data), *words]
        subprocess.run(command, user=PERSON, group=PERSON, cwd=self.folder, check=True, capture_output=True)
        self.start()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        command = [str(PROGRAMS / "postgres"), "-D", str(self._data), "-p", str(self.port), "-k", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, user=PERSON, group=PERSON, cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        ready = [str(PROGRAMS / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        eventually(lambda: subprocess.run(ready).returncode == 0, "no PostgreSQL came up")

    def kill(self) -> None:
        """At once, as a power cut does it."""
        if self.process:
            self.process.send_signal(signal.SIGQUIT)  # to all of its processes
            self.process.wait()

    def end(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
