"""What is projected, and how: all of it is set before the work starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from ui import cached, owner, starting
from ui.errors import caught, show_caught
from ui.project import kept
from ui.view import View
from vae_core.look import projection
from vae_core.look.projection import BOUNDS, IMAGES, METHODS, METRICS, Projection, Source
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

ALL = 0
COUNTS = (1000, 2000, 5000, 10_000, 20_000, 50_000)  # that may be asked for besides all
ABOUT = {
    "pca": "PCA turns the space so that its widest directions lie flat. It is exact, quick, and keeps distances as far "
    "as two directions can.",
    "tsne": "t-SNE lays alike images close together. It takes a while, and distances between clusters mean little.",
    "umap": "UMAP lays alike images close together and keeps a little more of the whole than t-SNE.",
}
SOURCE_HELP = "The codes, the images as they are, or what a layer of the encoder makes of them."
IMAGES_HELP = "Test images were never trained on. Training images show what the model saw."
COUNT_HELP = "At most so many, evenly spaced in the file. Fewer are done sooner."
START_HELP = "It goes on in a process of its own, even when this page is closed. What is there is shown again."


def show(view: View) -> None:
    """The form that asks for a map; where there are maps already, it is folded up."""
    drawer = st.expander(
        "Make a map", expanded=not kept.done(view.run), key=f"project_ask-{view.run.id}", on_change="rerun",
        icon=":material/add:",
    )  # fmt: skip
    if drawer.open:
        with drawer:
            _form(view)
    show_caught("project")


def _form(view: View) -> None:
    source = _choose(view)
    spec = _asked(view.run)
    st.caption(ABOUT[spec.method])
    if spec.of == "codes" and source.dimensions <= 2 and spec.method != "pca":
        st.info(
            f"These codes have {'two numbers' if source.dimensions == 2 else 'one number'}: the map of the codes "
            f"themselves, below, shows all of them. They need no {METHODS[spec.method]}.",
            icon=":material/lightbulb:",
        )
    starting.button("Start", _start, START_HELP, args=(view.run,))


def _choose(view: View) -> Source:
    known = {source.of: source for source in projection.sources(view.run)}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        method = str(st.segmented_control(
            "Method", list(METHODS), default="pca", required=True, key="project_method",
            format_func=lambda name: METHODS[name],
        ))  # fmt: skip
        of = st.selectbox(
            "Of", list(known), key=f"project_of-{view.run.id}", width=330, help=SOURCE_HELP,
            format_func=lambda name: known[name].title,
        )  # fmt: skip
        images = str(st.selectbox(
            "Images", list(IMAGES), key="project_images", width=170, help=IMAGES_HELP,
            format_func=lambda name: IMAGES[name].capitalize(),
        ))  # fmt: skip
        st.selectbox(
            "How many", _counts(view, images), key=f"project_count-{images}", width=130, help=COUNT_HELP,
            format_func=lambda count: f"{count:,}" if count else "All",
        )  # fmt: skip
        for field in FIELDS[method].values():
            field()
    return known[str(of)]


def _asked(run: Run) -> Projection:
    """As it stands on the page, even where the page has not been drawn since the last choice."""
    told = st.session_state
    method, images = told["project_method"], told["project_images"]
    own = {name: told[f"project_{name}"] for name in FIELDS[method] if f"project_{name}" in told}
    count = told.get(f"project_count-{images}", ALL)
    return Projection(method=method, of=told[f"project_of-{run.id}"], images=images, count=count, **own)


def _counts(view: View, images: str) -> list[int]:
    """The numbers of images that can be chosen: all, and what is less than that."""
    data = cached.data_summary(view.config.dataset) if view.images is not None else None
    tests, trains = len(view.codes), data.train if data else 0
    most = {"test": tests, "train": trains, "both": tests + trains}[images]
    return [ALL, *(count for count in COUNTS if count < most)]


def _number(name: str, label: str, start: float, step: float, text: str) -> Any:
    low, high = BOUNDS[name]
    whole = isinstance(step, int)
    least, most = (int(low), int(high)) if whole else (float(low), float(high))
    return st.number_input(label, least, most, start, step, key=f"project_{name}", width=130, help=text)


def _seed() -> Any:
    return _number("seed", "Seed", 0, 1, "Where chance begins. The same seed gives the same map.")


FIELDS: dict[str, dict[str, Callable[[], Any]]] = {
    "pca": {},
    "tsne": {
        "perplexity": lambda: _number(
            "perplexity", "Perplexity", 30.0, 5.0,
            "About how many neighbours an image feels. 5 to 50 are usual; more show larger structure.",
        ),
        "exaggeration": lambda: _number(
            "exaggeration", "Exaggeration", 1.0, 0.5,
            "How much stronger neighbours attract each other. 1 is plain t-SNE; more makes tighter clusters.",
        ),
        "seed": _seed,
    },
    "umap": {
        "neighbours": lambda: _number(
            "neighbours", "Neighbours", 15, 1, "How many an image is tied to. More show larger structure.",
        ),
        "min_dist": lambda: _number(
            "min_dist", "Least distance", 0.1, 0.05, "How near images may come to each other. 0 packs tightly.",
        ),
        "metric": lambda: st.selectbox(
            "Distance", METRICS, key="project_metric", width=130, format_func=str.capitalize,
            help="What is near in the original space: by straight lines, or by angles.",
        ),
        "seed": _seed,
    },
}  # fmt: skip


def _start(run: Run) -> None:
    begin(lambda owner: projection.begin(run, _asked(run), owner))


def begin(create: Callable[..., Task]) -> None:
    """What is there already is shown; what was stopped or failed begins anew; asked twice, it is started once."""
    with caught("project"):
        task = create(owner=owner.current())
        kept.want(task)
        starting.work(task)
