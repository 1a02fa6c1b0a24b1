"""A page with nothing but planes, for tests/test_plane_walk.py. The address says which."""

from __future__ import annotations

import json

import numpy as np
import streamlit as st

from ui import cached
from ui.components import plane
from ui.components.plane import payload
from vae_core.design import stages
from vae_core.look import pictures
from vae_core.look.portable import Portable
from vae_core.look.program import packed
from vae_core.runs import store
from vae_core.runs.store import Run

GREY = (8, 8, 1)


def main() -> None:
    case = st.query_params.get("case", "walk")
    run = store.open_run(cached.settings(), st.query_params["run"])
    if not st.checkbox("Away"):
        fragment(case, run)


@st.fragment
def fragment(case: str, run: Run) -> None:
    for key in ("one", "two") if case == "two" else ("one",):
        at = st.query_params.get("at")
        plane.show(key, data(case, key, run), at=[float(value) for value in at.split(",")] if at else None)
        state = plane.state(key)
        if state.asked and case not in ("silent", "wide"):
            facts = [fact(run, image) for image in state.asked.images]
            picture = None
            if state.asked.code:
                picture = pictures.as_bytes(Portable.of(run).decode(np.array([state.asked.code], np.float32)))[0]
            plane.answer(key, payload.answer(key, state.asked, facts, picture))
        told = {"at": state.at, "chosen": state.chosen, "pinned": state.pinned, "marks": state.marks}
        st.code(json.dumps(told), language=None)


def fact(run: Run, image: int) -> payload.Fact:
    known = run.codes()
    sigma = np.exp(known["log_variance"][image] / 2)
    original = np.full(GREY, image, np.uint8)
    return payload.Fact(image, original, known["mean"][image], sigma, float(known["reconstruction"][image]))


def data(case: str, key: str, run: Run) -> bytes:
    known = run.codes()
    codes, labels, classes = known["mean"], known.get("labels"), [f"digit {number}" for number in range(10)]
    decoder, reason, flat = packed.of(run).part("decoder"), "", None
    if case in ("none", "single"):
        codes = codes[: int(case == "single")]
        labels = None if labels is None else labels[: len(codes)]
    if case == "nan":
        codes = np.where(np.arange(len(codes))[:, None] < 3, np.nan, codes)
    if case == "many":
        classes = [f"class {number}" for number in range(199)] + ["a name " * 30]
        labels = (np.arange(len(codes)) + 20) % 200  # the last class is there
    if case == "plain":
        labels, classes = None, []
    if case == "corrupt":
        decoder = (decoder or b"")[:100] + b"?" * 100
    if case == "far":
        decoder, reason = None, "This decoder is too large for the browser."
    if case == "wide":
        codes = np.random.default_rng(0).normal(size=(len(codes), 10)) * np.arange(1, 11)
        decoder, flat = None, payload.dimensions(codes) if st.checkbox("Two numbers") else payload.principal(codes)
    model = payload.Model(run.id, GREY, True, decoder, reason, way=stages.way(run.config()))
    return payload.data(key, model, payload.Cloud(codes, labels, classes), flat)


main()
