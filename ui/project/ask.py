"""What is projected, and how: all of it is set before the work starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from ui import owner, starting, where
from ui.cached import datasets
from ui.errors import caught
from ui.project import kept
from ui.view import View
from vae_core.look import projection
from vae_core.look.projection import BOUNDS, IMAGES, METHODS, METRICS, OWN, Projection, Source
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
METRIC_HELP = "What is near in the original space: by straight lines, or by angles."
COUNT_HELP = "At most so many, evenly spaced in the file. Fewer are done sooner."
PERPLEXITY_HELP = "About how many neighbours an image feels. 5 to 50 are usual; more show larger structure."
EXAGGERATION_HELP = "How much stronger neighbours attract each other. 1 is plain t-SNE; more makes tighter clusters."
FIELDS: dict[str, tuple[str, ...]] = {"pca": (), "tsne": (*OWN["tsne"], "seed"), "umap": (*OWN["umap"], "seed")}
NUMBERS: dict[str, tuple[str, Any, str]] = {  # what each is called, its step, what it means
    "perplexity": ("Perplexity", 5.0, PERPLEXITY_HELP),
    "exaggeration": ("Exaggeration", 0.5, EXAGGERATION_HELP),
    "neighbours": ("Neighbours", 1, "How many an image is tied to. More show larger structure."),
    "min_dist": ("Least distance", 0.05, "How near images may come to each other. 0 packs tightly."),
    "seed": ("Seed", 1, "Where chance begins. The same seed gives the same map."),
}
START_HELP = "It goes on in a process of its own, even when this page is closed. What is there is shown again."


def show(view: View) -> None:
    """The form that asks for a map, behind a button. Another key shuts it when a map was asked for."""
    asked = len(kept.at_work(view.run)) + len(kept.done(view.run))
    with st.popover("Make a map", icon=":material/add:", key=f"project_ask-{view.run.id}-{asked}"):
        _form(view)


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
        method = st.segmented_control(
            "Method", list(METHODS), default="pca", required=True, key="project_method", format_func=METHODS.__getitem__
        )
        titles = {of: source.title for of, source in known.items()}
        of = _pick("Of", titles, f"project_of-{view.run.id}", 330, SOURCE_HELP)
        kinds = {name: words.capitalize() for name, words in IMAGES.items()}
        images = _pick("Images", kinds, "project_images", 170, IMAGES_HELP)
        counts = {count: f"{count:,}" if count else "All" for count in _counts(view, images)}
        _pick("How many", counts, f"project_count-{images}", 130, COUNT_HELP)
        for name in FIELDS[str(method)]:
            _field(name)
        where.choose("project")
    return known[of]


def _pick(label: str, words: Mapping[Any, str], key: str, width: int, text: str) -> Any:
    return st.selectbox(label, list(words), key=key, width=width, help=text, format_func=words.__getitem__)


def _asked(run: Run) -> Projection:
    """As it stands on the page, even where the page has not been drawn since the last choice."""
    told = st.session_state
    method, images = told["project_method"], told["project_images"]
    own = {name: told[f"project_{name}"] for name in FIELDS[method] if f"project_{name}" in told}
    count = told.get(f"project_count-{images}", ALL)
    return Projection(method=method, of=told[f"project_of-{run.id}"], images=images, count=count, **own)


def _counts(view: View, images: str) -> list[int]:
    """The numbers of images that can be chosen: all, and what is less than that."""
    data = datasets.summary(view.config.dataset) if view.images is not None else None
    tests, trains = len(view.codes), data.train if data else 0
    most = {"test": tests, "train": trains, "both": tests + trains}[images]
    return [ALL, *(count for count in COUNTS if count < most)]


def _field(name: str) -> None:
    """What the method alone has; it begins with what is usual."""
    key, usual = f"project_{name}", getattr(Projection(), name)
    if name == "metric":
        _pick("Distance", {metric: metric.capitalize() for metric in METRICS}, key, 130, METRIC_HELP)
        return
    label, step, text = NUMBERS[name]
    low, high = (type(step)(bound) for bound in BOUNDS[name])
    st.number_input(label, low, high, usual, step, key=key, width=130, help=text)


def _start(run: Run) -> None:
    begin(lambda owner: projection.begin(run, _asked(run), owner), where.chosen())


def begin(create: Callable[..., Task], place: str | None = None) -> None:
    """What is there already is shown; what was stopped or failed begins anew; asked twice, it is started once."""
    with caught("project"):
        task = create(owner=owner.current())
        kept.want(task)
        starting.work(task, place=place)
