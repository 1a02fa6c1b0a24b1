"""What the twin walk is made of: several models under one cursor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support import parcel

from ui.components.plane.payload import Cloud, Model
from ui.components.twin import payload
from ui.components.twin.payload import Twin

COUNT = 300


def model(codes, run="one", image=(8, 8, 1)):
    return Twin(Model(run, image, True, None, "Too large."), Cloud(codes), np.ones(len(codes)), run, "#4169B0")


def read(data):
    header, body = parcel(data)
    return header, lambda place: body[place[0] :][: place[1]]


def codes(size=2, seed=0):
    return np.random.default_rng(seed).normal(size=(COUNT, size)) * np.arange(size, 0, -1)


def planes(data):
    header, part = read(data)
    return [read(part(each["plane"]))[0] for each in header["models"]]


def test_a_turned_and_mirrored_twin_lies_as_the_first_does():
    first = codes()
    angle = 2.1
    turn = np.array([[np.cos(angle), np.sin(angle)], [np.sin(angle), -np.cos(angle)]])
    one, two = planes(payload.data([model(first), model(5 * first @ turn + 3)], None))
    axes = np.array(two["axes"])
    assert axes @ axes.T == pytest.approx(np.eye(2), abs=1e-5)  # turned and mirrored, never scaled
    placed = (5 * first @ turn + 3 - two["centre"]) @ axes.T
    assert placed - placed.mean(axis=0) == pytest.approx(5 * (first - first.mean(axis=0)), abs=1e-4)
    assert one["axes"] == [[1, 0], [0, 1]]


def test_codes_of_many_numbers_lie_alike_too():
    first = codes(5)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))[0]
    one, two = planes(payload.data([model(first), model(first @ turn)], None))
    places = [(c - plane["centre"]) @ np.array(plane["axes"]).T for c, plane in ((first, one), (first @ turn, two))]
    assert places[1] == pytest.approx(places[0], abs=1e-3)


def test_images_of_classes_that_one_of_them_never_saw_are_left_out():
    trained = np.arange(COUNT) % 3 > 0
    shown = [replace(each, cloud=replace(each.cloud, trained=trained)) for each in (model(codes()), model(codes(3)))]
    data = payload.data(shown, None)
    header, _ = read(data)
    assert set(header["anchors"]) <= set(np.flatnonzero(trained)) and len(header["anchors"]) == trained.sum()
    assert [plane["count"] for plane in planes(data)] == [trained.sum()] * 2


def test_anchors_have_sound_codes_in_every_model_and_their_own_pictures():
    first, second = codes(), codes(3, seed=1)
    first[5], second[7] = np.nan, np.inf
    originals = np.arange(COUNT, dtype=np.uint16).reshape(-1, 1, 1, 1).astype(np.uint8).repeat(8, 1).repeat(8, 2)
    header, part = read(payload.data([model(first), model(second, "two")], originals))
    anchors = header["anchors"]
    assert len(anchors) == COUNT - 2 and 5 not in anchors and 7 not in anchors
    assert np.frombuffer(part(header["originals"]), np.uint8)[::64].tolist() == [image % 256 for image in anchors]
    for each, known in zip(header["models"], (first, second)):
        steps = np.frombuffer(part(each["codes"]), "<u2").reshape(-1, known.shape[1])
        ours = np.array(each["low"]) + steps * np.array(each["step"])
        assert ours == pytest.approx(known[anchors], abs=2e-4)


def test_pictures_of_anchors_stay_small():
    many = np.zeros((5000, 2))
    header, _ = read(payload.data([model(many, image=(64, 64, 3))] * 2, None))
    assert len(header["anchors"]) == payload.ANCHOR_BYTES // (64 * 64 * 3)


def test_a_code_of_one_number_is_not_turned():
    one, two = planes(payload.data([model(codes(1)), model(codes())], None))
    assert (one["axes"], two["axes"]) == ([[1], [0]], [[1, 0], [0, 1]])
