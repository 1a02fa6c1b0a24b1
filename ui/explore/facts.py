"""Answers to what the plane asks: facts about test images, and pictures where the browser does not decode itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ui import cached
from ui.components import plane
from ui.components.plane import payload
from ui.components.plane.told import Asked
from ui.view import Array, View
from vae_core.errors import LoupeError

KEPT = "explore_answer"  # the last answer of this session


def answer(view: View, decodes: bool) -> None:
    """To the newest question. `decodes` says that the browser draws pictures by itself."""
    asked = plane.state(view.key).asked
    if asked is None:
        return
    plane.answer(view.key, cached.kept(KEPT, (view.key, asked), lambda: _packed(view, asked, decodes)))


def _packed(view: View, asked: Asked, decodes: bool) -> bytes:
    known = facts(view, [image for image in asked.images if image < len(view.codes)])
    code = None if decodes or asked.code is None or len(asked.code) != view.size else asked.code
    picture = None if code is None else _picture(view, code)
    if known and not decodes:
        known = _with_reconstructions(view, known)
    return payload.answer(view.key, asked, known, picture)


def facts(view: View, images: list[int]) -> list[payload.Fact]:
    originals = view.images
    return [
        payload.Fact(
            image,
            None if originals is None else originals[image],
            view.codes[image],
            view.sigma(image),
            float(view.losses[image]),
            view.label(image),
        )
        for image in images
    ]


def _picture(view: View, code: tuple[float, ...]) -> Array | None:
    """One that cannot be drawn is left out: the page says why beside the plane."""
    try:
        return np.asarray(cached.drawn(view.run, np.asarray([code]))[0])
    except LoupeError:
        return None


def _with_reconstructions(view: View, known: list[payload.Fact]) -> list[payload.Fact]:
    try:
        made = cached.drawn(view.run, view.codes[[fact.image for fact in known]])
    except LoupeError:
        return known
    return [replace(fact, reconstruction=picture) for fact, picture in zip(known, made)]
