"""The command that reads a model which somebody wrote elsewhere."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict

from vae_core.cli.answer import Answer, WrongUse, lead_to
from vae_core.design.declared import SETTINGS
from vae_core.design.draft import Draft, table
from vae_core.design.layers import show
from vae_core.design.naming import KINDS
from vae_core.design.pasted import MOST_TEXT, Pasted, read
from vae_core.settings import Settings
from vae_core.words import plural

UNNAMED = "NAME"  # of a data set that the text does not name


def add_paste(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", help="Keras or PyTorch code, or what model.summary() printed; - reads it"
    )
    lead_to(parser, paste, "paste model.py")


def paste(args: argparse.Namespace, settings: Settings) -> Answer:
    pasted = read(_text(args.file))
    problem = _problem(pasted)
    train = " ".join(map(shlex.quote, _command(pasted)))
    document = {**asdict(pasted), "settings": dict(pasted.settings), "fits": not problem, "train": train}
    return Answer(document, "\n".join(_told(pasted, problem, train)))


def _text(name: str) -> str:
    """No more of it than is too long anyway."""
    try:
        if name == "-":
            return sys.stdin.read(MOST_TEXT + 1)
        with open(name, encoding="utf-8", errors="replace") as file:
            return file.read(MOST_TEXT + 1)
    except OSError as error:
        raise WrongUse(f"{name} cannot be read", error.strerror or "A text file was expected") from None


def _problem(pasted: Pasted) -> str:
    if pasted.image is None:
        return ""
    found = table(Draft(pasted.image, pasted.encoder, pasted.decoder, pasted.kind, pasted.latent))[1]
    return str(found.error) if found else ""


def _told(pasted: Pasted, problem: str, train: str) -> Iterator[str]:
    images = f" for images of {show(pasted.image)}" if pasted.image else ""
    yield f"{KINDS[pasted.kind]} with a code of {plural(pasted.latent, 'number')}{images}"
    yield f"encoder  {pasted.encoder}"
    yield f"decoder  {pasted.decoder}"
    yield from (f"{SETTINGS[name].called}  {SETTINGS[name].worded(value)}" for name, value in pasted.settings.items())
    yield from pasted.told
    yield f"It does not fit yet: {problem}" if problem else f"To train it: {train}"


def _command(pasted: Pasted) -> Iterator[str]:
    yield from ("python", "-m", "vae_core", "train", "--dataset", pasted.dataset or UNNAMED)
    yield from ("--encoder", pasted.encoder, "--kind", pasted.kind)
    if pasted.decoder != "mirror":
        yield from ("--decoder", pasted.decoder)
    for name, value in pasted.settings.items():
        yield f"--{SETTINGS[name].flag}"
        if SETTINGS[name].kind is not bool:
            yield str(value)
