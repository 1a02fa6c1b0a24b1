"""How well the automatic network does on images of one's own, beside PCA with as many numbers.

python -m bench.own --json [--seconds 60] [--seeds 3] [--codes 8,32] [--out FILE] [icons.npz letters.npz ...]
python -m bench.own --pictures FOLDER --only textures,fashion-1000

With --pictures: test images, below them PCA's, those of convolutions trained as long, and the automatic network's.
The sets: CIFAR-10's first 2,000 images and Fashion-MNIST's first 1,000, where those are here, textures that are drawn,
and any .npz with x_train and x_test. PCA learns from the images that train and from those that validate.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from bench import rows as kept
from bench.likeness import by_pca
from bench.rows import Row, Rows
from vae_core import settings as house
from vae_core.data import catalog
from vae_core.design import recipes
from vae_core.design.config import Config
from vae_core.look import pictures
from vae_core.look.metrics.pictures import ssim
from vae_core.look.portable import Portable
from vae_core.runs import calibration, jobs, store
from vae_core.runs.run import Run
from vae_core.settings import Settings

TESTED, DRAWN = 2000, 14
SIDE = 32
Images = dict[str, np.ndarray]
Recipe = Callable[[tuple[int, int, int], str, str, int], Config]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE.npz")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--seconds", type=float, default=60, help="of each training")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--codes", default="8,32")
    parser.add_argument("--only", help="these of the sets, by their names")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw, and measure nothing")
    kept.add_option(parser)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(house.load(), cache=Path(folder, "cache"), checkpoints=Path(folder, "runs"))
        sets = {**_own_sets(house.load()), **{path.stem: _read(path) for path in arguments.files}}
        wanted = arguments.only.split(",") if arguments.only else list(sets)
        if arguments.pictures:
            arguments.pictures.mkdir(parents=True, exist_ok=True)
            for name in wanted:
                _draw(settings, sets[name], name, arguments.seconds).save(arguments.pictures / f"own-{name}.webp")
            return
        found = Rows(arguments.out, seconds=arguments.seconds)
        asked = [
            {"set": name, "code": code, "seed": seed}
            for name in wanted
            for code in map(int, arguments.codes.split(","))
            for seed in range(arguments.seeds)
        ]
        measured = [found.take(each, _measured, settings, sets[each["set"]], each, arguments.seconds) for each in asked]
    print(json.dumps(measured) if arguments.json else "\n".join(map(_told, measured)))


def _read(path: Path) -> Images:
    """Grey images may come without their one channel."""
    return {name: each[..., None] if each.ndim == 3 else each for name, each in np.load(path).items()}


def _own_sets(settings: Settings) -> dict[str, Images]:
    sets = {"textures": {"x_train": _textures(2400, 0), "x_test": _textures(600, 1)}}
    for name, here, count in (("cifar10", "cifar-2000", 2000), ("fashion-mnist", "fashion-1000", 1000)):
        if catalog.describe(name, settings).ready:
            data = catalog.load(name, settings)
            sets[here] = {"x_train": data.train.pixels[:count], "x_test": data.test.pixels[:TESTED]}
    return sets


def _textures(count: int, seed: int) -> np.ndarray:
    """Waves, checks and rings of two colours."""
    random = np.random.default_rng(seed)
    return np.stack([_texture(random) for _ in range(count)])


def _texture(random: np.random.Generator) -> np.ndarray:
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    angle, kind = random.uniform(0, np.pi), random.integers(3)
    along, across = (rows * np.cos(turn) + columns * np.sin(turn) for turn in (angle, angle + np.pi / 2))
    if kind == 2:
        along = np.hypot(rows - random.uniform(), columns - random.uniform())
    value = np.sin(2 * np.pi * random.uniform(1, 5) * along + random.uniform(0, 2 * np.pi))
    if kind == 1:
        value = np.sign(value * np.sin(2 * np.pi * random.uniform(1, 5) * across))
    one, other = random.uniform(0, 255, (2, 3))
    return np.clip(one + (other - one) * (value[..., None] + 1) / 2, 0, 255).astype(np.uint8)


def _measured(settings: Settings, images: Images, asked: Row, seconds: float) -> Row:
    run = _trained(settings, images, asked, seconds)
    config, status = run.config(), run.status()
    return {
        "images": len(images["x_train"]),
        "image": list(config.image),
        "epochs": config.epochs,
        "steps": config.epochs * config.steps,
        "best_epoch": (status["best"] or {}).get("epoch"),
        "trained_seconds": status["seconds"],
        "peak_memory_mb": status["peak_memory_mb"],
        **_quality(Portable.of(run), images, asked["code"]),
    }


def _draw(settings: Settings, images: Images, name: str, seconds: float) -> Image.Image:
    """Rows of pictures, from the original to what the automatic network makes of it; code 32."""
    asked: Row = {"set": name, "code": 32, "seed": 0}
    chosen = images["x_test"][:DRAWN]
    train, test = (each.astype(np.float32) / 255 for each in (images["x_train"], chosen))
    rows = [test, by_pca(train, test, asked["code"])]
    for recipe in (recipes.convolutions, recipes.auto):
        model = Portable.of(_trained(settings, images, asked, seconds, recipe))
        rows.append(model.decode(model.encode(chosen)[0]))
    height, width = test.shape[1:3]
    sheet = np.concatenate([np.concatenate(row.reshape(len(chosen), height, width, -1), axis=1) for row in rows])
    drawn = Image.fromarray(pictures.as_bytes(sheet).squeeze())
    return drawn.resize((2 * drawn.width, 2 * drawn.height), Image.Resampling.NEAREST)


def _trained(settings: Settings, images: Images, asked: Row, seconds: float, recipe: Recipe = recipes.auto) -> Run:
    run = store.create(settings, _config(settings, images, asked, seconds, recipe), {})
    jobs.start(settings, run, wait=True)
    return run


def _config(settings: Settings, images: Images, asked: Row, seconds: float, recipe: Recipe) -> Config:
    """As the Train page would begin it; the images are kept as one's own first."""
    name = asked["set"]
    if name not in catalog.names(settings):
        settings.cache.mkdir(parents=True, exist_ok=True)
        file = settings.cache / f"{name}.npz"
        np.savez(file, x_train=images["x_train"], x_test=images["x_test"])
        catalog.add(file, name, settings)
    data = catalog.describe(name, settings)
    config = replace(recipe(data.image, name, "ae", asked["code"]), seed=asked["seed"])
    return calibration.within(settings, config, calibration.images(config, data), seconds)


def _quality(model: Portable, images: Images, size: int) -> Row:
    train, test = (images[part].astype(np.float32) / 255 for part in ("x_train", "x_test"))
    ours = model.decode(model.encode(images["x_test"])[0])
    pca = by_pca(train, test, size)
    errors = [float(np.square(each - test).mean()) for each in (ours, pca)]
    alike = [float(ssim(each, test).mean()) for each in (ours, pca)]
    return {
        "mse": errors[0],
        "pca_mse": errors[1],
        "share_of_pca": round(errors[0] / errors[1], 3),
        "ssim": round(alike[0], 3),
        "ssim_above_pca": round(alike[0] - alike[1], 3),
    }


def _told(row: Row) -> str:
    return (
        f"{row['set']:14s}{row['code']:4d}  seed {row['seed']}  {row['share_of_pca']:.3f} of PCA's error, "
        f"likeness {row['ssim_above_pca']:+.3f}, best epoch {row['best_epoch']} of {row['epochs']}"
    )


if __name__ == "__main__":
    main()
