"""Images that are read from their file while a training goes on: the same training as of images in memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from trainings import TOLERANCE, WHOLE, losses, trial

from vae_core.data import large
from vae_core.learn import feeding
from vae_core.settings import Settings


@pytest.mark.parametrize("once", [False, True], ids=["noise anew in every step", "noise once"])
def test_a_training_from_a_file_is_the_one_from_memory(once: bool, settings: Settings, monkeypatch) -> None:
    config = replace(WHOLE, epochs=2, noise_once=once)
    in_memory = trial(settings, config)
    monkeypatch.setattr(feeding, "IN_MEMORY", 0)
    assert np.allclose(losses(trial(settings, config)), losses(in_memory), rtol=TOLERANCE)


def test_rows_of_a_file_are_those_of_the_array_and_are_let_go(monkeypatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (50, 3, 3, 1), np.uint8)
    places, let_go = np.random.default_rng(1).permutation(50)[:30], []
    monkeypatch.setattr(feeding, "IN_MEMORY", 0)
    monkeypatch.setattr(feeding, "READ", 100)
    monkeypatch.setattr(large, "let_go", let_go.append)
    rows, wanted = feeding.chosen(pixels, places), pixels[places]
    assert isinstance(rows, feeding.Rows)
    assert len(rows) == 30 and rows.shape == wanted.shape
    for which in (slice(4, 9), slice(25, 99), np.array([3, 3, 29])):
        assert np.array_equal(rows[which], wanted[which])
    assert len(let_go) == 1  # 117 bytes of images in all, 9 bytes each
    assert np.array_equal(rows[:], wanted) and len(let_go) == 2  # in the middle of it: never two hundred bytes at once
    assert np.array_equal(feeding.like(rows).shape, wanted.shape)


def test_few_images_are_copied() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 2, 2, 1)
    found = feeding.chosen(pixels, np.array([2, 0]))
    assert isinstance(found, np.ndarray) and found.flags.c_contiguous and not np.shares_memory(found, pixels)
