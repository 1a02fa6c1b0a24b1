"""Predicted and measured seconds an epoch of every recipe on this machine.

python -m bench.cost --json
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from vae_core.learn import calibrate, models, speed
from vae_core.runs import calibration
from vae_core.settings import Settings
from vae_core.spec import cost, recipes
from vae_core.spec.config import Config

LARGE = 100_000_000  # multiply-adds an image; above, a single step is measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--recipe", help="this one only")
    arguments = parser.parse_args()
    found = [recipe for recipe in recipes.all_recipes() if arguments.recipe in (None, recipe.key)]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(cache=Path(folder))
        calibrate.calibrate(settings)
        rows = [row(settings, recipe) for recipe in found]
    worst = max(max(each["ratio"], 1 / each["ratio"]) for each in rows)
    print(json.dumps({"rows": rows, "worst": round(worst, 2)}) if arguments.json else _table(rows))


def row(settings: Settings, recipe: recipes.Recipe) -> dict:
    config = recipe.config
    predicted = calibration.seconds_an_epoch(settings, config, config.batch)
    assert predicted is not None
    measured = min(_step(config, precision) for precision in _precisions(config))
    print(f"{recipe.key} {recipe.variant}: {predicted:.3f} {measured:.3f}", file=sys.stderr)
    return {
        "recipe": recipe.key, "variant": recipe.variant, "predicted_step_seconds": round(predicted, 4),
        "measured_step_seconds": round(measured, 4), "ratio": round(predicted / measured, 2),
    }  # fmt: skip


def _precisions(config: Config) -> list[str]:
    return ["float32", *["mixed_bfloat16"] * (config.architecture().multiply_adds >= cost.WORTH_MEASURING)]


def _step(config: Config, precision: str) -> float:
    style = models.Style(precision, fused=True, logits=config.loss != "mse")
    large = config.architecture().multiply_adds > LARGE
    return min(speed.step_seconds(config, style, config.batch, repeats=2 if large else 5, count=1 if large else 4))


def _table(rows: list[dict]) -> str:
    return "\n".join(
        f"{each['recipe']:26s} {each['variant']:9s} predicted {each['predicted_step_seconds']:8.4f} s a step, "
        f"measured {each['measured_step_seconds']:8.4f} s, ratio {each['ratio']:.2f}"
        for each in rows
    )


if __name__ == "__main__":
    main()
