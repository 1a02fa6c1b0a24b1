"""What the twin walk gets: for each model its map and its decoder, and test images whose codes all of them know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ui.components.parcel import Parcel
from ui.components.plane import payload
from ui.components.plane.payload import Cloud, Flat, Model
from vae_core.look import align

MOST_ANCHORS = 2000  # test images that the walk goes between, with their pictures
ANCHOR_BYTES = 1_500_000  # that those pictures may take
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Twin:
    """One of the models that walk together. All arrays speak of the same test images, in one order."""

    model: Model
    cloud: Cloud
    losses: Array  # (n,) in the model's unit
    name: str
    colour: str
    rung: dict[str, Any] | None = None  # of a ladder: what stands beside its slider


def data(twins: Sequence[Twin], originals: Array | None) -> bytes:
    """`originals` (n, h, w, channels) uint8, where the images are still there."""
    parcel = Parcel()
    image, cloud = twins[0].model.image, twins[0].cloud
    anchors = _anchors(twins, int(np.prod(image)))
    header = {
        "image": list(image),
        "total": len(cloud.codes),
        "anchors": anchors.tolist(),
        "classes": list(cloud.classes),
        "labels": None if cloud.labels is None else [int(label) for label in cloud.labels[anchors]],
        "originals": None if originals is None else parcel.add(np.ascontiguousarray(originals[anchors]).tobytes()),
        "models": [_model(parcel, twin, flat, anchors) for twin, flat in zip(twins, _flats(twins))],
    }
    return parcel.sealed(header)


def _model(parcel: Parcel, twin: Twin, flat: Flat, anchors: Array) -> dict[str, Any]:
    return {
        "run": twin.model.run,
        "name": twin.name,
        "color": twin.colour,
        "unit": twin.model.unit,
        "rung": twin.rung,
        "plane": parcel.add(payload.data(twin.model.run, twin.model, twin.cloud, flat)),
        "losses": parcel.add(np.nan_to_num(twin.losses, nan=-1).astype("<f4").tobytes()),
        **payload.coded(parcel, twin.cloud.codes[anchors]),
    }


def _sound(twins: Sequence[Twin]) -> Array:
    """(n,): whose codes are numbers in all models, of the classes that they are shown with."""
    sound = np.logical_and.reduce([payload.finite(twin.cloud.codes) for twin in twins])
    trained = twins[0].cloud.trained
    return sound if trained is None else sound & trained


def _anchors(twins: Sequence[Twin], pixels: int) -> Array:
    """Test images all over the file whose codes are numbers in all models."""
    known = np.flatnonzero(_sound(twins))
    most = min(len(known), MOST_ANCHORS, ANCHOR_BYTES // pixels)
    return known[np.linspace(0, len(known) - 1, most).astype(int)] if most else known[:0]


def _flats(twins: Sequence[Twin]) -> list[Flat]:
    """Each model's own plane, the others' turned and mirrored until they lie nearest to the first: never scaled."""
    flats = [payload.principal(twin.cloud.codes) for twin in twins]
    sound = _sound(twins)
    first = _places(twins[0], flats[0], sound)
    return [
        flats[0],
        *(_turned(flat, first, _places(twin, flat, sound)) for twin, flat in zip(twins[1:], flats[1:])),
    ]


def _places(twin: Twin, flat: Flat, sound: Array) -> Array:
    points = (twin.cloud.codes[sound] - flat.centre) @ flat.axes.T
    return np.asarray(points - points.mean(axis=0) if len(points) else points)


def _turned(flat: Flat, first: Array, points: Array) -> Flat:
    if not flat.axes[1].any() or not first[:, 1].any():  # a code of one number has no direction to turn to
        return flat
    return replace(flat, axes=align.turn(first, points).T @ flat.axes)
