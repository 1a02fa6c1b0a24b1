"""The data command: list, add and remove data sets."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path

from vae_core.cli import choices, progress
from vae_core.cli.answer import Answer, complain, lead_to, table, wrong_use
from vae_core.data import catalog, originals, versions
from vae_core.data.dataset import Summary
from vae_core.data.fitting import BACKGROUNDS, FILLS, FITS, Fitting, told
from vae_core.errors import LoupeError
from vae_core.settings import Settings

NOT_HERE = {"download": "downloaded when first used", "built in": "needs an extra package"}


def add_data(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    parser.epilog = "for example: python -m vae_core data list"
    listed = actions.add_parser("list", help="all data sets", description="All data sets.")
    lead_to(listed, list_data, "data list")
    _add_add(actions.add_parser("add", help="your own images", description="Keep your own images under a name."))
    removed = actions.add_parser("remove", help="forget an added one", description="Forget an added data set.")
    removed.add_argument("name", metavar="NAME")
    removed.add_argument("--originals", action="store_true", help="only the files that it was read from; it stays")
    lead_to(removed, remove, "data remove screws")
    what = "Read an added data set again, in another size. Runs keep the images that they were trained on."
    changed = actions.add_parser("change", help="another size of an added one", description=what)
    changed.add_argument("name", metavar="NAME")
    _add_fitting(changed)
    changed.set_defaults(fit=None, size=None, fill=None, background=None, frames=None)
    lead_to(changed, change, "data change screws --size 96 --fill white")


def _add_add(parser: argparse.ArgumentParser) -> None:
    what = "a folder, .zip or .tar of images, an .npz, .npy, .parquet or IDX file, or a .csv (all: docs/formats.md)"
    parser.add_argument("path", metavar="PATH", type=Path, help=what)
    parser.add_argument("--name", required=True, help="what it is called from then on")
    _add_fitting(parser)
    parser.add_argument("--images", metavar="PATH", type=Path, help="the folder or archive that a manifest speaks of")
    parser.add_argument(
        "--seed", type=choices.seed, default=0, help="of the split, where the images come without a test part"
    )
    lead_to(parser, add, "data add screws.zip --name screws --size 64")


def _add_fitting(parser: argparse.ArgumentParser) -> None:
    """How the images come to one size: the same choices as on the page."""
    parser.add_argument("--fit", choices=FITS, default=FITS[0], help="images of other sizes (default: %(default)s)")
    parser.add_argument("--size", metavar="WIDTHxHEIGHT", type=_size, help="of all, as 64x48, 64 for a square, or auto")
    parser.add_argument("--fill", choices=FILLS, default=FILLS[0], help="what images leave free (default: %(default)s)")
    parser.add_argument(
        "--background",
        choices=BACKGROUNDS,
        default=BACKGROUNDS[0],
        help="what transparent images are laid on (default: what contrasts more with them)",
    )
    what = "each frame of an animated picture, or page of a TIFF, as an image (default: the first alone)"
    parser.add_argument("--frames", action=argparse.BooleanOptionalAction, default=False, help=what)


def _fitting(args: argparse.Namespace, known: Fitting) -> Fitting:
    """What was said, and what was known where nothing was."""
    said = {name: getattr(args, name) for name in ("fit", "size", "fill", "background", "frames")}
    changes = {name: value for name, value in said.items() if value is not None}
    return replace(known, **{**changes, **({"size": changes["size"] or None} if "size" in changes else {})})


def _size(text: str) -> tuple[int, ...]:
    """(height, width), or nothing where it is to be chosen."""
    if text == "auto":
        return ()
    try:
        sides = [int(part) for part in text.lower().split("x")]
        width, height = sides * 2 if len(sides) == 1 else sides
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a size such as 64x48") from None
    return height, width


def _image(data: Summary) -> str:
    return f"{told(data.image[:2])} {'grey' if data.image[2] == 1 else 'colour'}"


def list_data(args: argparse.Namespace, settings: Settings) -> Answer:
    found = _readable(settings)
    header = ("name", "image", "train", "validation", "test", "classes", "from", "")
    rows = [
        (
            data.name,
            _image(data),
            data.train - data.validation,
            data.validation,
            data.test,
            len(data.classes),
            data.origin,
            "" if data.ready else NOT_HERE[data.origin],
        )
        for data in found
    ]
    return Answer([asdict(data) for data in found], table(header, rows))


def _readable(settings: Settings) -> list[Summary]:
    """One that is broken is told and left out; the others are listed all the same."""
    found = []
    for name in catalog.names(settings):
        try:
            found.append(catalog.describe(name, settings))
        except LoupeError as error:
            complain(f"Warning: {name} is left out. {error}")
    return found


def add(args: argparse.Namespace, settings: Settings) -> Answer:
    with wrong_use():
        catalog.check_name(args.name)
    fitting = _fitting(args, Fitting())
    with progress.bar() as tell:
        catalog.add(args.path, args.name, settings, fitting, images=args.images, seed=args.seed, progress=tell)
    return _about(catalog.describe(args.name, settings))


def change(args: argparse.Namespace, settings: Settings) -> Answer:
    name = catalog.describe(args.name, settings).name
    original = originals.find(name, settings)
    with progress.bar() as tell:
        versions.refit(name, settings, _fitting(args, original.fitting if original else Fitting()), tell)
    return _about(catalog.describe(name, settings))


def remove(args: argparse.Namespace, settings: Settings) -> Answer:
    if args.originals:
        name = catalog.describe(args.name, settings).name
        size = originals.kept_bytes(name, settings)
        originals.remove(name, settings)
        told = f"The originals of {name} are removed ({size:,} bytes); it can no longer be brought to another size."
        return Answer({"name": name, "removed": size}, told)
    catalog.remove(args.name, settings)
    return Answer({"name": args.name, "removed": True}, f"{args.name} is removed; the files it was read from stay.")


def _about(data: Summary) -> Answer:
    lines = [
        f"{data.name}: {data.train - data.validation:,} images to train, {data.validation:,} to validate, "
        f"{data.test:,} to test, each {_image(data)}, {len(data.classes)} class{'es' * (len(data.classes) != 1)}.",
        *data.notes,
        *(f"Warning: {text}" for text in data.warnings),
        f"Next: python -m vae_core train --dataset {data.name}",
    ]
    return Answer(asdict(data), "\n".join(lines))
