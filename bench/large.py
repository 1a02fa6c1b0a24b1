"""Sets larger than memory: the speed and the memory of trainings that read their images from a file, and of a look.

python -m bench.large --json [--looked 100000] [--sets 100000x64x64x3,1000000x32x32x3] [--steps 900] [--out FILE]

So many pictures in a folder are looked at as the page does it: how soon some of them are shown, and all are read.

Each set is made and trained on by processes of their own, in turn from the file and from memory, which has to have room
for that. The images a second are those of the steps; the peak is of the whole training, with looks and evaluation.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from bench import rows as kept
from bench.rows import Row, Rows
from vae_core import settings as house
from vae_core.data import catalog, dataset, keeping, large, originals
from vae_core.data.dataset import Dataset, Part
from vae_core.data.fitting import Fitting
from vae_core.data.originals import Original
from vae_core.design import recipes
from vae_core.design.config import Config
from vae_core.runs import apart, jobs, store
from vae_core.settings import PROJECT, Settings

SETS = "100000x64x64x3,1000000x32x32x3"
LOOKS = 3
TESTED = 2000
WAYS = ("file", "memory")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--looked", type=int, default=100_000)
    parser.add_argument("--sets", default=SETS)
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--work", nargs=2, metavar=("RUN", "WAY"), help=argparse.SUPPRESS)
    kept.add_option(parser)
    arguments = parser.parse_args()
    if arguments.work:
        return _work(*arguments.work)
    found = Rows(arguments.out, steps=arguments.steps)
    looked = [found.take({"looked": arguments.looked}, _looked, arguments.looked)] if arguments.looked else []
    sets = arguments.sets.split(",") if arguments.sets else []
    measured = looked + [row for name in sets for row in _of_set(found, name, arguments.steps)]
    print(json.dumps(measured) if arguments.json else "\n".join(map(str, measured)))


def _looked(count: int) -> Row:
    """Before any training: what this reads of memory is the most that a child of this process ever had."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(cache=Path(folder, "cache"), checkpoints=Path(folder, "runs"))
        _pictures(Path(folder, "pictures"), count)
        originals.remember("looked", Original(Path(folder, "pictures")), settings)
        seen = _Seen()
        apart.read("looked", settings, Fitting(), seen)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "first_look": seen.first,
        "seconds": seen.elapsed(),
        "peak_memory_mb": round(peak / 1024),
        "told": seen.told,
    }


def _pictures(folder: Path, count: int) -> None:
    """JPEGs of other sizes in ten classes."""
    random = np.random.default_rng(0)
    drawn = [random.integers(0, 256, (6, 6, 3), dtype=np.uint8) for _ in range(100)]
    for place in range(count):
        if place < 10:
            (folder / f"{place}").mkdir(parents=True)
        side = (48, 64, 96)[place % 3]
        picture = Image.fromarray(drawn[place % 100]).resize((side, side + place % 7))
        picture.save(folder / f"{place % 10}" / f"{place:06d}.jpg", quality=80)


class _Seen:
    """What the page would have shown, and when."""

    def __init__(self) -> None:
        self.began, self.first, self.told = time.monotonic(), 0.0, 0

    def __call__(self, doing: str, done: int, total: int) -> None:
        self.told += 1

    def shows(self, pixels: np.ndarray, told: str) -> None:
        self.first = self.first or self.elapsed()

    def elapsed(self) -> float:
        return round(time.monotonic() - self.began, 1)


def _of_set(found: Rows, name: str, steps: int) -> list[Row]:
    asked = [{"set": name, "from": way} for way in WAYS]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(cache=Path(folder, "cache"), checkpoints=Path(folder, "runs"))
        if any(map(found.lacks, asked)):
            keeping.write(_images(name, settings), settings.cache / "datasets" / "large")
        return [found.take(each, _measured, settings, each["from"], steps) for each in asked]


def _images(name: str, settings: Settings) -> Dataset:
    """Blots of light, which a network can learn."""
    count, *image = map(int, name.split("x"))
    pixels, random = large.empty((count, *image), settings.cache), np.random.default_rng(0)
    rows, columns = np.mgrid[: image[0], : image[1]][..., None] / image[0]
    for block in large.blocks(pixels):
        at, hue = random.random((2, len(pixels[block]), 1, 1, 1)), random.random((len(pixels[block]), 1, 1, image[2]))
        light = np.exp(-30 * ((rows - at[0]) ** 2 + (columns - at[1]) ** 2))
        pixels[block] = np.rint(255 * light * hue)
    train, test = Part(pixels[:-TESTED]), Part(pixels[-TESTED:])
    return Dataset("large", "large", train, test, fingerprint=dataset.fingerprint(train, test))


def _measured(settings: Settings, way: str, steps: int) -> Row:
    data = catalog.describe("large", settings)
    run = store.create(settings, _config(data.image, steps), {}, study="a bench")
    command = [sys.executable, "-m", "bench.large", "--work", run.id, way]
    subprocess.run(command, cwd=PROJECT, env=jobs.environment(settings), check=True, stdout=sys.stderr)
    history, status = run.history(), run.status()
    return {
        "megabytes": round(data.train * np.prod(data.image) / 1e6),
        "images_per_second": round(statistics.median(row["images_per_second"] for row in history)),
        "seconds": status["seconds"],
        "peak_memory_mb": status["peak_memory_mb"],
    }


def _config(image: tuple[int, int, int], steps: int) -> Config:
    return Config(**{**vars(recipes.auto(image, "large")), "epochs": LOOKS, "steps": steps // LOOKS})


def _work(run_id: str, way: str) -> None:
    from vae_core.learn import feeding, training  # not above: a child begins with the memory of its parent

    feeding.IN_MEMORY = 0 if way == "file" else sys.maxsize
    settings = house.load(os.environ)
    training.train(store.open_run(settings, run_id), settings)


if __name__ == "__main__":
    main()
