"""Maps of projections: what is packed for them."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support import parcel

from ui.components import bundles
from ui.components.plane.payload import Model
from ui.components.projection import payload
from ui.components.projection.payload import Column, Points, Settings, Spots

Header = dict[str, Any]


def opened(data: bytes) -> tuple[Header, Callable[[list[int], str], np.ndarray]]:
    header, body = parcel(data)
    return header, lambda place, kind: np.frombuffer(body[place[0] : sum(place)], kind)


# What is packed.


def some(count: int = 50, size: int = 5, **more: Any) -> Points:
    codes = np.random.default_rng(0).normal(size=(count, size)).astype(np.float32)
    return Points(np.arange(count), codes, count, count, **more)


def packed(points: Points, places: np.ndarray) -> tuple[Header, Callable[[list[int], str], np.ndarray]]:
    return opened(payload.data("k", "t", points, Spots(places), Settings(Model("r", (8, 8, 1), False), "g")))


def test_a_map_carries_the_codes_of_its_points():
    points = some()
    header, part = packed(points, points.codes[:, :2])
    near = header["near"]
    codes = np.array(near["low"]) + part(near["codes"], "<u2").reshape(-1, 5) * near["step"]
    assert near["every"] == 1 and codes == pytest.approx(points.codes, abs=1e-3)


def test_very_many_codes_are_thinned(monkeypatch):
    monkeypatch.setattr(payload, "MOST_NUMBERS", 100)
    header, part = packed(some(), np.zeros((50, 2)))
    assert header["near"]["every"] == 3 and len(part(header["near"]["codes"], "<u2")) == 17 * 5


def test_points_that_are_numbered_as_their_images_are_need_no_numbers():
    header, _ = packed(some(), np.zeros((50, 2)))
    assert "images" not in header


def test_points_without_a_place_are_left_out_and_the_others_keep_their_numbers():
    points = some(
        4, columns=[Column("loss", np.array([1.0, 2.0, np.nan, 4.0])), Column("shop", np.array(["b", "a", "a", ""]))]
    )
    places = np.array([[0, 0], [np.nan, 1], [2, 2], [3, np.inf]])
    header, part = packed(points, places)
    assert (header["left"], part(header["images"], "<u4").tolist()) == (2, [0, 2])
    loss, shop = header["columns"]
    assert part(loss["part"], "<u2").tolist() == [0, payload.NONE] and loss["low"] == 1
    assert [shop["words"][kind] for kind in part(shop["part"], "<u2")] == ["b", "a"]


def test_numbers_of_a_column_come_back_to_four_digits():
    values = np.random.default_rng(0).normal(size=50) * 100
    header, part = packed(some(columns=[Column("loss", values)]), np.zeros((50, 2)))
    (loss,) = header["columns"]
    assert loss["low"] + loss["step"] * part(loss["part"], "<u2") == pytest.approx(values, abs=np.ptp(values) / 1e5)


@pytest.mark.parametrize(
    ("count", "shape", "cell"),
    [(100, (28, 28, 1), 32), (70_000, (28, 28, 1), 8), (50, (8, 8, 1), 8), (9, (96, 70, 3), 64)],
)
def test_every_thumbnail_is_in_its_cell(count, shape, cell):
    assert payload.cell_side(count, max(shape[:2])) in (cell, 16)
    if count > 1000:
        return
    images = np.zeros((count, *shape), np.uint8) + (np.arange(count) * 2).astype(np.uint8)[:, None, None, None]
    header, part = opened(payload.sheet("g", np.arange(count) + 7, images))
    sheet = np.asarray(Image.open(BytesIO(part(header["sheet"], "u1").tobytes())), int)
    ids = part(header["ids"], "<u4")
    assert ids.tolist() == (np.arange(count) + 7).tolist() and header["cell"] == cell
    for at, image in enumerate(ids - 7):
        x, y = at % header["across"] * cell, at // header["across"] * cell
        assert abs(sheet[y : y + cell, x : x + cell] - 2 * int(image)).max() <= 3


def test_the_extra_programs_are_shipped_only_where_they_are_needed():
    assert len(bundles.shipped("plane")) <= 41_000 < len(bundles.shipped("projection"))
