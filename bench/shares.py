"""Where the time of a training step goes, by kind of operation.

python -m bench.shares --json [--only house-map,mnist-deeper] [--steps 40] [--out FILE]

By TensorFlow's profiler, on one thread, so that nothing runs beside anything else. `rest` is what the graph takes to
hand on from one operation to the next, and Python between two calls. Images are random, the precision is float32.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from bench import rows
from bench.rows import Row, Rows
from bench.train import NETWORKS, shortened
from vae_core.design.config import Config
from vae_core.learn import models, objective, steps

KINDS = {
    "products": r"MatMul|Conv2D|Einsum",
    "norms": r"BatchNorm|LayerNorm",
    "adam": r"ResourceApply",
    "input": r"Gather|Random|Cast",
    "copies": r"Transpose|Reshape|Concat|Slice|Pad|Pool|Resize|Tile",
    "single numbers": r"",  # all others: sums and functions of single numbers
}
OPERATION = re.compile(r"[^:]+:(\w+)")
Event = tuple[str, float]  # what runs, and its seconds
Thread = list[Event]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--only", default=",".join(NETWORKS), help="these networks, with commas between")
    parser.add_argument("--steps", type=int, default=40)
    rows.add_option(parser)
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    kept = Rows(arguments.out, steps=arguments.steps)
    asked = [{"network": name} for name in arguments.only.split(",")]
    found = [kept.take(each, _measured, each, arguments.steps) for each in asked]
    print(json.dumps(found) if arguments.json else "\n".join(map(_told, found)))


def _measured(asked: Row, count: int) -> Row:
    config = shortened(NETWORKS[asked["network"]])
    trainer, images, plan = _prepared(config, count)
    trainer.train(images, plan)  # traces
    seconds = _timed(trainer, images, plan)
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        profiled = _timed(trainer, images, plan)
        tf.profiler.experimental.stop()
        threads = list(_threads(Path(folder)))
    found = shares(threads, profiled)
    return {"step_ms": 1000 * seconds / count, "profiled_step_ms": 1000 * profiled / count, "shares": found}


def _prepared(config: Config, count: int) -> tuple[steps.Steps, steps.Images, steps.Plan]:
    keras.utils.set_random_seed(config.seed)
    architecture = config.architecture()
    style = models.Style("float32", True, config.loss != "mse" and architecture.ends_in_sigmoid)
    seen = objective.Observation.of(config, from_logits=style.logits)
    trainer = steps.Steps(steps.Task(config, models.build(architecture, style), seen))
    total = count * config.batch
    pixels = np.random.default_rng(0).integers(0, 256, (total, *config.image), np.uint8)
    order = np.arange(total, dtype=np.int32).reshape(count, -1)
    rates, betas = (np.full(count, value, np.float32) for value in (config.learning_rate, config.beta or 0.0))
    return trainer, trainer.place(pixels), steps.Plan(order, 0, rates, betas)


def _timed(trainer: steps.Steps, images: steps.Images, plan: steps.Plan) -> float:
    began = time.perf_counter()
    trainer.train(images, plan)
    return time.perf_counter() - began


def _threads(folder: Path) -> Iterator[Thread]:
    """The events of each thread of the processor that the profiler has seen."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    for path in folder.rglob("*.xplane.pb"):
        space: Any = xplane_pb2.XSpace.FromString(path.read_bytes())
        for plane in (each for each in space.planes if each.name.startswith("/host:CPU")):
            names = {key: each.name for key, each in plane.event_metadata.items()}
            for line in plane.lines:
                yield [(names[each.metadata_id], each.duration_ps / 1e12) for each in line.events]


def shares(threads: Iterable[Thread], seconds: float) -> dict[str, float]:
    """Of so many seconds, by kind."""
    spent = dict.fromkeys(KINDS, 0.0)
    for name, taken in (event for thread in threads for event in thread):
        operation = OPERATION.fullmatch(name.rpartition("/")[2])
        if operation:
            spent[_kind(operation[1])] += taken
    found = {kind: spent[kind] / seconds for kind in KINDS}
    return {**found, "rest": 1 - sum(found.values())}


def _kind(operation: str) -> str:
    return next(kind for kind, words in KINDS.items() if re.search(words, operation))


def _told(row: Row) -> str:
    found = "  ".join(f"{kind} {share:.0%}" for kind, share in row["shares"].items())
    return f"{row['network']:20s}{row['step_ms']:8.2f} ms  {found}"


if __name__ == "__main__":
    main()
