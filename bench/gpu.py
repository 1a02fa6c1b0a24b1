"""What a graphics card makes of the reports' networks: a step with XLA and without, and seconds to each printed number.

bash bench/gpu.sh [FILE]

`step`: milliseconds of a training step, by precision; TF_XLA_FLAGS decides for a whole process whether XLA is on.
`goal`: the report's own recipe trains until its validation loss is what the report prints, or until its share of the
time is over. What no time is left for is said, and measured when the script runs once more with the same FILE.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import tensorflow as tf

from bench import rows
from bench.rows import Row, Rows
from bench.train import REPORTS
from vae_core import settings as house
from vae_core.design import recipes
from vae_core.design.config import Config
from vae_core.learn import models, speed, training
from vae_core.runs import store

PRECISIONS = ("float32", "mixed_bfloat16")
REPEATS, COUNT = 5, 10  # of a measured step, and steps of each


class Over(BaseException):
    """The end of a training that nobody needs to finish."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("step", "goal"))
    parser.add_argument("--seconds", type=float, default=120, help="in all")
    parser.add_argument("--only", default=",".join(REPORTS), help="these recipes, with commas between")
    parser.add_argument("--lite", action="store_true", help="the reports' small forms")
    rows.add_option(parser)
    arguments = parser.parse_args()
    end, form = time.monotonic() + arguments.seconds, recipes.VARIANTS[arguments.lite]
    kept, measure = Rows(arguments.out, what=arguments.what, device=device(), form=form), MEASURES[arguments.what]
    asked = [each for each in _asked(arguments.what, arguments.only.split(",")) if kept.lacks(each)]
    for number, each in enumerate(asked):
        left = (end - time.monotonic()) / (len(asked) - number)
        if left > 0:
            kept.take(each, measure, each, form, left)
        else:
            print(f"No time was left for {each}", file=sys.stderr)


def _asked(what: str, names: Sequence[str]) -> list[Row]:
    if what == "goal":
        return [{"recipe": name} for name in names]
    return [{"recipe": name, "precision": each, "xla": xla()} for name in names for each in PRECISIONS]


def device() -> str:
    """The graphics card that TensorFlow sees."""
    cards = tf.config.list_physical_devices("GPU")
    return str(tf.config.experimental.get_device_details(cards[0]).get("device_name")) if cards else "no GPU"


def xla() -> bool:
    return "auto_jit=2" in os.environ.get("TF_XLA_FLAGS", "")


def step(asked: Row, form: str, left: float) -> Row:
    config = recipes.find(asked["recipe"], form).config
    style = models.Style(asked["precision"], fused=config.fused != "off", logits=False)
    seconds = speed.step_seconds(config, style, config.batch, REPEATS, COUNT)
    return {"batch": config.batch, "step_ms": round(1000 * median(seconds), 3)}


def goal(asked: Row, form: str, left: float) -> Row:
    """From before the graph is made; imports do not count."""
    recipe = recipes.find(asked["recipe"], form)
    printed, parts = recipe.reported["best"], parts_of(recipe.config, recipe.reported["unit"])
    began, found = time.monotonic(), [float("inf")]

    def told(row: Row) -> None:
        if "epoch_done" in row:
            found.append(row["validation_total_nats_per_image"] / parts)
        if min(found) <= printed or time.monotonic() > began + left:
            raise Over

    with tempfile.TemporaryDirectory() as folder:
        settings = replace(house.load(), checkpoints=Path(folder))
        run = store.create(settings, recipe.config, {})
        try:
            training.train(run, settings, told)
        except Over:
            pass
        precision = run.resolved()["precision"]
    seconds, epochs = round(time.monotonic() - began, 1), len(found) - 1
    reached = {"printed": printed, "found": min(found) if epochs else None, "reached": min(found) <= printed}
    return {**reached, "seconds": seconds, "epochs": epochs, "precision": precision}


def parts_of(config: Config, unit: str) -> int:
    """What nats an image are divided by where a report prints something else."""
    return config.image[-1] if unit.endswith("mean_over_channels") else config.pixels


MEASURES = {"step": step, "goal": goal}

if __name__ == "__main__":
    main()
