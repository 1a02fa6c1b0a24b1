"""Where the cursor is: in the address, on the plane, and in the memory of this visit."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ui.components import bundles, plane
from ui.view import Array, View

PARAMETER = "at"
MOST_TOLD = 4  # numbers of a code that are said in words
OF_RUN = "explore_at_run"  # the run that the address speaks of
_address = st.components.v2.component("address", js=bundles.shipped("address"))


def begin(view: View) -> tuple[float, ...] | None:
    """The code that the plane begins with: of the address, else of the last visit. None for the middle."""
    if st.session_state.get(OF_RUN) not in (None, view.run.id):
        st.query_params.pop(PARAMETER, None)  # another run's
    st.session_state[OF_RUN] = view.run.id
    asked = read(st.query_params.get(PARAMETER, ""), view.size)
    return asked or st.session_state.get(f"{view.key}-last")


def read(text: str, size: int) -> tuple[float, ...] | None:
    """Numbers with commas between, as many as the code has; None for anything else."""
    try:
        code = tuple(float(number) for number in text.split(","))
    except ValueError:
        return None
    return code if len(code) == size and np.isfinite(code).all() else None


def remember(view: View) -> None:
    """Streamlit forgets what the plane told when another page is shown."""
    at = plane.state(view.key).at
    if at and len(at) == view.size:
        st.session_state[f"{view.key}-last"] = at


def keep_in_address(view: View) -> None:
    """The browser writes it, as a step in its history for each move would spoil the Back button."""
    _address(key=f"{view.key}-address", data={"plane": view.key, "parameter": PARAMETER})


def told(code: Array) -> str:
    """A code in words; of a long one, its beginning."""
    numbers = [f"z{number + 1} {value:.2f}" for number, value in enumerate(code[:MOST_TOLD])]
    return ", ".join(numbers) + (" ..." if len(code) > MOST_TOLD else "")


def cursor(view: View) -> Array:
    """The code that the cursor rests at, (d,)."""
    rests = plane.state(view.key).at or begin(view)
    if rests and len(rests) == view.size:
        return np.asarray(rests, np.float32)
    return np.zeros(view.size, np.float32) if view.has_prior else view.sound.mean(axis=0)
