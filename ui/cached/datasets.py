"""Data sets. The page looks at a few images of each and forgets the rest: the server stays small."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.cached import refresh_images, settings
from ui.serving import ahead
from vae_core.errors import LoupeError
from vae_core.settings import Settings

if TYPE_CHECKING:
    import numpy as np

    from vae_core.data.dataset import Dataset, Summary
    from vae_core.look.glance import View
    from vae_core.runs.forms import Strip


def names() -> tuple[str, ...]:
    from vae_core.data import catalog

    return catalog.names(settings())


def is_kept(name: str) -> bool:
    from vae_core.data import catalog

    return catalog.is_kept(name, settings())


def summary(name: str) -> Summary:
    return _summary(name, settings())


@st.cache_data(ttl=60, max_entries=64, show_spinner="Looking at the images...")
def _summary(name: str, where: Settings) -> Summary:
    from vae_core.data import catalog

    return catalog.describe(name, where)


def classes(name: str) -> tuple[str, ...]:
    """Of a data set that may be gone; the runs on it stay."""
    with suppress(LoupeError):
        return summary(name).classes
    return ()


def view(name: str, where: Settings | None = None, known: Summary | None = None) -> View:
    """Some images of a data set and how many there are of each class. The first time may take some seconds.

    `known`: what describes it by now, where it changes from look to look."""
    where = where or settings()
    return _view(name, where, known or _summary(name, where))


@st.cache_data(max_entries=16, show_spinner="Reading the images...")
def _view(name: str, where: Settings, known: Summary) -> View:
    from vae_core.look import glance

    return glance.view(loaded(name, where))


def loaded(name: str, where: Settings) -> Dataset:
    """Made by a process of its own where nobody has made it; this one then only opens it."""
    from vae_core.data import catalog

    if where == settings() and not catalog.is_kept(name, where):
        ahead.read(name)
    return catalog.load(name, where)


def test_images(name: str) -> tuple[np.ndarray[Any, Any], str]:
    """All test images, and the fingerprint of the data set. They are not copied, so nobody may change them."""
    where = settings()
    return _test_images(name, where, _summary(name, where))


@st.cache_resource(max_entries=2, show_spinner="Reading the images...")
def _test_images(name: str, where: Settings, known: Summary) -> tuple[np.ndarray[Any, Any], str]:
    data = loaded(name, where)
    return data.test.pixels, data.fingerprint


def train_images(name: str) -> np.ndarray[Any, Any]:
    """All training images. They are not copied, so nobody may change them."""
    where = settings()
    return _train_images(name, where, _summary(name, where))


@st.cache_resource(max_entries=1, show_spinner="Reading the training images...")
def _train_images(name: str, where: Settings, known: Summary) -> np.ndarray[Any, Any]:
    return loaded(name, where).train.pixels


def baselines(name: str, size: int, binary: bool = False, classes: tuple[str, ...] = ()) -> Strip:
    """Losses on the test images by simple means, for a code of this size; counted once for every data set."""
    return _baselines(name, size, binary, classes, settings())


@st.cache_data(max_entries=32, show_spinner=False)
def _baselines(name: str, size: int, binary: bool, classes: tuple[str, ...], where: Settings) -> Strip:
    from vae_core.data import splits
    from vae_core.look import baselines as strip

    return strip.strip(splits.only(loaded(name, where), classes), size, where, binary)


def refresh() -> None:
    """Look for data sets anew: for whoever has just added, fetched or removed one."""
    _summary.clear()
    _view.clear()
    _test_images.clear()
    _train_images.clear()
    _baselines.clear()
    refresh_images()
