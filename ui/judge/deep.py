"""How deep should it be? One model with more and more pairs of layers: what each rung draws, and how its loss goes."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import numpy as np
import streamlit as st

from ui import cached, owner, strips
from ui.components import drawn
from ui.errors import plain, shown
from ui.judge import working
from ui.view import look
from vae_core.errors import LoupeError
from vae_core.look import drawing
from vae_core.look.comparison import MATTERS
from vae_core.look.evidence import Spans
from vae_core.runs import tasks
from vae_core.runs.store import Run
from vae_core.runs.work import FINAL
from vae_core.search import ladder, settling
from vae_core.search.ladder import Ladder, Rung
from vae_core.words import duration, plural

SHOWN = 12  # test images
ENDED = {
    settling.SETTLED: "It is settled: depth makes a difference.",
    settling.LITTLE: "It is settled: depth makes no difference that matters.",
    settling.TIME: "The time is over.",
    settling.MOST: "It stays open after as many seeds as are ever trained.",
}


def show(run: Run) -> None:
    task = next(iter(tasks.of(run, ladder.KIND)), None)
    ended = task.result(ladder.RESULT)["ended"] if task is not None and task.state() == "done" else ""
    minutes = working.minutes("deep_minutes") if ended in ("", settling.TIME) else working.USUAL
    begin = partial(ladder.begin, run, float(minutes), owner=owner.current())
    working.done(task, "Climb the ladder", begin)
    at_work = task is not None and task.state() not in FINAL
    st.fragment(_rungs, run_every=working.LOOK_SECONDS if at_work else None)(run)
    if ended:
        st.markdown(ENDED[ended])
    if ended == settling.TIME:
        working.done(None, "Go on", begin)


def _rungs(run: Run) -> None:
    with shown():
        found = ladder.read(run)
        if found.trend is not None:
            st.markdown(" ".join(plain(sentence) for sentence in found.sentences()))
            _differences(found)
        _pictures(found, run)


def _differences(found: Ladder) -> None:
    named = [(f"+{place}", rung.apart) for place, rung in enumerate(found.rungs) if rung.apart]
    named += [("all rungs together", found.trend)] if found.trend else []
    spans = tuple((each.value, each.low, each.high) for _, each in named)
    title = "Loss with more pairs of layers, less that without"
    drawn.show(
        "deep-spans", drawing.svg(Spans(title, found.unit, tuple(label for label, _ in named), spans, found.matters))
    )
    st.caption(f"Grey: a difference of less than {MATTERS:.0%}, which does not matter. Each interval holds with 95 %.")


def _pictures(found: Ladder, run: Run) -> None:
    """What each rung makes of the same test images, under each other."""
    first = look(run)
    originals = first.originals("So only what the rungs draw can be shown.")
    chosen = np.arange(min(SHOWN, len(first.codes)))
    rows = [] if originals is None else [strips.row("Original", originals[chosen])]
    for place, rung in enumerate(found.rungs):
        with suppress(LoupeError):  # a model that is damaged says so where it is opened itself
            for view in map(look, rung.runs[:1]):
                rows.append(strips.row(_label(place, rung), cached.drawn(view.run, view.codes[chosen])))
    if any(rung.runs for rung in found.rungs):
        strips.show(rows)
    lowest, highest = found.rungs[0].config.encoder, found.rungs[-1].config.encoder
    st.caption(f"From `{lowest}` up to `{highest}`; the decoder gets the same layers.")


def _label(place: int, rung: Rung) -> str:
    loss = "" if rung.loss is None else f", {rung.loss:.4g}"
    took = "" if rung.seconds is None else f", {duration(rung.seconds)}"
    return f"{plural(place, 'pair')} more{loss}{took}" if place else f"as it is{loss}{took}"
