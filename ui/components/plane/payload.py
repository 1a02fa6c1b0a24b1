"""What the plane gets: one constant run of bytes for a run, and short letters when the browser has asked something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ui import palette
from ui.components.parcel import STEPS, Parcel, in_steps, rounded, span
from ui.components.plane.told import Asked
from vae_core.design import naming
from vae_core.design.stages import Way
from vae_core.look import codes as places

MARGIN = 1.12  # of the first view around what it shows
RINGS = 3  # standard deviations of the prior that the first view holds
QUANTILES = (0.005, 0.995)  # of the codes along each axis that it holds
RANGE = (0.001, 0.999)  # of the codes along each dimension that its slider covers
MOST_RANKED = 100_000  # points that quantiles are taken of: every so many of more
MOST_PRIOR = 4.0  # what a slider covers at least where there is a prior
NARROWEST = 1e-3
Array = np.ndarray[Any, Any]
Marked = Array | slice  # of rows, as an index
Header = dict[str, Any]


@dataclass(frozen=True)
class Flat:
    """A flat piece of the code space: place = axes . (code - centre), the axes of length 1 and at right angles."""

    centre: Array  # (d,)
    axes: Array  # (2, d); the second is all 0 for codes of one number
    names: tuple[str, str]
    note: str = ""


@dataclass(frozen=True)
class Model:
    """What the browser gets of a model: its packed decoder, or why there is none."""

    run: str
    image: Sequence[int]  # (height, width, channels)
    has_prior: bool
    decoder: bytes | None = None
    reason: str = ""
    unit: str = f"{naming.NATS} {naming.IMAGE}"  # of the losses of images
    way: Way | None = None  # where how it works is drawn


@dataclass(frozen=True)
class Cloud:
    """The test images as points."""

    codes: Array  # (n, d), their mean codes
    labels: Array | None = None  # (n,)
    classes: Sequence[str] = ()
    trained: Array | None = None  # (n,) which are of classes that the model knows, where it was trained on some only


@dataclass(frozen=True)
class Fact:
    """What is known of one test image. The reconstruction is for models that the browser does not decode."""

    image: int
    original: Array | None  # (h, w, channels) uint8; the images may be gone
    code: Array  # (d,)
    sigma: Array | None = None  # (d,), where the model says how sure it is
    loss: float | None = None
    label: str = ""
    reconstruction: Array | None = None


def dimensions(codes: Array, first: int = 0, second: int = 1) -> Flat:
    """Two numbers of the code as they are; the others stand at their mean."""
    size = codes.shape[1]
    centre = codes[marked(finite(codes))].mean(axis=0) if len(codes) else np.zeros(size)
    chosen = [first, second] if size > 1 else [0]
    axes = np.zeros((2, size))
    axes[range(len(chosen)), chosen] = 1
    centre = np.where(axes.any(axis=0), 0, centre)
    note = f"The other {size - 2} numbers stand still until a slider or an image moves them." if size > 2 else ""
    return Flat(centre, axes, (f"z{first + 1}", f"z{second + 1}" if size > 1 else ""), note)


def principal(codes: Array) -> Flat:
    """The two directions in which the codes vary most, through their mean."""
    fit = codes[marked(finite(codes))]
    if codes.shape[1] <= 2 or len(fit) < 3:
        return dimensions(codes)
    arms = places.plane(fit, has_prior=False)[1:].astype(np.float64)
    axes = arms / np.linalg.norm(arms, axis=1, keepdims=True)
    away = fit - fit.mean(axis=0)
    share = np.square(away @ axes.T).sum() / max(np.square(away).sum(), 1e-12)
    note = f"The axes are the two principal axes of the codes: {share:.0%} of their variance."
    return Flat(fit.mean(axis=0), axes, ("axis 1", "axis 2"), note)


def data(key: str, model: Model, cloud: Cloud, flat: Flat | None = None) -> bytes:
    """Everything that never changes: points, classes, where the axes lie, and the model's decoder."""
    sound = finite(cloud.codes)
    kept = sound if cloud.trained is None else sound & cloud.trained
    which = marked(kept)
    codes, labels = cloud.codes[which], None if cloud.labels is None else cloud.labels[which]
    parcel = Parcel()
    header = {
        "size": codes.shape[1],
        "total": len(sound),
        "left": int(len(sound) - sound.sum()),
        "strange": int(sound.sum() - len(codes)),
        **laid_flat(parcel, codes, flat or dimensions(cloud.codes), model.has_prior),
        **coloured(parcel, codes, labels, cloud.classes),
        **ranges(codes, model.has_prior),
        **numbered(parcel, np.flatnonzero(kept)),
        **described(parcel, key, model),
    }
    return parcel.sealed(header)


def described(parcel: Parcel, key: str, model: Model) -> Header:
    return {
        "plane": key,
        "run": model.run,
        "image": list(model.image),
        "reason": model.reason,
        "unit": model.unit,
        "way": model.way and asdict(model.way),
        "decoder": parcel.add(model.decoder) if model.decoder else None,
    }


def letter(key: str, content: Mapping[str, Any]) -> bytes:
    """A short message to the plane of that key."""
    return Parcel().sealed({"plane": key, **content})


def answer(key: str, asked: Asked, facts: Sequence[Fact], picture: Array | None = None) -> bytes:
    """To one question: what is known of the images, and the picture (h, w, channels) uint8 of the code."""
    parcel = Parcel()
    known = [_fact(parcel, fact) for fact in facts]
    shown = _pixels(parcel, picture)
    return parcel.sealed({"plane": key, "seq": asked.seq, "facts": known, "picture": shown})


