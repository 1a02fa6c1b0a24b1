"""How quick this machine is beside a usual one, for the guesses that are made before it was calibrated."""

from __future__ import annotations

import platform
import time
from contextlib import suppress

from vae_core.checked import number, record, text
from vae_core.design import duration
from vae_core.errors import LoupeError
from vae_core.runs import files
from vae_core.settings import Settings

FILE = "pace.json"
BELIEVED = 3600.0  # seconds: other work may slow a machine, and come to an end
LEAST, MOST = 0.5, 8.0  # how far a guess is corrected
SIZE, TIMES = 512, 9  # numbers each way of a matrix, and how often it is multiplied
KNOWN = record(machine=text, pace=number(LEAST, MOST), at=number())


def machine() -> str:
    """The machine that a measurement holds for, in words."""
    return f"{platform.node()} {platform.machine()} {platform.processor()}"


def pace(settings: Settings) -> float:
    """How many times as long as a usual machine this one takes, by a few products of matrices: a tenth of a second."""
    with suppress(LoupeError):
        known = files.read_json(settings.cache / FILE, KNOWN)
        if known["machine"] == machine() and 0 <= time.time() - known["at"] < BELIEVED:
            return float(known["pace"])
    found = min(max(_multiply_add() / duration.MULTIPLY_ADD, LEAST), MOST)
    with suppress(LoupeError, OSError):  # where nothing can be kept, it is measured again
        settings.cache.mkdir(parents=True, exist_ok=True)
        files.write_json(settings.cache / FILE, {"machine": machine(), "pace": found, "at": time.time()})
    return found


def _multiply_add() -> float:
    """Seconds in a product of matrices, which may have to share the processors with other work."""
    import numpy as np

    one = np.ones((SIZE, SIZE), np.float32)
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        np.matmul(one, one)
        taken.append(time.perf_counter() - began)
    return sorted(taken)[TIMES // 2] / SIZE**3
