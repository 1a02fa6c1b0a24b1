"""Images a second of this trainer, of a plain Keras `fit` and of PyTorch, epoch by epoch in turn.

LOUPE_DATA=... python -m bench.train --json [--only mnist-deeper,house-map] [--rounds 9] [--processor] [--out FILE]

Each trainer is a process that stays open and waits for its turn: one network, the same images, whole batches. A ratio
is the median over the rounds, as neighbours in time share the machine's mood. `fit` is the faster of
`jit_compile="auto"` and `False`. PyTorch is the fastest of the environments that bench/torch.sh made, in float32 and,
where the processor has it, under autocast to bfloat16. What changes the learning rate, and moving averages of weights,
are left out. Where a machine is not alone, `--processor` counts what each trainer takes of one core instead.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from bench import rows, turns
from bench.rows import Row, Rows
from bench.turns import Worker
from vae_core import settings as house
from vae_core.data import catalog, splits
from vae_core.design import recipes
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.settings import Settings

REPORTS = ("mnist-baseline", "mnist-deeper", "mnist-wide", "fashion-cae", "cifar-vae", "fashion-dropout-ae")
NETWORKS: Mapping[str, Config] = {
    **{key: recipes.find(key).config for key in REPORTS},
    "house-map": recipes.default("mnist", (28, 28, 1)),
    "house-cifar10": recipes.default("cifar10", (32, 32, 3)),
    "house-auto": recipes.auto((28, 28, 1), "fashion-mnist"),
}
WORK = 1.4e11  # multiply-adds of an epoch here ...
STEPS = (2, 64)  # ... in no fewer and no more steps
OURS, FITS = "loupe", ("fit-auto", "fit-false")
ASKED = {"fit": 1.5, "torch": 1.2}  # times as fast as the best of these
HALF = ("amx_bf16", "avx512_bf16")  # what a processor says of itself that multiplies in bfloat16
MEASURES = ("seconds", "processor")
ONE_CORE = ("taskset", "-c", "0")
RANDOM_IMAGES = 12_000


def main() -> None:
    arguments = _arguments()
    kept, names = Rows(arguments.out), arguments.only.split(",")
    with tempfile.TemporaryDirectory() as folder:
        settings = with_images(house.load(), names, Path(folder))
        every = {"rounds": arguments.rounds, "trainers": trainers(), "seconds": MEASURES[arguments.processor]}
        asked = [{"network": name, **every} for name in names]
        found = [kept.take(each, speeds, each, settings, Path(folder)) for each in asked]
    print(json.dumps(found) if arguments.json else "\n".join(map(told, found)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--only", default=",".join(NETWORKS), help="these networks, with commas between")
    parser.add_argument("--processor", action="store_true", help="the processor's seconds, all on one core")
    parser.add_argument("--rounds", type=int, default=9, help="epochs of each trainer that count (default 9)")
    rows.add_option(parser)
    return parser.parse_args()


def trainers() -> list[str]:
    """All that can be measured here. One of PyTorch is its version and its precision."""
    precisions = ("float32", "bfloat16") if half() else ("float32",)
    return [OURS, *FITS, *(f"torch-{version}-{each}" for version in turns.pythons() for each in precisions)]


def half() -> str:
    """What of the processor multiplies in bfloat16; nothing where nothing does."""
    info = Path("/proc/cpuinfo")
    words = info.read_text("utf-8").split() if info.exists() else []
    return next((each for each in HALF if each in words), "")


def speeds(asked: Row, settings: Settings, folder: Path) -> Row:
    """One epoch that traces and is not counted, then the rounds."""
    config = shortened(NETWORKS[asked["network"]])
    images = folder / "images.npy"
    np.save(images, pictures(config, settings))
    given: Row = {"config": config.to_json(), "images": str(images), "data": str(settings.data or "")}
    before = ONE_CORE if asked["seconds"] == "processor" else ()
    with ExitStack() as open_ones:
        workers = {name: open_ones.enter_context(closing(worker(name, given, before))) for name in asked["trainers"]}
        first = {name: each.epoch() for name, each in workers.items()}
        rounds = [{name: each.epoch() for name, each in workers.items()} for _ in range(asked["rounds"])]
    seconds = {name: [each[name][asked["seconds"]] for each in rounds] for name in workers}
    versions = {name: row.get("version") or row.get("precision") for name, row in first.items()}
    told = {"half": half(), "steps": steps_of(config), "versions": versions}
    return {**told, **judged(seconds, steps_of(config) * config.batch)}


def worker(name: str, given: Row, before: Sequence[str]) -> Worker:
    kind, _, rest = name.partition("-")
    if kind != "torch":
        return Worker("bench.in_keras", [name, json.dumps(given)], before=before)
    version, _, precision = rest.partition("-")
    words = [json.dumps({**given, "precision": precision})]
    return Worker("bench.in_torch", words, turns.pythons()[version], before)


def judged(seconds: Mapping[str, list[float]], images: int) -> Row:
    """How fast each is, and how many times as fast as the best of the others ours is."""
    best = {rival: fastest(seconds, rival) for rival in ASKED}
    ratios = {
        rival: round(median(theirs / ours for theirs, ours in zip(seconds[name], seconds[OURS], strict=True)), 3)
        for rival, name in best.items()
        if name
    }
    speed = {name: round(images / median(each), 1) for name, each in seconds.items()}
    told = {name: [round(each, 4) for each in taken] for name, taken in seconds.items()}
    return {"images_per_second": speed, "best": best, "ratios": ratios, "seconds_an_epoch": told}


def fastest(seconds: Mapping[str, list[float]], rival: str) -> str:
    """Of the trainers whose names begin so; none where none is there."""
    found = [name for name in seconds if name.startswith(rival)]
    return min(found, key=lambda name: median(seconds[name]), default="")


def steps_of(config: Config) -> int:
    least, most = STEPS
    return max(least, min(most, int(WORK / (config.batch * config.architecture().multiply_adds))))


def shortened(config: Config) -> Config:
    """On as many images as make whole batches, random ones held back, for as long as it is asked to."""
    wanted = steps_of(config) * config.batch
    plain = {"steps": 0, "ema": 0.0, "patience": 0, "schedule": "constant", "warmup": 0.0, "recipe": ""}
    return config.changed(plain, split="shuffled", train_size=wanted * 5 // 4)


def with_images(settings: Settings, names: Iterable[str], folder: Path) -> Settings:
    """Where neither a local folder nor the network has a data set, random images will do: speed is the same."""
    configs = [NETWORKS[name] for name in names]
    try:
        for config in configs:
            catalog.load(config.dataset, settings)
        return settings
    except LoupeError as error:
        print(f"{error} Random images are used.", file=sys.stderr)
    for config in configs:
        train, test = np.random.default_rng(0).integers(0, 256, (2, RANDOM_IMAGES, *config.image), np.uint8)
        labels = np.arange(RANDOM_IMAGES) % 10
        np.savez(folder / f"{config.dataset}.npz", x_train=train, y_train=labels, x_test=test, y_test=labels)
    return replace(settings, data=folder)


def pictures(config: Config, settings: Settings) -> np.ndarray:
    """The images that train, as the trainer divides them."""
    data = catalog.load(config.dataset, settings)
    part = splits.of(data, config)
    return np.asarray(data.train.pixels[part.train])


def told(row: Row) -> str:
    speeds = "  ".join(f"{name} {value:,.0f}" for name, value in row["images_per_second"].items())
    ratios = "  ".join(f"{value:.2f} of {row['best'][rival]}" for rival, value in row["ratios"].items())
    return f"{row['network']:20s}{ratios}\n{'':20s}images/s: {speeds}"


if __name__ == "__main__":
    main()
