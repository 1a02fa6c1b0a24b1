"""The calibrate command: how fast this machine trains, measured once."""

from __future__ import annotations

import argparse

from vae_core.cli import native, progress
from vae_core.cli.answer import Answer, add_json
from vae_core.settings import Settings


def add_calibrate(parser: argparse.ArgumentParser) -> None:
    add_json(parser, "calibrate")
    parser.set_defaults(command=calibrate)


def calibrate(args: argparse.Namespace, settings: Settings) -> Answer:
    with native.silence(), progress.bar() as tell:
        from vae_core.learn import calibrate as measuring

        rates = measuring.calibrate(settings, lambda done, total: tell("Measuring", done, total))
    document = {"rates": {precision: each.to_json() for precision, each in rates.items()}}
    return Answer(document, "Measured. `describe` now predicts the seconds of an epoch on this machine.")
