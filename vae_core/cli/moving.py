"""Commands that copy runs to another folder or machine, and from there: push, pull."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict

from vae_core.cli.answer import Answer, lead_to
from vae_core.runs import moving
from vae_core.runs.moving import Moved
from vae_core.settings import Settings

WHERE = "a folder of runs that this machine sees, or HOST:FOLDER of one that ssh reaches and that has rsync"


def add_push(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="+", metavar="RUN", help="its name, or the beginning of it")
    parser.add_argument("target", metavar="DEST", help=WHERE)
    lead_to(parser, push, "push mnist-baseline ada@login.example.org:latent-loupe/checkpoints")


def push(args: argparse.Namespace, settings: Settings) -> Answer:
    return _answer(moving.push(settings, args.run, args.target), args.target)


def add_pull(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help=WHERE)
    parser.add_argument("run", nargs="+", metavar="RUN", help="its name there, or the beginning of it")
    lead_to(parser, pull, "pull ada@login.example.org:latent-loupe/checkpoints mnist-baseline")


def pull(args: argparse.Namespace, settings: Settings) -> Answer:
    return _answer(moving.pull(settings, args.source, args.run), str(settings.checkpoints))


def _answer(moved: Moved, where: str) -> Answer:
    return Answer({**asdict(moved), "folder": where}, "\n".join(_told(moved, where)))


def _told(moved: Moved, where: str) -> Iterator[str]:
    yield from (f"{name} is in {where} now." for name in moved.came)
    yield from (f"{name} was there already: nothing of it was copied." for name in moved.there)
