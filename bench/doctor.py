"""The doctor's table: runs that each repeat one mistake, the reports' mistakes, and healthy runs that have none.

LOUPE_DATA=... python -m bench.doctor --json [--out FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench import rows
from bench.rows import Row, Rows
from vae_core.data import catalog
from vae_core.design import recipes
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.look import doctor
from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.settings import Settings

DATA = ("mnist.npz", "fashion_mnist.npz", "cifar10.zip")
SMALL = Config("digits", (8, 8, 1), "flatten dense64:gelu", batch=64, learning_rate=5e-3, schedule="cosine", epochs=40)
PLAIN = replace(SMALL, kind="ae", beta=None)
MNIST = replace(recipes.default("mnist", (28, 28, 1)), train_size=2000, epochs=25, split="shuffled")
FEW = ((1500, 50), (2500, 40), (4000, 30))  # images and epochs of the healthy runs
MORE = ((4000, 30), (6000, 25), (8000, 20))  # colour photographs: with fewer, PCA is as good as a network


@dataclass(frozen=True)
class Trial:
    """A training and the rules that must find something in it; `also` may, as it is true of it as well."""

    name: str
    config: Config
    found: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    against: Config | None = None
    spoil: float = 1.0  # what the losses that were written down are multiplied with
    mistakes: tuple[int, ...] = field(default=())


def faulty() -> Iterator[Trial]:
    yield Trial("no KL term", replace(SMALL, beta=0.0), ("no-kl",))
    yield Trial("KL averaged over pixels", replace(SMALL, beta=1 / 64), ("scale-mismatch",))
    yield Trial("beta of 15", replace(SMALL, beta=15.0), ("posterior-collapse",), ("no-better-than-pca",))
    yield Trial(
        "a ReLU code",
        replace(PLAIN, encoder="flatten dense64:gelu code2:relu"),
        ("half-plane",),
        ("no-better-than-pca",),
    )
    learned = replace(
        PLAIN,
        encoder="flatten dense256:gelu dense128:gelu",
        train_size=60,
        batch=16,
        epochs=300,
        schedule="constant",
        learning_rate=2e-3,
    )
    yield Trial("far too long", replace(learned, seed=1), ("last-is-not-best",), ("overfitting", "no-better-than-pca"))
    norm = replace(SMALL, encoder="conv8/2 bn conv16/2 bn flatten dense20 bn", batch=256, epochs=8, train_size=700)
    yield Trial(
        "batch norm, 24 steps", norm, ("batch-norm-lag",), ("undertrained", "no-better-than-pca", "posterior-collapse")
    )
    asleep = replace(PLAIN, optimizer="sgd", learning_rate=1e-7, epochs=8, schedule="constant")
    yield Trial("steps of 1e-7", asleep, ("validation-is-constant", "learning-rate"), ("no-better-than-pca",))
    yield Trial("losses written down wrong", replace(SMALL, seed=2), ("parts-do-not-sum",), spoil=1.05)
    yield Trial("60 images", learned, ("overfitting",), ("last-is-not-best", "no-better-than-pca"))
    yield Trial(
        "3 epochs",
        replace(SMALL, epochs=3, schedule="constant", learning_rate=1e-3),
        ("undertrained",),
        ("no-better-than-pca",),
    )
    yield Trial(
        "steps of 0.5",
        replace(SMALL, learning_rate=0.5, schedule="constant"),
        ("learning-rate",),
        ("no-better-than-pca", "posterior-collapse", "last-is-not-best", "scale-mismatch"),
    )
    slow = replace(SMALL, learning_rate=2e-5, schedule="constant", epochs=20)
    yield Trial("steps of 2e-5", slow, ("learning-rate",), ("undertrained", "no-better-than-pca", "posterior-collapse"))
    yield Trial(
        "sorted by class",
        replace(SMALL, dataset="sorted-digits", split="tail"),
        ("sorted-data",),
        ("last-is-not-best", "overfitting", "no-better-than-pca"),
    )
    yield Trial("test images among them", replace(SMALL, dataset="leaked-digits"), ("test-in-training",))
    yield Trial("test images validate", replace(SMALL, split="test"), ("validated-on-test",))
    yield Trial(
        "patience of 1",
        replace(SMALL, patience=1, schedule="constant", learning_rate=2e-2),
        ("no-patience",),
        ("undertrained", "no-better-than-pca", "last-is-not-best"),
    )
    yield Trial(
        "layers, epochs and images",
        replace(SMALL, encoder="flatten dense128:gelu dense64:gelu", epochs=50, train_size=1000),
        ("many-changes", "one-seed"),
        against=SMALL,
    )
    yield Trial(
        "a code of 32",
        replace(recipes.default("digits", (8, 8, 1)), latent=32),
        ("code-too-large",),
        ("no-better-than-pca",),
    )
    yield Trial("1 epoch", replace(PLAIN, epochs=1, learning_rate=1e-3), ("no-better-than-pca",))
    decoder = "dense1568 bn reshape14x14x8 up2 deconv1:sigmoid"
    yield Trial(
        "a decoder without its layers",
        replace(MNIST, encoder="conv4 bn conv8/2 bn conv8 bn", decoder=decoder),
        ("lost-layers",),
        ("no-better-than-pca", "undertrained"),
    )


def mistakes() -> Iterator[Trial]:
    """Small trainings that repeat what the reports did."""
    few: dict[str, Any] = {"train_size": 1000, "epochs": 6}
    base = replace(recipes.find("mnist-baseline").config, **few)
    shrunk = "conv2 bn conv4 bn conv4 bn conv8 bn flatten dense20 bn code2"
    deeper = replace(recipes.find("mnist-deeper").config, encoder=shrunk, epochs=8, train_size=1500)
    yield Trial("000, deeper", deeper, ("many-changes", "no-kl", "one-seed"), against=base, mistakes=(1, 4, 12))
    wide = "conv4/2 bn conv8/2 bn conv16 bn conv32 bn flatten dense20 bn code2"
    restless = replace(deeper, encoder=wide, epochs=12, learning_rate=0.02, batch=32)
    yield Trial(
        "001, wide", restless, ("many-changes", "no-kl", "batch-norm-lag"), against=base, mistakes=(2, 4, 5, 12)
    )
    printed = replace(deeper, decoder="dense6272 bn reshape28x28x8 deconv4 bn deconv2 bn deconv1:sigmoid")
    short = replace(
        printed,
        encoder="conv2 bn conv4 bn conv4 bn conv8 bn conv8 bn flatten dense20 bn code2",
        decoder="dense6272 bn reshape28x28x8 deconv2 bn deconv1:sigmoid",
    )
    yield Trial("000, the decoder as printed", short, ("lost-layers", "no-kl"), mistakes=(3,))
    cae = recipes.find("fashion-cae", "lite").config
    cut: dict[str, Any] = {
        "encoder": cae.encoder.replace("conv28v", "conv8v"),
        "decoder": cae.decoder.replace("conv28v", "conv8v"),
    }
    yield Trial("002, its code", replace(cae, **cut, **few), ("half-plane", "validated-on-test"), mistakes=(6,))
    noisy = replace(
        recipes.find("fashion-denoising", "lite").config,
        **cut,
        train_size=60,
        epochs=100,
        noise=0.5,
        learning_rate=0.01,
    )
    yield Trial("002, the denoiser", noisy, ("validated-on-test", "last-is-not-best"), mistakes=(7,))
    yield Trial(
        "003, 60,000 of 50,000 images",
        replace(SMALL, dataset="leaked-digits", seed=3),
        ("test-in-training",),
        mistakes=(8,),
    )
    cifar = recipes.find("cifar-vae", "lite").config
    thin = "conv8 pool2 conv8 pool2 conv8 pool2 conv8 pool2 conv8 pool2 conv8 conv8 flatten code2"
    yield Trial(
        "003, the VAE",
        replace(cifar, encoder=thin, train_size=1500, epochs=3),
        ("no-better-than-pca", "parts-do-not-sum", "scale-mismatch"),
        spoil=1.01,
        mistakes=(9,),
    )
    stopped = replace(recipes.find("fashion-dropout-ae").config, train_size=1000, learning_rate=0.03)
    yield Trial("004, no patience", stopped, ("no-patience",), mistakes=(10,))
    vae = replace(recipes.find("fashion-dropout-vae").config, train_size=800, epochs=8, learning_rate=0.5, patience=0)
    yield Trial("004, the VAE whose error rises", vae, ("learning-rate",), mistakes=(11,))
    frozen = replace(PLAIN, optimizer="sgd", learning_rate=1e-7, epochs=5, schedule="constant", seed=4)
    yield Trial("004, the number that never changes", frozen, ("validation-is-constant",), mistakes=(11,))


def healthy() -> Iterator[Trial]:
    """Every recipe's architecture, trained as it should be; the usual beginnings; several sizes of code and data."""
    sound: dict[str, Any] = {
        "recipe": "",
        "split": "shuffled",
        "patience": 0,
        "schedule": "cosine",
        "warmup": 1.0,
        "noise_once": False,
        "learning_rate": 3e-3,
        "batch": 32,
    }
    lines: dict[str, dict[str, Any]] = {
        "mnist-baseline": {"encoder": "conv8/2 bn conv16/2 bn flatten dense20 bn code2"},
        "mnist-deeper": {
            "encoder": "conv2 bn conv4 bn conv4 bn conv8 bn flatten dense20 bn code2",
            "learning_rate": 2e-3,
        },
        "mnist-deeper-as-printed": {
            "encoder": "conv4 bn conv4/2 bn conv8 bn flatten dense20 bn code2",
            "decoder": "dense1568 bn reshape14x14x8 deconv4/2 bn deconv4 bn deconv1:sigmoid",
        },
        "mnist-wide": {"encoder": "conv8/2 bn conv16/2 bn conv16 bn flatten dense20 bn code2"},
        "fashion-cae": {
            "encoder": "conv8v bn pool2 conv8v bn pool2 flatten code2",
            "decoder": "dense256 bn reshape4x4x16 bn up3 conv8v bn up3 conv8v bn conv1k1:sigmoid",
        },
        "fashion-denoising": {"encoder": "conv8v bn pool2 conv8v bn pool2 flatten code2"},
        "cifar-vae": {"encoder": "conv16/2 conv16/2 conv32/2 flatten dense64:gelu code4", "decoder": "mirror"},
        "fashion-dropout-ae": {},
        "fashion-dropout-vae": {},
    }
    for key, changes in lines.items():
        config = replace(recipes.find(key).config, **{**sound, **changes})
        beta = 1.0 if config.kind == "vae" else None
        for seed, (images, epochs) in enumerate(MORE if key == "cifar-vae" else FEW):
            config = replace(config, beta=beta, train_size=images, epochs=epochs, seed=seed)
            yield Trial(f"{key}, {images} images", config)
    for name, image in (
        ("digits", (8, 8, 1)),
        ("mnist", (28, 28, 1)),
        ("fashion-mnist", (28, 28, 1)),
        ("shapes", (28, 28, 1)),
    ):
        quick = recipes.default(name, image)
        small = name == "digits"
        many, epochs = (0, 60) if small else (4000, 30)
        for latent in (2, 3, 4) if small else (2, 4, 8):  # a VAE of the digits fills no more than 4
            few = replace(quick, latent=latent, train_size=many, epochs=epochs, split="shuffled")
            yield Trial(f"{name}, code of {latent}", few)
    yield Trial("digits, automatic", replace(recipes.auto((8, 8, 1), "digits"), latent=4, epochs=60))


