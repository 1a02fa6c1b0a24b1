"""Odd images against usual ones: how well each score ranks them, and what comes of drawing a line.

The score is chosen, and the line set, by images that were held out of the training; the test images only report."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from ui import cached, owner, palette, pixels
from ui.cached import datasets
from ui.errors import plain
from ui.judge import measures, working
from ui.view import class_name
from vae_core.errors import LoupeError
from vae_core.look import separation
from vae_core.runs import tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

SHOWN = 24  # ranked images
FOUND, FALSE = palette.COLOURS[0], palette.COLOURS[2]  # the frames of odd images and of usual ones
AUROC = (
    "How often an odd image ranks before a usual one, for any such pair. 1 is always, 0.5 is chance. Higher is better."
)
PRECISION = "The share of odd images among those ranked first, over all places to stop at. Higher is better."
HELD = (
    "The same on images that were held out of the training and are not among the test images. By this the score was "
    "chosen, so the test images only say how good it is."
)
HEAD = (
    f"<tr><th>method</th><th>score</th><th title='{HELD}'>AUROC, held out</th><th title='{AUROC}'>AUROC, test</th>"
    f"<th title='{PRECISION}'>average precision, test</th><th>odd found</th><th>false alarms</th></tr>"
)
# What came of the line: which count, how it is written, and what it means.
COUNTS = {
    "Odd, found": ("found", ",", "Odd images that are called odd. Higher is better."),
    "Odd, missed": ("missed", ",", "Odd images that are not called odd. Lower is better."),
    "False alarms": ("false", ",", "Usual images that are called odd. Lower is better."),
    "Usual, left alone": ("right", ",", "Usual images that are not called odd. Higher is better."),
    "Balanced accuracy": (
        "balanced_accuracy",
        ".1%",
        "Mean of the shares of odd and of usual images that are judged rightly; 50 % is chance. Higher is better.",
    ),
    "Accuracy": (
        "accuracy",
        ".1%",
        "Share of all images that are judged rightly. Where odd ones are rare, never finding one looks good here. "
        "Higher is better.",
    ),
}
RATE = "Of 100 usual images, so many may be called odd by mistake"
RATE_HELP = (
    "False alarms that you accept. The line is set by usual images that were held out of the training, never by the "
    "test images. Fewer false alarms mean that more odd images are missed."
)
USUAL_RATE, MOST_RATE, STEP = 5.0, 50.0, 0.1
ANEW = "An earlier ranking chose its score by the test images, which flatters it. Rank them anew to judge it fairly."


def show(run: Run) -> None:
    classes = datasets.summary(run.config().dataset).classes
    if len(classes) < 2:
        st.info("Its images have fewer than two classes, so nobody can say which of them are odd.")
        return
    chosen = _chosen(run, classes)
    if not chosen or len(chosen) == len(classes):
        st.info("Choose at least one class, and leave at least one.")
        return
    if not separation.left_out(run.config(), classes):
        st.caption("It was trained on these classes as well. A fair test leaves them out of the training.")
    task = working.known(run, separation.KIND, separation.spec(chosen))
    if task is None and _earlier(run, chosen):
        st.caption(ANEW)
    begin = partial(separation.begin, run, chosen, owner.current())
    if working.done(task, "Rank the images", begin) and task:
        st.fragment(_found)(task.id, classes)


def _chosen(run: Run, classes: tuple[str, ...]) -> list[str]:
    """The classes that are odd: to begin with, those that the model was not trained on."""
    left_out = separation.left_out(run.config(), classes)
    if left_out:
        st.caption(plain(f"It was not trained on {', '.join(left_out)}."))
    key, told = f"odd-{run.id}", "Their images are to be found; all others are usual."
    st.session_state.setdefault(key, list(left_out))
    return st.multiselect("Classes that are odd", classes, key=key, placeholder="Choose one or more", help=told)


def _earlier(run: Run, odd: list[str]) -> bool:
    """Whether an earlier version was asked the same."""
    return any(task.spec.get("odd") == sorted(odd) for task in tasks.of(run, separation.KIND))


def _found(task_id: str, classes: tuple[str, ...]) -> None:
    """A fragment of its own: dragging the rate runs only this."""
    task = Task(task_id, cached.settings())
    try:
        found, arrays = task.result(), cached.arrays(task)
    except (LoupeError, OSError):
        st.warning("This run is no longer there: its folder was removed.")
        return
    st.caption(plain(found["told"]))
    rate = _rate(task_id, found["held"])
    scores = zip(arrays["scores"], arrays["held"], strict=True)
    lines = [(each, separation.line(held, rate / 100)) for each, held in scores]
    called = [separation.confusion(each, arrays["odd"], line) for each, line in lines]
    _confusion(called[0], rate)
    measures.table(HEAD, _rows(found, called))
    told = f"On {found['images']:,} test images, {found['odd_images']:,} of them odd, held against"
    st.caption(f"{told} {found['known']:,} training images. In brackets: 95 % intervals.")
    _ranked(task.run, arrays, called[0].threshold, classes)


def _rate(task_id: str, held: int) -> float:
    """Images called odd by mistake of 100: no fewer than so many held-out images can vouch for."""
    least = round(math.ceil(100 * separation.least(held) / STEP) * STEP, 1)
    key = f"rate-{task_id}"
    return float(st.slider(RATE, least, MOST_RATE, max(USUAL_RATE, least), STEP, key=key, help=RATE_HELP))


def _rows(found: dict[str, Any], called: Sequence[separation.Confusion]) -> Iterator[str]:
    """The chosen score comes first."""
    for place, (row, each) in enumerate(zip(found["rows"], called, strict=True)):
        held = "–" if row["held_auroc"] is None else f"{row['held_auroc']:.3f}"
        mark = " <small>chosen</small>" if place == 0 else ""
        yield (
            f"<tr><td title='{escape(row['meaning'])}'>{escape(row['method'])}</td>"
            f"<td>{escape(row['score'])}{mark}</td><td>{held}</td>"
            f"<td>{_interval(row['auroc'], row['auroc_interval'])}</td>"
            f"<td>{_interval(row['precision'], row['precision_interval'])}</td>"
            f"<td>{each.recall:.1%}</td><td>{each.false_alarms:.1%}</td></tr>"
        )


def _interval(value: float, interval: tuple[float, float]) -> str:
    return f"{value:.3f} <small>({interval[0]:.3f} to {interval[1]:.3f})</small>"


def _confusion(found: separation.Confusion, rate: float) -> None:
    with st.container(horizontal=True, gap="small"):
        for label, (name, form, told) in COUNTS.items():
            st.metric(label, format(getattr(found, name), form), help=told, width=150)
    st.caption(
        f"Called odd above a score of {found.threshold:.4g}, where {rate:.1f} in 100 usual images were allowed to be. "
        f"Of the usual test images, {100 * found.false_alarms:.1f} in 100 are."
    )


def _ranked(run: Run, arrays: Mapping[str, np.ndarray], line: float, classes: tuple[str, ...]) -> None:
    scores, places = arrays["scores"][0], arrays["places"]
    try:
        images, labels = datasets.test_images(run.data_name())[0], cached.codes(run).get("labels")
    except LoupeError:
        return
    if len(images) <= places.max():
        st.caption("The data set has changed since, so its images are not shown.")
        return
    first = np.argsort(-scores, kind="stable")[:SHOWN]
    above = int((scores[first] > line).sum())
    told = f"The {len(first)} that look oddest, the oddest first, {above} of them above the line."
    st.caption(f"{told} Blue frame: odd; red frame: usual.")
    names = ["" if labels is None else class_name(classes, int(labels[place])) for place in places[first]]
    known = zip(images[places[first]], names, arrays["odd"][first], scores[first])
    cells = (_cell(image, name, bool(odd), float(score)) for image, name, odd, score in known)
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:8px">{"".join(cells)}</div>')


def _cell(image: np.ndarray, label: str, is_odd: bool, score: float) -> str:
    picture = pixels.uri(pixels.sheet_bytes(image[None]))
    told = escape(f"{label}, {'odd' if is_odd else 'usual'}, score {score:.4g}".removeprefix(", "))
    return (
        f'<figure style="margin:0;width:64px" title="{told}"><img src="{picture}" alt="{told}" style="width:100%;'
        f'image-rendering:pixelated;border:3px solid {FOUND if is_odd else FALSE};border-radius:4px">'
        f'<figcaption style="font-size:0.75rem;opacity:0.75;overflow:hidden;text-overflow:ellipsis">'
        f"{escape(label)}</figcaption></figure>"
    )
