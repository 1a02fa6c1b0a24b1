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
from vae_core.look.worth import without
from vae_core.look.worth.found import Found
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.words import duration

QUESTION = working.Question(worth.KIND, worth.SPEC, "Weigh the layers", "It takes one to four minutes, once.")
LEFT_OUT = "Leave layers out"
HOW = (
    "A straight map adds up what comes in, each number with a weight of its own, and does no more. The best one is "
    "found by least squares, on training images: what goes into the layer, and what leaves it after its activation "
    "and norm. It has the kernel and the stride of the layer. All else stays as it was trained, so a layer that "
    "others rely on is worth much. Where the last layer is asked of, both pictures are clipped to 0.001 and 0.999."
)
REFITTED = (
    "All of them take as many steps, from the trained weights, with the same images. The intervals are over test "
    "images alone: another training would end a little elsewhere."
)
HEAD = "<tr><th>layer</th><th>loss rises by</th></tr>"


def show(run: Run) -> None:
    losses.ask_of_images(run.config().image)
    if task := working.found(run, QUESTION, partial(worth.begin, run, owner.current())):
        _found(task, worth.read(task), HOW)
        _left_out(run)


def _left_out(run: Run) -> None:
    """The other question: whether the rest could do without a layer."""
    count = without.trainings(run.config().architecture())
    if not count:
        st.caption("No layer of this network can simply be left out: each changes the shape of what passes it.")
        return
    st.markdown("##### Can the rest do without it?")
    about = (
        "Each layer that keeps the shape of what passes it is left out, and the rest trains on for "
        f"{without.SECONDS:.0f} seconds. So does the whole network, twice. In all about "
        f"{duration(count * without.SECONDS)}."
    )
    question = working.Question(without.KIND, without.SPEC, LEFT_OUT, about)
    if task := working.found(run, question, partial(without.begin, run, owner.current())):
        _found(task, without.read(task), REFITTED)


def _found(task: Task, found: Found, how: str) -> None:
    config, result = task.run.config(), task.result()
    per = losses.of_images(config.image)
    unit, found = naming.unit(config, per), found.scaled(naming.scale(config.image, per))
    first, *others = found.sentences(unit)
    st.markdown(f"**{plain(first)}**")
    drawn.show(f"layers-{task.id}", drawing.svg(found.spans(unit)))
    little = "what chance makes of it" if found.chance == found.matters else f"less than {MATTERS:.0%} of the loss"
    st.caption(
        f"From the image at the top to its picture at the bottom. Grey: {little}, which does not matter. "
        f"On {result['images']:,} test images; all intervals together hold with 95 %.",
        help=how,
    )
    for sentence in others:
        st.markdown(plain(sentence))
    with st.expander("All numbers"):
        measures.table(HEAD, _rows(found))


def _rows(found: Found) -> Iterator[str]:
    for each in found.layers:
        apart = each.apart
        value = f"{apart.value:.4g} <small>({apart.low:.4g} to {apart.high:.4g})</small>" if apart else ""
        told = f"{'0. ' * each.is_straight}{escape(each.reason)}" if each.reason else value
        yield f'<tr><td title="{escape(each.text)}">{escape(each.name)}</td><td>{told}</td></tr>'
