"""What a map can be taken away as, and whether it comes out alike from another seed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from ui import cached
from ui.errors import plain
from ui.explore.view import View
from ui.project import ask, chosen, kept
from ui.project.laid import Laid
from vae_core.look import projection
from vae_core.runs import tasks

SEED_HELP = (
    "The same map once more, beginning by another chance. Where both agree on who is near whom, it is the data that "
    "speaks, not chance."
)


def show(view: View, maps: list[Laid]) -> None:
    for laid in maps:
        with st.container(border=True):
            st.markdown(f"**{plain(laid.title)}**")
            with st.container(horizontal=True, gap="small"):
                st.download_button(
                    "CSV", partial(_all, laid), f"{view.run.id}-{_file(laid)}.csv", "text/csv", key=f"csv-{laid.key}",
                    icon=":material/download:", on_click="ignore", help=chosen.SAVE_HELP,
                )  # fmt: skip
            _stability(view, laid)


def _all(laid: Laid) -> str:
    return chosen.as_csv(laid, np.arange(len(laid.points.ids)))


def _file(laid: Laid) -> str:
    return laid.name.rpartition("/")[2]


def _stability(view: View, laid: Laid) -> None:
    """How alike the maps of two seeds are, or a way to find out."""
    if laid.map is None or laid.map.spec.method == "pca":
        return
    spec = laid.map.spec
    names = {task.id: projection.spec_of(task) for task in kept.done(view.run)}
    others = [name for name, other in names.items() if other != spec and replace(other, seed=spec.seed) == spec]
    if not others:
        st.button(
            "Make it again from another seed", icon=":material/casino:", key=f"seed-{laid.key}", help=SEED_HELP,
            on_click=ask.start, args=(view.run, replace(spec, seed=spec.seed + 1)),
        )  # fmt: skip
        return
    for name in others:
        found = cached.overlap(tasks.find(view.run, _file(laid)), tasks.find(view.run, name.rpartition("/")[2]))
        near = laid.result["quality"]["neighbours"]
        st.caption(
            f"Of an image's {near} neighbours here, on average {found:.1f} are its neighbours on the map with seed "
            f"{names[name].seed} as well.",
            help=SEED_HELP,
        )
