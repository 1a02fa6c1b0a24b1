"""Samples: random codes, decoded."""

from __future__ import annotations

import streamlit as st

from ui import cached
from ui.components import gallery
from ui.components.plane.payload import Flat
from ui.explore import place
from ui.view import View
from vae_core.look.codes import MOST_COMPONENTS

SEED, MOST = "samples-seed", 128
PRIOR = "Drawn from the prior, the normal distribution that training pulls the codes towards."
MIXTURE = (
    f"This model's codes follow no prior, so these are drawn from a mixture of up to {MOST_COMPONENTS} Gaussians that "
    "was fitted to the test images' codes."
)


def show(view: View, flat: Flat) -> None:
    st.session_state.setdefault(SEED, 0)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        count = st.number_input("How many", 1, MOST, 40, key="samples-count", width=130)
        seed = st.number_input(
            "Seed", 0, 999_999, key=SEED, width=130, help="The same seed draws the same codes of the same run."
        )
        st.button("Again", icon=":material/casino:", on_click=_again, help="Takes the next seed.")
    codes = cached.samples(view.run, view.sound, int(count), int(seed))
    captions = [place.told(code) for code in codes]
    data = gallery.data(view.key, cached.drawn(view.run, codes), codes, captions, label="Samples", side=72)
    gallery.show("explore_samples", data)
    st.caption(PRIOR if view.has_prior else MIXTURE)


def _again() -> None:
    st.session_state[SEED] = (int(st.session_state[SEED]) + 1) % 1_000_000
