"""The validation loss of this trainer and of a plain Keras `fit` after 500 steps on the same images, seed by seed.

LOUPE_DATA=... python -m bench.losses --json [--only mnist-deeper] [--seeds 3] [--out FILE]

`mean_inside`: the mean of ours lies between the least and the most of theirs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import mean

from bench import rows
from bench.in_keras import fit, plain_model
from bench.rows import Row, Rows
from bench.train import NETWORKS
from vae_core import settings as house
from vae_core.data import catalog, splits
from vae_core.design.config import Config
from vae_core.learn import training
from vae_core.runs import store
from vae_core.settings import Settings

EPOCHS, STEPS = 2, 250
USUAL = ("mnist-baseline", "mnist-deeper", "fashion-cae")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--only", default=",".join(USUAL), help="these networks, with commas between")
    parser.add_argument("--seeds", type=int, default=3)
    rows.add_option(parser)
    arguments = parser.parse_args()
    kept = Rows(arguments.out)
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(house.load(), checkpoints=Path(folder, "runs"), cache=Path(folder, "cache"))
        asked = [{"network": name, "seeds": arguments.seeds} for name in arguments.only.split(",")]
        found = [kept.take(each, _measured, each, settings) for each in asked]
    print(json.dumps(found) if arguments.json else "\n".join(map(_told, found)))


def _measured(asked: Row, settings: Settings) -> Row:
    both = [_losses(NETWORKS[asked["network"]], seed, settings) for seed in range(asked["seeds"])]
    ours, theirs = ([each[place] for each in both] for place in (0, 1))
    low, high = min(theirs), max(theirs)
    inside = low <= mean(ours) <= high
    found = {"loupe": ours, "keras-fit": theirs, "spread": [low, high], "mean_inside": inside}
    return {"steps": EPOCHS * STEPS, **found}


def _losses(network: Config, seed: int, settings: Settings) -> tuple[float, float]:
    """Nats a pixel on held-out images, of ours and of `fit`."""
    images = STEPS * network.batch * 5 // 4
    config = replace(network, split="shuffled", train_size=images, epochs=EPOCHS, seed=seed, recipe="", patience=0)
    data = catalog.load(config.dataset, settings)
    part = splits.of(data, config)
    assert part.validation is not None
    train, held_out = (data.train.pixels[places].astype("float32") / 255 for places in (part.train, part.validation))
    run = store.create(settings, config, {})
    training.train(run, settings)
    model = plain_model(config, jit=False)
    fit(model, train, config, EPOCHS)
    ours = run.history()[-1]["validation_reconstruction_nats_per_image"] / config.pixels
    return ours, float(model.evaluate(held_out, held_out, batch_size=256, verbose=0))


def _told(row: Row) -> str:
    both = [", ".join(f"{value:.4f}" for value in row[name]) for name in ("loupe", "keras-fit")]
    return f"{row['network']}, nats a pixel after {row['steps']} steps: loupe {both[0]}; keras-fit {both[1]}"


if __name__ == "__main__":
    main()
