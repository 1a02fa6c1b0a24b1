"""The Judge view of the Train page: what the doctor finds in a run, its measures, its odd images, and its report."""

from __future__ import annotations

import streamlit as st

from ui import cached, choice, frame, no_run, section, words
from ui.errors import plain, shown
from ui.judge import best, deep, findings, landmarks, layers, measures, odd, written
from ui.section import Section
from vae_core.errors import LoupeError
from vae_core.runs.store import Run
from vae_core.runs.work import FINAL

VIEW = "Judge"
KEY = "judge_section"


def _check_up(run: Run) -> None:
    landmarks.show(run)
    findings.show(run)


SECTIONS = {
    "Check-up": Section("", _check_up, False),
    "Measures": Section("Every number that an expert asks of a model, on the test images.", measures.show),
    "Best codes": Section(
        "How much the encoder loses: for each test image the best code that can be found, beside the encoder's own.",
        best.show,
    ),
    "Layers": Section(
        "What each layer is worth in this trained network. A layer adds up numbers, then bends them: the bend is taken "
        "out, and the loss tells. Whether more layers would train better is another question: How deep.",
        layers.show,
    ),
    "How deep": Section("The same with one to four pairs of layers more, each trained with the same seeds.", deep.show),
    "Odd images": Section(
        "Does it find what does not belong, such as defects? The images of some classes are called odd, and the model "
        "ranks all test images by how odd they look to it.",
        odd.show,
    ),
    "Report": Section("All of it written up, to keep or to hand in.", written.of_one, False),
}


def climb(run_id: str) -> None:
    """Go to the ladder of a model."""
    st.session_state[KEY], st.session_state[choice.TRAIN_VIEW] = "How deep", VIEW
    choice.go("pages/train.py", run_id)


def show(run: Run) -> None:
    with shown():
        try:
            name, state = str(run.card()["name"]) or run.id, run.state()
        except (LoupeError, OSError):
            return no_run.gone(run.id)
        st.subheader(plain(name), anchor=False)
        if state not in FINAL:
            return _still_training(run)
        _sections(run, state)


def _sections(run: Run, state: str) -> None:
    chosen = SECTIONS[section.choose("Look at", SECTIONS, KEY)]
    if chosen.finished and state != "done":
        told = f"Its training {words.ENDS[state]} before it was through, so there is no model to look at."
        st.info(f"{told} Resume it under Watch.", icon=":material/hourglass_empty:")
        return
    with shown():
        chosen.show(run)


def _still_training(run: Run) -> None:
    st.info("It is still training. A judgement comes when that has ended.", icon=":material/hourglass_empty:")
    st.button("Watch it", icon=":material/visibility:", on_click=choice.turn_to, args=("Watch",))
    summary = cached.find(run.id)
    frame.watch([summary] if summary else [])
