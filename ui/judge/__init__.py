"""The Judge view of the Train page: what the doctor finds in a run, its measures, its odd images, and its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from ui import cached, choice, frame
from ui.errors import plain, shown
from ui.judge import findings, measures, odd, written
from vae_core.errors import LoupeError
from vae_core.runs.store import Run
from vae_core.runs.work import FINAL

VIEW = "Judge"
KEY = "judge_section"


@dataclass(frozen=True)
class Section:
    about: str
    show: Callable[[Run], None]
    finished: bool = True  # whether it needs the model that comes at the end of a training


SECTIONS = {
    "Check-up": Section(
        "The doctor reads the settings, the losses and the codes, and looks for what often goes wrong.",
        findings.show, False,
    ),
    "Measures": Section("Every number that an expert asks of a model, on the test images.", measures.show),
    "Odd images": Section(
        "Does it find what does not belong, such as defects? The images of some classes are called odd, and the model "
        "ranks all test images by how odd they look to it.", odd.show,
    ),
    "Report": Section("All of it written up, in one file to keep or to hand in.", written.of_one, False),
}  # fmt: skip


def show(run: Run) -> None:
    with shown():
        try:
            name, state = str(run.card()["name"]) or run.id, run.state()
        except (LoupeError, OSError):
            st.warning(f"The run {plain(run.id)} is no longer there: its folder was removed or cannot be read.")
            return
        st.subheader(plain(name), anchor=False)
        if state not in FINAL:
            return _still_training(run)
        _sections(run, state)


def _sections(run: Run, state: str) -> None:
    names = list(SECTIONS)
    name = str(st.segmented_control(
        "Look at", names, default=names[0], required=True, key=KEY, persist_state="session",
        label_visibility="collapsed",
    ))  # fmt: skip
    section = SECTIONS[name]
    st.caption(section.about)
    if section.finished and state != "done":
        st.info(f"Its training {ENDS[state]} before it was through, so there is no model to look at. Resume it under "
                "Watch.", icon=":material/hourglass_empty:")  # fmt: skip
        return
    with shown():
        section.show(run)


ENDS = {"stopped": "was stopped", "failed": "failed", "interrupted": "was interrupted"}


def _still_training(run: Run) -> None:
    st.info("It is still training. A judgement comes when that has ended.", icon=":material/hourglass_empty:")
    st.button("Watch it", icon=":material/visibility:", on_click=choice.turn_to, args=("Watch",))
    summary = cached.find(run.id)
    frame.watch([summary] if summary else [])
