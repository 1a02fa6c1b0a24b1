"""How quick NumPy computes the networks of a run, beside LiteRT: what an imported run, which has no .tflite, costs.

python -m bench.executor --json

Both compute 64 rows, and one, of the same untrained networks; the least of many calls counts. `ratio` is NumPy's time
over LiteRT's; `difference` is the largest between their outputs, as a share of the largest output or of 1.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.rows import machine
from vae_core.design import recipes
from vae_core.learn import export, models
from vae_core.look.forms import CHUNK, NETWORKS, Form
from vae_core.look.litert import LiteRT
from vae_core.look.program.executor import Executor
from vae_core.look.program.lowering import Network
from vae_core.runs import keras_file

RECIPES = ("mnist-baseline", "mnist-deeper", "fashion-cae", "cifar-vae", "fashion-dropout-vae")
SECONDS = 1.0  # that each is measured for


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    rows = [row for recipe in RECIPES for row in measured(recipe)]
    document = {"machine": machine(), "load": os.getloadavg()[0], "rows": rows}
    print(json.dumps(document) if arguments.json else "\n".join(map(json.dumps, [machine(), *rows])))


def measured(recipe: str) -> list[dict[str, Any]]:
    networks = models.build(recipes.find(recipe).config.architecture())
    found = []
    with tempfile.TemporaryDirectory() as folder:
        networks.whole().save(path := Path(folder, "model.keras"))
        graphs = keras_file.read(path)
        for task, name in NETWORKS.items():
            model = networks.encoder if name == "encoder" else networks.decoder
            program = Network(graphs[name], merged=True)
            forms = (
                Executor(program, export.OUTPUTS[name][: len(program.outputs)]),
                LiteRT(export.convert(model, name), task),
            )
            found.append({"network": f"{recipe} {name}", **compared(*forms)})
            print(found[-1], file=sys.stderr)
    return found


def compared(numpy: Form, litert: Form) -> dict[str, Any]:
    rows = np.random.default_rng(0).random((CHUNK, *numpy.ends.row), np.float32)
    known, made = litert(rows), numpy(rows)
    wrong = [np.abs(made[name] - known[name]).max() / max(1.0, np.abs(known[name]).max()) for name in known]
    found: dict[str, Any] = {"difference": float(max(wrong))}
    for count in (CHUNK, 1):
        ours, theirs = (milliseconds(partial(form, rows[:count])) for form in (numpy, litert))
        found[f"{count} rows"] = {
            "numpy_ms": round(ours, 3),
            "litert_ms": round(theirs, 3),
            "ratio": round(ours / theirs, 2),
        }
    return found


def milliseconds(action: Callable[[], object]) -> float:
    took: list[float] = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(took) < 3:
        began = time.perf_counter()
        action()
        took.append(time.perf_counter() - began)
    return 1000 * min(took)


if __name__ == "__main__":
    main()
