"""How much each model's encoder loses, on the test images for which the best codes of all of them are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial, reduce
from html import escape

import numpy as np
import streamlit as st

from ui import losses, owner, starting, strips
from ui.compare import images
from ui.compare.side import Side
from ui.errors import caught, plain
from ui.judge import best as judged
from ui.judge import measures, working
from ui.judge.best import Found
from vae_core.look import best
from vae_core.runs.store import Run

ORDER = "From the image for which the encoders lose most to the one for which they lose least"


def show(sides: list[Side]) -> None:
    losses.ask_of_images(sides[0].config.image)
    images.refuse_others([side.view for side in sides])
    if _missing(sides):
        return
    tasks = [task for side in sides if (task := best.finished(side.run))]
    found = [Found.by(task) for task in tasks]
    shared = reduce(np.intersect1d, [each.arrays["places"] for each in found])
    if not len(shared):
        st.info("There is no test image for which the best codes of all of them are known.")
        return
    _compared(sides, [each.among(shared) for each in found])


def _missing(sides: Sequence[Side]) -> bool:
    """Whether something has to be found first: the button for all of it, and how far each is."""
    known = {side.run.id: working.known(side.run, best.KIND, best.SPEC) for side in sides}
    fresh = [side.run for side in sides if known[side.run.id] is None]
    if fresh:
        st.caption(judged.QUESTION.about)
        st.button(judged.QUESTION.label, type="primary", icon=":material/play_arrow:", on_click=_begin, args=(fresh,))
    ready = []
    for side in sides:
        task = known[side.run.id]
        if task and task.state() != "done":
            st.caption(plain(side.name))
            working.done(task, judged.QUESTION.label, partial(best.begin, side.run, owner.current()))
        ready.append(task is not None and task.state() == "done")
    return not all(ready)


def _begin(runs: Sequence[Run]) -> None:
    with caught("judge"):
        for run in runs:
            starting.work(best.begin(run, owner.current()))


def _compared(sides: Sequence[Side], found: Sequence[Found]) -> None:
    labels = "".join(f'<th title="{escape(each["meaning"])}">{escape(each["label"])}</th>' for each in found[0].metrics)
    measures.table(f"<tr><th></th>{labels}<th>unit</th></tr>", map(_line, sides, found))
    judged.counted(found[0])
    chosen = judged.evenly(np.mean([each.lost * each.view.scale for each in found], axis=0))
    originals = found[0].view.originals("So the pictures of each model stand alone.")
    first = [] if originals is None else [judged.original(found[0], originals, chosen)]
    strips.show([*first, *_pictured(sides, found, chosen)])
    units = " or ".join(dict.fromkeys(each.view.unit for each in found))
    st.caption(f"{ORDER}. Below each picture its loss in {units}; lower is better.")


def _line(side: Side, found: Found) -> str:
    values = "".join(f"<td>{measures.value(each)}</td>" for each in found.metrics)
    return f"<tr><td>{escape(side.name)}</td>{values}<td>{found.view.unit}</td></tr>"


def _pictured(sides: Sequence[Side], found: Sequence[Found], chosen: np.ndarray) -> Iterator[str]:
    for side, each in zip(sides, found):
        yield from judged.pictured(each, chosen, side.name, side.colour)
