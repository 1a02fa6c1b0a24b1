"""Maps of two epochs laid over each other: turned and mirrored, never scaled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae_core.look import align
from vae_core.look import codes as look

CLOUD = np.random.default_rng(0).normal(size=(200, 2)) * [3, 1] + [1, 0.5]


def turned_by(degrees: float, mirrored: bool) -> np.ndarray:
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return rotation @ np.diag([1, -1]) if mirrored else rotation


@given(st.floats(-180, 180), st.booleans(), st.floats(0.2, 5))
def test_a_turn_and_a_mirroring_are_undone_and_a_scale_is_not(degrees, mirrored, scale):
    moved = scale * CLOUD @ turned_by(degrees, mirrored)
    turn = align.turn(CLOUD, moved)
    assert turn @ turn.T == pytest.approx(np.eye(2), abs=1e-9)
    assert moved @ turn == pytest.approx(scale * CLOUD, abs=1e-6)


@pytest.mark.parametrize("lost", [np.zeros((5, 2)), np.full((5, 2), np.nan)])
def test_codes_that_say_nothing_are_left_as_they_are(lost):
    assert (align.turn(lost, lost) == np.eye(2)).all()


def test_a_code_of_two_numbers_is_its_own_map():
    codes = np.float32(CLOUD)
    plane = look.plane(codes, has_prior=False)
    assert align.on_plane(codes, plane) == pytest.approx(codes, abs=1e-6)
    centre, right, up = align.grid_square(plane)
    assert right[1] == up[0] == 0
    inside = (np.abs(codes - centre) <= [right[0], up[1]]).all(axis=1).mean()
    assert 0.95 < inside < 1  # the grid covers 1 to 99 % along each axis


def test_a_larger_code_keeps_its_distances_on_the_plane():
    codes = np.float32(np.random.default_rng(1).normal(size=(300, 5)) * [0.1, 4, 0.1, 2, 0.1])
    points = align.on_plane(codes, look.plane(codes, has_prior=True))
    assert points.std(axis=0) == pytest.approx([4, 2], rel=0.1)


def test_a_code_of_one_number_lies_on_a_line():
    codes = np.float32(CLOUD[:, :1])
    points = align.on_plane(codes, look.plane(codes, has_prior=True))
    assert points[:, 0] == pytest.approx(codes[:, 0], abs=1e-6)
    assert (points[:, 1] == 0).all()
