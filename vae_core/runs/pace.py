"""How quick this machine is beside a usual one, for the guesses that are made before it was calibrated.

Products of matrices say it at once; a training that has ended says it better, for the next one of its kind."""

from __future__ import annotations

import platform
import time
from contextlib import suppress

from vae_core.checked import by_name, number, record, text
from vae_core.design import cost, duration
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import files
from vae_core.settings import Settings

FILE = "pace.json"
BELIEVED = 3600.0  # seconds: other work may slow a machine, and come to an end
LEAST, MOST = 0.5, 8.0  # how far a guess is corrected
SIZE, REPEATS = 512, 9  # numbers each way of a matrix, and how often it is multiplied
KNOWN = record(machine=text, pace=number(LEAST, MOST), at=number())
LEARNED_FILE = "learned.json"
FARTHEST = 16.0  # how far what a training took may be from its guess, either way
LEARNED = record(machine=text, times=by_name(number(1 / FARTHEST, FARTHEST)))


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
    for _ in range(REPEATS):
        began = time.perf_counter()
        np.matmul(one, one)
        taken.append(time.perf_counter() - began)
    return sorted(taken)[REPEATS // 2] / SIZE**3


def learned(settings: Settings, config: Config) -> float | None:
    """How many times as long as guessed the steps of the last training of such layers took here."""
    return _learned(settings).get(_kind(config))


def learn(settings: Settings, config: Config, times: float) -> None:
    """A training's steps took so many times as long as was foretold for it."""
    known, kind = _learned(settings), _kind(config)
    corrected = min(max(known.get(kind, 1.0) * times, 1 / FARTHEST), FARTHEST)
    with suppress(LoupeError, OSError):
        files.write_json(settings.cache / LEARNED_FILE, {"machine": machine(), "times": {**known, kind: corrected}})


def _learned(settings: Settings) -> dict[str, float]:
    with suppress(LoupeError):
        known = files.read_json(settings.cache / LEARNED_FILE, LEARNED)
        if known["machine"] == machine():
            return dict(known["times"])
    return {}


def _kind(config: Config) -> str:
    """Of its work: a processor may be quick at one and slow at the other."""
    return "convolution" if cost.mostly_convolutions(config.architecture()) else "dense"