class Place:
    """Data sets and runs of this bench alone; a training that is there already is not repeated."""

    def __init__(self, folder: Path) -> None:
        given = os.environ.get("LOUPE_DATA")
        data = folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        for name in DATA if given else ():
            if not (data / name).exists():
                (data / name).symlink_to(Path(given or "", name))
        self.has_large = bool(given)
        self.settings = Settings(cache=folder / "cache", checkpoints=folder / "runs", data=data)
        digits = catalog.load("digits", self.settings)
        train, leaked = digits.train, digits.test.take(np.arange(60))
        assert train.labels is not None and leaked.labels is not None
        order = np.argsort(train.labels, kind="stable")
        _save(data / "sorted-digits.npz", digits, train.pixels[order], train.labels[order])
        labels = np.concatenate((train.labels, leaked.labels))
        _save(data / "leaked-digits.npz", digits, np.concatenate((train.pixels, leaked.pixels)), labels)

    def run(self, config: Config) -> Run:
        from vae_core.learn.training import train

        with suppress(LoupeError):
            known = store.open_run(self.settings, config.id)
            if known.state() == "done":
                return known
            store.remove(known)
        run = store.create(self.settings, config, {})
        with suppress(LoupeError):  # a loss that is none any more leaves a run that has failed
            train(run, self.settings)
        return run


