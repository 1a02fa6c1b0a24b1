"""A map of a projection in the browser: the plane of `ui/plane`, with places of its own. See projection.js.

    projection.show(key, payload.data(key, ...))        several of one group on a page follow each other (links.js)
    state = plane.state(key)                            as for any plane
    if projection.wants_sheet(key):                     somebody wants to see thumbnails
        projection.send_sheet(group, payload.sheet(group, ...))

The images of a map are known by number: the test images from 0, the training images after the last test image.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ui.components import bundles, plane
from ui.components.plane.told import NAMES

SHEET = "sheet"

_projection = st.components.v2.component("projection", js=bundles.shipped("projection"))


def show(key: str, data: bytes, at: Sequence[float] | None = None) -> None:
    plane.show(key, data, at, on=_projection, names=(*NAMES, SHEET))


def wants_sheet(key: str) -> bool:
    return bool((st.session_state.get(key) or {}).get(SHEET))


def send_sheet(group: str, data: bytes) -> None:
    """For all maps of the group; the same may be handed over at every run."""
    plane.send(f"{group}-sheet", data)
