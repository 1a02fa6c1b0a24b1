"""The plane: what is packed for it, and what is believed of what it tells."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from support import parcel

from ui.components import bundles
from ui.components.plane import payload, told
from ui.components.plane.payload import Cloud, Model
from ui.components.plane.told import Asked

MOST_BYTES = 41_000  # of the component as it is sent
MODEL, PLAIN = (Model("r", (8, 8, 1), has_prior) for has_prior in (True, False))
Header = dict[str, Any]


def part(body: bytes, place: list[int]) -> bytes:
    return body[place[0] : sum(place)]


def packed_points(header: Header, body: bytes) -> np.ndarray:
    steps = [np.frombuffer(part(body, place), "<u2") for place in header["points"]]
    return np.array(header["low"]) + np.stack(steps, axis=1) * header["step"]


# What is packed.


def test_the_component_is_small_enough_to_be_sent_with_every_page():
    assert len(bundles.shipped("plane").encode()) <= MOST_BYTES


@pytest.mark.parametrize(
    ("size", "first", "second", "names"),
    [
        (1, 0, 1, ("z1", "")),
        (2, 0, 1, ("z1", "z2")),
        (2, 1, 0, ("z2", "z1")),
        (7, 4, 2, ("z5", "z3")),
    ],
)
def test_two_numbers_of_a_code_are_told_by_their_place_and_the_others_counted(size, first, second, names):
    flat = payload.dimensions(np.ones((4, size), np.float32), first, second)
    assert flat.names == names
    assert flat.note.startswith("The other 5 numbers stand still") if size > 2 else flat.note == ""


def test_images_of_classes_that_were_not_trained_on_are_left_out_and_counted():
    """And the classes that are there have a colour each, though there are more classes than colours."""
    codes, labels = np.ones((72, 2), np.float32), np.arange(72) % 36
    trained = np.isin(labels, [4, 14, 24, 34])
    names = [str(number) for number in range(36)]
    header, _ = parcel(payload.data("k", MODEL, Cloud(codes, labels, names, trained)))
    assert (header["count"], header["left"], header["strange"]) == (8, 0, 64)
    assert len({header["colors"][kind] for kind in (4, 14, 24, 34)}) == 4
    assert [kind for kind, count in enumerate(header["counts"]) if count] == [4, 14, 24, 34]


def test_codes_that_are_no_numbers_are_left_out_and_counted():
    codes = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
    codes[[3, 7, 8]] = np.nan
    header, _ = parcel(payload.data("k", MODEL, Cloud(codes)))
    assert (header["total"], header["count"], header["left"]) == (20, 17, 3)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_points_lie_where_the_axes_put_them(size):
    codes = np.random.default_rng(0).normal(size=(300, size)).astype(np.float32) * 3
    flat = payload.principal(codes)
    header, body = parcel(payload.data("k", MODEL, Cloud(codes), flat))
    expected = (codes - flat.centre) @ flat.axes.T
    assert packed_points(header, body) == pytest.approx(expected, abs=1e-3)
    assert sum(len(part(body, place)) for place in header["points"]) == 4 * 300
    assert len(header["home"]) == len(header["ranges"]) == size
    if size == 5:
        assert flat.axes @ flat.axes.T == pytest.approx(np.eye(2), abs=1e-6)


def test_codes_that_are_not_numbers_are_left_out_and_the_others_keep_their_names():
    codes = np.float32([[np.nan, 0], [1, 2], [3, np.inf], [4, 5]])
    header, body = parcel(payload.data("k", PLAIN, Cloud(codes, np.array([0, 1, 2, 1]))))
    assert (header["total"], header["count"], header["counts"]) == (4, 2, [0, 2])
    assert np.frombuffer(part(body, header["images"]), "<u4").tolist() == [1, 3]
    assert packed_points(header, body) == pytest.approx(codes[[1, 3]], abs=1e-3)


@pytest.mark.parametrize(("classes", "width", "none"), [(200, 1, 255), (300, 2, 65535)])
def test_a_class_takes_one_byte_and_two_where_there_are_many(classes, width, none):
    labels = np.arange(400) % classes
    labels[0] = -1
    codes = np.ones((400, 2), np.float32)
    names = [str(number) for number in range(classes)]
    header, body = parcel(payload.data("k", MODEL, Cloud(codes, labels, names)))
    kinds = np.frombuffer(part(body, header["kinds"]), f"<u{width}")
    assert kinds.tolist() == [none, *labels[1:].tolist()]


@pytest.mark.parametrize("count", [0, 1])
def test_hardly_any_codes_are_packed_too(count):
    header, _ = parcel(payload.data("k", PLAIN, Cloud(np.zeros((count, 3), np.float32))))
    assert header["count"] == count and header["view"][2] > 0


def test_an_answer_carries_pictures_and_numbers():
    original = np.arange(64, dtype=np.uint8).reshape(8, 8, 1)
    fact = payload.Fact(7, original, np.array([1.0, 2.0]), None, float("nan"))
    header, body = parcel(payload.answer("k", Asked(3, (7,), None), [fact]))
    assert (header["plane"], header["seq"], header["picture"]) == ("k", 3, None)
    assert header["facts"][0]["loss"] is None
    assert part(body, header["facts"][0]["original"]) == original.tobytes()


# What is believed.


@pytest.mark.parametrize("wrong", [None, 3, "x", [None], ["1"], [float("nan")], {"a": 1}, []])
def test_what_a_browser_should_not_have_told_is_as_if_it_had_not(wrong):
    state = told.read(dict.fromkeys(told.NAMES, wrong))
    assert state == told.State()


def test_what_a_browser_tells_is_read():
    bits = base64.b64encode(np.packbits([0, 1, 0, 0, 0, 0, 0, 0, 0, 1], bitorder="little").tobytes()).decode()
    question = {"seq": 4, "images": [1, -1, "2", 9], "code": [0, 1.5]}
    state = told.read({"at": [1, 2.5], "chosen": bits, "pinned": [3, 4, 5], "marks": [[1], "x"], "ask": question})
    assert state == told.State((1.0, 2.5), (1, 9), (3, 4), ((1.0,),), Asked(4, (1, 9), (0.0, 1.5)))
