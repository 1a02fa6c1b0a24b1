"""A Ray of a head and two workers on this machine, for the tests alone: what `make ray` installed, its files in a
folder."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import psutil
from support import eventually

from vae_core.settings import PROJECT

RAY = Path(os.environ.get("LOUPE_RAY") or PROJECT / ".ray") / "bin" / "ray"
WORKERS = ("one", "two")
ROOM = 80_000_000  # bytes for objects, of which a training has none


@dataclass
class Ray:
    """Each of its machines is a group of processes, which a kill ends as a machine's end would. The head has no
    processors to give, so that whatever trains does so on a worker."""

    folder: Path
    port: int = 0
    dashboard: int = 0
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.dashboard}"

    def begin(self) -> None:
        self.port, self.dashboard = _free_port(), _free_port()
        self.start_head()
        self.start_workers()

    def start_workers(self) -> None:
        """One after the other: each takes a minute where others work as well."""
        for count, name in enumerate(WORKERS, start=2):
            self.start_worker(name, count)

    def start_head(self) -> None:
        words = [f"--port={self.port}", "--dashboard-host=127.0.0.1", f"--dashboard-port={self.dashboard}"]
        words += [f"--temp-dir={self.folder}", f"--ray-client-server-port={_free_port()}", "--include-dashboard=true"]
        self._start_until(self.answers, "head", "--head", "--num-cpus=0", *words)

    def start_worker(self, name: str, count: int = 3) -> None:
        """Until the head says that there are so many."""
        self._start_until(lambda: self.machines() == count, name, f"--address=127.0.0.1:{self.port}", "--num-cpus=1")

    def _start_until(self, has_come: Callable[[], bool], name: str, *words: str) -> None:
        """A machine that takes more than half a minute gives up by itself, and is started again."""

        def try_again() -> bool:
            if name in self.running and self.running[name].poll() is not None:
                self.kill(name)  # what it left behind has its ports
            if name not in self.running:
                self._start(name, *words)
            return has_come()

        eventually(try_again, f"machine {name} did not come up")

    def _start(self, name: str, *words: str) -> None:
        command = [str(RAY), "start", "--block", "--node-ip-address=127.0.0.1", f"--object-store-memory={ROOM}", *words]
        environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", f"LOUPE_RAY_{name.upper()}": str(self.folder)}
        with (self.folder / f"{name}.out").open("ab") as output:
            self.running[name] = subprocess.Popen(
                command, env=environment, stdout=output, stderr=output, start_new_session=True
            )

    def kill(self, name: str) -> None:
        """At once, with all that runs on it, as when the power goes."""
        found = list(self._of(name))
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGSTOP)  # so that none of them sees another die
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(found, timeout=20)
        self.running.pop(name).wait()

    def _of(self, name: str) -> Iterator[psutil.Process]:
        """All processes of that machine: they have its mark in their environment."""
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(f"LOUPE_RAY_{name.upper()}") == str(self.folder):
                    yield process

    def answers(self) -> bool:
        with suppress(OSError):
            return bool(urlopen(f"{self.address}/api/version", timeout=2).status == 200)
        return False

    def machines(self) -> int:
        """How many live, as the head says."""
        with suppress(OSError, ValueError, KeyError), urlopen(f"{self.address}/nodes?view=summary", timeout=5) as said:
            return [each["raylet"]["state"] for each in json.load(said)["data"]["summary"]].count("ALIVE")
        return 0

    def of(self, pid: int) -> str:
        """The machine on which that process runs."""
        marks = psutil.Process(pid).environ()
        return next(name for name in WORKERS if f"LOUPE_RAY_{name.upper()}" in marks)

    def end(self) -> None:
        for name in list(self.running):
            self.kill(name)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
