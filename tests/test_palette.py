"""Colours: told apart by everybody, seen on every ground, and each run keeps its own."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from ui import palette

# The transformations of Machado, Oliveira and Fernandes (2009) at full strength, on linear RGB.
VISION = {
    "usual": np.eye(3),
    "without red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "without green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "without blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.parametrize("vision", VISION)
def test_ten_colours_are_told_apart_by_everybody(vision):
    seen = [_lab(np.asarray(VISION[vision]) @ _linear(colour)) for colour in palette.COLOURS]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 12  # 2.3 is just noticeable


@pytest.mark.parametrize("ground", ["#FFFFFF", "#0E1117"])
def test_every_colour_stands_out_from_the_page(ground):
    def light(colour: str) -> float:
        return float(np.dot([0.2126, 0.7152, 0.0722], _linear(colour))) + 0.05

    ratios = [light(colour) / light(ground) for colour in palette.COLOURS]
    assert min(max(ratio, 1 / ratio) for ratio in ratios) > 1.9


def _linear(colour: str) -> Any:
    value = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _lab(linear: Any) -> Any:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(linear, 0, 1) / [0.9505, 1, 1.089]
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


RUNS = [f"digits-vae-2-{number:04x}" for number in range(0, 4000, 37)]


def test_a_run_that_comes_or_goes_changes_no_other_s_colour():
    assert palette.run(RUNS[0]) == palette.runs([RUNS[0], *RUNS[1:3]])[RUNS[0]]
    own = {run: palette.run(run) for run in RUNS}
    assert {run: palette.run(run) for run in reversed(RUNS[1:])} == {run: own[run] for run in RUNS[1:]}
    assert set(own.values()) == set(palette.COLOURS)  # each is of use


def test_runs_on_one_chart_differ_and_whoever_joins_changes_none_of_them():
    for first in range(0, len(RUNS) - 4):
        four = RUNS[first : first + 4]
        shown = palette.runs(four)
        assert len(set(shown.values())) == 4
        assert palette.runs(four[:3]) == {run: shown[run] for run in four[:3]}


def test_a_colour_is_the_same_in_every_process():
    assert palette.run("digits-vae-2-0000") == "#A586CE"


def test_of_many_classes_those_that_are_shown_have_colours_of_their_own():
    shown = [number in (3, 8, 10, 11, 12, 14, 24, 28) for number in range(36)]
    own = [colour for colour, is_shown in zip(palette.classes(shown), shown, strict=True) if is_shown]
    assert own == list(palette.COLOURS[:8])
    assert palette.classes([False] * 4) == list(palette.COLOURS[:4]), "few classes keep theirs whatever is shown"
