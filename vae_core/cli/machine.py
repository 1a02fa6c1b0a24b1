"""The calibrate command: how fast this machine trains, measured once."""

from __future__ import annotations

import argparse

from vae_core.checked import Json
from vae_core.cli import native, progress
from vae_core.cli.answer import Answer, complain, lead_to
from vae_core.settings import Settings


def add_calibrate(parser: argparse.ArgumentParser) -> None:
    lead_to(parser, calibrate, "calibrate")


def calibrate(args: argparse.Namespace, settings: Settings) -> Answer:
    complain("Measuring this machine, which takes some minutes.")
    with native.silence(), progress.bar() as tell:
        from vae_core.learn import calibrate as measuring

        found = measuring.calibrate(settings, tell)
    document: dict[str, Json] = {"rates": {precision: each.to_json() for precision, each in found.rates.items()}}
    document["fixed"] = found.fixed.to_json() if found.fixed else None
    return Answer(document, "Measured. `describe` now foretells how long a training takes on this machine.")
