"""Below the maps: the images that were chosen on them, and the neighbours of one image."""

from __future__ import annotations

import streamlit as st

from ui.components import plane
from ui.project import chosen, near, take
from ui.project.laid import Laid
from ui.view import View

CHOSEN, NEAR, TAKE = "Chosen images", "Neighbours", "Take away"
ABOUT = {
    CHOSEN: "What the last box, lasso or search on a map holds.",
    NEAR: "What lies next to the image at the cursor: by its code, and by its pixels.",
    TAKE: "The maps as files, for other programs, and again from another seed.",
}
RESTED = "project_rested"  # where the cursors of the maps rested, and which moved last


def show(view: View, maps: list[Laid]) -> None:
    if not maps:
        return
    section = st.segmented_control(
        "Look closer", list(ABOUT), default=CHOSEN, required=True, key="project_section", label_visibility="collapsed"
    )
    st.caption(ABOUT[str(section)])
    if section == CHOSEN:
        laid = next((each for each in maps if plane.state(each.key).chosen), None)
        return chosen.show(view, maps[0], laid)
    if section == NEAR:
        return near.show(view, *_moved_last(maps))
    take.show(view, maps)


def _moved_last(maps: list[Laid]) -> tuple[Laid, tuple[float, ...] | None]:
    """The map whose cursor came to rest last, and at which code."""
    kept: tuple[dict[str, object], str] = st.session_state.get(RESTED) or ({}, maps[0].key)
    before, last = kept
    now = {laid.key: plane.state(laid.key).at for laid in maps}
    moved = next((key for key, at in now.items() if at is not None and at != before.get(key)), last)
    st.session_state[RESTED] = (now, moved)
    laid = next((each for each in maps if each.key == moved), maps[0])
    return laid, now[laid.key]
