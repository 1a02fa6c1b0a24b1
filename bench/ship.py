"""Make the runs that come with Latent Loupe anew: trained with their seeds, made small, and packed as exported runs.

    LOUPE_DATA=... python -m bench.ship [NAME ...] [--out FOLDER] [--again FOLDER]

They hold no image and no class of MNIST or Fashion-MNIST, which are not ours: joined.py adds these where they are.
Weights and codes are rounded, and all that is told of a model is measured after that. `--again` trains nothing: it
rounds and measures what lies packed there.
"""

from __future__ import annotations

import argparse
import json
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import numpy as np

from vae_core import settings as settings_file
from vae_core.data import catalog
from vae_core.design import recipes
from vae_core.design.config import Config
from vae_core.learn import finish, saved
from vae_core.learn.training import train
from vae_core.runs import files, store, transfer
from vae_core.runs.run import EPOCHS, METRICS_FILE, Run
from vae_core.search import ladder
from vae_core.settings import Settings

OURS = "type"  # the data set whose images and classes may travel
WEIGHT_BITS, FEWER_BITS = 7, 5  # of the 24 that a float has after its point: the rest hardly packs; of large networks
CODE_BITS, FILMED_BITS = 11, 8
THIN = 6  # pictures each way of a grid that was thinned
FILMED, EVERY = 3, 3  # epochs of which the pictures are kept; of their decoded grid one picture of so many, both ways
SMALL = "conv16/2 bn conv32/2 bn conv64/2 bn flatten dense64:gelu"
STEEP = "conv8/2 bn conv8/2 bn conv8/2 bn flatten dense16:gelu"


@dataclass(frozen=True)
class Along:
    file: str
    name: str
    note: str
    config: Config
    bits: int = WEIGHT_BITS
    climbed: bool = False  # with the rungs of its ladder

    @property
    def configs(self) -> list[Config]:
        """Its own, and those that are trained to say how deep it should be."""
        if not self.climbed:
            return [self.config]
        return list(recipes.ladder(self.config))


def _mapped(dataset: str, **settings: Any) -> Config:
    common = {"kind": "vae", "latent": 2, "batch": 128, "learning_rate": 3e-3, "schedule": "cosine", "warmup": 1.0}
    return Config(dataset, (28, 28, 1), SMALL, **{**common, **settings})


RUNS = (
    Along(
        "type-map",
        "Letters, a map",
        "Eight characters in seventeen typefaces, two numbers each.",
        replace(recipes.first(), encoder=SMALL, learning_rate=3e-3, epochs=40),
    ),
    Along(
        "type-16",
        "Letters, 16 numbers",
        "All 36 characters, 16 numbers each.",
        _mapped("type", latent=16, epochs=20),
        FEWER_BITS,
    ),
    Along(
        "mnist-map", "MNIST, a map of digits", "Two numbers for each handwritten digit.", _mapped("mnist", epochs=15)
    ),
    Along(
        "fashion-map",
        "Fashion-MNIST, a map of clothes",
        "Two numbers for each piece of clothing.",
        _mapped("fashion-mnist", epochs=15),
    ),
    Along(
        "report-000",
        "MNIST, baseline",
        "The baseline of report 000, in its small form.",
        recipes.find("mnist-baseline", "lite").config,
    ),
    Along(
        "report-000-deeper",
        "MNIST, deeper",
        "The deeper network of report 000 in its small form.",
        replace(recipes.find("mnist-deeper", "lite").config, batch=32, epochs=15, schedule="cosine", warmup=1.0),
        FEWER_BITS,
    ),
    Along(
        "type-ladder",
        "Letters, how deep?",
        "A small network, and what up to four more pairs of layers make of it: see Judge, How deep.",
        replace(recipes.first(), encoder=STEEP, learning_rate=3e-3, epochs=20),
        FEWER_BITS,
        climbed=True,
    ),
)


