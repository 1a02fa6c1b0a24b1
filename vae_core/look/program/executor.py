"""The packed program in NumPy: what the browser computes, for many rows at once. No TensorFlow, and no native file."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import ThreadpoolController

from vae_core.errors import LoupeError
from vae_core.look.forms import NETWORKS, Ends, Outputs
from vae_core.look.program.lowering import Network
from vae_core.look.program.operations import Array
from vae_core.look.program.packing import Plan
from vae_core.look.program.steps import STEPS
from vae_core.runs import keras_file

if TYPE_CHECKING:
    from vae_core.runs.store import Run

MEMORY = 2**21  # numbers of the rows that are computed at once: what stays in a processor's cache, about
MOST_ROWS = 64
# These products are small. On several threads each waits for all of them, and beside a training, which takes every
# processor, ten times as long as it works. How many there are is said for the process, by one executor after the other.
ALONE = threading.Lock()


def of(run: Run, task: str) -> Executor:
    """From the saved model; a LoupeError where there is none, or not the one of the run's settings."""
    name, wanted = NETWORKS[task], Ends.of(run, task)
    graph = keras_file.read(run.model)[name]
    try:
        found = Executor(Network(graph, merged=True), tuple(wanted.outputs))
        reason = "" if found.ends == wanted else "it is not the one that the run's settings describe"
    except LoupeError as error:
        reason = error.happened
    except keras_file.SPOILED:
        reason = "it is not built as this program builds them"
    if reason:
        raise LoupeError(f"The {name} of {run.id} cannot be used: {reason}", fix="Train the run again")
    return found


class Executor:
    """One network. Not for two threads at once: all rows share one memory."""

    def __init__(self, program: Network, names: Sequence[str]) -> None:
        """`names` of its outputs. A LoupeError where its weights are no numbers."""
        self._given, self._results = program.input, dict(zip(names, program.outputs, strict=True))
        self.ends = Ends(program.input.shape, {name: value.shape for name, value in self._results.items()})
        self._plan = Plan(program, program.input, program.outputs)
        self._sizes = program.sizes
        self._steps = [(op, STEPS[op.name](op, program.sizes)) for op in program.ops]
        self.rows = max(1, min(MOST_ROWS, MEMORY // max(1, self._plan.size)))
        self._memory = np.empty(0, np.float32)
        self._threads = ThreadpoolController().select(user_api="blas")

    def __call__(self, rows: Array) -> Outputs:
        """The outputs of float32 rows (n, ...)."""
        found = {name: np.empty((len(rows), *shape), np.float32) for name, shape in self.ends.outputs.items()}
        with ALONE, self._threads.limit(limits=1):
            for start in range(0, len(rows), self.rows):
                part = rows[start : start + self.rows]
                self._run(part)
                for name, value in self._results.items():
                    kept = self._buffer(value.buffer, len(part))
                    found[name][start : start + len(part)] = kept.reshape(-1, *value.shape)
        return found

    def _run(self, rows: Array) -> None:
        count = len(rows)
        if len(self._memory) < count * self._plan.size:
            self._memory = np.empty(count * self._plan.size, np.float32)
        self._buffer(self._given.buffer, count)[:] = rows.reshape(count, -1)
        with np.errstate(all="ignore"):  # what overflows is as it is in any other form of the network
            for op, step in self._steps:
                reads = [self._buffer(buffer, count)[:, offset:] for buffer, offset in op.reads]
                step(*reads, self._buffer(op.writes[0], count)[:, op.writes[1] :])

    def _buffer(self, buffer: int, count: int) -> Array:
        start, size = self._plan.start[buffer] * count, self._sizes[buffer]
        return self._memory[start : start + count * size].reshape(count, size)
