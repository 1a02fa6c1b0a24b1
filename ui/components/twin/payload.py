"""What the twin walk gets: for each model its map and its decoder, and test images whose codes all of them know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ui.components.parcel import Parcel
from ui.components.plane import payload
from ui.components.plane.payload import Flat
from vae_core.design import naming
from vae_core.look import align

MOST_ANCHORS = 2000  # test images that the walk goes between, with their pictures
ANCHOR_BYTES = 1_500_000  # that those pictures may take
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Model:
    """One of those that walk together. All arrays speak of the same test images, in one order."""

    run: str
    name: str
    colour: str
    codes: Array  # (n, d)
    losses: Array  # (n,) in `unit`
    has_prior: bool
    decoder: bytes | None
    reason: str = ""  # why the browser has no decoder
    unit: str = f"{naming.NATS} {naming.IMAGE}"


def data(
    models: Sequence[Model],
    image: Sequence[int],
    originals: Array | None,
    labels: Array | None = None,
    classes: Sequence[str] = (),
) -> bytes:
    """`originals` (n, h, w, channels) uint8, where the images are still there."""
    parcel = Parcel()
    anchors = _anchors(models, int(np.prod(image)))
    flats = _flats(models)
    header = {
        "image": list(image),
        "total": len(models[0].codes),
        "anchors": anchors.tolist(),
        "classes": list(classes),
        "labels": None if labels is None else [int(label) for label in labels[anchors]],
        "originals": None if originals is None else parcel.add(np.ascontiguousarray(originals[anchors]).tobytes()),
        "models": [_model(parcel, model, flat, anchors, image, labels, classes) for model, flat in zip(models, flats)],
    }
    return parcel.sealed(header)


def _model(
    parcel: Parcel, model: Model, flat: Flat, anchors: Array, image: Sequence[int], labels: Array | None,
    classes: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    plane = payload.data(
        model.run, model.run, model.codes, image, has_prior=model.has_prior, flat=flat, labels=labels, classes=classes,
        decoder=model.decoder, reason=model.reason,
    )  # fmt: skip
    return {
        "run": model.run,
        "name": model.name,
        "color": model.colour,
        "unit": model.unit,
        "plane": parcel.add(plane),
        "losses": parcel.add(np.nan_to_num(model.losses, nan=-1).astype("<f4").tobytes()),
        **payload.coded(parcel, model.codes[anchors]),
    }


def _sound(models: Sequence[Model]) -> Array:
    """(n,): whose codes are numbers in all models."""
    return np.logical_and.reduce([payload.finite(model.codes) for model in models])


def _anchors(models: Sequence[Model], pixels: int) -> Array:
    """Test images all over the file whose codes are numbers in all models."""
    known = np.flatnonzero(_sound(models))
    most = min(len(known), MOST_ANCHORS, ANCHOR_BYTES // pixels)
    return known[np.linspace(0, len(known) - 1, most).astype(int)] if most else known[:0]


def _flats(models: Sequence[Model]) -> list[Flat]:
    """Each model's own plane, the others' turned and mirrored until they lie nearest to the first: never scaled."""
    flats = [payload.principal(model.codes) for model in models]
    sound = _sound(models)
    first = _places(models[0], flats[0], sound)
    return [
        flats[0],
        *(_turned(flat, first, _places(model, flat, sound)) for model, flat in zip(models[1:], flats[1:])),
    ]


def _places(model: Model, flat: Flat, sound: Array) -> Array:
    points = (model.codes[sound] - flat.centre) @ flat.axes.T
    return np.asarray(points - points.mean(axis=0) if len(points) else points)


def _turned(flat: Flat, first: Array, points: Array) -> Flat:
    if not flat.axes[1].any() or not first[:, 1].any():  # a code of one number has no direction to turn to
        return flat
    return replace(flat, axes=align.turn(first, points).T @ flat.axes)
