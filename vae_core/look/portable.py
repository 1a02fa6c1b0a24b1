"""A run's encoder and decoder for use on this machine: light to import, no TensorFlow, safe to share between threads.

In a process of its own LiteRT runs a .tflite that works; else, and in the page server, NumPy runs what the saved model
says (executor.py).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from vae_core.errors import LoupeError
from vae_core.look.forms import CHUNK, INPUTS, Form, Outputs, Shape
from vae_core.look.litert import LiteRT, is_here
from vae_core.look.program import executor

if TYPE_CHECKING:
    from vae_core.runs.store import Run

Progress = Callable[[int, int], None]
T = TypeVar("T")
log = logging.getLogger(__name__)


class Network:
    """One network, `encode` or `decode`: any number of rows."""

    def __init__(self, task: str, *makers: Callable[[], Form]) -> None:
        """Each maker gives a form of the same network; where one fails, now or at work, the next one takes over."""
        self.task = task
        self._makers = makers
        self._lock = threading.Lock()
        self._form: Form | None = None

    @classmethod
    def of(cls, source: Path | bytes, task: str) -> Network:
        """Of a .tflite file alone."""
        return cls(task, partial(LiteRT, source, task))

    def __call__(self, rows: np.ndarray, progress: Progress | None = None) -> Outputs:
        """Outputs by name, float32. Bytes are taken as pixels of 0..255, floats as they are."""
        wanted = self._use(lambda form: form.ends.row)
        if rows.shape[1:] != wanted:
            raise LoupeError(
                f"The model was given {INPUTS[self.task]}s of {_size(rows.shape[1:])}",
                f"This model takes {_size(wanted)}",
            )
        parts = []
        for start in range(0, max(1, len(rows)), CHUNK):
            part = _floats(rows[start : start + CHUNK])
            parts.append(self._use(lambda form, part=part: form(part)))  # type: ignore[misc]  # bound at once
            if progress and len(rows):
                progress(start + len(part), len(rows))
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _use(self, action: Callable[[Form], T]) -> T:
        with self._lock:
            while True:
                try:
                    self._form = self._form or self._makers[0]()
                    return action(self._form)
                except LoupeError as error:
                    if len(self._makers) == 1:
                        raise
                    log.warning("%s", error)
                    self._form, self._makers = None, self._makers[1:]


class Portable:
    """Both halves of a model. Nothing is loaded before it is used."""

    def __init__(self, encoder: Network, decoder: Network) -> None:
        self.encoder = encoder
        self.decoder = decoder

    @classmethod
    def of(cls, run: Run) -> Portable:
        """For a process of its own: a .tflite that somebody made for it can end the process that loads it."""
        return cls(_network(run, "encode", run.encoder_tflite), _network(run, "decode", run.decoder_tflite))

    @classmethod
    def plain(cls, run: Run) -> Portable:
        """For the page server, whose end would be that of all pages: without native code, as quick for many rows."""
        return cls(*(Network(task, partial(executor.of, run, task)) for task in ("encode", "decode")))

    def encode(self, images: np.ndarray, progress: Progress | None = None) -> tuple[np.ndarray, np.ndarray | None]:
        """Mean codes (n, d), and log-variances where the encoder has them; bytes or floats in 0..1 go in."""
        found = self.encoder(images, progress)
        return found["mean"], found.get("log_variance")

    def decode(self, codes: np.ndarray, progress: Progress | None = None) -> np.ndarray:
        """Draw the pictures of codes, float32 in 0..1."""
        return np.clip(self.output(codes, progress), 0.0, 1.0)

    def output(self, codes: np.ndarray, progress: Progress | None = None) -> np.ndarray:
        """What the decoder says, before it is clipped to a picture: what a loss is computed from."""
        return self.decoder(np.asarray(codes, np.float32), progress)["image"]


def _network(run: Run, task: str, source: Path) -> Network:
    makers: tuple[Callable[[], Form], ...] = (partial(LiteRT.of, run, task, source), partial(executor.of, run, task))
    return Network(task, *makers[0 if source.is_file() and is_here() else 1 :])


def _floats(rows: np.ndarray) -> np.ndarray:
    return rows.astype(np.float32) / (np.float32(255) if rows.dtype == np.uint8 else 1)


def _size(shape: Shape) -> str:
    return "x".join(str(size) for size in shape) if len(shape) > 1 else f"{shape[0] if shape else 'no'} numbers"
