"""How deep should it be? One model with more and more pairs of layers: what each rung draws, and how its loss goes."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import streamlit as st

from ui import cached, choice, owner, palette, walked
from ui.components import drawn
from ui.errors import plain, shown
from ui.judge import working
from ui.view import View, look
from ui.walked import Walker
from vae_core.design import recipes
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.look import drawing
from vae_core.look.comparison import MATTERS
from vae_core.look.evidence import Spans
from vae_core.runs.store import Run
from vae_core.runs.work import FINAL
from vae_core.search import ladder, settling
from vae_core.search.ladder import Ladder, Rung
from vae_core.words import duration, plural

WHERE = {recipes.LAST: "Before the code", recipes.PICTURE: "In the picture", recipes.BLOCK: "As a block"}
ENDED = {
    settling.SETTLED: "It is settled: depth makes a difference.",
    settling.LITTLE: "It is settled: depth makes no difference that matters.",
    settling.TIME: "The time is over.",
    settling.MOST: "It stays open after as many seeds as are ever trained.",
}


def show(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        end = _end(run.config())
        task = ladder.newest(run, end)
        ended = task.result(ladder.RESULT)["ended"] if task is not None and task.state() == "done" else ""
        minutes, place = working.asked("deep", ended)
    begin = partial(ladder.begin, run, float(minutes), where=end, owner=owner.current(), place=place)
    working.done(task, "Climb the ladder", begin, sends=True)
    if task is None and not run.is_shipped and (other := choice.climbed()):
        st.button("See one that is finished", type="tertiary", on_click=choice.choose, args=(other,))
    at_work = task is not None and task.state() not in FINAL
    st.fragment(_rungs, run_every=working.LOOK_SECONDS if at_work else None)(run, end)
    if ended:
        st.markdown(ENDED[ended])
    if ended == settling.TIME:
        working.done(None, "Go on", begin, sends=True)


def _end(config: Config) -> str:
    """Those places that make another ladder of this network than the ones before."""
    places: dict[str, str] = {}
    for end in recipes.ENDS:
        rungs = recipes.ladder(config, 1, end)
        if len(rungs) > 1:
            places.setdefault(rungs[1].encoder, end)
    if len(places) < 2:
        return next(iter(places.values()), recipes.LAST)
    return st.segmented_control(
        "Where a layer is added",
        list(places.values()),
        format_func=WHERE.__getitem__,
        default=next(iter(places.values())),
        key="deep_where",
        required=True,
        persist_state="session",
        help="The decoder gets the same layer at the place that mirrors it.",
    )


def _rungs(run: Run, end: str) -> None:
    with shown():
        found = ladder.read(run, where=end)
        if found.trend is not None:
            st.markdown(" ".join(plain(sentence) for sentence in found.sentences()))
        _climb(found)
        if found.trend is not None:
            _differences(found)


def _climb(found: Ladder) -> None:
    """Rung after rung under one cursor."""
    walkers = []
    for place, rung in enumerate(found.rungs):
        with suppress(LoupeError):  # a model that is damaged says so where it is opened itself
            walkers += [_walker(place, rung, found, look(run)) for run in rung.runs[:1] if cached.networks(run)]
    if len(walkers) > 1:
        walked.show(walkers)
    if found.trend is None and found.rungs[0].runs:
        st.caption("So far each rung was trained too few times: what differs may be luck.")
    lowest, highest = found.rungs[0].config.encoder, found.rungs[-1].config.encoder
    st.caption(f"From `{lowest}` up to `{highest}`; the decoder gets the same layers.")


def _walker(place: int, rung: Rung, found: Ladder, view: View) -> Walker:
    lowest, loss = found.rungs[0].loss or 0.0, rung.loss or 0.0
    low, high = (lowest + rung.apart.low, lowest + rung.apart.high) if rung.apart else (loss, loss)
    sees = rung.config.architecture().sees
    told = f"loss {loss:.4g} {found.unit}, trained {duration(rung.seconds or 0)}. {_seen(sees)}"
    name = f"{plural(place, 'pair')} of layers more" if place else "As it is"
    beside = {"loss": loss, "low": low, "high": high, "told": told, "sees": sees}
    return Walker(view, name, palette.colour(place), beside)


def _seen(side: int) -> str:
    return f"One number of its last picture sees {side}x{side} pixels."


def _differences(found: Ladder) -> None:
    named = [(f"+{place}", rung.apart) for place, rung in enumerate(found.rungs) if rung.apart]
    named += [("all rungs together", found.trend)] if found.trend else []
    spans = tuple((each.value, each.low, each.high) for _, each in named)
    title = "Loss with more pairs of layers, less that without"
    drawn.show(
        "deep-spans", drawing.svg(Spans(title, found.unit, tuple(label for label, _ in named), spans, found.matters))
    )
    st.caption(f"Grey: a difference of less than {MATTERS:.0%}, which does not matter. Each interval holds with 95 %.")
