"""The Data page's parts: choosing a data set, what is in it, noise, and taking an added one away."""

from __future__ import annotations

from contextlib import suppress
from html import escape

import streamlit as st

from ui import cached, choice, pixels
from ui.cached import datasets
from ui.errors import plain, shown
from ui.form import widgets
from vae_core.data import catalog
from vae_core.data.dataset import Summary
from vae_core.errors import LoupeError
from vae_core.look import glance

LOOK, ADD = "Look", "Add your own"
TAB, WANTED = "data_tab", "data_wanted"
ORIGINS = {
    "built in": "comes with the program",
    "download": "fetched once from the network",
    "local": "lies in the local data folder",
    "added": "added here",
}
GRID = "display:grid;grid-template-columns:max-content minmax(0,1fr) max-content;gap:0.3rem 0.8rem;align-items:center"
HIGH = "clamp(2.75rem, 50vh / {lines} - 0.3rem, 7rem)"  # of a line of images: those of few classes are larger
CLASSES_HELP = "What is known about the images. Autoencoders learn without it; it colours the map."
NAME = "max-width:8rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
NUMBERS = "font-variant-numeric:tabular-nums;opacity:0.7;text-align:right;font-size:0.875rem"


def view() -> str:
    """What the page shows; the data set that was just kept comes first."""
    wanted = st.session_state.pop(WANTED, None)
    if wanted:
        st.session_state[TAB], st.session_state["data"] = LOOK, wanted
    st.session_state.setdefault(TAB, LOOK)
    return str(st.segmented_control("View", [LOOK, ADD], required=True, key=TAB, label_visibility="collapsed"))


def open_next(name: str) -> None:
    """For the next run of the page: a widget that is drawn already cannot be changed in this one."""
    st.session_state[WANTED] = name


def train_on(name: str) -> None:
    """Set up a training of this data set next."""
    st.session_state[widgets.key("dataset")] = name
    widgets.forget_start()
    choice.turn_to("Set up")
    choice.go("pages/train.py")


def choose() -> str:
    """A field for the data set that is looked at; the address keeps what was chosen."""
    names = list(datasets.names())
    if st.session_state.get("data") not in names:
        wanted = st.query_params.get(choice.DATA)
        st.session_state["data"] = wanted if wanted in names else next(filter(_is_here, names), names[0])
    name = str(st.pills("Data set", names, required=True, key="data", label_visibility="collapsed"))
    if st.query_params.get(choice.DATA) != name:  # a page with a widget that is bound to it could not be left
        st.query_params[choice.DATA] = name
    return name


def _is_here(name: str) -> bool:
    with suppress(LoupeError):  # a damaged one is told of when it is chosen
        return datasets.summary(name).ready
    return False


def head(data: Summary) -> None:
    source = plain(data.source.rsplit("/", 1)[-1])
    with st.container(gap=None, width="content"):
        st.subheader(plain(data.title), anchor=False)
        st.caption(" · ".join(part for part in (ORIGINS[data.origin], source) if part))


def facts(data: Summary) -> None:
    height, width, channels = data.image
    own = "The same for every training." if data.validation else "Each training holds back a fifth of its images."
    with st.grid(6, min_column_width=100):
        _fact("Size", f"{width} × {height}", f"Pixels, width × height, {'grey' if channels == 1 else 'in colour'}.")
        _fact("Training", f"{data.train - data.validation:,}", "Images that models learn from.")
        _fact("Validation", f"{data.validation:,}" if data.validation else "a fifth", f"Choose the best epoch. {own}")
        _fact("Test", f"{data.test:,}", "Images that no training sees. What a model is worth is measured on them.")
        _fact("Classes", f"{len(data.classes)}" if data.classes else "none", CLASSES_HELP)


def _fact(label: str, value: str, told: str) -> None:
    st.metric(label, value, help=told, width="content")


def fetch(name: str) -> None:
    """A button that fetches a data set that is not on this machine yet."""
    st.info("It is not on this machine yet.", icon=":material/cloud_download:")
    if st.button("Fetch it", type="primary", help="Needs a network once; goes on where it broke off."):
        with shown(), progress() as tell:
            catalog.load(name, cached.settings(), tell)
            datasets.refresh()
            st.rerun()


class progress:  # noqa: N801
    """A bar, and what a loader calls to move it."""

    def __enter__(self) -> progress:
        self.bar = st.progress(0.0, "Reading...")
        return self

    def __call__(self, doing: str, done: int, total: int) -> None:
        share = min(done / total, 1.0) if total else 0.0
        self.bar.progress(share, f"{plain(doing)}, {done:,} of {total:,}" if total else plain(doing))

    def __exit__(self, *error: object) -> None:
        self.bar.empty()


def samples(view: glance.View) -> None:
    """A line a class: its name, as many of its images as there is room for, how many there are."""
    lines = view.lines
    if not lines[0].name:
        pixels.sheet(lines[0].images, "Images of the data set", columns=glance.COLUMNS)
        return
    high = HIGH.format(lines=len(lines))
    st.html(f'<div style="{GRID};--high:{high}">{"".join(_line(line) for line in lines)}</div>')
    if view.left_out:
        st.caption(f"And {view.left_out:,} more {'class' if view.left_out == 1 else 'classes'}.")


def _line(line: glance.Line) -> str:
    name, parts = escape(line.name), f"{line.train:,} train, {line.validation:,} validate, {line.test:,} test"
    image = _strip(line) if len(line.images) else "none"
    total = line.train + line.validation + line.test
    return (
        f'<span style="{NAME}" title="{name}">{name}</span><div>{image}</div>'
        f'<span style="{NUMBERS}" title="Images: {parts}">{total:,}</span>'
    )


def _strip(line: glance.Line) -> str:
    """What there is no room for is cut off at its end, between two images."""
    count, height, width, _ = line.images.shape
    source = pixels.uri(pixels.sheet_bytes(line.images, count))
    one = f"calc(var(--high) * {(width + 1) / height:.4f})"
    most = f"width:round(down, 100%, {one});max-width:calc({count} * {one})"
    cut = f"height:var(--high);{most};object-fit:cover;object-position:left"
    return f'<img src="{source}" alt="Images of {escape(line.name)}" style="{pixels.STYLE};{cut}">'


def noise(view: glance.View) -> None:
    """What a denoising model gets to see."""
    sigma = st.slider(
        "Noise",
        0.0,
        1.0,
        0.3,
        0.05,
        key="data_noise",
        width=360,
        help="Standard deviation of the noise that is added to the input, pixels being 0 to 1. A model trained with it "
        "learns to draw the clean image. Set the same number on the Train page.",
    )
    pixels.sheet(glance.noisy(view.mix, sigma), "Images, and below each the same with noise", width=900)
