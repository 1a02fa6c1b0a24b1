"""A .tflite file on LiteRT, which is native code: for files that were made on this machine, as long as they work."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vae_core.errors import LoupeError
from vae_core.look.forms import CHUNK, INPUTS, Ends, Outputs, Shape
from vae_core.runs import own

if TYPE_CHECKING:
    from vae_core.runs.store import Run

BATCHES = (1, CHUNK)  # the sizes that are exported; a free size would need operations that run nowhere
ONE_BY_ONE = 32  # up to so many rows, single calls are faster than a padded batch
MOST_THREADS = 4
MB = 2**20
# What its binding raises for files that were changed by a byte, at loading or at the first use.
BROKEN = (ValueError, RuntimeError, KeyError, TypeError, IndexError, AttributeError, MemoryError, OverflowError)


class LiteRT:
    """One network, `encode` or `decode`. A LoupeError at any use where the file does not work. Not for two threads."""

    def __init__(self, source: Path | bytes, task: str) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._name = "The network" if isinstance(source, bytes) else f"{source.parent.name}/{source.name}"
        self._input = INPUTS[task]
        try:
            data = source if isinstance(source, bytes) else own.read(source)
            interpreter = Interpreter(model_content=data, num_threads=_threads(len(data)))
            self._runners = {batch: interpreter.get_signature_runner(f"{task}_{batch}") for batch in BATCHES}
            self.ends = _ends(self._runners[1], self._input)
        except (OSError, *BROKEN) as error:
            raise self._broken(error) from None

    @classmethod
    def of(cls, run: Run, task: str, source: Path) -> LiteRT:
        """Only where it takes and gives what the run's settings say."""
        found, wanted = cls(source, task), Ends.of(run, task)
        if found.ends != wanted:
            raise found._broken(f"of {run.id}: it takes {found.ends.row} and gives {dict(found.ends.outputs)}")
        return found

    def __call__(self, rows: np.ndarray) -> Outputs:
        """Of up to CHUNK float32 rows."""
        parts = [self._call(rows[start:stop], batch) for start, stop, batch in _pieces(len(rows))]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _call(self, rows: np.ndarray, batch: int) -> Outputs:
        padded = np.pad(rows, [(0, batch - len(rows))] + [(0, 0)] * (rows.ndim - 1))
        try:
            found = self._runners[batch](**{self._input: padded})
        except BROKEN as error:
            raise self._broken(error) from None
        return {name: values[: len(rows)] for name, values in found.items()}

    def _broken(self, error: object) -> LoupeError:
        why = str(error.strerror if isinstance(error, OSError) else error).partition("\n")[0]
        return LoupeError(f"{self._name} is not a portable network of this program ({why})")


def is_here() -> bool:
    """It comes with the trainer, which makes its files; looking does without."""
    return find_spec("ai_edge_litert") is not None


def _ends(runner: Any, name: str) -> Ends:
    outputs = {key: _row(details) for key, details in runner.get_output_details().items()}
    return Ends(_row(runner.get_input_details()[name]), outputs)


def _row(details: Mapping[str, Any]) -> Shape:
    return tuple(int(size) for size in details["shape"][1:])


def _pieces(count: int) -> Iterator[tuple[int, int, int]]:
    """(start, stop, batch) of each call: one by one where that is faster than a padded batch."""
    if count > ONE_BY_ONE:
        yield 0, count, BATCHES[-1]
    else:
        yield from ((start, start + 1, 1) for start in range(max(1, count)))  # the shapes are known from a run alone


def _threads(size: int) -> int:
    """Waking threads costs more than a tiny network does."""
    return 1 if size < MB // 2 else min(MOST_THREADS, os.cpu_count() or 1)
