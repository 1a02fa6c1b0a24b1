"""Figures of a run: its losses, its map of codes, what it draws."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from vae_core.data import catalog
from vae_core.errors import LoupeError
from vae_core.look import diagram, drawing, joined, pictures
from vae_core.look.doctor.case import Case
from vae_core.look.evidence import Dots, Evidence, Pairs, Table
from vae_core.look.rows import spread
from vae_core.runs.store import Run
from vae_core.share.report.parts import Block, Figure, Grid

DOTS = 1500
SIDE = 420  # pixels that a sheet is wide, about


def way(name: str, run: Run) -> Iterator[Figure]:
    """How it works; nothing of a run that ended before it had a model."""
    with suppress(LoupeError):
        if shown := diagram.example(run):
            drawn = diagram.svg(run.config(), shown)
            yield Figure(f"How {name} works: the way of test image {shown.image} through it.", drawn)


def losses(name: str, case: Case) -> Iterator[Figure]:
    if not case.history:
        return
    parts = ("total", "reconstruction") if case.config.has_prior else ("total",)
    yield Figure(f"Losses of {name}, epoch by epoch.", drawing.svg(case.curves("Loss", parts)))
    if case.config.has_prior:
        yield Figure(f"KL of {name}: how far its codes stray from the prior.", drawing.svg(case.curves("KL", ("kl",))))


def code_map(name: str, case: Case) -> Iterator[Figure]:
    codes = case.codes
    if codes is None or not len(codes):
        return
    places = spread(len(codes), DOTS)
    shown = codes[places].astype(np.float64)
    axes = ("z1", "z2")
    if codes.shape[1] > 2:
        centred = shown - shown.mean(axis=0)
        shown, axes = centred @ np.linalg.eigh(centred.T @ centred)[1][:, :-3:-1], ("axis 1", "axis 2")
    elif codes.shape[1] == 1:
        shown = np.column_stack([shown, np.zeros(len(shown))])
    labels = None if case.labels is None else tuple(map(int, case.labels[places]))
    x, y = (tuple(map(float, shown[:, axis])) for axis in (0, 1))
    classes = case.facts.classes if case.facts and labels else ()
    told = "Colours are classes, which it never saw." if labels else ""
    dots = Dots("Codes of test images", x, y, labels, axes, classes)
    yield Figure(f"Where {name} puts {len(places):,} test images. {told}".strip(), drawing.svg(dots))


def drawn(name: str, run: Run, best: int | None) -> Iterator[Figure]:
    """What the model draws, from the snapshot of the best epoch."""
    epochs = run.snapshot_epochs()
    if not epochs:
        return
    snapshot = joined.snapshot(run, best if best in epochs else epochs[-1])
    pairs = np.stack([snapshot[name] for name in ("original", "reconstruction") if name in snapshot])
    yield Figure(f"Test images, and below each what {name} makes of it.", png=_png(pairs))
    yield Figure(f"What {name} draws all over its map of codes.", png=_png(snapshot["grid"]))


def _png(images: np.ndarray) -> bytes:
    sheet = pictures.sheet(images)
    return pictures.png(sheet, max(1, round(SIDE / sheet.shape[1])))


def evidence(found: Evidence, run: Run) -> Iterator[Block]:
    if isinstance(found, Table):
        yield Grid(found.header, found.rows, found.title)
    elif isinstance(found, Pairs):
        with suppress(LoupeError):  # the data set may be gone
            data = catalog.load(found.dataset, run.settings)
            both = np.stack([data.test.pixels[list(found.test)], data.train.pixels[list(found.train)]])
            yield Figure(found.title + ".", png=_png(both))
    else:
        yield Figure(found.title + ".", drawing.svg(found), titled=True)
