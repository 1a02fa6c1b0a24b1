"""The maps side by side, each with how far it can be trusted beside it, and answers to what the browser asks."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import streamlit as st

from ui import cached, pixels, words
from ui.components import plane, projection
from ui.components.plane import payload as plane_payload
from ui.components.plane.payload import Fact
from ui.components.projection import payload
from ui.components.projection.payload import Settings
from ui.errors import plain, shown
from ui.project.laid import Laid, lay, originals
from ui.view import View
from vae_core.errors import LoupeError

PACKED = "project_packed"  # the bytes of the maps that are shown, by what they were made of
ANSWERS = "project_answers"
SHEET = "project_sheet"
COMPONENTS_HELP = "Component 1 is the direction in which the images vary most, component 2 the next, and so on."
TRUSTED_HELP = (
    "1 when all neighbours on the map are neighbours in the original space; less the farther away they really "
    "are. Up is good."
)
CONTINUOUS_HELP = (
    "1 when all neighbours in the original space are neighbours on the map; less the farther apart they come "
    "to lie. Up is good."
)
KNN_HELP = "Share of images whose 15 neighbours on the map have its class most often. Up is good."
SAME_HELP = "The same with the 15 nearest there: what a perfect map would reach."
MEASURES = {  # what each is called, and what it says
    "trustworthiness": ("Trustworthiness", TRUSTED_HELP),
    "continuity": ("Continuity", CONTINUOUS_HELP),
    "knn_map": ("Class told by neighbours: here", KNN_HELP),
    "knn_original": ("The same in the original space", SAME_HELP),
}
LINES = (("trustworthiness", "continuity"), ("knn_map",), ("knn_original",))  # of measures
WHOLE = "Nothing is lost here: a place on this map is a whole code."
WIDEST = "The two widest directions of the codes; what lies behind or before them cannot be seen."


def show(view: View, names: tuple[str, ...]) -> list[Laid]:
    """Draws the maps; returns those that could be."""
    if not names:
        st.info("No map is chosen. Choose one above, or start another.", icon=":material/arrow_upward:")
        return []
    found = []
    for name in names:
        with shown():
            found.append(lay(view, name))
    used: dict[tuple[object, ...], bytes] = {}
    columns = st.columns(len(found), gap="medium") if len(found) > 1 else [st.container()]
    for place, (laid, column) in enumerate(zip(found, columns)):
        with column, shown():
            used |= _one(view, laid, (place, len(found)))
    st.session_state[PACKED] = used
    _send_sheet(view, found)
    return found


def _one(view: View, laid: Laid, place: tuple[int, int]) -> dict[tuple[object, ...], bytes]:
    if place[1] > 1:  # a map that stands alone has its name above
        st.markdown(f"**{plain(laid.title)}**")
    here = st.container()  # the maps begin at one height, whatever stands below them
    axes = _axes(laid)
    same = (laid.key, place, axes, view.run.document().get("created"), len(laid.points.ids), view.unit)
    packed = (st.session_state.get(PACKED) or {}).get(same) or _packed(view, laid, axes, place)
    with here:
        projection.show(laid.key, packed)
    _answer(view, laid)
    _words(view, laid)
    return {same: packed}


def _axes(laid: Laid) -> tuple[int, int]:
    """Which principal components lie across and up."""
    if laid.components <= 2:
        return 0, min(1, max(0, laid.components - 1))
    numbers = range(laid.components)
    with st.container(horizontal=True, gap="small"):
        told = lambda number: f"component {number + 1}"  # noqa: E731
        across = st.selectbox(
            "Across", numbers, key=f"{laid.key}-across", format_func=told, width=150, help=COMPONENTS_HELP
        )
        others = [number for number in numbers if number != across]
        up = st.selectbox("Up", others, key=f"{laid.key}-up", format_func=told, width=150, index=0)
    return int(across or 0), int(up if up is not None else others[0])


def _packed(view: View, laid: Laid, axes: tuple[int, int], place: tuple[int, int]) -> bytes:
    settings = Settings(view.model, _group(view), beside=place[1] > 1, leads=place[0] == 0)
    return payload.data(laid.key, laid.title, laid.points, laid.lies(view, *axes), settings)


def _answer(view: View, laid: Laid) -> None:
    """To the newest question; the same again at every run until another comes."""
    asked = plane.state(laid.key).asked
    if asked is None:
        return
    answers = st.session_state.setdefault(ANSWERS, {})
    if answers.get(laid.key, (None,))[0] != asked:
        rows = [row for row in map(laid.row, asked.images) if row is not None]
        decodes = cached.networks(view.run).part("decoder") is not None
        picture = None
        if not decodes and asked.code is not None and len(asked.code) == view.size:
            with suppress(LoupeError):  # the page says why beside the plane
                picture = cached.drawn(view.run, np.asarray([asked.code]))[0]
        facts = _facts(view, laid, np.asarray(rows, int), decodes)
        answers[laid.key] = (asked, plane_payload.answer(laid.key, asked, facts, picture))
    plane.answer(laid.key, answers[laid.key][1])


def _facts(view: View, laid: Laid, rows: np.ndarray, decodes: bool) -> list[Fact]:
    if not len(rows):
        return []
    codes, originals = laid.points.codes[rows], laid.pictures(view, rows)
    made = None if decodes else cached.drawn(view.run, codes)
    return [
        Fact(
            int(image),
            None if originals is None else originals[place],
            codes[place],
            view.sigma(int(image)) if image < laid.points.tests else None,
            float(laid.losses[row]),
            laid.label(int(row)),
            None if made is None else made[place],
        )
        for place, (row, image) in enumerate(zip(rows, laid.points.ids[rows]))
    ]


def _send_sheet(view: View, maps: list[Laid]) -> None:
    """Thumbnails are made when somebody wants to see them, and once for all maps."""
    if not any(projection.wants_sheet(laid.key) for laid in maps):
        return
    same, kept = tuple(laid.key for laid in maps), st.session_state.get(SHEET)
    if not kept or kept[0] != same:
        ids = np.unique(np.concatenate([laid.points.ids for laid in maps]))
        images = originals(view, ids)
        if images is None:
            st.caption(f"{view.missing}, so there are no pictures.")
            return
        kept = st.session_state[SHEET] = (same, payload.sheet(_group(view), ids, images))
    projection.send_sheet(_group(view), kept[1])


def _group(view: View) -> str:
    return f"maps-{view.run.id}"


def _words(view: View, laid: Laid) -> None:
    """How far the map can be trusted, in sentences, and the measures under their own names."""
    if laid.map is None:
        st.caption(WHOLE if view.size <= 2 else WIDEST)
        return
    for sentence in (*laid.result["honesty"], *laid.result["notes"]):
        st.caption(plain(sentence))
    quality = laid.result["quality"]
    for line in LINES:
        known = [(*MEASURES[key], quality[key]) for key in line if quality[key] is not None]
        pixels.facts({f"{name} {words.number(value, 3)}": text for name, text, value in known})
    took = f"What the method took, with {laid.result['engine']}."
    pixels.facts({f"Made in {words.duration(laid.result['seconds'])}": took})
    shares = laid.result["explained"]
    if shares:
        whole = f"all {len(shares)} together {sum(shares):.0%}"
        st.caption(f"The first two components hold {sum(shares[:2]):.0%} of the variance, {whole}.")
