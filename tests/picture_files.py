"""Pictures in folders and zips, for the tests of what somebody adds as a data set."""

import zipfile

import numpy as np
import pytest
from PIL import Image

from vae_core.data import catalog
from vae_core.data.dataset import Dataset
from vae_core.data.fitting import Fitting
from vae_core.errors import LoupeError

RANDOM = np.random.default_rng(0)


def picture(width=10, height=12, mode="L"):
    shape = (height, width) if mode == "L" else (height, width, len(mode))
    return Image.fromarray(RANDOM.integers(0, 256, shape).astype(np.uint8), mode if mode == "CMYK" else None)


def save(folder, name, image=None, **options):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    (image or picture()).save(path, **options)
    return path


def fill(folder, *classes, count=20):
    for name in classes:
        for number in range(count):
            save(folder, f"{name}/{number:03}.png")


def pack(folder, path):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


def add(path, settings, name="mine", fit="pad", size=None, **options) -> Dataset:
    fitting = Fitting(fit, (size, size) if isinstance(size, int) else size)
    return catalog.add(path, name, settings, fitting, **options)


def refused(path, settings, words, **options):
    with pytest.raises(LoupeError, match=words):
        add(path, settings, **options)
    assert not list(settings.cache.rglob("*"))
