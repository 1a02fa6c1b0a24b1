"""The charts that the browser draws, of few points, equal ones and what is no number; without a page around them."""

from __future__ import annotations

from typing import Any

import pytest
from browser import beside_scripts, take

SERIES = {
    "nothing": [],
    "one": [0.3],
    "one 0": [0],
    "two": [0.3, 0.2],
    "the same": [0.3, 0.3, 0.3],
    "the same 0": [0, 0],
    "the same below 0": [-2, -2],
    "the same but for rounding": [0.3, 0.30000000000000004],
    "large and the same but for rounding": [1e20, 1e20 + 16384],
    "no number": [None, None],
    "some numbers": [0.3, None, 0, 0.2],
}


@pytest.fixture
def page(tab: Any) -> Any:
    page = tab()
    beside_scripts(page)
    take(page, "tests/charts.js")
    return page


def test_every_chart_takes_every_series(page):
    assert page.evaluate("(series) => undrawable(series)", SERIES) == []


@pytest.mark.parametrize("place", [0.0, 3.0, -4e6, 1e-12])
@pytest.mark.parametrize("points", [1, 2, 40])
def test_codes_that_are_all_the_same_are_seen_in_the_middle_of_the_map(page, place, points):
    found = page.evaluate("(points) => mapped(points)", [place, -place] * points)
    assert found["at"] == pytest.approx([150, 150], abs=1)
    assert found["written"] < 60


@pytest.mark.parametrize("points", [[], [None, None], [None, 1.0], [1.0, 2.0, None, None, 3.0, 5.0]])
def test_codes_that_are_no_numbers_leave_a_map_of_the_others(page, points):
    x, y, half = page.evaluate("(points) => mapped(points)", points)["view"]
    known = points[:2] == [1.0, 2.0]
    assert [x, y] == ([2.0, 3.5] if known else [0, 0]) and half == pytest.approx(1.68 if known else 1)
