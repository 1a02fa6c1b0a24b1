"""Generated shapes: fast, reproducible, smooth at the edge, and what their factors say."""

import numpy as np
import pytest
from support import calls

from vae_core.data import shapes


def factors(**given):
    values = {"shape": [0], "scale": [0.8], "turn": [0.0], "x": [0.5], "y": [0.5], **given}
    count = max(map(len, values.values()))
    return {name: np.resize(np.asarray(value), count) for name, value in values.items()}


def test_20000_images_are_drawn_many_at_once():
    found = []
    made = calls(lambda: found.append(shapes.generate(20_000)))
    pixels, _ = found[0]
    assert pixels.shape == (20_000, 32, 32, 1) and pixels.dtype == np.uint8
    assert made.total() < 10_000, made.most_common(5)


def test_the_seed_decides_everything():
    one, other = shapes.generate(50, seed=3), shapes.generate(50, seed=4)
    assert np.array_equal(one[0], shapes.generate(50, seed=3)[0])
    assert not np.array_equal(one[0], other[0])


def test_factors_draw_the_same_pictures_again():
    pixels, drawn = shapes.generate(100, seed=1)
    assert list(drawn) == ["shape", "scale", "turn", "x", "y"]
    assert np.array_equal(shapes.draw(drawn), pixels)


@pytest.mark.parametrize("kind", range(3))
def test_the_whole_shape_is_inside_and_its_area_follows_the_scale(kind):
    pixels, drawn = shapes.generate(3000, seed=2)
    own = drawn["shape"] == kind
    area = pixels[own].reshape(own.sum(), -1).sum(axis=1) / 255 / drawn["scale"][own] ** 2
    assert area.std() / area.mean() < 0.03  # a shape cut off by the border would have lost area


def test_edges_are_smooth():
    pixels, _ = shapes.generate(300)
    between = ((pixels > 0) & (pixels < 255)).sum() / (pixels > 0).sum()
    assert 0.1 < between < 0.6


def test_place_moves_the_centre():
    pixels = shapes.draw(factors(x=[0.0, 1.0, 0.5, 0.5], y=[0.5, 0.5, 0.0, 1.0]))[..., 0].astype(float)
    weight = pixels.sum(axis=(1, 2))
    across = (pixels.sum(axis=1) * np.arange(32)).sum(axis=1) / weight
    down = (pixels.sum(axis=2) * np.arange(32)).sum(axis=1) / weight
    assert across == pytest.approx([7.5, 23.5, 15.5, 15.5], abs=0.1)
    assert down == pytest.approx([15.5, 15.5, 7.5, 23.5], abs=0.1)


def test_a_quarter_turn_is_anticlockwise():
    upright, turned = shapes.draw(factors(shape=[2], turn=[0.0, np.pi / 2]))[..., 0].astype(int)
    assert np.abs(np.rot90(upright) - turned).max() <= 1
    assert upright[:16].sum() > upright[16:].sum()  # the heart's lobes are up


def test_shapes_differ():
    square, ellipse, heart = shapes.draw(factors(shape=[0, 1, 2])).astype(int)
    assert min(np.abs(square - ellipse).mean(), np.abs(square - heart).mean(), np.abs(ellipse - heart).mean()) > 1
