"""Rows of small pictures, each row with its name in front, which stays where the pictures are moved under it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from ui import pixels
from vae_core.look import pictures

STYLE = """<style>
.loupe-images { border-collapse: collapse; }
.loupe-images th { text-align: left; font-weight: 400; font-size: 0.8rem; padding-right: 0.75rem; white-space: nowrap;
  position: sticky; left: 0; background: var(--st-background-color, inherit); }
.loupe-images td { padding: 2px; text-align: center; font-size: 0.7rem; font-variant-numeric: tabular-nums; }
.loupe-images img { display: block; width: 56px; image-rendering: pixelated; border-radius: 3px; }
.loupe-images i { display: inline-block; width: 0.7em; height: 0.7em; border-radius: 50%; margin-right: 0.4em; }
</style>"""


def show(rows: Iterable[str]) -> None:
    st.html(f'{STYLE}<div style="overflow-x:auto"><table class="loupe-images">{"".join(rows)}</table></div>')


def row(name: str, images: np.ndarray[Any, Any], told: Sequence[str] | None = None, colour: str = "") -> str:
    """Pictures with a word below each; `colour` is that of the model that made them."""
    dot = f'<i style="background:{colour}"></i>' if colour else ""
    words = told or [""] * len(images)
    cells = "".join(
        f'<td><img src="{pixels.uri(pictures.webp(image))}" alt="{escape(name)} {escape(text)}">{escape(text)}</td>'
        for image, text in zip(images, words)
    )
    return f"<tr><th>{dot}{escape(name)}</th>{cells}</tr>"
