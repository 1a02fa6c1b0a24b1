"""Pictures on a page whose pixels stay square and sharp, however large they are drawn."""

from __future__ import annotations

import base64
import math
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    Array = np.ndarray[Any, Any]
# Streamlit's own pictures are smoothed when they are enlarged, which hides what a model of 8x8 pixels does.
STYLE = "display:block;width:100%;image-rendering:pixelated;border-radius:4px"


def show(data: bytes, alt: str, *, width: int | None = None, style: str = "") -> None:
    """A WebP picture, as wide as what it stands in, or as `width` at most."""
    _show(uri(data), alt, f"{_most(width)}{style}")


def _show(source: str, alt: str, style: str) -> None:
    st.html(f'<img src="{escape(source)}" alt="{escape(alt)}" style="{STYLE}{style}">')


def _most(width: int | None) -> str:
    return f";max-width:{width}px" if width else ""


def thumbs(data: bytes | None, alt: str) -> None:
    """The little pictures of a run, in a place of one shape for all runs."""
    if data:
        show(data, alt, style=";aspect-ratio:2;object-fit:contain")
    else:
        blank("No pictures yet")


def sheet(images: Array, alt: str, *, columns: int | None = None, width: int | None = None) -> None:
    """Many images in rows."""
    show(sheet_bytes(images, columns), alt, width=width)


def sheet_bytes(images: Array, columns: int | None = None) -> bytes:
    """As WebP, clear between the images, so that the page shows through whether it is light or dark."""
    import numpy as np

    from vae_core.look import pictures

    columns = images.shape[1] if images.ndim == 5 else columns or math.ceil(math.sqrt(images[..., 0, 0, 0].size))
    images = images.reshape(-1, *images.shape[-3:])
    colours = images if images.shape[3] == 3 else images.repeat(3, axis=3)
    opaque = np.concatenate([colours, np.full_like(colours[..., :1], 255)], axis=3)
    spare = -len(images) % columns  # cells without an image
    cells = np.pad(opaque, ((0, spare), (0, 1), (0, 1), (0, 0)))
    return pictures.webp(pictures.sheet(cells, columns, gap=0)[:-1, :-1])


def blank(text: str) -> None:
    """In the place of a picture that is not there, of the same shape."""
    style = "aspect-ratio:2;display:flex;align-items:center;justify-content:center;opacity:0.7;border-radius:4px"
    st.html(f'<div style="{style};background:rgba(128,128,128,0.15)">{escape(text)}</div>')


def title(name: str, colour: str) -> None:
    """The name of a model with its colour; cut where it is too long for its place, and whole under the mouse."""
    dot = f"display:inline-block;width:0.7em;height:0.7em;border-radius:50%;background:{colour};margin-right:0.4em"
    line = "font-weight:600;overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
    st.html(f'<div style="{line}" title="{escape(name)}"><span style="{dot}"></span>{escape(name)}</div>')


def facts(*lines: dict[str, str]) -> None:
    """Small grey lines, each of texts with what they mean under the mouse. Empty lines are kept: cards stay aligned."""
    cut = "overflow:hidden;text-overflow:ellipsis;white-space:nowrap;min-height:1.4em"
    rows = (
        " · ".join(f'<span title="{escape(told)}">{escape(text)}</span>' for text, told in line.items())
        for line in lines
    )
    body = "".join(f'<div style="{cut}">{row}</div>' for row in rows)
    st.html(f'<div style="font-size:0.875rem;line-height:1.4;opacity:0.75">{body}</div>')


def encoded(picture: Image) -> bytes:
    """A PIL picture as WebP, clear where it is clear."""
    file = BytesIO()
    picture.save(file, "WEBP", lossless=True, method=2)
    return file.getvalue()


def uri(data: bytes) -> str:
    return f"data:image/webp;base64,{base64.b64encode(data).decode()}"
