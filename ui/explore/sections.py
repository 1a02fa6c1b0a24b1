"""What stands below the plane: one section at a time, so that the page stays quick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from ui.components import plane
from ui.components.plane.payload import Flat
from ui.components.plane.told import State
from ui.errors import shown
from ui.explore import between, denoise, draw, grid, image, samples, traversals, wall
from ui.view import View

KEY = "explore_section"
SEEN = "explore_seen"  # what of the plane the open section was drawn from


@dataclass(frozen=True)
class Section:
    about: str
    show: Callable[[View, Flat], None]
    follows: Callable[[State], object] = lambda state: None  # what of the plane it is drawn from


SECTIONS = {
    "Grid": Section("What the decoder draws all over the map.", grid.show),
    "Traversals": Section(
        "From where the cursor rests, one number of the code at a time goes over its range; the others hold still.",
        traversals.show, lambda state: state.at,
    ),
    "Samples": Section("New pictures: random codes, decoded.", samples.show),
    "Between two": Section(
        "The straight way from one test image's code to another's. Choose two here, or pin two dots on the map.",
        between.show, lambda state: state.pinned,
    ),
    "Test images": Section(
        "What the model makes of images that it never saw, and where it is wrong.",
        wall.show, lambda state: state.chosen,
    ),
    "One image": Section("One test image: what the model believes of it, and what lies next to it.", image.show),
    "Denoise": Section("Spoil an image and see what the model makes of it.", denoise.show),
    "Draw": Section(
        "Draw, or drop a picture file: its code moves over the map with your pen, and beside it stands what the "
        "decoder makes of it.", draw.show,
    ),
}  # fmt: skip


def show(view: View, flat: Flat) -> None:
    names = list(SECTIONS)
    name = st.segmented_control(
        "Look closer", names, default=names[0], required=True, key=KEY, persist_state="session",
        label_visibility="collapsed",
    )  # fmt: skip
    section = SECTIONS[str(name)]
    st.session_state[SEEN] = (view.key, name, section.follows(plane.state(view.key)))
    st.caption(section.about)
    with shown():
        section.show(view, flat)


def forget() -> None:
    """Have the open section drawn with the next run of the whole page."""
    st.session_state.pop(SEEN, None)


def behind(view: View) -> bool:
    """Whether the plane has told something that the open section was drawn without."""
    seen = st.session_state.get(SEEN)
    if not seen or seen[0] != view.key:
        return False
    return bool(seen[2] != SECTIONS[seen[1]].follows(plane.state(view.key)))
