"""A run as a film in the browser: losses, one slider over the epochs, and the pictures of each. Drawn by film.js."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from ui.components import bundles
from ui.components.film import pack
from ui.components.parcel import Parcel

Arrays = Mapping[str, np.ndarray[Any, Any]]

_film = st.components.v2.component("film", js=bundles.shipped("film"))


def show(key: str, data: bytes) -> None:
    """Draw it; what the browser still misses is in `wanted` at the next run."""
    _film(key=key, data=data, default={"want": []}, on_want_change=lambda: None)


def wanted(key: str) -> list[int]:
    """The epochs that the browser asked for."""
    asked = (st.session_state.get(key) or {}).get("want") or []
    return [epoch for epoch in asked if isinstance(epoch, int)]


def data(
    header: Mapping[str, Any],
    epochs: Sequence[int],
    asked: Sequence[int],
    snapshot: Callable[[int], Arrays],
    classes: Sequence[str],
) -> bytes:
    """The header with the newest epoch's snapshot, and as many of those that were asked for as fit in one answer."""
    stops = pack.stops(epochs)
    parcel = Parcel()
    document = {**header, "epochs": stops, "frames": [], "classes": list(classes)}
    if stops:
        document |= _common(parcel, snapshot(stops[-1]))
    for epoch in dict.fromkeys([*stops[-1:], *asked]):
        if epoch in stops and parcel.size < pack.MOST_BYTES:
            place = stops.index(epoch)
            previous = (stops[place - 1], snapshot(stops[place - 1])) if place else None
            document["frames"].append(pack.frame(parcel, epoch, snapshot(epoch), previous))
    return parcel.sealed(document)


def _common(parcel: Parcel, newest: Arrays) -> dict[str, Any]:
    """What is the same in every epoch: which test images the points and the pictures are."""
    labels, originals = newest.get("labels"), newest.get("original")
    return {
        "index": newest["index"].tolist(),
        "labels": None if labels is None else labels.tolist(),
        "originals": None if originals is None else parcel.add(pack.strip(originals)),
        "pairs": len(newest["reconstruction"]),
        "grid": len(newest["grid"]),
        "code": int(newest["code"].shape[1]),
    }
