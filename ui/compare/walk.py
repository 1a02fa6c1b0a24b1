"""The maps of all models side by side, and one cursor that drives every decoder at once."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ui import cached
from ui.compare import images
from ui.compare.side import Side
from ui.components import twin
from ui.components.twin import payload
from ui.components.twin.payload import Twin
from ui.view import View
from vae_core.errors import LoupeError

KEPT = "compare_walk"  # what the walk of this session was last made of, and its bytes


def show(sides: list[Side]) -> None:
    views = [side.view for side in sides]
    images.refuse_others(views)
    for view in views:
        if not len(view.sound):
            raise LoupeError(
                f"None of the codes of {view.run.id} is a number", fix="Train it again with a lower learning rate"
            )
    same = tuple(
        (side.run.id, side.run.document().get("created"), side.name, side.colour, side.view.unit) for side in sides
    )
    data = cached.kept(KEPT, same, lambda: payload.data([_twin(side, views[0]) for side in sides], views[0].images))
    twin.show("-".join(["twin", *(side.run.id for side in sides)]), data)
    st.caption(
        "The maps are turned and mirrored to lie alike, never scaled; the arrows show where each code's own numbers "
        "grow. A click on a map lets the wheel zoom them all; a double click shows all of them again."
    )


def _twin(side: Side, first: View) -> Twin:
    view, model = side.view, side.view.model
    if model.reason:
        model = replace(model, reason=f"{model.reason} Explore shows its pictures.")
    return Twin(model, replace(first.cloud, codes=view.codes, trained=None), view.losses, side.name, side.colour)