def _save(path: Path, digits: Any, pixels: np.ndarray, labels: np.ndarray) -> None:
    if not path.exists():
        test = {"x_test": digits.test.pixels[..., 0], "y_test": digits.test.labels}
        np.savez(path, x_train=pixels[..., 0], y_train=labels, **test)


def look(place: Place, trial: Trial) -> Row:
    began = time.monotonic()
    other = place.run(trial.against) if trial.against else None
    run = place.run(trial.config)
    case = doctor.of(run, other)
    if trial.spoil != 1:  # what an import from elsewhere may hold
        names = ("train_total_nats_per_image", "validation_total_nats_per_image")
        rows = tuple({**row, **{name: row[name] * trial.spoil for name in names}} for row in case.history)
        case = replace(case, history=rows)
    found = [finding.rule for finding in doctor.judge(case)]
    return {
        "found": found,
        "missed": sorted(set(trial.found) - set(found)),
        "false": sorted(set(found) - {*trial.found, *trial.also}),
        "mistakes": trial.mistakes,
        "seconds": round(time.monotonic() - began, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--only", choices=("faulty", "mistakes", "healthy"))
    parser.add_argument("--folder", type=Path, help="keep the runs there, and use those that are there")
    rows.add_option(parser)
    arguments = parser.parse_args()
    kept = Rows(arguments.out)
    groups = {"faulty": faulty, "mistakes": mistakes, "healthy": healthy}
    with tempfile.TemporaryDirectory() as temporary:
        place = Place(arguments.folder or Path(temporary))
        found = {
            name: [
                kept.take({"group": name, "name": trial.name, "run": trial.config.id}, look, place, trial)
                for trial in trials()
                if place.has_large or "digits" in trial.config.dataset
            ]
            for name, trials in groups.items()
            if arguments.only in (None, name)
        }
    document = {"rows": found, "summary": {name: _summary(name, each) for name, each in found.items()}}
    print(json.dumps(document, indent=1) if arguments.json else json.dumps(document["summary"], indent=1))


def _summary(name: str, found: list[Row]) -> Row:
    if name == "healthy":
        return {"runs": len(found), "with an alarm": [row["name"] for row in found if row["found"]]}
    missed = [row["name"] for row in found if row["missed"]]
    false = {row["name"]: row["false"] for row in found if row["false"]}
    return {"runs": len(found), "missed": missed, "more than was put in": false if name == "faulty" else {}}


if __name__ == "__main__":
    main()
