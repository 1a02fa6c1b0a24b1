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

REPORTS = ("000", "001", "002", "003", "004")
HEIGHT = 220
TRAIN, VALIDATION = "train", "validation"


def show() -> None:
    st.caption(
        "Five student reports trained such models. Each system runs here in a small form, in a minute or a few, and as "
        "printed from the Train page. Only the numbers that a report printed are drawn, as diamonds."
    )
    show_caught("reports")
    chosen = str(st.segmented_control(
        "Report", REPORTS, default=REPORTS[0], key="reports_chosen", required=True, persist_state="session",
        format_func=lambda number: f"Report {number}",
    ))  # fmt: skip
    pairs = [pair for pair in systems().values() if chosen in pair[0].report]
    for pair in pairs:
        with shown():
            _system(*pair)
    _mistakes(chosen)


def _system(faithful: Recipe, lite: Recipe) -> None:
    st.subheader(lite.key, anchor=False)
    st.caption(plain(lite.note))
    known = [(recipe, starting.trained_before(recipe.config)) for recipe in (faithful, lite)]
    found = [(recipe, run) for recipe, run in known if run]
    frame.watch([run for _, run in found])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if known[1][1] is None:
            st.button(
                "Run its small form",
                key=f"report-{lite.key}",
                icon=":material/play_arrow:",
                on_click=_start,
                args=(lite,),
            )
        for recipe, summary in found:
            _link(recipe, summary)
    runs = [(recipe, Run(run.id, cached.settings())) for recipe, run in found]
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
    config = recipe.config
    per = naming.CHANNELS if config.image[-1] > 1 else naming.PIXEL  # as report 003 counts
    scale = naming.scale(config.image, per)
    marks = [each for each in losses.marks(config, recipe, scale, "kl", leave_out=True) if math.isfinite(each["value"])]
    lines = [line for each, run in runs for line in _lines(each, run, scale)]
    epochs = sorted({epoch for line in lines for epoch in line["at"]})
    if not (marks or epochs):
        note = recipe.reported.get("note", "")
        st.caption(f"Nothing to draw yet: the report prints no point that compares with a curve. {plain(str(note))}")
        return
    strip = next((metrics["baselines"] for _, run in runs if (metrics := run.metrics())), None)
    last = max([mark["epoch"] for mark in marks] + epochs)
    spec = {
        "name": recipe.key, "title": f"Loss of {recipe.key}", "run": recipe.key, "height": HEIGHT, "epochs": epochs,
        "help": "Diamonds: what the report printed, filled for training and empty for validation. Lower is better.",
        "lines": lines, "levels": losses.levels(config, strip, scale), "marks": marks, "batches": [], "log": False,
        "best": None, "unit": naming.unit(config, per), "across": "epoch", "span": [1, max(2, last)],
        "empty": "Its small form was not run yet.",
    }  # fmt: skip
    component.show(f"report-curve-{recipe.key}", [spec])
    if note := recipe.reported.get("note"):
        st.caption(plain(str(note)))


def _lines(recipe: Recipe, run: Run, scale: float) -> list[dict[str, Any]]:
    """The small form in one colour, as printed in another."""
    rows = losses.thinned(run.history())
    small = recipe.variant == "lite"
    return [
        {
            "name": f"{'small form' if small else 'as printed'}, {text}", "color": palette.COLOURS[0 if small else 2],
            "dashed": part == VALIDATION, "at": [row["epoch"] for row in rows],
            "values": [_scaled(row[f"{part}_total_nats_per_image"], scale) for row in rows], "ring": None,
        }
        for part, text in losses.PARTS.items()
    ]  # fmt: skip


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale


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
    told = [f"{form}: its best {words_of} loss is {ours:.4g} after {after}, the report's {printed:.4g}: "
            f"reproduced within {abs(ours / printed - 1):.1%}."]  # fmt: skip
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
                told.append(f"{form}, epoch {point['epoch']}, {part}: {ours / factor:.4g} against {point[part]:.4g}, "
                            f"within {off:.1%}.")  # fmt: skip
    return told


def _mistakes(report: str) -> None:
    st.subheader("What went wrong in it", anchor=False)
    for number, mistake in enumerate(MISTAKES, 1):
        if report in mistake.reports:
            st.markdown(f"**{number}.** {plain(mistake.what)} *Here:* {plain(mistake.here)}")