def _fact(parcel: Parcel, fact: Fact) -> Header:
    return {
        "image": fact.image,
        "label": fact.label,
        "loss": None if fact.loss is None else rounded([fact.loss])[0],
        "code": rounded(fact.code),
        "sigma": None if fact.sigma is None else rounded(fact.sigma),
        "original": _pixels(parcel, fact.original),
        "made": _pixels(parcel, fact.reconstruction),
    }


def _pixels(parcel: Parcel, picture: Array | None) -> list[int] | None:
    if picture is not None and picture.dtype != np.uint8:
        raise TypeError(f"A picture of {picture.dtype} instead of bytes")
    return None if picture is None else parcel.add(picture.tobytes())


def laid_flat(parcel: Parcel, codes: Array, flat: Flat, has_prior: bool) -> Header:
    """Where the codes lie on a flat piece of their space, and how it lies there."""
    points = (codes - flat.centre) @ flat.axes.T
    corners = np.zeros((0, 2))
    if has_prior:
        prior = -flat.axes @ flat.centre
        corners = np.stack([prior - RINGS, prior + RINGS])
    return {
        "names": flat.names,
        "note": flat.note,
        "rings": has_prior,
        "centre": rounded(flat.centre),
        "axes": [rounded(axis) for axis in flat.axes],
        **placed(parcel, points, corners),
    }


def placed(parcel: Parcel, points: Array, corners: Array) -> Header:
    """Two bytes for each number of a point, finer than a screen; and the square that is seen first, with `corners`."""
    axes = [np.ascontiguousarray(axis) for axis in points.T]  # an axis after the other: that is several times as fast
    low, high = np.array([(axis.min(), axis.max()) if len(points) else (0.0, 0.0) for axis in axes]).T
    wide = span(low, high)
    return {
        "count": len(points),
        "low": low.tolist(),
        "step": (wide / STEPS).tolist(),
        "points": [parcel.add(in_steps(*each).tobytes()) for each in zip(axes, low, wide)],
        "view": _view(points, corners),
    }


def coded(parcel: Parcel, codes: Array) -> Header:
    """Two bytes for each number of a code."""
    known = codes.astype(np.float64)
    low, high = (known.min(axis=0), known.max(axis=0)) if len(known) else (np.zeros(known.shape[1]),) * 2
    wide = span(low, high)
    return {
        "low": low.tolist(),
        "step": (wide / STEPS).tolist(),
        "codes": parcel.add(in_steps(known, low, wide).tobytes()),
    }


def _view(points: Array, corners: Array) -> list[float | None]:
    """Centre and half a side of the square that holds those corners and nearly all points."""
    most = np.quantile(some(points), QUANTILES, axis=0) if len(points) else np.zeros((1, 2))
    corners = np.concatenate([most, corners])
    low, high = corners.min(axis=0), corners.max(axis=0)
    least = 1e-4 * float(np.abs((low, high)).max())  # what is told of the middle is rounded, and must not miss them
    half = max(float((high - low).max()) / 2, least) or 1.0
    return rounded([*((low + high) / 2), half * MARGIN])


def numbered(parcel: Parcel, images: Array) -> Header:
    """Which image each point is; nothing is said of points that are numbered as their images are."""
    if np.array_equal(images, np.arange(len(images))):
        return {}
    return {"images": parcel.add(images.astype("<u4").tobytes())}


def coloured(parcel: Parcel, codes: Array, labels: Array | None, classes: Sequence[str], wide: bool = False) -> Header:
    """The class of each point in one byte, or two where there are many; the largest number stands for none."""
    if labels is None or not len(labels):
        return {"classes": [], "counts": [], "wide": wide, "colors": palette.COLOURS, "grey": palette.GREY}
    number = max(len(classes), int(labels.max()) + 1)
    wide = wide or number > 255
    none = 65535 if wide else 255
    small = np.where((labels >= 0) & (labels < none), labels, none).astype("<u2" if wide else "u1")
    names = [*classes, *(str(label) for label in range(len(classes), number))]
    known = labels >= 0
    counts = np.bincount(labels[known], minlength=number)
    return {
        "colors": palette.classes((counts > 0).tolist()),
        "grey": palette.GREY,
        "wide": wide,
        "classes": names,
        "counts": counts.tolist(),
        "kinds": parcel.add(small.tobytes()),
        "means": parcel.add(_means(codes, labels, known, counts).tobytes()),
    }


def _means(codes: Array, labels: Array, known: Array, counts: Array) -> Array:
    """The mean code of each class that is there."""
    which, kinds = marked(known), np.flatnonzero(counts)
    sums = [np.bincount(labels[which], column, len(counts))[kinds] for column in codes[which].T]
    return (np.stack(sums, axis=1) / counts[kinds, None]).astype("<f4")


def ranges(codes: Array, has_prior: bool) -> Header:
    """What each slider covers, how far one key press goes, and where Home is."""
    size = codes.shape[1]
    low, high = np.quantile(some(codes), RANGE, axis=0) if len(codes) else (np.zeros(size), np.zeros(size))
    if has_prior:
        low, high = np.minimum(low, -MOST_PRIOR), np.maximum(high, MOST_PRIOR)
    narrow = high - low < NARROWEST
    low, high = np.where(narrow, low - 1, low), np.where(narrow, high + 1, high)
    home = codes.mean(axis=0) if len(codes) and not has_prior else np.zeros(size)
    return {"ranges": [rounded(pair) for pair in zip(low, high)], "home": rounded(home)}


def some(values: Array) -> Array:
    """Every so many of the values: enough of them to tell quantiles."""
    return values[:: -(-len(values) // MOST_RANKED) or 1]


def finite(codes: Array) -> Array:
    return np.logical_and.reduce(np.isfinite(codes).T)


def marked(rows: Array) -> Marked:
    """The marked rows as an index that copies nothing where all are marked."""
    return slice(None) if rows.all() else rows
