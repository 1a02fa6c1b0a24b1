"""The tables of what was measured, with intervals; for several runs, of how they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from vae_core.look import comparison
from vae_core.look.intervals import Interval
from vae_core.share.report.parts import Block, Grid, Heading, Text
from vae_core.share.report.side import Side

BASELINES = {"floor": "least that is possible", "mean_image": "mean image", "class_mean": "mean of its class"}
ARROWS = {"lower": "lower is better", "higher": "higher is better", "": ""}
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
    rows = []
    for side in sides:
        if side.metrics:
            for key, words in (("mean_code", "at the mean code"), ("sampled", "at a sampled code")):
                rows.append((f"{side.name}, {words}", *_three(side.metrics["bce"][key], side.metrics["mse"][key])))
    known = next((side for side in sides if side.metrics), None)
    if known is None or known.metrics is None:
        yield Text("None of these models has been tested yet.", generated=True)
        return
    size = known.config.architecture().code.size
    for key, words in {**BASELINES, "pca": f"PCA, {size} number{'s' * (size > 1)}"}.items():
        if each := known.metrics["baselines"].get(key):
            rows.append((words, *_three(each["bce"], each["mse"])))
    header = ("", "cross-entropy, nats per pixel", "per image", "squared error per pixel")
    yield Grid(header, tuple(rows), f"On {known.metrics['images']:,} test images; lower is better.")


def _three(bce: dict[str, float], mse: dict[str, float]) -> tuple[str, str, str]:
    return f"{bce['nats_per_pixel']:.4f}", f"{bce['nats_per_image']:.2f}", f"{mse['nats_per_pixel']:.4f}"


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
        yield Text(f"{label}: not available. {reason}", generated=True)


def _value(metric: dict[str, Any] | None) -> str:
    if metric is None:
        return "-"
    text = f"{metric['value']:.4g}"
    return f"{text} ({metric['interval'][0]:.4g} to {metric['interval'][1]:.4g})" if "interval" in metric else text


def _differences(sides: Sequence[Side]) -> Iterator[Block]:
    if any(side.run.state() != "done" for side in sides):
        return
    for side in sides[1:]:
        found = comparison.compare(sides[0].run, side.run, comparisons=len(sides) - 1)
        rows = [
            (row.metric.label, *_interval(row.difference), "differs" if row.differs else "no difference",
             row.metric.unit)
            for row in found.rows if row.difference is not None
        ]  # fmt: skip
        if rows:
            caption = (f"{side.name} less {sides[0].name}. Each interval is {found.confidence:.2%} sure, so that all "
                       "of them hold together with 95 %.")  # fmt: skip
            yield Grid(("", "difference", "interval", "", "unit"), tuple(rows), caption)


def _interval(found: Interval) -> tuple[str, str]:
    return f"{found.value:+.4g}", f"{found.low:+.4g} to {found.high:+.4g}"
