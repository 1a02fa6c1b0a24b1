"""A training that ends within so many seconds of its process, which begin before it imports anything.

The steps that fit are told by a short training that is not counted; what is written down is how long it really took.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from bench import likeness, rows
from bench.rows import Row
from vae_core import settings as house
from vae_core.design.config import Config
from vae_core.look import evaluation
from vae_core.runs import store
from vae_core.settings import PROJECT

Measure = Callable[[Row], Row]
Told = Callable[[Row], str]
TRIED = 2000  # steps of the training that tells how quick this machine is
SPARE = 0.97  # of what is left for steps: a clock that is missed is worth nothing
LOOKS, FEWEST = 20, 500  # looks in a training, and steps between two of them


def main(
    description: str | None, what: str, known: Mapping[str, object], one: Measure, measured: Measure, told: Told
) -> None:
    """A bench that trains each of what is `known`, for so long and with so many seeds. `one` is measured in a process
    of its own, which `measured` starts."""
    arguments = _arguments(description, known)
    if arguments.one:
        print(json.dumps(one(json.loads(arguments.one))))
        return
    found = rows.Rows(arguments.out)
    all_rows = [found.take(asked, measured, asked) for asked in _asked(arguments, what)]
    print(json.dumps(all_rows) if arguments.json else "\n".join(map(told, all_rows)))


def _arguments(description: str | None, known: Iterable[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--seconds", default="60,300")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default=",".join(known))
    parser.add_argument("--one", help=argparse.SUPPRESS)  # what a process of its own is asked for, as JSON
    rows.add_option(parser)
    return parser.parse_args()


def _asked(arguments: argparse.Namespace, what: str) -> list[Row]:
    return [
        {what: each, "seconds": float(seconds), "seed": seed}
        for each in arguments.only.split(",")
        for seconds in arguments.seconds.split(",")
        for seed in range(arguments.seeds)
    ]


def apart(module: str, asked: Row, python: Path | str = sys.executable) -> Row:
    """What `python -m MODULE --one ASKED` prints last, as a process of its own whose clock has begun."""
    given = json.dumps({**asked, "began": time.time()})
    command = [str(python), "-m", module, "--one", given]
    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def in_time(module: str, asked: Row) -> Row:
    """The row of a training in as many steps as fit into what is asked."""
    short = apart(module, {**asked, "steps": TRIED})
    before = short["taken"] - TRIED * short["step"]
    steps = int(SPARE * (asked["seconds"] - before) / short["step"])
    return apart(module, {**asked, "steps": max(1, steps)})


def train(config: Config, asked: Row) -> Row:
    """The clock stops at the last look, which chooses the weights; files and measures come after that."""
    from vae_core.learn import training

    with tempfile.TemporaryDirectory() as folder:
        settings = replace(house.load(), checkpoints=Path(folder))
        run = store.create(settings, _in_steps(config, asked["steps"], asked["seed"]), {})
        looks: list[float] = []
        training.train(run, settings, lambda row: looks.append(time.time()) if "epoch_done" in row else None)
        history, done, metrics = run.history(), run.config(), evaluation.evaluate(run, settings)
        bounds = metrics["negative_elbo"] or {}
        return {
            "taken": round(looks[-1] - asked["began"], 1),
            "step": sum(row["seconds"] for row in history) / (done.epochs * done.steps),
            "steps": done.epochs * done.steps,
            "images": done.epochs * done.steps * done.batch,
            "validation": min(row["validation_total_nats_per_image"] for row in history),
            "negative_elbo": bounds.get("sampled"),
            "bce": metrics["bce"],
            "mse": metrics["mse"],
            **likeness.of(run, settings),
        }


def _in_steps(config: Config, steps: int, seed: int) -> Config:
    """So many in all, looked at about as often as a page would."""
    looks = max(1, min(LOOKS, steps // FEWEST))
    return replace(config, seed=seed, epochs=looks, steps=steps // looks)
