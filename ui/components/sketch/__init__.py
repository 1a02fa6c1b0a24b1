"""Paper to draw on: a model's encoder follows the pen in the browser and moves the cursor of a plane. See sketch.js."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from ui.components import bundles
from ui.components.parcel import Parcel
from ui.components.plane import told

BORDER = 0.5  # images whose edges are darker on the whole are light on dark
Array = np.ndarray[Any, Any]

_sketch = st.components.v2.component("sketch", js=bundles.shipped("sketch"))


@dataclass(frozen=True)
class Drawn:
    """What was drawn when the pen was lifted. The code is None where the browser cannot have the encoder."""

    seq: int
    pixels: Array  # (h, w, channels) uint8
    code: Array | None  # (d,)


def show(key: str, data: bytes) -> None:
    _sketch(key=key, data=data, default={"drawn": None}, on_drawn_change=lambda: None)


def data(
    plane: str,
    image: tuple[int, int, int],
    size: int,
    networks: Mapping[str, bytes | None],
    examples: Array | None,
) -> bytes:
    """What never changes of a run, and its `encoder` and `decoder`; `examples` (n, h, w, c) to begin with."""
    parcel = Parcel()
    return parcel.sealed(
        {
            "plane": plane,
            "image": list(image),
            "size": size,
            "dark": examples is None or _is_dark(examples),
            **{name: parcel.add(part) if (part := networks.get(name)) else None for name in ("encoder", "decoder")},
            "examples": None if examples is None else [parcel.add(example.tobytes()) for example in examples],
        }
    )


def drawn(key: str, image: tuple[int, int, int], size: int) -> Drawn | None:
    return read((st.session_state.get(key) or {}).get("drawn"), image, size)


def read(found: Any, image: tuple[int, int, int], size: int) -> Drawn | None:
    """It comes from outside: what is not as it should be counts as nothing drawn."""
    if not isinstance(found, Mapping) or not isinstance(found.get("seq"), int):
        return None
    pixels = _pixels(found.get("pixels"), image)
    code = told.numbers(found.get("code"))
    if pixels is None or (code is not None and len(code) != size):
        return None
    return Drawn(found["seq"], pixels, None if code is None else np.asarray(code, np.float32))


def _pixels(text: Any, image: tuple[int, int, int]) -> Array | None:
    try:
        values = np.frombuffer(base64.b64decode(text or "", validate=True), np.uint8)
    except (TypeError, ValueError, binascii.Error):
        return None
    return values.reshape(image) if values.size == np.prod(image) else None


def _is_dark(images: Array) -> bool:
    edges = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
    return float(np.mean([edge.mean() for edge in edges])) < BORDER * 255
