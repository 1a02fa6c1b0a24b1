"""A written report of one run or several: question, setup, layers, curves, pictures, numbers, findings, conclusion.

    report.write([run, other], "html")      bytes of one file; also "md" and "pdf"

`ask=True` leaves "why these layers" and the conclusion as questions, with the evidence beside them: for classes.
Sentences that the program wrote from numbers are marked as generated.
"""

from __future__ import annotations

from collections.abc import Sequence

from vae_core.errors import LoupeError
from vae_core.runs.store import Run
from vae_core.share.report import html, markdown, pdf
from vae_core.share.report.content import make
from vae_core.share.report.parts import Report

WRITERS = {"html": html.write, "md": markdown.write, "pdf": pdf.write}
TYPES = {"html": "text/html", "md": "text/markdown", "pdf": "application/pdf"}
MOST = 8


def build(runs: Sequence[Run], ask: bool = False) -> Report:
    refuse(runs)
    return make(runs, ask)


def refuse(runs: Sequence[Run]) -> None:
    """Tell why there is no report of these."""
    if not 1 <= len(runs) <= MOST:
        raise LoupeError(f"A report of {len(runs)} runs was asked for", f"1 to {MOST} are possible")
    if len({run.id for run in runs}) < len(runs):
        raise LoupeError("A run is named twice", fix="Name every run once")


def write(runs: Sequence[Run], form: str, ask: bool = False) -> bytes:
    if form not in WRITERS:
        raise LoupeError(f"'{form}' is no form of a report", f"One of {', '.join(WRITERS)} was expected")
    return WRITERS[form](build(runs, ask))
