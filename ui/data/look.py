"""The first look at images of your own: the pictures, beside them what brings them to one size, and keeping them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import uuid4

import streamlit as st

from ui import acts, cached, pixels
from ui.cached import datasets
from ui.data import browse, told
from ui.errors import plain, shown
from vae_core.data import catalog, frames, originals
from vae_core.data.dataset import Summary
from vae_core.data.fitting import LADDER, Fitting
from vae_core.data.originals import Original
from vae_core.look import glance
from vae_core.runs import apart, files
from vae_core.settings import Settings

KEY = "data_preview"
DAY = 86_400
AUTO = "auto"  # a field without a choice is drawn as one that waits for it
SIZES = (AUTO, *LADDER, 192, 256)
FIELDS = ("size", "fit", "fill", "background", "frames")  # of a fitting, in the order in which they are asked for
SIZE_HELP = "Width and height that all images get. With twice the side a training takes four times as long."
FIT_HELP = "How images of other sizes come to this one. Proportions are never changed."
FILL_HELP = "What surrounds an image that does not fill its square."
FRAMES_HELP = "Else the first frame or page alone is taken."
CLEAR_HELP = "What transparent images are laid on: all on the same."


@dataclass(frozen=True)
class Preview:
    """Images that were not kept yet: they lie in a cache folder of their own, and can be read in other ways."""

    name: str
    where: Settings
    is_kept: bool = False  # what is looked at would be a new version of a data set that is kept

    @property
    def original(self) -> Original | None:
        return originals.find(self.name, self.where)

    @property
    def is_there(self) -> bool:
        return self.original is not None

    @property
    def is_anything_read(self) -> bool:
        return (catalog.added_folder(self.where) / self.name).is_dir()

    def is_read(self, fitting: Fitting) -> bool:
        return self.is_anything_read and self.original is not None and self.original.fitting == fitting

    def is_as_kept(self, fitting: Fitting) -> bool:
        """Whether there is nothing to read, as it is kept in this way."""
        original = originals.find(self.name, cached.settings()) if self.is_kept else None
        return original is not None and original.fitting == fitting

    def read(self, fitting: Fitting, progress: browse.progress) -> None:
        shutil.rmtree(catalog.added_folder(self.where) / self.name, ignore_errors=True)
        apart.read(self.name, self.where, fitting, progress)

    def keep(self) -> None:
        acts.adopt_data(self.name, self.where, is_kept=self.is_kept)

    def discard(self) -> None:
        shutil.rmtree(self.where.cache.parent, ignore_errors=True)
        st.session_state.pop(KEY, None)


def begin(name: str, *, is_kept: bool = False) -> Preview:
    """An empty one; whatever nobody kept for a day goes."""
    settings = cached.settings()
    previews = settings.cache / "previews"
    files.sweep(previews, "", DAY)
    return Preview(name, replace(settings, cache=previews / uuid4().hex / "cache", data=None), is_kept)


def open_(preview: Preview, original: Original, changes: Mapping[str, Any] | None = None) -> None:
    """For the next run of the page. `changes` are made to how the images were read until now."""
    before: Preview | None = st.session_state.get(KEY)
    if before:
        before.discard()
    originals.remember(preview.name, original, preview.where)
    _set(replace(original.fitting, **(changes or {})))
    st.session_state[KEY] = preview


def change(name: str, changes: Mapping[str, Any] | None = None) -> None:
    """Look at a data set that is kept in another size: its originals are read where they lie."""
    original = originals.find(name, cached.settings())
    if original is not None:
        open_(begin(name, is_kept=True), original, changes)


def opened(name: str = "") -> Preview | None:
    """What is being looked at: images that are added, or another size of the data set of this name."""
    preview: Preview | None = st.session_state.get(KEY)
    is_meant = preview and preview.is_kept == bool(name) and (not name or preview.name == name)
    return preview if preview and is_meant and preview.is_there else None


def repair(changes: Mapping[str, Any]) -> None:
    """Choose otherwise, as whoever reads the warning would."""
    for field, value in changes.items():
        st.session_state[_key(field)] = _shown(value) if field == "size" else value


def _set(fitting: Fitting) -> None:
    repair({field: getattr(fitting, field) for field in FIELDS})


def _shown(size: Any) -> Any:
    """One side of a square; both, height first, of what is none."""
    return AUTO if size is None else size[0] if size[0] == size[1] else size


def _key(field: str) -> str:
    return f"data_{field}"


def show(preview: Preview, when_read: Callable[[], None] | None = None) -> None:
    """Pictures first; everything is read anew as soon as one of the choices changes."""
    buttons = _head(preview)
    left, right = st.columns([3, 1], gap="medium")
    place = left.empty()
    with right:
        fitting = _choices(preview)
    where = cached.settings() if preview.is_as_kept(fitting) else preview.where
    if where == preview.where and not preview.is_read(fitting):
        with _watching(place) as tell:
            preview.read(fitting, tell)
    if when_read:  # before there is a button that ends this run of the page
        when_read()
    _buttons(preview, buttons, where)
    data = catalog.describe(preview.name, where)
    with right:
        _frames(data)
    with place.container():
        browse.samples(datasets.view(preview.name, where, data))
    browse.facts(data)
    told.warnings(data, repair)
    told.done(data)


def _head(preview: Preview) -> Any:
    """The place of the buttons. There is nothing to be kept before all is read."""
    st.subheader(plain(preview.name), anchor=False)
    if preview.is_kept:
        st.caption("Another version of this data set. Runs keep the images that they were trained on.")
    else:
        st.caption("Nothing is kept yet. *Train on it* keeps it, too.")
    place = st.empty()
    with place.container(horizontal=True):
        if not preview.is_kept:
            st.button("Train on it", type="primary", icon=":material/model_training:", disabled=True, key="data_unread")
        st.button("Keep it", type=_rank(preview), icon=":material/check:", disabled=True, key="data_unkept")
        st.button("Discard", icon=":material/close:", key="data_stop", on_click=preview.discard)
    return place


def _buttons(preview: Preview, place: Any, where: Settings) -> None:
    with place.container(horizontal=True):
        if not preview.is_kept and st.button(
            "Train on it", type="primary", icon=":material/model_training:", help="Keep it, and set up a training."
        ):
            _keep(preview, where, and_train=True)
        if st.button("Keep it", type=_rank(preview), icon=":material/check:"):
            _keep(preview, where)
        st.button("Discard", icon=":material/close:", on_click=preview.discard)


def _rank(preview: Preview) -> Literal["primary", "secondary"]:
    """Of the button that keeps: images that are new are there to be trained on."""
    return "primary" if preview.is_kept else "secondary"


def _choices(preview: Preview) -> Fitting:
    if preview.original and _key("size") not in st.session_state:  # forgotten while another page was looked at
        _set(preview.original.fitting)
    own = st.session_state[_key("size")]
    sizes = [*SIZES, own] if own not in SIZES else [*SIZES]  # one that is no square comes from a terminal
    size = st.selectbox("Size", sizes, key=_key("size"), format_func=_size_words, help=SIZE_HELP)
    fit, fill, background = (
        st.selectbox(label, list(words), key=_key(field), format_func=words.__getitem__, help=help_)
        for field, (label, words, help_) in CHOICES.items()
    )
    return Fitting(fit, _sides(size), fill, background, bool(st.session_state.get(_key("frames"))))


def _frames(data: Summary) -> None:
    """Asked only where there is any: what was read tells it, before and after it was wanted."""
    if any(frames.SEVERAL in note for note in data.notes):
        st.checkbox("Each frame as an image", key=_key("frames"), help=FRAMES_HELP)


def _sides(size: Any) -> tuple[int, int] | None:
    if size == AUTO:
        return None
    height, width = (size, size) if isinstance(size, int) else size
    return height, width


def _size_words(size: Any) -> str:
    sides = _sides(size)
    return f"{sides[1]} × {sides[0]}" if sides else "Automatic"


CHOICES = {
    "fit": ("Other sizes", told.FITS, FIT_HELP),
    "fill": ("Border", told.FILLS, FILL_HELP),
    "background": ("Behind transparent images", told.BACKGROUNDS, CLEAR_HELP),
}


class _watching(browse.progress):  # noqa: N801
    """Shows some of the images as soon as there are any."""

    def __init__(self, place: Any) -> None:
        self.place = place

    def shows(self, images: Any, told: str) -> None:
        with self.place.container():  # of one element: what follows takes its place
            pixels.sheet(images, told, columns=glance.COLUMNS)


def _keep(preview: Preview, where: Settings, and_train: bool = False) -> None:
    with shown():
        if where == preview.where:
            preview.keep()
            datasets.refresh()
        preview.discard()
        browse.open_next(preview.name)
        if and_train:
            browse.train_on(preview.name)
        st.rerun()
