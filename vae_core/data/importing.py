"""Your own data, whatever form it comes in: told apart by what the path is, read under the bounds of the settings."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path

from vae_core.data import fitting, formats, images, sources, unrolled
from vae_core.data.download import Progress
from vae_core.data.fitting import Fitting
from vae_core.data.formats import KINDS
from vae_core.data.raw import Raw
from vae_core.errors import LoupeError
from vae_core.settings import Settings

GLANCED = "A first look at some of the images, while the others are found"


def read(
    path: Path, settings: Settings, rule: Fitting, *, pictures: Path | None = None, progress: Progress | None = None
) -> Raw:
    """`pictures` is the folder or zip that a manifest speaks of, where it does not lie beside it."""
    try:
        for place in (path, pictures):
            if place and not place.exists():
                raise LoupeError(f"{place} does not exist", f"{KINDS} was expected")
            if place and not (place.is_file() or place.is_dir()):  # a pipe would be waited for without end
                raise LoupeError(f"{place} is neither a file nor a folder", f"{KINDS} was expected")
        return _read(path, settings, rule, pictures, progress)
    except OSError as error:
        raise LoupeError(f"{path} cannot be read ({error})", "Files that this program may open were expected") from None
    except MemoryError:
        raise LoupeError(f"{path.name} takes more memory than there is", fix="Bring fewer or smaller images") from None


def located(path: Path | str) -> Path:
    """The place that a path means in the end: `~` and links are followed."""
    try:
        return Path(path).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:  # nobody's home, links in a circle, a letter that is none
        raise LoupeError(f"{path} is no path ({error})", f"{KINDS} was expected") from None


def refuse_other(path: Path) -> None:
    """A place that was found allowed, and is a link to another by now."""
    try:
        is_there = path.exists()
    except OSError:  # told by who reads it
        return
    if is_there and located(path) != path:
        told = "Nothing was read. Its place was checked when it was named, and is another one by now"
        raise LoupeError(f"{path} has become a link", told, "Name the place that is meant")


def _glance(path: Path, settings: Settings, rule: Fitting, progress: images.Showing) -> None:
    """Some pictures of a large folder at once. What is wrong with it is told by whoever reads all of it."""
    with suppress(LoupeError, OSError):
        folder = sources.Folder(path.resolve(), settings)
        if names := folder.glance(images.SHOWN):
            progress.shows(images.glance(names, folder.read, settings, rule), GLANCED)


def _read(path: Path, settings: Settings, rule: Fitting, pictures: Path | None, progress: Progress | None) -> Raw:
    if path.is_dir() and isinstance(progress, images.Showing):
        _glance(path, settings, rule, progress)
    with formats.opened(path, pictures, settings) as found:
        if isinstance(found, Raw):
            pixels, notes, warnings = fitting.fit_array(found.pixels, rule, settings)
            return replace(found, pixels=pixels, notes=(*found.notes, *notes), warnings=warnings)
        with unrolled.opened(*found, settings, progress) if rule.frames else nullcontext(found) as (listing, read):
            return listing.raw(*images.read_all(listing.names, read, settings, rule, progress))
