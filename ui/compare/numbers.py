"""The table: what each model is, costs and reaches, with the interval of each difference to the first one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import streamlit as st

from ui import cached, losses, words
from ui.compare import measuring, verdict
from ui.compare.side import Side
from vae_core.design import naming
from vae_core.look import metrics
from vae_core.look.comparison import CONFIGS, Comparison, Row
from vae_core.runs import arms
from vae_core.runs.arms import Spread
from vae_core.runs.store import Run

STYLE = """<style>
.loupe-numbers { width: 100%; border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
.loupe-numbers th, .loupe-numbers td { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0; }
.loupe-numbers tr { border-bottom: 1px solid rgba(128,128,128,0.25); }
.loupe-numbers small { opacity: 0.75; display: block; white-space: nowrap; }
.loupe-numbers code { font-size: 0.75rem; overflow-wrap: anywhere; }
.loupe-numbers .part td { font-weight: 600; padding-top: 0.9rem; }
.loupe-numbers i { display: inline-block; width: 0.7em; height: 0.7em; border-radius: 50%; margin-right: 0.4em; }
</style>"""

COUNTS = (
    ("Parameters", words.PARAMETERS_HELP, "total"),
    ("of the encoder", "Up to the code.", "encoder"),
    ("of the decoder", "From the code to the picture.", "decoder"),
)


@dataclass(frozen=True)
class Line:
    """One row: a label with what it means, and a cell of HTML for each model."""

    label: str
    meaning: str
    cells: tuple[str, ...]


def show(sides: list[Side]) -> None:
    found = [verdict.compared(sides[0], other, len(sides) - 1) for other in sides[1:]]
    losses.ask_of_images(sides[0].config.image)
    tested = [_row(key, found, sides[0].config.image) for key in _keys(found)]
    shown = {line.label for line in tested}
    further = [line for line in _further([side.run for side in sides]) if line.label not in shown]
    parts = {
        "What it is": [*_plans(sides), *_trainings(sides)],
        "On the test images": tested,
        "Further metrics": further,
    }
    head = "".join(f"<th>{_title(side)}</th>" for side in sides)
    body = "".join(_part(name, lines, len(sides)) for name, lines in parts.items() if lines)
    table = f'<table class="loupe-numbers"><tr><th></th>{head}</tr>{body}</table>'
    st.html(f'{STYLE}<div style="overflow-x:auto">{table}</div>')
    st.caption(_legend(found))
    measuring.ensure(_measured(sides, found))


def _measured(sides: Sequence[Side], found: Sequence[Comparison]) -> list[Run]:
    """The runs that the intervals speak of."""
    seeds = [run for each in found if each.scope == CONFIGS for arm in each.arms for run in arm.done]
    return [side.run for side in sides] + seeds


def _legend(found: Sequence[Comparison]) -> str:
    told = " ".join(dict.fromkeys(each.rests_on for each in found))
    return (
        f"Below a number: its difference to the first model, and the interval. {told} Bold: the interval excludes zero."
    )


def _title(side: Side) -> str:
    marked = '<small title="Its epoch was chosen on the test images.">selected on the test set</small>'
    return f'<i style="background:{side.colour}"></i>{escape(side.name)}{marked if side.on_test else ""}'


def _part(name: str, lines: Sequence[Line], columns: int) -> str:
    rows = "".join(
        f'<tr><td title="{escape(line.meaning)}">{escape(line.label)}</td>'
        + "".join(f"<td>{cell}</td>" for cell in line.cells)
        + "</tr>"
        for line in lines
    )
    return f'<tr class="part"><td colspan="{columns + 1}">{escape(name)}</td></tr>{rows}'


def _plans(sides: Sequence[Side]) -> Iterator[Line]:
    """What was built."""
    plans = [side.config.architecture() for side in sides]
    for part in ("encoder", "decoder"):
        lines = [escape(getattr(plan, f"{part}_line")) for plan in plans]
        yield Line(part.capitalize(), "Its line of notation.", tuple(f"<code>{line}</code>" for line in lines))
    for label, meaning, part in COUNTS:
        yield _line(label, meaning, [f"{plan.counts[part]:,}" for plan in plans])
    work = [words.short(plan.multiply_adds) for plan in plans]
    yield _line("Multiply-adds", "Of one image through encoder and decoder. Fewer is quicker.", work)


def _trainings(sides: Sequence[Side]) -> Iterator[Line]:
    """What its training took, and what came of it."""
    yield _line("Epochs", "How often all training images were seen.", [len(side.history) for side in sides])
    best = [(side.run.status()["best"] or {}).get("epoch", "–") for side in sides]
    yield _line("Best epoch", "Whose model is kept: the one with the least validation loss.", best)
    seconds = [words.duration(_mean(side, "seconds")) for side in sides]
    yield _line("Seconds an epoch", "The mean over its epochs, on the machine that trained it.", seconds)
    memory = [f"{most:,.0f} MB" if (most := _most(side, "peak_memory_mb")) else "–" for side in sides]
    yield _line("Memory", "The most that its training process held.", memory)
    seeds = [len(cached.arm(side.run).done) for side in sides]
    yield _line("Seeds", "Finished trainings of the same settings that differ in their seed only.", seeds)
    for quantity, name, form in (("gap_closed", "gap_closed", ".1%"), ("active", "active_dimensions", "")):
        known = naming.QUANTITIES[quantity]
        found = [dict[str, Any](side.run.metrics() or {}).get(name) for side in sides]
        yield _line(known.label, known.meaning, ["–" if each is None else format(each, form) for each in found])


def _line(label: str, meaning: str, cells: Sequence[object]) -> Line:
    return Line(label, meaning, tuple(escape(str(cell)) for cell in cells))


def _mean(side: Side, name: str) -> float | None:
    known = [float(row[name]) for row in side.history if row.get(name)]
    return sum(known) / len(known) if known else None


def _most(side: Side, name: str) -> float | None:
    return max((float(row[name]) for row in side.history if row.get(name)), default=None)


def _keys(found: Sequence[Comparison]) -> list[str]:
    return list(dict.fromkeys(row.metric.key for each in found for row in each.rows))


def _row(key: str, found: Sequence[Comparison], image: tuple[int, ...]) -> Line:
    """The first model's own value comes from the first comparison that has it."""
    rows = [next((_as_chosen(row, image) for row in each.rows if row.metric.key == key), None) for each in found]
    known = next(row for row in rows if row)
    better = {"lower": "Lower is better.", "higher": "Higher is better."}.get(known.metric.better, "")
    cells = [_value(known.a), *(_cell(row, each) for row, each in zip(rows, found))]
    return Line(known.metric.label, f"{known.metric.meaning} In {known.metric.unit}. {better}", tuple(cells))


def _as_chosen(row: Row, image: tuple[int, ...]) -> Row:
    """In the unit that was chosen for losses, where it is the models' own."""
    per = losses.of_images(image)
    if per == naming.IMAGE or not row.metric.own:
        return row
    scale, apart = naming.scale(image, per), row.difference
    a, b = (
        each and replace(each, mean=each.mean * scale, spread=each.spread and each.spread * scale)
        for each in (row.a, row.b)
    )
    scaled = apart and replace(apart, value=apart.value * scale, low=apart.low * scale, high=apart.high * scale)
    metric = replace(row.metric, unit=row.metric.unit.replace(naming.IMAGE, per))
    return replace(row, metric=metric, a=a, b=b, difference=scaled)


def _value(spread: Spread | None) -> str:
    return escape(arms.told(spread)) if spread else "–"


def _cell(row: Row | None, of: Comparison) -> str:
    if row is None:
        return "–"
    if row.difference is None:
        return f'{_value(row.b)}<small title="{escape(row.reason)}">not compared</small>'
    value, low, high = (f"{number:+.3g}" for number in (row.difference.value, row.difference.low, row.difference.high))
    word = {"a": "worse", "b": "better"}.get(row.better, "differs") if row.differs else "no difference"
    word = word if of.ranked else "not ranked"
    told = f'<small title="Its difference to the first model, and the interval.">{value} ({low} to {high})</small>'
    shown = f"<b>{_value(row.b)} {word}</b>" if row.differs and of.ranked else f"{_value(row.b)} {word}"
    return shown + told


def _further(runs: Sequence[Run]) -> Iterator[Line]:
    """What a finished task of kind "evaluation" has found, as it tells it itself."""
    found = [{metric["name"]: metric for metric in _evaluated(run)} for run in runs]
    for name in dict.fromkeys(name for each in found for name in each):
        known = next(each[name] for each in found if name in each)
        meaning = f"{known.get('meaning', '')} In {known['unit']}." if known.get("unit") else known.get("meaning", "")
        yield Line(str(known["label"]), str(meaning), tuple(_further_cell(each.get(name)) for each in found))


def _evaluated(run: Run) -> list[dict[str, Any]]:
    task = metrics.finished(run)
    return list(task.result().get("metrics", [])) if task else []


def _further_cell(metric: dict[str, Any] | None) -> str:
    if metric is None or metric.get("value") is None:
        return "–"
    interval = metric.get("interval")
    told = f"<small>{interval[0]:.4g} to {interval[1]:.4g}</small>" if interval else ""
    return f"{escape(words.number(metric['value']))}{told}"
