"""Samples: random codes, decoded."""

from __future__ import annotations

import streamlit as st

from ui import cached
from ui.components import gallery
from ui.components.gallery import Layout, Pictures
from ui.components.plane.payload import Flat
from ui.explore import picks, place
from ui.view import View
from vae_core.look.codes import MOST_COMPONENTS

SEED, MOST = "samples-seed", 128
SEED_HELP = "The same seed draws the same codes of the same run."
PRIOR = "Drawn from the prior, the normal distribution that training pulls the codes towards."
MIXTURE = (
    f"This model's codes follow no prior, so these are drawn from a mixture of up to {MOST_COMPONENTS} Gaussians that "
    "was fitted to the test images' codes."
)


def show(view: View, flat: Flat) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        count = st.number_input("How many", 1, MOST, 40, key="samples-count", width=130)
        seed = st.number_input("Seed", 0, picks.SEEDS - 1, key=SEED, width=130, help=SEED_HELP)
        picks.again(SEED, "Takes the next seed.")
    codes = cached.samples(view.run, view.sound, int(count), int(seed))
    captions = [place.told(code) for code in codes]
    pictures = Pictures("Samples", cached.drawn(view.run, codes), codes, captions)
    gallery.show("explore_samples", view.key, pictures, Layout(side=72))
    st.caption(PRIOR if view.has_prior else MIXTURE)
