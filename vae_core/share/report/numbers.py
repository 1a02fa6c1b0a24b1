"""The tables of what was measured, with intervals; for several runs, of how they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from vae_core.design import naming
from vae_core.look import comparison
from vae_core.look.intervals import Interval
from vae_core.share.report.parts import Block, Grid, Heading, Text, told
from vae_core.share.report.side import Side
from vae_core.words import plural

BASELINES = {"floor": "least that is possible", "mean_image": "mean image", "class_mean": "mean of its class"}
CODES = {"mean_code": "at the mean code", "sampled": "at a sampled code"}
ARROWS = {naming.LOWER: "lower is better", naming.HIGHER: "higher is better", naming.NEITHER: ""}
NOT_YET = (
    "More has not been measured yet. 'Measures' under Judge on the Train page does, as does: python -m vae_core "
    "evaluate RUN --all"
)


def of(sides: Sequence[Side]) -> Iterator[Block]:
    yield Heading("Numbers on the test images")
    yield from _losses(sides)
    yield from _measured(sides)
    yield from _differences(sides)


def _losses(sides: Sequence[Side]) -> Iterator[Block]:
    known = next((side for side in sides if side.metrics), None)
    if known is None or known.metrics is None:
        yield told("None of these models has been tested yet.")
        return
    lines = {
        f"{side.name}, {words}": {kind: side.metrics[kind][code] for kind in ("bce", "mse")}
        for side in sides
        if side.metrics
        for code, words in CODES.items()
    }
    size = known.config.architecture().code.size
    for key, words in {**BASELINES, "pca": f"PCA, {plural(size, 'number')}"}.items():
        if each := known.metrics["baselines"].get(key):
            lines[words] = each
    columns, image = naming.columns(known.config), known.config.image
    rows = tuple((words, *(f"{column.of(each, image):.4f}" for column in columns)) for words, each in lines.items())
    caption = f"On {known.metrics['images']:,} test images; lower is better."
    yield Grid(("", *(column.words for column in columns)), rows, caption)
    yield from _best(sides)


def _best(sides: Sequence[Side]) -> Iterator[Block]:
    """The loss that lists and charts of runs show: another number than those on the test images."""
    for side in sides:
        best = (side.run.status()["best"] or {}).get("validation", {}).get("nats_per_image")
        if best is not None:
            shown = naming.shown(best, side.config, naming.PIXEL)
            yield told(f"The loss of {side.name} in the list of runs is {shown}: {naming.validated(side.config)}.")


def _measured(sides: Sequence[Side]) -> Iterator[Block]:
    tables = [{each["name"]: each for each in (side.measured or {}).get("metrics", ())} for side in sides]
    if not any(tables):
        yield Text(NOT_YET)
        return
    names = list(dict.fromkeys(name for table in tables for name in table))
    rows = []
    for name in names:
        first = next(table[name] for table in tables if name in table)
        note = ", ".join(text for text in (first["unit"], ARROWS[first["better"]]) if text)
        rows.append((first["label"], *(_value(table.get(name)) for table in tables), note))
    yield Grid(("", *(side.name for side in sides), "unit"), tuple(rows), "In brackets: 95 % intervals over images.")
    missing = {each["label"]: each["reason"] for side in sides for each in (side.measured or {}).get("missing", ())}
    for label, reason in missing.items():
        yield told(f"{label}: not available. {reason}")


def _value(metric: dict[str, Any] | None) -> str:
    if metric is None:
        return "-"
    text = f"{metric['value']:.4g}"
    return f"{text} ({metric['interval'][0]:.4g} to {metric['interval'][1]:.4g})" if "interval" in metric else text


def _differences(sides: Sequence[Side]) -> Iterator[Block]:
    if any(side.run.state() != "done" for side in sides):
        return
    first, *others = sides
    for side in others:
        found = comparison.compare(first.run, side.run, comparisons=len(others))
        rows = tuple(_difference(row, row.difference) for row in found.rows if row.difference is not None)
        if rows:
            caption = f"{side.name} less {first.name}. {found.rests_on}"
            yield Grid(("", "difference", "interval", "", "unit"), rows, caption)


def _difference(row: comparison.Row, found: Interval) -> tuple[str, ...]:
    interval = f"{found.low:+.4g} to {found.high:+.4g}"
    word = "differs" if row.differs else "no difference"
    return row.metric.label, f"{found.value:+.4g}", interval, word, row.metric.unit
