"""What the doctor says of the comparison itself, and the report that compares the runs."""

from __future__ import annotations

import streamlit as st

from ui.cached import checkups
from ui.compare.side import Side
from ui.errors import plain, show_caught
from ui.judge import findings, written
from vae_core.look import doctor
from vae_core.runs.work import FINAL


def show(sides: list[Side]) -> None:
    ended = [side for side in sides if side.state in FINAL]
    if len(ended) < 2:
        st.info("A report comes when the trainings have ended.", icon=":material/hourglass_empty:")
        return
    written.show([side.run for side in ended])
    show_caught("repair")
    first, *others = ended
    for other in others:
        of_both = [each for each in checkups.findings(other.run, first.run) if each.rule in doctor.COMPARING]
        for finding in of_both:
            with st.container(border=True):
                st.caption(plain(f"{other.name} against {first.name}"))
                findings.one(other.run, finding)
