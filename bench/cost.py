"""Foretold and true times on this machine: of whole trainings, before they start and while they go on, and of steps.

python -m bench.cost --json              two trainings, each before and after this machine is measured
python -m bench.cost --steps --json      a step of every recipe; --out FILE keeps each row
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench import rows
from bench.rows import Row, Rows, machine
from vae_core.data import catalog
from vae_core.design import cost, duration, recipes
from vae_core.design.config import Config
from vae_core.design.duration import Images, Span
from vae_core.learn import models, speed
from vae_core.runs import calibration, jobs, store
from vae_core.runs.work import FINAL
from vae_core.settings import PROJECT, Settings
from vae_core.settings import load as load_settings

LARGE = 100_000_000  # multiply-adds an image; above, a single step is measured
FIRST = 1.0  # seconds after which what is left has to be right
RUNS = {
    "small": replace(recipes.default("digits", (8, 8, 1)), epochs=4),
    "deep": Config("digits", (8, 8, 1), "conv8 bn conv16/2 bn conv16 bn conv32/2 bn flatten dense32 bn", epochs=3),
    "large": replace(recipes.find("mnist-baseline").config, epochs=8, recipe=""),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--steps", action="store_true", help="of steps instead of trainings")
    parser.add_argument("--recipe", help="steps of this one only")
    parser.add_argument("--run", choices=list(RUNS), action="append", help="this one only")
    rows.add_option(parser)
    arguments = parser.parse_args()
    kept = Rows(arguments.out)
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(load_settings(), cache=Path(folder, "cache"), checkpoints=Path(folder, "runs"))
        found = (
            _steps(settings, kept, arguments.recipe) if arguments.steps else _trainings(settings, kept, arguments.run)
        )
    document = {"machine": machine(), "load": os.getloadavg(), "rows": found}
    print(json.dumps(document) if arguments.json else "\n".join(map(str, found)))


# Whole trainings.


def _trainings(settings: Settings, kept: Rows, wanted: list[str] | None) -> list[Row]:
    chosen = wanted or list(RUNS)
    found = []
    for measured in (False, True):
        asked = [{"run": name, "measured": measured} for name in chosen]
        if measured and any(map(kept.lacks, asked)):
            _calibrate(settings)
        found += [kept.take(each, _training, settings, RUNS[name]) for each, name in zip(asked, chosen, strict=True)]
    return found


def _calibrate(settings: Settings) -> None:
    began = time.monotonic()
    command = [sys.executable, "-m", "vae_core", "calibrate"]
    subprocess.run(command, cwd=PROJECT, env=jobs.environment(settings), check=True)
    print(f"calibrated in {time.monotonic() - began:.0f} s", file=sys.stderr)


def _training(settings: Settings, config: Config) -> Row:
    data = catalog.describe(config.dataset, settings)
    before = calibration.foretold(settings, config, calibration.images(config, data))
    run = store.create(settings, config, {})
    began, said = time.time(), []
    jobs.start(settings, run)
    while run.state() not in FINAL:
        status, now = run.status(), time.time()
        span = duration.left(status, now) or before.whole.less(now - began)
        said.append((now - began, span))
        time.sleep(0.25)
    truth = time.time() - began
    whole = [Span(after + span.least, after + span.most) for after, span in said if FIRST <= after < truth - FIRST]
    return {
        "seconds": round(truth, 1),
        "state": run.state(),
        "foretold": _numbers(before.whole),
        "foretold_is_off_by": _off(before.whole, truth),
        "said": [(round(after, 1), *_numbers(span)) for after, span in said[:: max(1, len(said) // 12)]],
        "worst_meanwhile": max(_off(span, truth) for span in whole),
    }


def _numbers(span: Span) -> tuple[float, float]:
    return round(span.least, 1), round(span.most, 1)


def _off(span: Span, truth: float) -> float:
    """By which factor: from the one number that is told, else from the nearer end of the range; 1 is within it."""
    if span.is_close:
        return round(max(span.middle / truth, truth / span.middle), 2)
    return round(max(1.0, span.least / truth, truth / span.most), 2)


# Steps.


def _steps(settings: Settings, kept: Rows, wanted: str | None) -> list[Row]:
    chosen = [recipe for recipe in recipes.all_recipes() if wanted in (None, recipe.key)]
    asked = [{"recipe": recipe.key, "variant": recipe.variant} for recipe in chosen]
    if any(map(kept.lacks, asked)):
        _calibrate(settings)
    return [kept.take(each, _times, settings, recipe.config) for each, recipe in zip(asked, chosen, strict=True)]


def _times(settings: Settings, config: Config) -> Row:
    foretold = calibration.foretold(settings, config, Images(config.batch)).step.middle
    measured = min(_step(config, precision) for precision in _precisions(config))
    return {
        "predicted_step_seconds": round(foretold, 4),
        "measured_step_seconds": round(measured, 4),
        "ratio": round(foretold / measured, 2),
    }


def _precisions(config: Config) -> list[str]:
    return ["float32", *["mixed_bfloat16"] * (config.architecture().multiply_adds >= cost.WORTH_MEASURING)]


def _step(config: Config, precision: str) -> float:
    style = models.Style(precision, fused=True, logits=config.loss != "mse")
    large = config.architecture().multiply_adds > LARGE
    return min(speed.step_seconds(config, style, config.batch, repeats=2 if large else 5, count=1 if large else 4))


if __name__ == "__main__":
    main()
