"""What each layer is worth in a trained network: a picture along the path of layers, and what it says in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from html import escape

import streamlit as st

from ui import losses, owner
from ui.components import drawn
from ui.errors import plain
from ui.judge import measures, working
from vae_core.design import naming
from vae_core.look import drawing, worth
from vae_core.look.comparison import MATTERS
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

LABEL = "Weigh the layers"
ABOUT = "It takes one to four minutes, once."
HOW = (
    "A straight map adds up what comes in, each number with a weight of its own, and does no more. The best one is "
    "found by least squares, on training images: what goes into the layer, and what leaves it after its activation "
    "and norm. It has the kernel and the stride of the layer. All else stays as it was trained, so a layer that "
    "others rely on is worth much. What a straight last layer draws is clipped to grey between 0.001 and 0.999."
)
HEAD = "<tr><th>layer</th><th>loss rises by</th><th></th></tr>"


def show(run: Run) -> None:
    losses.ask_of_images(run.config().image)
    task = working.known(run, worth.KIND, worth.SPEC)
    if task is None:
        st.caption(ABOUT)
    if working.done(task, LABEL, partial(worth.begin, run, owner.current())) and task:
        _found(task)


def _found(task: Task) -> None:
    config, result = task.run.config(), task.result()
    per = losses.of_images(config.image)
    unit, found = naming.unit(config, per), worth.read(task).scaled(naming.scale(config.image, per))
    first, *others = found.sentences(unit)
    st.markdown(f"**{plain(first)}**")
    drawn.show(f"worth-{task.id}", drawing.svg(found.spans(unit)))
    st.caption(
        f"From the image at the top to its picture at the bottom. Grey: less than {MATTERS:.0%} of the loss, which "
        f"does not matter. On {result['images']:,} test images; all intervals together hold with 95 %.",
        help=HOW,
    )
    for sentence in others:
        st.markdown(plain(sentence))
    with st.expander("All numbers"):
        measures.table(HEAD, _rows(found))


def _rows(found: worth.Found) -> Iterator[str]:
    for each in found.layers:
        apart = each.apart
        value = f"{apart.value:.4g} <small>({apart.low:.4g} to {apart.high:.4g})</small>" if apart else ""
        told = escape(each.reason)
        value = "0" if each.is_straight else value
        yield f'<tr><td title="{escape(each.text)}">{escape(each.name)}</td><td>{value}</td><td>{told}</td></tr>'
