"""Odd images against usual ones: how well each score ranks them, and what comes of calling a share of them odd."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from ui import cached, owner, palette, pixels
from ui.errors import plain
from ui.explore.view import class_name
from ui.judge import measures, working
from vae_core.errors import LoupeError
from vae_core.look import separation
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

SHOWN = 24  # ranked images
FOUND, FALSE = palette.COLOURS[0], palette.COLOURS[2]  # the frames of odd images and of usual ones
AUROC = (
    "How often an odd image ranks before a usual one, for any such pair. 1 is always, 0.5 is chance. Higher is better."
)
PRECISION = "The share of odd images among those ranked first, over all places to stop at. Higher is better."
SHARE = "How many of the test images are called odd: those that look oddest. Drag it."


def show(run: Run) -> None:
    config = run.config()
    classes = cached.data_summary(config.dataset).classes
    if len(classes) < 2:
        st.info("Its images have fewer than two classes, so nobody can say which of them are odd.")
        return
    left_out = separation.left_out(config, classes)
    if left_out:
        st.caption(plain(f"It was not trained on {', '.join(left_out)}."))
    key = f"odd-{run.id}"
    st.session_state.setdefault(key, list(left_out))
    chosen = st.multiselect("Classes that are odd", classes, key=key, placeholder="Choose one or more",
                            help="Their images are to be found; all others are usual.")  # fmt: skip
    if not chosen or len(chosen) == len(classes):
        st.info("Choose at least one class, and leave at least one.")
        return
    if not left_out:
        st.caption("It was trained on these classes as well. A fair test leaves them out of the training.")
    task = working.known(run, separation.KIND, separation.spec(chosen))
    begin = partial(separation.begin, run, chosen, owner.current())
    if working.done(task, "Rank the images", begin) and task:
        st.fragment(_found)(task.id, classes)


def _found(task_id: str, classes: tuple[str, ...]) -> None:
    """A fragment of its own: dragging the share runs only this."""
    task = Task(task_id, cached.settings())
    try:
        found, arrays = task.result(), cached.arrays(task)
    except (LoupeError, OSError):
        st.warning("This run is no longer there: its folder was removed.")
        return
    st.html(f'{measures.STYLE}<div style="overflow-x:auto"><table class="loupe-measures">{_table(found)}</table></div>')
    st.caption(f"{found['odd_images']:,} odd images among {found['images']:,}, held against {found['known']:,} "
               "training images. In brackets: 95 % intervals.")  # fmt: skip
    st.subheader("Where to draw the line", anchor=False)
    names = [f"{row['method']}: {row['score']}" for row in found["rows"]]
    left, right = st.columns(2, gap="medium")
    with left:
        ours = next((place for place, row in enumerate(found["rows"]) if row["method"] == separation.MODEL), 0)
        name = st.selectbox("Score", names, ours, key=f"score-{task_id}", help="By what the images are ranked.")
    with right:
        usual = 100 * found["odd_images"] / found["images"]
        share = st.slider("Share called odd, %", 0.1, 99.9, round(usual, 1), 0.1, key=f"share-{task_id}", help=SHARE)
    scores = arrays["scores"][names.index(str(name))]
    _confusion(separation.confusion(scores, arrays["odd"], share / 100))
    _ranked(task.run, scores, arrays["odd"], classes)


def _table(found: dict[str, Any]) -> str:
    head = (f"<tr><th>method</th><th>score</th><th title='{AUROC}'>AUROC</th>"
            f"<th title='{PRECISION}'>average precision</th></tr>")  # fmt: skip
    return head + "".join(_rows(found))


def _rows(found: dict[str, Any]) -> Iterator[str]:
    for row in found["rows"]:
        yield (f"<tr><td title='{escape(row['meaning'])}'>{escape(row['method'])}</td><td>{escape(row['score'])}</td>"
               f"<td>{_interval(row['auroc'], row['auroc_interval'])}</td>"
               f"<td>{_interval(row['precision'], row['precision_interval'])}</td></tr>")  # fmt: skip


def _interval(value: float, interval: tuple[float, float]) -> str:
    return f"{value:.3f} <small>({interval[0]:.3f} to {interval[1]:.3f})</small>"


def _confusion(found: separation.Confusion) -> None:
    counts = {
        "Odd, found": (f"{found.found:,}", "Odd images that are called odd. Higher is better."),
        "Odd, missed": (f"{found.missed:,}", "Odd images that are not called odd. Lower is better."),
        "False alarms": (f"{found.false:,}", "Usual images that are called odd. Lower is better."),
        "Usual, left alone": (f"{found.right:,}", "Usual images that are not called odd. Higher is better."),
        "Balanced accuracy": (f"{found.balanced_accuracy:.1%}", "Mean of the shares of odd and of usual images that "
                              "are judged rightly; 50 % is chance. Higher is better."),
        "Accuracy": (f"{found.accuracy:.1%}", "Share of all images that are judged rightly. Where odd ones are rare, "
                     "never finding one looks good here. Higher is better."),
    }  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        for label, (value, text) in counts.items():
            st.metric(label, value, help=text, width=150)
    st.caption(f"Called odd from a score of {found.threshold:.4g} on.")


def _ranked(run: Run, scores: np.ndarray, odd: np.ndarray, classes: tuple[str, ...]) -> None:
    try:
        images = cached.test_images(run.config().dataset)[0]
        labels = cached.codes(run).get("labels")
    except LoupeError:
        return
    if len(images) != len(scores):
        st.caption("The data set has changed since, so its images are not shown.")
        return
    first = np.argsort(-scores, kind="stable")[:SHOWN]
    st.caption(f"The {len(first)} that look oddest, the oddest first. Blue frame: odd; red frame: a false alarm.")
    cells = (_cell(images[place], "" if labels is None else class_name(classes, int(labels[place])), bool(odd[place]),
                   float(scores[place])) for place in first)  # fmt: skip
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:8px">{"".join(cells)}</div>')


def _cell(image: np.ndarray, label: str, is_odd: bool, score: float) -> str:
    picture = pixels.uri(pixels.sheet_bytes(image[None]))
    told = escape(f"{label}, {'odd' if is_odd else 'usual'}, score {score:.4g}".removeprefix(", "))
    return (f'<figure style="margin:0;width:64px" title="{told}"><img src="{picture}" alt="{told}" style="width:100%;'
            f"image-rendering:pixelated;border:3px solid {FOUND if is_odd else FALSE};border-radius:4px\">"
            f'<figcaption style="font-size:0.75rem;opacity:0.75;overflow:hidden;text-overflow:ellipsis">'
            f"{escape(label)}</figcaption></figure>")  # fmt: skip
