"""Every setting in one typed place: defaults, then loupe.toml, then LOUPE_* variables."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeAlias

from vae_core import place
from vae_core.errors import LoupeError
from vae_core.place import Place

CODE = Path(__file__).resolve().parents[1]
PACKED = CODE / "latent_loupe"  # a wheel has app.py, pages/, ui/ and what comes along in there; a checkout at its root
INSTALLED = (PACKED / "app.py").is_file()
PAGE = PACKED if INSTALLED else CODE
PROJECT = Path.cwd() if INSTALLED else CODE  # the place of loupe.toml and of the runs, where processes begin
HOME = Path(home) if os.path.isabs(home := os.path.expanduser("~")) else PROJECT  # not everybody in a container has one
LOCAL = ("localhost", "127.0.0.1", "::1")
SHIPPED = "loupe."  # so begins the name of a run that comes with the program
MOST = 2**53  # that a number may be; even of bytes nobody has so many
Given: TypeAlias = Mapping[str, object]  # values by the settings' names, not yet checked
SECRETS = ("LOUPE_STUDY_STORAGE",)  # variables that may hold a password: for a process, and for no file or page
SHOWN = 60  # characters of what somebody wrote that are said again


@dataclass(frozen=True)
class Settings:
    """Folders are absolute; sizes are bounds that the loaders state when they refuse something."""

    data: Path | None = None  # a folder of data sets, looked at before any network
    cache: Path = HOME / ".cache" / "latent-loupe"  # downloads, added data sets, calibration
    checkpoints: Path = PROJECT / "checkpoints"
    shipped: Path = PAGE / "checkpoints" / ".shipped"  # exported runs that everybody can look at
    host: str = "localhost"
    roots: str = "~"  # folders below which the page reads data sets by path, with the system's path separator between
    train_slots: int = 1  # trainings that run at once
    look_slots: int = 1  # projections and evaluations that run at once
    study_storage: str = field(default="", repr=False)  # a database URL for the trials of searches; empty: a file each
    max_files: int = 200_000  # files in one archive or folder
    max_bytes: int = 8 * 2**30  # unpacked size of one data set
    max_image_pixels: int = 64_000_000  # pixels of one image file before it is scaled
    places: tuple[Place, ...] = ()  # where trainings can be sent beside this machine
    sign_in: str = ""  # what an account is known by, as email: whoever opens the page signs in (docs/security.md)
    teachers: str = ""  # accounts that may act on everybody's runs, with commas between
    person_jobs: int = MOST  # trainings and searches of one account that wait or run at once
    person_upload_bytes: int = MOST  # that one account uploads at once
    person_disk_bytes: int = MOST  # that the runs and images of one account may take before it begins more

    @property
    def copies(self) -> Path:
        """Of the shipped runs, unpacked; what is derived from them lies here too."""
        return self.cache / "shipped"

    @property
    def named_teachers(self) -> frozenset[str]:
        return frozenset(name for part in self.teachers.split(",") if (name := part.strip()))

    @property
    def readable(self) -> tuple[Path, ...]:
        """The roots, where the page is for this machine alone: nobody browses its files over a network."""
        parts = self.roots.split(os.pathsep) if self.host in LOCAL else []
        found = (os.path.expanduser(part) for part in parts)
        return tuple(Path(os.path.realpath(part)) for part in found if part and not part.startswith("~"))


def load(environ: Mapping[str, str] | None = None, toml: Path = PROJECT / "loupe.toml") -> Settings:
    """Read the settings anew; they are small, and a test or a page may have changed them."""
    environ = os.environ if environ is None else environ
    settings = Settings()
    for source, values in ((str(toml), _from_toml(toml)), ("The environment", _from_environ(environ))):
        settings = _apply(settings, values, source)
    for name in ("data", "cache", "checkpoints", "shipped"):
        _check_folder(name, getattr(settings, name))
    return settings


def _from_toml(path: Path) -> Given:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise LoupeError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, a number of thousands of digits, too deep
        raise LoupeError(f"{path} is not valid TOML: {error}", fix="Correct that line or remove the file") from None


def _from_environ(environ: Mapping[str, str]) -> Given:
    names = {field.name for field in fields(Settings)}
    given = {name: environ.get(f"LOUPE_{name.upper()}", "") for name in names}
    return {name: value for name, value in given.items() if value}


def _apply(settings: Settings, values: Given, source: str) -> Settings:
    kinds = {field.name: str(field.type) for field in fields(Settings)}
    unknown = sorted(set(values) - set(kinds))
    if unknown:
        raise LoupeError(
            f"{source} has an unknown setting {_short(unknown[0])}", f"The settings are {', '.join(kinds)}"
        )
    read: dict[str, Any] = {name: _convert(name, kinds[name], value, source) for name, value in values.items()}
    return replace(settings, **read)


def environment(settings: Settings) -> dict[str, str]:
    """The settings as variables that say the same; one that is empty says nothing."""
    given = {**vars(settings), "places": place.written(settings.places)}
    return {f"LOUPE_{name.upper()}": "" if value is None else str(value) for name, value in given.items()}


def _convert(name: str, kind: str, value: object, source: str) -> int | str | Path | tuple[Place, ...]:
    if name == "places":
        return place.read(value, source)
    if kind == "int":
        return _number(name, value, source)
    if not isinstance(value, str) or not _can_be_a_name(value):
        raise _refused(name, value, source, "A text in quotation marks was expected, without zero bytes")
    if kind.startswith("Path"):
        return _folder(name, value, source)
    for part in value.split(os.pathsep) if name == "roots" else ():
        if part not in ("", "~"):  # the default is no mistake where nobody is at home: see readable
            _folder(name, part, source)
    return value


def _can_be_a_name(text: str) -> bool:
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def _number(name: str, value: object, source: str) -> int:
    try:
        number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else 0
    except ValueError:
        number = 0
    if not 1 <= number <= MOST:
        raise _refused(name, value, source, f"A whole number from 1 to {MOST} was expected")
    return number


def _folder(name: str, value: str, source: str) -> Path:
    path = os.path.expanduser(value)
    if not path or path.startswith("~"):
        raise _refused(name, value, source, "A folder was expected, and a name after ~ has to be that of a user here")
    try:
        return Path(path).absolute()
    except OSError:
        raise _refused(name, value, source, "The folder that this was started in is gone") from None


def _check_folder(name: str, path: Path | None) -> None:
    """What is not there yet can be made, unless a link or a file is in the way."""
    if path is None:
        return
    wrong = f"The setting {name} is {_short(str(path))}"
    try:
        if not stat.S_ISDIR(os.stat(path).st_mode):
            raise LoupeError(wrong, "That is no folder, but one was expected", "Name another folder")
    except FileNotFoundError:
        link = next((each for each in (path, *path.parents) if each.is_symlink() and not each.exists()), None)
        if link:
            raise LoupeError(
                wrong,
                f"{link} is a link to {os.readlink(link)}, which is not there",
                "Put back what it leads to, or name another folder",
            ) from None
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else error
        raise LoupeError(f"{wrong}, which cannot be opened: {told}", fix="Name another folder") from None


def _refused(name: str, value: object, source: str, expected: str) -> LoupeError:
    return LoupeError(f"{source} sets {name} to {_short(value)}", expected)


def _short(value: object) -> str:
    """What somebody wrote, in so many characters at most."""
    try:
        text = str(value)
    except ValueError:
        text = "a number of thousands of digits"
    return f"'{text if len(text) <= SHOWN else text[: SHOWN - 1] + '…'}'"
