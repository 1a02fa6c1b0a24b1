"""Snapshots of a run as parts of a parcel for the browser."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ui.components.parcel import Parcel, in_steps, rounded, span
from vae_core.look import align, pictures

MOST_EPOCHS = 256  # that the slider stops at; of longer runs, every second, fourth ... epoch
MOST_BYTES = 1_500_000  # of snapshots in one answer
NOWHERE = 65535  # stands for a point that is nowhere; the others have one step less
Arrays = Mapping[str, np.ndarray[Any, Any]]


def stops(epochs: Sequence[int], most: int = MOST_EPOCHS) -> list[int]:
    """The epochs that the slider stops at: all, or evenly spaced ones and the newest. More epochs move few of them."""
    stride = 1
    while len(epochs) / stride > most:
        stride *= 2
    return [epoch for place, epoch in enumerate(epochs) if place % stride == 0 or place == len(epochs) - 1]


def frame(parcel: Parcel, epoch: int, snapshot: Arrays, previous: tuple[int, Arrays] | None) -> dict[str, Any]:
    """One epoch: its codes on the plane, how they are turned to lie over the previous epoch's, and its pictures."""
    points = align.on_plane(snapshot["code"], snapshot["plane"])
    known = np.logical_and.reduce(np.isfinite(points).T)
    low, high = (points[known].min(axis=0), points[known].max(axis=0)) if known.any() else np.zeros((2, 2), np.float32)
    small = _places(points, known, low, high)
    return {
        "epoch": epoch,
        "previous": previous[0] if previous else None,
        "turn": rounded(_turn(points, previous[1]).reshape(-1) if previous else [1, 0, 0, 1]),
        "written": zlib.crc32(small),
        "square": [rounded(row) for row in align.grid_square(snapshot["plane"])],
        "low": low.tolist(),
        "high": high.tolist(),
        "points": parcel.add(small),
        "grid": parcel.add(_png(pictures.sheet(snapshot["grid"], gap=0))),
        "pictures": parcel.add(strip(snapshot["reconstruction"])),
    }


def _turn(points: np.ndarray[Any, Any], previous: Arrays) -> np.ndarray[Any, Any]:
    before = align.on_plane(previous["code"], previous["plane"])
    both = np.isfinite(before).all(axis=1) & np.isfinite(points).all(axis=1)
    return align.turn(before[both], points[both])


def strip(images: np.ndarray[Any, Any]) -> bytes:
    """Images in one row."""
    return _png(pictures.sheet(images, columns=len(images), gap=0))


def _png(picture: np.ndarray[Any, Any]) -> bytes:
    """Packed quickly rather than well: many are made while somebody waits, and the browser is mostly near."""
    return pictures.encoded(picture, format="PNG", compress_level=1)


def _places(
    points: np.ndarray[Any, Any], known: np.ndarray[Any, Any], low: np.ndarray[Any, Any], high: np.ndarray[Any, Any]
) -> bytes:
    places = in_steps(np.where(known[:, None], points, low), low, span(low, high), NOWHERE - 1)
    return np.where(known[:, None], places, NOWHERE).astype("<u2").tobytes()