def make(one: Along, where: Settings, out: Path, packed: Path | None) -> dict[str, Any]:
    began = time.monotonic()
    runs = _packed(one, where, packed) if packed else [_trained(one, place, where) for place in range(len(one.configs))]
    trained = time.monotonic() - began
    runs[0].set_card(name=one.name, note=one.note)
    for run in runs:
        _make_small(run, where, one)
    path = out / f"{one.file}.zip"
    files.replace(path, lambda temporary: _pack(runs, temporary))
    best = runs[0].status()["best"]
    loss = best and best["validation"]["nats_per_image"]
    return {"run": one.file, "seconds": round(trained), "bytes": path.stat().st_size, "best_nats_per_image": loss}


def _trained(one: Along, place: int, where: Settings) -> Run:
    run = store.create(where, one.configs[place], {}, answers=f"{one.file}/{ladder.KIND}" if place else "")
    train(run, where)
    named = Run(f"{one.file}-{place}" if place else one.file, where)
    run.path.rename(named.path)
    return named


def _packed(one: Along, where: Settings, folder: Path) -> list[Run]:
    return sorted(transfer.unpack(where, folder / f"{one.file}.zip"), key=lambda run: (len(run.id), run.id))


def _make_small(run: Run, where: Settings, one: Along) -> None:
    """What was trained for the ladder alone is no film."""
    data = catalog.load(run.config().dataset, where)
    weights = [rounded(np.asarray(each), one.bits) for each in saved.load(run).get_weights()]
    (run.path / METRICS_FILE).unlink(missing_ok=True)
    end: Any = SimpleNamespace(best=weights)  # all that is asked of it
    finish.finish(run, where, data, end)
    run.set_status(state="done", phase="")
    run.save_file("model", lambda path: _squeeze(run.model, path))
    run.save_codes(_told(run, run.codes(), CODE_BITS))
    epochs = run.snapshot_epochs()
    kept = {epochs[round(place)] for place in np.linspace(0, len(epochs) - 1, FILMED)} if run.id == one.file else set()
    for epoch in epochs:
        if epoch in kept:
            run.save_snapshot(epoch, _told(run, _thinned(run.snapshot(epoch)), FILMED_BITS))
        else:
            (run.path / EPOCHS / f"{epoch:04d}.npz").unlink()
    run.log.unlink(missing_ok=True)


def _thinned(seen: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """One that was packed is thin already."""
    return seen if len(seen["grid"]) <= THIN else {**seen, "grid": seen["grid"][::EVERY, ::EVERY]}


def _told(run: Run, arrays: Mapping[str, np.ndarray], bits: int) -> dict[str, np.ndarray]:
    """Without what is not ours."""
    foreign = () if run.config().dataset == OURS else ("labels", "original")
    return {name: rounded(values, bits) for name, values in arrays.items() if name not in foreign}


def rounded(values: np.ndarray, bits: int) -> np.ndarray:
    """To so many binary digits after the first; what is no float stays."""
    if values.dtype.kind != "f":
        return values
    fraction, exponent = np.frexp(values.astype(np.float64))
    return np.ldexp(np.rint(fraction * 2.0**bits) / 2.0**bits, exponent).astype(values.dtype)


def _squeeze(source: Path, target: Path) -> None:
    """Keras' own archive, deflated."""
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as small:
        for info in whole.infolist():
            small.writestr(zipfile.ZipInfo(info.filename, transfer.STAMP), whole.read(info), zipfile.ZIP_DEFLATED)


def _pack(runs: Sequence[Run], path: Path) -> None:
    with path.open("wb") as target:
        transfer.pack(runs[0].settings, [run.id for run in runs], target, with_state=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(each.file for each in RUNS))
    parser.add_argument("--out", type=Path, default=Settings().shipped)
    parser.add_argument("--again", type=Path, metavar="FOLDER")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        where = replace(settings_file.load(), checkpoints=Path(folder))
        for one in RUNS:
            if not args.names or one.file in args.names:
                print(json.dumps(make(one, where, args.out, args.again)), flush=True)


if __name__ == "__main__":
    main()
