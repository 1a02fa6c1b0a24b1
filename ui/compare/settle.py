"""One question of two models, settled by further seeds: how long it may take, how it goes, what came of it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ui import cached, owner
from ui.compare.side import Side
from ui.components import drawn
from ui.errors import plain, shown
from ui.judge import working
from vae_core.design import naming
from vae_core.look import drawing
from vae_core.look.comparison import MATTERS
from vae_core.look.evidence import Spans
from vae_core.runs import arms, tasks
from vae_core.runs.tasks import Task
from vae_core.runs.work import FINAL
from vae_core.search import settling
from vae_core.words import duration

SEEDS_HELP = (
    "A seed decides what is random in a training: the first weights, the order of the images. One training may be "
    "lucky. A pair is one training of each model with the same seed, so that only what you changed differs."
)
ENDED = {
    settling.SETTLED: "It is settled: they differ.",
    settling.LITTLE: f"It is settled: they differ by less than {MATTERS:.0%}.",
    settling.TIME: "It is still open, and the time is over.",
    settling.MOST: f"It stays open after {arms.MOST} pairs, and more are never trained.",
}


def show(sides: list[Side]) -> None:
    first, other = sides[0], _other(sides)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = _asked_of(first, other)
        task = _newest(first, other, by)
        ended = task.result(settling.RESULT)["ended"] if task is not None and task.state() == "done" else ""
        expected = settling.expected(first.run, other.run, by)
        minutes, place = working.asked("settle", ended, expected.minutes or working.USUAL)
    st.caption(f"Seeds. {_counted(first)}; {_counted(other)}. {_foretold(expected)}", help=SEEDS_HELP)
    begin = partial(settling.begin, first.run, other.run, by, float(minutes), owner.current(), place)
    working.done(task, "Settle it", begin, sends=True)
    if task is None:
        return
    at_work = task.state() not in FINAL
    st.fragment(_looks, run_every=working.LOOK_SECONDS if at_work else None)(task, first, other, by)
    if ended:
        st.markdown(ENDED[ended])
    if ended == settling.TIME:
        working.done(None, "Go on", begin, sends=True)


def _other(sides: list[Side]) -> Side:
    """Which of the others is set beside the first."""
    others = sides[1:]
    if len(others) == 1:
        return others[0]
    label = f"{plain(sides[0].name)} beside"
    return st.selectbox(label, others, format_func=lambda side: side.name, key="settle_other", width=320)


def _asked_of(first: Side, other: Side) -> str:
    """The loss that decides, declared before anything is trained."""
    if "ae" in (first.config.kind, other.config.kind):
        return settling.BY[0]
    return st.segmented_control(
        "What decides",
        settling.BY,
        format_func=lambda key: naming.QUANTITIES[key].label,
        default=settling.BY[0],
        key="settle_by",
        required=True,
        help="One number, chosen before. All others are hints.",
    )


def _newest(first: Side, other: Side, by: str) -> Task | None:
    known = tasks.of(first.run, settling.KIND)
    return next((task for task in known if (task.spec["other"], task.spec["by"]) == (other.run.id, by)), None)


def _counted(side: Side) -> str:
    arm = cached.arm(side.run)
    waiting = f", {len(arm.waiting)} on their way" if arm.waiting else ""
    return f"{plain(side.name)}: {len(arm.done)} done{waiting}"


def _foretold(found: settling.Expected) -> str:
    if not found.minutes:
        return ""
    probably = f"Probably {found.pairs} pairs settle it, in about {duration(60 * found.minutes)}."
    return f"{probably} What was trained when the time is over stays, and one can go on."


def _looks(task: Task, first: Side, other: Side, by: str) -> None:
    """Every look so far: the interval narrows until it leaves 0, or lies within what does not matter."""
    with shown():
        seen = settling.looks(task)
        if seen:
            _drawn(seen, task, first, other, by)
        else:
            st.caption(f"The first look comes after {arms.LEAST} pairs.")


def _drawn(seen: list[settling.Look], task: Task, first: Side, other: Side, by: str) -> None:
    quantity = naming.QUANTITIES[by]
    unit = quantity.unit_of((first.config, other.config))
    names = tuple(f"{look['pairs']:.0f} pairs" for look in seen)
    spans = tuple((look["value"], look["low"], look["high"]) for look in seen)
    title = f"{quantity.label} of {other.name} less that of {first.name}"
    drawn.show(f"settle-{task.id}", drawing.svg(Spans(title, unit, names, spans, seen[-1]["matters"])))
    st.caption(f"Grey: a difference of less than {MATTERS:.0%}, which does not matter. Each interval holds with 95 %.")
