"""What changed between two configs: the paths of layers beside each other, all other settings, how to separate them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ui import owner
from ui.compare import paths
from ui.compare.side import Side
from ui.components import drawn
from ui.errors import plain, shown
from ui.judge import working
from vae_core.design import difference
from vae_core.design.alignment import Step, Unit
from vae_core.design.difference import Difference
from vae_core.look import drawing
from vae_core.look.evidence import Spans
from vae_core.runs.store import Run
from vae_core.runs.work import FINAL
from vae_core.search import factorial, settling

SIZES = {
    "parameters, first": st.column_config.NumberColumn(format="localized"),
    "parameters, second": st.column_config.NumberColumn(format="localized"),
    "share of the second": st.column_config.NumberColumn(
        format="%.1f %%", help="Of all the second model's parameters."
    ),
}


def show(sides: list[Side]) -> None:
    first, other = sides[0], _against(sides)
    found = difference.between(first.config, other.config)
    paths.show(found, first, other)
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in found.sentences()))
    _explained("What the added layers do", found.added)
    _explained("What the removed layers did", found.removed)
    _parameters(found)
    _settings(found, first, other)
    _separate(found, first, other)


def _against(sides: list[Side]) -> Side:
    """The one that the first is laid beside."""
    first, *others = sides
    if len(others) == 1:
        return others[0]
    names = {side.run.id: plain(side.name) for side in others}
    chosen = st.segmented_control(
        f"{plain(first.name)} against",
        list(names),
        default=others[0].run.id,
        required=True,
        key="compare_other",
        format_func=lambda run_id: names.get(run_id, run_id),
    )
    return next((side for side in others if side.run.id == chosen), others[0])


def _explained(title: str, units: tuple[Unit, ...]) -> None:
    """Each layer once: batch norm does the same after every one."""
    told = {layer.text: sentence for unit in units for layer, sentence in zip(unit.layers, unit.words)}
    if told:
        st.markdown(f"**{title}**")
        st.markdown("\n".join(f"- `{text}` {plain(sentence)}" for text, sentence in told.items()))


def _parameters(found: Difference) -> None:
    """Where they sit: both models' layers in the order of the paths."""
    icon = ":material/table_rows:"
    drawer = st.expander("Where the parameters sit", key="compare_parameters", on_change="rerun", icon=icon)
    if not drawer.open:
        return
    first, second = (config.architecture().counts["total"] for config in (found.a, found.b))
    paths = (("encoder", found.encoder), ("decoder", found.decoder))
    rows = [_sizes(path, step, max(1, second)) for path, steps in paths for step in steps]
    with drawer:
        st.dataframe(rows, hide_index=True, column_config=SIZES)
        st.caption(f"In all {first:,} and {second:,}.")


def _sizes(path: str, step: Step, total: int) -> dict[str, object]:
    return {
        "path": path,
        "first": step.a.text if step.a else "",
        "second": step.b.text if step.b else "",
        "parameters, first": step.a.parameters if step.a else None,
        "parameters, second": step.b.parameters if step.b else None,
        "share of the second": 100 * step.b.parameters / total if step.b else None,
    }


def _settings(found: Difference, first: Side, other: Side) -> None:
    if not found.fields:
        st.caption("All settings beside the layers are the same.")
        return
    st.markdown("**Settings beside the layers**")
    rows = [{"setting": each.label, first.name: each.a, other.name: each.b} for each in found.fields]
    st.dataframe(rows, hide_index=True)


def _separate(found: Difference, first: Side, other: Side) -> None:
    """All changes made in turns, so that each is told apart from the others."""
    if not found.separating() or not (first.done and other.done):
        return
    st.markdown("**Which change does what?**")
    with shown():
        configs = factorial.configs(first.config, other.config)
        task = factorial.newest(first.run, other.run)
        ended = task.result(factorial.RESULT)["ended"] if task is not None and task.state() == "done" else ""
        minutes, place = working.asked("factorial", ended)
        st.caption(f"All changes are made in turns: {len(configs)} trainings a seed, three seeds or more.")
        begin = partial(factorial.begin, first.run, other.run, float(minutes), owner.current(), place)
        working.done(task, "Train in turns", begin, sends=True)
        at_work = task is not None and task.state() not in FINAL
        st.fragment(_effects, run_every=working.LOOK_SECONDS if at_work else None)(first.run, other.run)
        if ended == settling.TIME:
            working.done(None, "Go on", begin, sends=True)


def _effects(first: Run, other: Run) -> None:
    with shown():
        found = factorial.read(first, other)
        known = [(each.label, each.apart) for each in found.effects if each.apart]
        if not known:
            return
        spans = tuple((apart.value, apart.low, apart.high) for _, apart in known)
        title = "Loss with the change, less that without"
        names = tuple(label for label, _ in known)
        drawn.show("factorial-spans", drawing.svg(Spans(title, found.unit, names, spans, found.matters)))
        st.markdown("\n".join(f"- {plain(sentence)}" for sentence in found.sentences()))
