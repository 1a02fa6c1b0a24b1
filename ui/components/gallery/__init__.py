"""Many small pictures in the browser, each of a place in the code space: a click sends the plane's cursor there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from ui.components import bundles
from ui.components.parcel import Parcel
from vae_core.look import pictures as sheets

Array = np.ndarray[Any, Any]

_gallery = st.components.v2.component("gallery", js=bundles.shipped("gallery"))


@dataclass(frozen=True)
class Pictures:
    """Pictures with the places in the code space that they stand for."""

    label: str  # what they are
    images: Array | Sequence[int]  # (n, h, w, c) uint8; or the shape (h, w, c) of those that the plane's decoder draws
    codes: Array  # (n, d)
    captions: Sequence[str]


@dataclass(frozen=True)
class Layout:
    """How they lie: in rows, of as many as there is room for; or freely, where they have places."""

    columns: int | None = None
    rows: Sequence[str] = ()  # their names, where they have some
    places: Array | None = None  # (n, 2) in 0..1
    side: int = 96  # pixels that a picture is wide at most
    told: bool = False  # whether the captions always stand below


@dataclass(frozen=True)
class Go:
    """Where the plane's cursor is sent when the pictures arrive, once for each `seq`."""

    code: Sequence[float]
    seq: int


def show(key: str, plane: str, pictures: Pictures, layout: Layout, go: Go | None = None) -> None:
    _gallery(key=key, data=data(plane, pictures, layout, go))


def data(plane: str, pictures: Pictures, layout: Layout, go: Go | None = None) -> bytes:
    """What the browser draws. Pictures of the plane's own decoder are in full rows."""
    parcel = Parcel()
    header = {
        "plane": plane,
        "label": pictures.label,
        **_drawn(parcel, pictures),
        "codes": parcel.add(np.asarray(pictures.codes, "<f4").tobytes()),
        "size": pictures.codes.shape[1],
        "captions": list(pictures.captions),
        "columns": layout.columns,
        "rows": list(layout.rows),
        "places": None if layout.places is None else np.round(layout.places, 4).tolist(),
        "side": layout.side,
        "told": layout.told,
        "go": None if go is None else {"code": list(go.code), "seq": go.seq},
    }
    return parcel.sealed(header)


def _drawn(parcel: Parcel, pictures: Pictures) -> dict[str, Any]:
    images, across = pictures.images, math.ceil(math.sqrt(len(pictures.captions))) or 1
    if not isinstance(images, np.ndarray):
        return {"shape": list(images), "across": across, "sheet": None, "tile": None}
    sheet = parcel.add(_sheet(images, across)) if len(images) else None
    return {"shape": None, "across": across, "sheet": sheet, "tile": [images.shape[2], images.shape[1]]}


def _sheet(images: Array, across: int) -> bytes:
    return sheets.encoded(sheets.sheet(images, across, gap=0), format="WEBP", lossless=True, method=2)
