"""Whether a case was taken as it should be: a sentence or an answer, soon, in little memory."""

from __future__ import annotations

import random
import time
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fuzz.place import Place
from fuzz.targets import TARGETS

from vae_core.errors import LoupeError

CPU_SECONDS, MOST_MB = 2.0, 300
WARM = 20  # cases, by which all is imported: what they cost is not theirs
STATUS, FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Judge:
    """Of one target, in one process."""

    name: str
    place: Place
    cases: int = 0
    told: int = 0  # of the cases those that were refused in a sentence
    slowest: float = 0.0
    more_mb: float = 0.0  # than the process had when it was warm
    faults: dict[str, str] = field(default_factory=dict)  # by the line that raised it, all that is told of the first
    _before: float = 0.0

    def take(self, data: bytes) -> str:
        """One case; where its fault has not been seen before, all that is told of it."""
        began = time.process_time()
        fault = self._taken(data)
        spent = time.process_time() - began
        if self.cases > WARM:
            fault = fault or self._costs(spent)
        else:
            self._before = memory()
        known = _where(fault) in self.faults
        return "" if known or not fault else self.faults.setdefault(_where(fault), fault)

    def _taken(self, data: bytes) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow thinks of damaged pictures
            try:
                self.cases += TARGETS[self.name].take(data, self.place)
            except LoupeError as error:
                str(error).encode()  # a page can show it
                self.cases += 1
                self.told += 1
            except Exception:
                self.cases += 1
                return traceback.format_exc()
        return ""

    def _costs(self, seconds: float) -> str:
        more = memory() - self._before
        self.slowest, self.more_mb = max(self.slowest, seconds), max(self.more_mb, more)
        if seconds > CPU_SECONDS:
            return f"slow: {seconds:.1f} s"
        return f"memory: {more:.0f} MB" if more > MOST_MB else ""


def made(name: str, begin: int = 0) -> Iterator[bytes]:
    """Cases without end, always the same ones."""
    while True:
        yield TARGETS[name].make(random.Random(f"{name} {begin}"))
        begin += 1


def memory() -> float:
    """The most megabytes that this process has had since it was last asked. Linux alone tells, and forgets."""
    lines = STATUS.read_text().splitlines() if STATUS.exists() else []
    found = sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    if FORGET.exists():
        FORGET.write_text("5")
    return found


def _where(fault: str) -> str:
    """The line of our own that is nearest to it."""
    lines = [line for line in fault.splitlines() if "/vae_core/" in line or "/ui/" in line]
    return lines[-1].strip() if lines else fault[:6]
