"""The commands that write a report, and all that is handed in with it."""

from __future__ import annotations

import argparse
from pathlib import Path

from vae_core.cli import native, worker
from vae_core.cli.answer import Answer, WrongUse, lead_to
from vae_core.runs import store
from vae_core.settings import Settings
from vae_core.share import handin, outgoing
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


def add_hand_in(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="+", metavar="RUN", help="what is handed in, after what it is compared with")
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=Path(), help="where the zip goes (default: here)")
    parser.add_argument(
        "--not-run", action="store_true", help="leave the notebook as it is: running it trains the model once more"
    )
    lead_to(parser, hand_in, "hand-in mnist-baseline mnist-deeper --out homework")


def hand_in(args: argparse.Namespace, settings: Settings) -> Answer:
    runs = [store.open_run(settings, name) for name in args.run]
    task = worker.finished(handin.begin(runs, not args.not_run))
    out = args.out / f"{runs[-1].id}-hand-in.zip"
    outgoing.make(args.out)
    data = task.made()
    outgoing.write(out, data)
    document = {"runs": [run.id for run in runs], "file": str(out), "bytes": len(data)}
    return Answer(document, f"{out}: {len(data):,} bytes.")
