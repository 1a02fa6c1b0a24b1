"""Many small pictures in the browser, each of a place in the code space: a click sends the plane's cursor there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from ui import pixels
from ui.components import bundles
from ui.components.parcel import Parcel
from vae_core.look import pictures

Array = np.ndarray[Any, Any]

_gallery = st.components.v2.component("gallery", js=bundles.shipped("gallery"))


@dataclass(frozen=True)
class Go:
    """Where the plane's cursor is sent when the pictures arrive, once for each `seq`."""

    code: Sequence[float]
    seq: int


def show(key: str, data: bytes) -> None:
    _gallery(key=key, data=data)


def data(
    plane: str,
    images: Array | None,
    codes: Array,
    captions: Sequence[str],
    *,
    label: str,
    columns: int | None = None,
    rows: Sequence[str] = (),
    places: Array | None = None,
    side: int = 96,
    told: bool = False,
    go: Go | None = None,
    shape: Sequence[int] | None = None,
) -> bytes:
    """What the browser draws: `images` (n, h, w, c) uint8 with the `codes` (n, d) that they stand for.

    Without images, those of that `shape` (h, w, c) that the plane's own decoder draws, in full rows of `columns`.
    Otherwise `columns` in rows that may have names, or as many as there is room for; `places` (n, 2) in 0..1 lays them
    out freely instead. `side` is the most pixels that a picture is wide. With `told` the captions always stand below.
    """
    parcel = Parcel()
    across = math.ceil(math.sqrt(len(captions))) or 1
    return parcel.sealed(
        {
            "plane": plane,
            "label": label,
            "tile": None if images is None else [images.shape[2], images.shape[1]],
            "shape": list(shape) if images is None and shape else None,
            "across": across,  # pictures in a row of the sheet
            "sheet": parcel.add(_sheet(images, across)) if images is not None and len(images) else None,
            "codes": parcel.add(np.asarray(codes, "<f4").tobytes()),
            "size": codes.shape[1],
            "captions": list(captions),
            "columns": columns,
            "rows": list(rows),
            "places": None if places is None else np.round(places, 4).tolist(),
            "side": side,
            "told": told,
            "go": None if go is None else {"code": list(go.code), "seq": go.seq},
        }
    )


def _sheet(images: Array, across: int) -> bytes:
    from PIL import Image

    sheet = pictures.sheet(images, across, gap=0)
    return pixels.encoded(Image.fromarray(sheet[..., 0] if sheet.shape[-1] == 1 else sheet))
