"""The five reports: each system's small form by one button, the printed points beside our curve, and the mistakes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import streamlit as st

from ui import cached, choice, frame, losses, palette, starting, words
from ui.components import curves as component
from ui.errors import caught, plain, show_caught, shown
from vae_core.design import naming
from vae_core.design.mistakes import MISTAKES
from vae_core.design.recipes import Recipe
from vae_core.design.reports import systems
from vae_core.runs.store import Run, Summary

ABOUT = (
    "Five student reports trained such models. Each system runs here in a small form, in a minute or a few, and as "
    "printed from the Train page. Only the numbers that a report printed are drawn, as diamonds."
)
REPORTS = ("000", "001", "002", "003", "004")
HEIGHT = 220
TRAIN, VALIDATION = "train", "validation"


def show() -> None:
    st.caption(ABOUT)
    show_caught("reports")
    chosen = str(
        st.segmented_control(
            "Report",
            REPORTS,
            default=REPORTS[0],
            key="reports_chosen",
            required=True,
            persist_state="session",
            format_func="Report {}".format,
        )
    )
    for faithful, lite in systems().values():
        if chosen in faithful.report:
            with shown():
                _system(faithful, lite)
    _mistakes(chosen)


def _system(faithful: Recipe, lite: Recipe) -> None:
    st.subheader(lite.key, anchor=False)
    st.caption(plain(lite.note))
    found = [(each, line) for each in (faithful, lite) if (line := starting.trained_before(each.config))]
    frame.watch([line for _, line in found])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if lite not in (recipe for recipe, _ in found):
            key, icon = f"report-{lite.key}", ":material/play_arrow:"
            st.button("Run its small form", key=key, icon=icon, on_click=_start, args=(lite,))
        for recipe, line in found:
            _link(recipe, line)
    runs = [(recipe, Run(line.id, cached.settings())) for recipe, line in found]
    _curve(faithful, runs)
    for recipe, run in runs:
        for sentence in reproduced(recipe, run):
            st.markdown(f"- {plain(sentence)}")


def _link(recipe: Recipe, run: Summary) -> None:
    label = f"{'As printed' if recipe.variant == 'faithful' else 'Small form'}: {words.state(run.state)}"
    carried = {choice.PARAMETER: run.id}
    icon = ":material/model_training:"
    st.page_link("pages/train.py", label=label, icon=icon, query_params=carried, width="content")


def _start(recipe: Recipe) -> None:
    with caught("reports"):
        starting.train(recipe.config)


def _curve(recipe: Recipe, runs: Sequence[tuple[Recipe, Run]]) -> None:
    note = plain(str(recipe.reported.get("note", "")))
    chart = _chart(recipe, runs)
    if not (chart["marks"] or chart["epochs"]):
        st.caption(f"Nothing to draw yet: the report prints no point that compares with a curve. {note}")
        return
    component.show(f"report-curve-{recipe.key}", [chart])
    if note:
        st.caption(note)


def _chart(recipe: Recipe, runs: Sequence[tuple[Recipe, Run]]) -> dict[str, Any]:
    config = recipe.config
    per = naming.CHANNELS if config.image[-1] > 1 else naming.PIXEL  # as report 003 counts
    return {
        **losses.CHART,
        "name": recipe.key,
        "title": f"Loss of {recipe.key}",
        "help": "Diamonds: what the report printed, filled for training and empty for validation. Lower is better.",
        "run": recipe.key,
        "height": HEIGHT,
        "unit": naming.unit(config, per),
        "across": "epoch",
        "empty": "Its small form was not run yet.",
        **_drawn(recipe, runs, naming.scale(config.image, per)),
    }


def _drawn(recipe: Recipe, runs: Sequence[tuple[Recipe, Run]], scale: float) -> dict[str, Any]:
    """What the report printed, our curves, and the levels to compare with."""
    marks = [mark for mark in losses.marks(recipe.config, recipe, scale) if math.isfinite(mark["value"])]
    lines = [line for each, run in runs for line in _lines(each, run, scale)]
    epochs = sorted({epoch for line in lines for epoch in line["at"]})
    last = max([2, *epochs, *(mark["epoch"] for mark in marks)])
    strip = next((metrics["baselines"] for _, run in runs if (metrics := run.metrics())), None)
    levels = losses.levels(recipe.config, strip, scale)
    return {"marks": marks, "lines": lines, "epochs": epochs, "span": [1, last], "levels": levels}


def _lines(recipe: Recipe, run: Run, scale: float) -> list[dict[str, Any]]:
    """The small form in one colour, as printed in another."""
    rows = losses.thinned(run.history())
    form, colour = ("small form", 0) if recipe.variant == "lite" else ("as printed", 2)
    return [
        {
            "name": f"{form}, {text}",
            "color": palette.COLOURS[colour],
            "dashed": part == VALIDATION,
            "at": [row["epoch"] for row in rows],
            "values": losses.values(rows, part, "total", scale),
            "ring": None,
        }
        for part, text in losses.PARTS.items()
    ]


def reproduced(recipe: Recipe, run: Run) -> list[str]:
    """How near our numbers come to the printed ones, in sentences."""
    form = "As printed" if recipe.variant == "faithful" else "The small form"
    rows = run.history()
    factor = losses.report_unit(str(recipe.reported.get("unit")), recipe.config)
    printed = recipe.reported.get("best")
    if not rows:
        return []
    if factor is None or printed is None:
        return ["The report's numbers are in a unit that compares with nothing here."]
    part = VALIDATION if _prints(recipe, VALIDATION) or not recipe.reported.get("points") else TRAIN
    ours = min((row[f"{part}_total_nats_per_image"] or math.inf for row in rows), default=math.inf) / factor
    words_of = {VALIDATION: "validation", TRAIN: "training"}[part]
    after = words.plural(len(rows), "epoch")
    told = [
        f"{form}: its best {words_of} loss is {ours:.4g} after {after}, the report's {printed:.4g}: "
        f"reproduced within {abs(ours / printed - 1):.1%}."
    ]
    return told + _at_printed_epochs(recipe, rows, factor, form)


def _prints(recipe: Recipe, part: str) -> bool:
    return any(name.startswith(part) for point in recipe.reported.get("points", ()) for name in point)


def _at_printed_epochs(recipe: Recipe, rows: Sequence[dict[str, Any]], factor: float, form: str) -> list[str]:
    by_epoch = {row["epoch"]: row for row in rows}
    told = []
    for point in recipe.reported.get("points", ()):
        row = by_epoch.get(point["epoch"])
        for part in (TRAIN, VALIDATION) if row else ():
            ours = row[f"{part}_total_nats_per_image"] if row else None
            if part in point and ours is not None:
                off = abs(ours / factor / point[part] - 1)
                told.append(
                    f"{form}, epoch {point['epoch']}, {part}: {ours / factor:.4g} against {point[part]:.4g}, "
                    f"within {off:.1%}."
                )
    return told


def _mistakes(report: str) -> None:
    st.subheader("What went wrong in it", anchor=False)
    for number, mistake in enumerate(MISTAKES, 1):
        if report in mistake.reports:
            st.markdown(f"**{number}.** {plain(mistake.what)} *Here:* {plain(mistake.here)}")
