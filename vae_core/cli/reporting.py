"""The command that writes a report."""

from __future__ import annotations

import argparse
from pathlib import Path

from vae_core.cli import native
from vae_core.cli.answer import Answer, WrongUse, lead_to
from vae_core.runs import store
from vae_core.settings import Settings
from vae_core.share import outgoing
from vae_core.share import report as reports


def add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="+", metavar="RUN", help="one, or several that are compared with the first")
    parser.add_argument("--out", type=Path, metavar="FILE", help="ends in .html, .md or .pdf (default: an .html)")
    parser.add_argument(
        "--questions", action="store_true", help="for classes: leave 'why these layers' and the conclusion as questions"
    )
    lead_to(parser, report, "report mnist-baseline mnist-deeper --out report.pdf")


def report(args: argparse.Namespace, settings: Settings) -> Answer:
    runs = [store.open_run(settings, name) for name in args.run]
    out: Path = args.out or Path(f"{runs[0].id}-report.html")
    form = out.suffix.lower().removeprefix(".")
    if form not in reports.WRITERS:
        raise WrongUse(f"{out} is no name of a report", "It ends in .html, .md or .pdf")
    with native.silence():
        data = reports.write(runs, form, args.questions)
    outgoing.write(out, data)
    document = {"runs": [run.id for run in runs], "file": str(out), "bytes": len(data)}
    return Answer(document, f"{out}: {len(data):,} bytes.")
