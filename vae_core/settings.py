"""Every setting in one typed place: defaults, then loupe.toml, then LOUPE_* variables."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from vae_core.errors import LoupeError

PROJECT = Path(__file__).resolve().parents[1]
LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Settings:
    """Folders are absolute; sizes are bounds that the loaders state when they refuse something."""

    data: Path | None = None  # a folder of data sets, looked at before any network
    cache: Path = Path.home() / ".cache" / "latent-loupe"  # downloads, added data sets, calibration
    checkpoints: Path = PROJECT / "checkpoints"
    host: str = "localhost"
    roots: str = "~"  # folders below which the page reads data sets by path, with the system's path separator between
    train_slots: int = 1  # trainings that run at once
    look_slots: int = 1  # projections and evaluations that run at once
    study_storage: str = ""  # a database URL where searches keep their trials; empty: a file in each search's folder
    max_files: int = 200_000  # files in one archive or folder
    max_bytes: int = 8 * 2**30  # unpacked size of one data set
    max_image_pixels: int = 64_000_000  # pixels of one image file before it is scaled

    @property
    def readable(self) -> tuple[Path, ...]:
        """The roots, where the page is for this machine alone: nobody browses its files over a network."""
        parts = self.roots.split(os.pathsep) if self.host in LOCAL else []
        return tuple(Path(part).expanduser().resolve() for part in parts if part)


def load(environ: Mapping[str, str] | None = None, toml: Path = PROJECT / "loupe.toml") -> Settings:
    """Read the settings anew; they are small, and a test or a page may have changed them."""
    environ = os.environ if environ is None else environ
    settings = Settings()
    for source, values in ((str(toml), _from_toml(toml)), ("the environment", _from_environ(environ))):
        settings = _apply(settings, values, source)
    return settings


def _from_toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LoupeError(f"{path} is not valid TOML: {error}", fix="Correct that line or remove the file") from None


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    names = {field.name for field in fields(Settings)}
    given = {name: environ.get(f"LOUPE_{name.upper()}", "") for name in names}
    return {name: value for name, value in given.items() if value}


def _apply(settings: Settings, values: Mapping[str, Any], source: str) -> Settings:
    kinds = {field.name: str(field.type) for field in fields(Settings)}
    unknown = sorted(set(values) - set(kinds))
    if unknown:
        raise LoupeError(f"{source} has an unknown setting '{unknown[0]}'", f"The settings are {', '.join(kinds)}")
    return replace(settings, **{name: _convert(name, kinds[name], value, source) for name, value in values.items()})


def _convert(name: str, kind: str, value: Any, source: str) -> Any:
    if kind.startswith("Path"):
        return Path(str(value)).expanduser().absolute()
    if kind == "str":
        return str(value)
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = 0
    if number < 1:
        raise LoupeError(f"{source} sets {name} to '{value}'", "A whole number of at least 1 was expected")
    return number
