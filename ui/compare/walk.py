"""The maps of all models side by side, and one cursor that drives every decoder at once."""

from __future__ import annotations

import streamlit as st

from ui import cached
from ui.compare import images
from ui.compare.side import Side
from ui.components import twin
from ui.components.twin import payload
from ui.components.twin.payload import Model
from vae_core.errors import LoupeError

KEPT = "compare_walk"  # what the walk of this session was last made of, and its bytes


def show(sides: list[Side]) -> None:
    views = [side.view for side in sides]
    images.refuse_others(views)
    for view in views:
        if not len(view.sound):
            raise LoupeError(f"None of the codes of {view.run.id} is a number",
                             fix="Train it again with a lower learning rate")  # fmt: skip
    same = tuple(
        (side.run.id, side.run.document().get("created"), side.name, side.colour, side.view.unit) for side in sides
    )
    kept = st.session_state.get(KEPT)
    if not kept or kept[0] != same:
        st.session_state[KEPT] = kept = (same, _data(sides))
    twin.show("-".join(["twin", *(side.run.id for side in sides)]), kept[1])
    st.caption(
        "The maps are turned and mirrored to lie alike, never scaled; the arrows show where each code's own numbers "
        "grow. A click on a map lets the wheel zoom it; a double click shows all of it again."
    )


def _data(sides: list[Side]) -> bytes:
    first = sides[0].view
    models = [_model(side) for side in sides]
    return payload.data(models, first.config.image, first.images, first.labels, first.classes)


def _model(side: Side) -> Model:
    view, networks = side.view, cached.networks(side.run)
    reason = networks.reason("decoder")
    told = f"The browser does not decode this model: {reason}. Explore shows its pictures." if reason else ""
    return Model(
        side.run.id,
        side.name,
        side.colour,
        view.codes,
        view.losses,
        view.has_prior,
        networks.part("decoder"),
        told,
        view.unit,
    )
