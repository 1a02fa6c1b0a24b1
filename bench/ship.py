"""Make the runs that come with Latent Loupe anew: trained with their seeds, made small, and packed as exported runs.

    LOUPE_DATA=... python -m bench.ship [NAME ...] [--out FOLDER]

They hold no image and no class of MNIST or Fashion-MNIST, which are not ours: joined.py adds these where they are.
Weights and codes are rounded, and all that is told of a model is measured after that.
"""

from __future__ import annotations

import argparse
import json
import time
import zipfile
from collections.abc import Mapping
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
from vae_core.runs.run import EPOCHS, Run
from vae_core.settings import Settings

OURS = "type"  # the data set whose images and classes may travel
WEIGHT_BITS, CODE_BITS = 7, 11  # of the 24 that a float has after its point: the rest hardly packs
FILMED, EVERY = 3, 3  # epochs of which the pictures are kept; of their decoded grid one picture of so many, both ways
SMALL = "conv16/2 bn conv32/2 bn conv64/2 bn flatten dense64:gelu"


@dataclass(frozen=True)
class Along:
    file: str
    name: str
    note: str
    config: Config


def _mapped(dataset: str, **settings: Any) -> Config:
    common = {"kind": "vae", "latent": 2, "batch": 128, "learning_rate": 3e-3, "schedule": "cosine", "warmup": 1.0}
    return Config(dataset, (28, 28, 1), SMALL, **{**common, **settings})


RUNS = (
    Along(
        "type-map",
        "Letters, a map",
        "Eight characters in seventeen faces, two numbers each.",
        replace(recipes.first(), encoder=SMALL, learning_rate=3e-3, epochs=40),
    ),
    Along(
        "type-16", "Letters, 16 numbers", "All 36 characters, 16 numbers each.", _mapped("type", latent=16, epochs=20)
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
        "Report 000, baseline",
        "The baseline of report 000.",
        recipes.find("mnist-baseline", "lite").config,
    ),
    Along(
        "report-000-deeper",
        "Report 000, deeper",
        "The deeper network of report 000 in its small form.",
        replace(recipes.find("mnist-deeper", "lite").config, batch=32, epochs=15, schedule="cosine", warmup=1.0),
    ),
)


def make(one: Along, where: Settings, out: Path) -> dict[str, Any]:
    began = time.monotonic()
    run = store.create(where, one.config, {})
    train(run, where)
    trained = time.monotonic() - began
    _make_small(run, where)
    run.set_card(name=one.name, note=one.note)
    named = Run(one.file, where)
    run.path.rename(named.path)
    path = out / f"{one.file}.zip"
    files.replace(path, lambda temporary: _pack(named, temporary))
    best = named.status()["best"]
    loss = best and best["validation"]["nats_per_image"]
    return {"run": one.file, "seconds": round(trained), "bytes": path.stat().st_size, "best_nats_per_image": loss}


def _make_small(run: Run, where: Settings) -> None:
    data = catalog.load(run.config().dataset, where)
    weights = [rounded(np.asarray(each), WEIGHT_BITS) for each in saved.load(run).get_weights()]
    end: Any = SimpleNamespace(best=weights)  # all that is asked of it
    finish.finish(run, where, data, end)
    run.set_status(state="done", phase="")
    run.save_file("model", lambda path: _squeeze(run.model, path))
    run.save_codes(_told(run, run.codes(), CODE_BITS))
    epochs = run.snapshot_epochs()
    kept = {epochs[round(place)] for place in np.linspace(0, len(epochs) - 1, FILMED)}
    for epoch in epochs:
        if epoch in kept:
            seen = run.snapshot(epoch)
            run.save_snapshot(epoch, _told(run, {**seen, "grid": seen["grid"][::EVERY, ::EVERY]}, CODE_BITS))
        else:
            (run.path / EPOCHS / f"{epoch:04d}.npz").unlink()
    run.log.unlink(missing_ok=True)


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


def _pack(run: Run, path: Path) -> None:
    with path.open("wb") as target:
        transfer.pack(run.settings, [run.id], target, with_state=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(each.file for each in RUNS))
    parser.add_argument("--out", type=Path, default=Settings().shipped)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        where = replace(settings_file.load(), checkpoints=Path(folder))
        for one in RUNS:
            if not args.names or one.file in args.names:
                print(json.dumps(make(one, where, args.out)), flush=True)


if __name__ == "__main__":
    main()
