"""Denoise: spoiled images, and what the model makes of them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ui import cached
from ui.components import gallery
from ui.components.gallery import Layout, Pictures
from ui.components.plane.payload import Flat
from ui.explore import picks
from ui.view import Array, View
from vae_core.look import noise

COUNT = 8
USUAL = 0.3  # the level for a run that was trained without noise
MOST = 1.0
SEED = "denoise-seed"
ROWS = ("Original", "Noisy", "Reconstruction")
KINDS_HELP = "  \n".join(f"{name}: {told}" for name, told in noise.KINDS.items())
LIKENESS_HELP = (
    "PSNR in decibels: how near a picture is to the original. Ten more is a tenth of the squared error. A model helps "
    "where its reconstruction is nearer than the noisy picture."
)


def show(view: View, flat: Flat) -> None:
    originals = view.originals("Noise is put on the images themselves.")
    if originals is None:
        return
    kind, level = _controls(view)
    seed = int(st.session_state[SEED])
    images = np.random.default_rng(seed).choice(len(originals), min(COUNT, len(originals)), replace=False)
    clean = originals[images]
    spoiled = noise.spoiled(clean, kind, level, seed)
    portable = cached.portable(view.run)
    codes, _ = portable.encode(spoiled)
    made = cached.drawn(view.run, codes)
    _rows(view, images, np.stack([clean, spoiled, made]), np.stack([view.codes[images], codes, codes]))
    before, after = noise.likeness(clean, spoiled), noise.likeness(clean, made)
    st.markdown(
        f"Likeness to the original: noisy **{before:.1f} dB**, reconstruction **{after:.1f} dB**", help=LIKENESS_HELP
    )


def _rows(view: View, images: Array, pictures: Array, codes: Array) -> None:
    told = [f"{row}: {view.label(image) or image}" for row in ROWS for image in images]
    flat = pictures.reshape(-1, *pictures.shape[2:])
    shown = Pictures("Original, noisy, and what the model makes of it", flat, codes.reshape(-1, view.size), told)
    gallery.show("explore_denoise", view.key, shown, Layout(columns=len(images), rows=ROWS))


def _controls(view: View) -> tuple[str, float]:
    own = view.config.noise
    trained = f"This run was trained with {f'Gaussian noise of {own:g}' if own else 'no noise'}."
    key = f"denoise-level-{view.run.id}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = st.segmented_control(
            "Noise", list(noise.KINDS), default="Gaussian", required=True, key="denoise-kind", help=KINDS_HELP
        )
        level = st.slider("Level", 0.0, MOST, min(own or USUAL, MOST), 0.05, key=key, width=240, help=trained)
        picks.again(SEED, "Other images and other noise.")
    return str(kind), float(level)
