"""The Compare page: two to four runs, what may be said of them, and one closer look at a time."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import cached, frame, no_run, section
from ui.compare import best, changes, curves, grids, images, judged, numbers, picker, settle, verdict, walk
from ui.compare import side as sides_of
from ui.compare.side import Side
from ui.errors import plain, shown
from ui.judge import deep
from ui.section import Section

KEY = "compare_section"
LEAST = 2


SECTIONS = {
    "Walk": Section("", walk.show),
    "Images": Section("", images.show),
    "What changed": Section("", changes.show, False),
    "Losses": Section(
        "Every model in its colour: training solid, validation dashed. The ring marks the best epoch.",
        curves.show,
        False,
    ),
    "Numbers": Section("What each model is, costs and reaches on the test images.", numbers.show),
    "Settle it": Section(
        "Is it what you changed, or luck? Both are trained with further seeds, pair by pair, until that is clear.",
        settle.show,
    ),
    "How deep": Section(
        "The first model with one to four pairs of layers more, each trained with the same seeds.",
        lambda sides: deep.show(sides[0].run),
    ),
    "Best codes": Section(
        "How much each encoder loses: for each test image the best code that can be found, beside the encoder's own.",
        best.show,
    ),
    "Grids": Section("What each decoder draws all over its own map.", grids.show),
    "Report": Section("All of it written up, the first model against the others.", judged.show, False),
}


def show(head: DeltaGenerator) -> None:
    with head:
        runs = picker.runs()
    sides, problems = sides_of.of(runs)
    for problem in problems:
        st.warning(plain(problem))
    if len(sides) < LEAST:
        no_run.ask("Choose two to four runs above, or tick some in the table on Home.")
        return
    frame.watch([summary for side in sides if (summary := cached.find(side.run.id))])
    with shown():
        verdict.show(sides, _settle)
    name = section.choose("Look closer", SECTIONS, KEY, verdict.fold)
    with shown():
        _open(SECTIONS[name], sides)


def _settle() -> None:
    st.session_state[KEY] = "Settle it"
    verdict.fold()


def _open(chosen: Section, sides: list[Side]) -> None:
    ready = [side for side in sides if side.done] if chosen.finished else sides
    for side in sides:
        if side not in ready:
            told = f"{plain(side.name)} is {side.state}: what is shown here comes when its training has ended."
            st.info(told, icon=":material/hourglass_empty:")
    if len(ready) >= LEAST:
        chosen.show(ready)
