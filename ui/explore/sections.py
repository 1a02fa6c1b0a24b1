"""What stands below the plane: one section at a time, so that the page stays quick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from ui import section
from ui.components import plane
from ui.components.plane.payload import Flat
from ui.components.plane.told import State
from ui.errors import shown
from ui.explore import between, denoise, draw, grid, image, samples, traversals, wall
from ui.section import Section
from ui.view import View

KEY = "explore_section"
SEEN = "explore_seen"  # what of the plane the open section was drawn from


@dataclass(frozen=True)
class Followed(Section):
    follows: Callable[[State], object] = lambda state: None  # what of the plane it is drawn from


SECTIONS = {
    "Grid": Followed("What the decoder draws all over the map.", grid.show),
    "Traversals": Followed(
        "From where the cursor rests, one number of the code at a time goes over its range; the others hold still.",
        traversals.show,
        follows=lambda state: state.at,
    ),
    "Samples": Followed("New pictures: random codes, decoded.", samples.show),
    "Between two": Followed(
        "The straight way from one test image's code to another's. Choose two here, or pin two dots on the map.",
        between.show,
        follows=lambda state: state.pinned,
    ),
    "Test images": Followed(
        "What the model makes of images that it never saw, and where it is wrong.",
        wall.show,
        follows=lambda state: state.chosen,
    ),
    "One image": Followed("One test image: what the model believes of it, and what lies next to it.", image.show),
    "Denoise": Followed("Spoil an image and see what the model makes of it.", denoise.show),
    "Draw": Followed(
        "Draw, or drop a picture file: its code moves over the map with your pen, and beside it stands what the "
        "decoder makes of it.",
        draw.show,
    ),
}


def show(view: View, flat: Flat) -> None:
    name = section.choose("Look closer", SECTIONS, KEY)
    st.session_state[SEEN] = (view.key, name, SECTIONS[name].follows(plane.state(view.key)))
    with shown():
        SECTIONS[name].show(view, flat)


def forget() -> None:
    """Have the open section drawn with the next run of the whole page."""
    st.session_state.pop(SEEN, None)


def behind(view: View) -> bool:
    """Whether the plane has told something that the open section was drawn without."""
    seen = st.session_state.get(SEEN)
    if not seen or seen[0] != view.key:
        return False
    return bool(seen[2] != SECTIONS[seen[1]].follows(plane.state(view.key)))
