"""The doctor's findings: what was seen, what it means, what it rests on, and a button that puts it right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from ui import choice, pixels, starting, words
from ui.cached import checkups, datasets
from ui.components import drawn
from ui.errors import caught, plain, show_caught
from vae_core.design import difference
from vae_core.design.config import Config
from vae_core.design.declared import SETTINGS
from vae_core.look import doctor, drawing
from vae_core.look.doctor.finding import PROBLEM, Finding
from vae_core.look.evidence import Pairs, Table
from vae_core.runs.store import Run

BEGUN = "judge_begun"  # the run that the last click began
WIDEST = 640  # pixels of what a finding rests on
SEVERITIES = {
    True: ("problem", "red", "It spoils what the run can show."),
    False: ("hint", "orange", "It may be meant so; then nothing has to be done."),
}
# How a repair begins: the words of its button, and what it makes.
WAYS = {
    "fork": ("Go on with this change", ":material/call_split:", "A new run that goes on from this one's end."),
    "train": ("Train with this change", ":material/play_arrow:", "A new run, from the beginning."),
}


def show(run: Run) -> None:
    show_caught("repair")
    found = checkups.findings(run)
    if not found:
        epochs = len(run.history())
        told, icon = (st.success, ":material/check_circle:") if epochs else (st.info, ":material/hourglass_empty:")
        told(doctor.nothing("it", epochs), icon=icon)
        return
    st.markdown(f"{len(doctor.RULES)} rules looked at it and found {counted(found)}.")
    for finding in found:
        with st.container(border=True):
            one(run, finding)


def counted(found: list[Finding]) -> str:
    problems = sum(finding.severity == PROBLEM for finding in found)
    both = ((problems, "problem"), (len(found) - problems, "hint"))
    return " and ".join(words.plural(count, word) for count, word in both if count)


def line(run: Run) -> None:
    """For the run's own page: what was found, in one line, and the way there."""
    found = checkups.findings(run)
    titles = " ".join(f"{finding.title}." for finding in found)
    said = f"The doctor found {counted(found) if found else 'nothing wrong'}"
    icon, told = ":material/stethoscope:", plain(titles) or None
    if st.button(said, icon=icon, type="tertiary", on_click=choice.turn_to, args=("Judge",), help=told):
        st.rerun()  # the whole page: this stands in a fragment


def one(run: Run, finding: Finding) -> None:
    word, colour, meaning = SEVERITIES[finding.severity == PROBLEM]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(finding.title)}**", width="content")
        st.badge(word, color=colour, help=meaning)  # type: ignore[arg-type]  # a word of badge's own list
    said, seen = st.columns([2, 3], gap="medium")
    with said:
        st.markdown(plain(finding.words))
        st.caption(plain(finding.meaning))
        _repair(run, finding)
    with seen:
        _evidence(run, finding)


def _evidence(run: Run, finding: Finding) -> None:
    evidence = finding.evidence
    if isinstance(evidence, Table):
        st.caption(plain(evidence.title))
        header, *rows = ([*map(plain, row)] for row in (evidence.header, *evidence.rows))
        st.table([dict(zip(header, row, strict=True)) for row in rows])
    elif isinstance(evidence, Pairs):
        test, train = datasets.test_images(evidence.dataset)[0], datasets.train_images(evidence.dataset)
        both = np.stack([test[list(evidence.test)], train[list(evidence.train)]])
        pixels.sheet(both, evidence.title, width=WIDEST)
        st.caption(plain(evidence.title))
    else:
        drawn.show(f"drawn-{run.id}-{finding.rule}", drawing.svg(evidence))


def _repair(run: Run, finding: Finding) -> None:
    """What to do, and where a setting does it, the button that starts it."""
    repair = finding.repair
    st.markdown(f"**What to do.** {plain(repair.words)}")
    if not repair.way:
        return
    changes = changed(run, finding)
    before, after = run.config(), replace(run.config(), recipe="", **changes)
    st.caption("  \n".join(plain(_told(before, after, name)) for name in changes))
    label, icon, text = WAYS[repair.way]
    key, told = f"repair-{run.id}-{finding.rule}", f"{text} This run stays as it is."
    pressed = st.button(label, icon=icon, key=key, on_click=_start, args=(run, finding, changes), help=told)
    if pressed and (begun := st.session_state.pop(BEGUN, None)):
        choice.go("pages/train.py", begun)  # on another page than Train, which has turned to it already


def _told(before: Config, after: Config, name: str) -> str:
    if name in ("encoder", "decoder"):  # too long to be told twice
        return f"{name}: {getattr(after, name)}"
    old, new = difference.words_of(before, name), difference.words_of(after, name)
    return f"{SETTINGS[name].called}: {new} instead of {old}"


def changed(run: Run, finding: Finding) -> dict[str, Any]:
    """A fork of a run that has trained all its epochs goes on for as many more."""
    changes = dict(finding.repair.changes)
    done, planned = len(run.history()), run.config().epochs
    if finding.repair.way == "fork" and done >= planned and "epochs" not in changes:
        changes["epochs"] = done + planned
    return changes


def _start(run: Run, finding: Finding, changes: dict[str, Any]) -> None:
    """The page shows what comes of it. The same training is not started twice."""
    st.session_state.pop(BEGUN, None)
    with caught("repair"):
        if finding.repair.way == "fork":
            begun = starting.fork(run, changes).id
        else:
            begun = starting.train(doctor.repaired(run.config(), finding)).id
        choice.turn_to("Watch")
        choice.choose(begun)
        st.session_state[BEGUN] = begun
