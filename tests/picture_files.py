"""Pictures in folders and zips, for the tests of what somebody adds as a data set."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vae_core.data import catalog
from vae_core.data.dataset import Dataset
from vae_core.data.fitting import Fitting
from vae_core.errors import LoupeError
from vae_core.settings import Settings

RANDOM = np.random.default_rng(0)


def picture(width: int = 10, height: int = 12, mode: str = "L") -> Image.Image:
    shape = (height, width) if mode == "L" else (height, width, len(mode))
    return Image.fromarray(RANDOM.integers(0, 256, shape).astype(np.uint8), mode if mode == "CMYK" else None)


def save(folder: Path, name: str, image: Image.Image | None = None, **options: Any) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    (image or picture()).save(path, **options)
    return path


def fill(folder: Path, *classes: str, count: int = 20) -> None:
    for name in classes:
        for number in range(count):
            save(folder, f"{name}/{number:03}.png")


def pack(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


def add(
    path: Path,
    settings: Settings,
    name: str = "mine",
    fit: str = "pad",
    size: Any = None,
    fill: str = "black",
    **options: Any,
) -> Dataset:
    fitting = Fitting(fit, (size, size) if isinstance(size, int) else size, fill)
    return catalog.add(path, name, settings, fitting, **options)


def refused(path: Path, settings: Settings, words: str, **options: Any) -> None:
    with pytest.raises(LoupeError, match=words):
        add(path, settings, **options)
    assert not list(settings.cache.rglob("*"))
