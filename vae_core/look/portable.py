"""A run's encoder and decoder on LiteRT: light to import, no TensorFlow, safe to share between threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vae_core.errors import LoupeError

if TYPE_CHECKING:
    from vae_core.runs.store import Run

BATCHES = (1, 64)  # the sizes that are exported; a free size would need operations that run nowhere
ONE_BY_ONE = 32  # up to so many images, single decodes are faster than a padded batch
INPUTS = {"encode": "image", "decode": "code"}
MOST_THREADS = 4
MB = 2**20
Progress = Callable[[int, int], None]


class Network:
    """One portable network, `encode` or `decode`: any number of rows through its two fixed batch sizes."""

    def __init__(self, source: Path | bytes, task: str) -> None:
        self.source = source
        self.task = task
        self._lock = threading.Lock()  # an interpreter serves one caller at a time
        self._loaded: _Loaded | None = None

    def __call__(self, rows: np.ndarray, progress: Progress | None = None) -> dict[str, np.ndarray]:
        """Outputs by name, float32. Bytes are taken as pixels of 0..255, floats as they are."""
        loaded = self._load()
        if rows.shape[1:] != loaded.row:
            raise LoupeError(f"The model was given {INPUTS[self.task]}s of {_size(rows.shape[1:])}",
                             f"This model takes {_size(loaded.row)}")  # fmt: skip
        parts = []
        for start, stop, batch in _pieces(len(rows)):
            given = {INPUTS[self.task]: _padded(rows[start:stop], batch)}
            with self._lock:
                found = loaded.runners[batch](**given)
            parts.append({name: values[: stop - start] for name, values in found.items()})
            if progress:
                progress(stop, len(rows))
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _load(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self.source, self.task)
        return self._loaded


@dataclass(frozen=True)
class _Loaded:
    row: tuple[int, ...]  # the shape of one image or code that goes in
    runners: dict[int, Any]  # by batch size


class Portable:
    """Both halves of a model. Nothing is loaded before it is used."""

    def __init__(self, encoder: Path | bytes, decoder: Path | bytes) -> None:
        self.encoder = Network(encoder, "encode")
        self.decoder = Network(decoder, "decode")

    @classmethod
    def of(cls, run: Run) -> Portable:
        return cls(run.encoder_tflite, run.decoder_tflite)

    def encode(self, images: np.ndarray, progress: Progress | None = None) -> tuple[np.ndarray, np.ndarray | None]:
        """Mean codes (n, d), and log-variances where the encoder has them; bytes or floats in 0..1 go in."""
        found = self.encoder(images, progress)
        return found["mean"], found.get("log_variance")

    def decode(self, codes: np.ndarray, progress: Progress | None = None) -> np.ndarray:
        """Pictures, float32 in 0..1."""
        return np.clip(self.output(codes, progress), 0.0, 1.0)

    def output(self, codes: np.ndarray, progress: Progress | None = None) -> np.ndarray:
        """What the decoder says, before it is clipped to a picture: what a loss is computed from."""
        return self.decoder(np.asarray(codes, np.float32), progress)["image"]


def _pieces(count: int) -> Iterator[tuple[int, int, int]]:
    """(start, stop, batch) of each call: full chunks, then the rest padded, or one by one where it is small."""
    batch = BATCHES[-1]
    full = count - count % batch if count % batch <= ONE_BY_ONE else count
    if not count:
        yield 0, 0, 1  # the shapes of the outputs are known from a run alone
    for start in range(0, full, batch):
        yield start, min(start + batch, count), batch
    for start in range(full, count):
        yield start, start + 1, 1


def _padded(rows: np.ndarray, batch: int) -> np.ndarray:
    values = rows.astype(np.float32) / (np.float32(255) if rows.dtype == np.uint8 else 1)
    missing = batch - len(values)
    return np.pad(values, [(0, missing)] + [(0, 0)] * (values.ndim - 1)) if missing else values


def _load(source: Path | bytes, task: str) -> _Loaded:
    from ai_edge_litert.interpreter import Interpreter

    if isinstance(source, Path) and not source.is_file():
        raise LoupeError(
            f"{source.parent.name} has no {source.name}",
            "A finished run with its portable form was expected",
            "Let its training finish; where it has, its status says why the form was not written",
        )
    data = source if isinstance(source, bytes) else source.read_bytes()
    try:
        interpreter = Interpreter(model_content=data, num_threads=_threads(len(data)))
        runners = {batch: interpreter.get_signature_runner(f"{task}_{batch}") for batch in BATCHES}
        shape = runners[1].get_input_details()[INPUTS[task]]["shape"]
        return _Loaded(tuple(int(size) for size in shape[1:]), runners)
    except (ValueError, RuntimeError, KeyError):
        name = f"{source.parent.name}/{source.name}" if isinstance(source, Path) else "The network"
        raise LoupeError(f"{name} is not a portable network of this program", fix="Train the run again") from None


def _threads(size: int) -> int:
    """Waking threads costs more than a tiny network does."""
    return 1 if size < MB // 2 else min(MOST_THREADS, os.cpu_count() or 1)


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape) if len(shape) > 1 else f"{shape[0] if shape else 'no'} numbers"
