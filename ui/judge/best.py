"""The best codes that can be found beside the encoder's own: the numbers, a sentence, and some images by both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from ui import cached, losses, owner, strips
from ui.errors import plain
from ui.judge import measures, working
from ui.view import View, look
from vae_core.look import best
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

QUESTION = working.Question(best.KIND, best.SPEC, "Find the best codes", "It takes about a minute, once.")
HOW = (
    "As many images as a minute allows. A code of two numbers is looked for all over the map; a longer one begins at "
    "the encoder's code, or at that of another image where that fits better. From there it goes down to the nearest "
    "minimum, which need not be the very lowest. No code that is kept is worse than the encoder's."
)
HEAD = "<tr><th></th><th>value</th><th>unit</th></tr>"
SHOWN = 12  # images
ORDER = "From the image for which the encoder loses most to the one for which it loses least"


@dataclass(frozen=True)
class Found:
    """What a task has found of a run, in the unit in which losses of images are shown."""

    view: View
    arrays: best.Arrays
    of: int

    @classmethod
    def by(cls, task: Task) -> Found:
        return cls(look(task.run), best.arrays(task), int(task.result()["of"]))

    @property
    def metrics(self) -> list[dict[str, Any]]:
        return best.metrics(self.arrays, self.view.unit, self.view.scale)

    @property
    def lost(self) -> np.ndarray[Any, Any]:
        return np.asarray(self.arrays["own"] - self.arrays["best"])

    def among(self, places: np.ndarray[Any, Any]) -> Found:
        """The same of these test images alone."""
        kept = np.isin(self.arrays["places"], places)
        return Found(self.view, {name: values[kept] for name, values in self.arrays.items()}, self.of)


def show(run: Run) -> None:
    losses.ask_of_images(run.config().image)
    if task := working.found(run, QUESTION, partial(best.begin, run, owner.current())):
        _found(Found.by(task))


def _found(found: Found) -> None:
    st.markdown(f"**{plain(best.told(found.metrics))}**")
    measures.table(HEAD, map(_line, found.metrics))
    counted(found)
    chosen = evenly(found.lost)
    originals = found.view.originals("So the two pictures of each stand alone.")
    first = [] if originals is None else [original(found, originals, chosen)]
    strips.show([*first, *pictured(found, chosen)])
    st.caption(f"{ORDER}. Below each picture its loss in {found.view.unit}; lower is better.")


def _line(metric: dict[str, Any]) -> str:
    meaning, label = escape(metric["meaning"]), escape(metric["label"])
    return f'<tr><td title="{meaning}">{label}</td><td>{measures.value(metric)}</td><td>{metric["unit"]}</td></tr>'


def counted(found: Found) -> None:
    count = len(found.lost)
    which = f"all {count:,} test images" if count == found.of else f"{count:,} of {found.of:,} test images"
    st.caption(f"On {which}. In brackets: 95 % intervals over images.", help=HOW)


def evenly(lost: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Some images, from those that lose most to those that lose least."""
    order = np.argsort(-lost, kind="stable")
    return order[np.linspace(0, len(order) - 1, min(SHOWN, len(order))).round().astype(int)]


def original(found: Found, originals: np.ndarray[Any, Any], chosen: np.ndarray[Any, Any]) -> str:
    places = found.arrays["places"][chosen]
    return strips.row("Original", originals[places], [found.view.label(place) or f"{place}" for place in places])


def pictured(found: Found, chosen: np.ndarray[Any, Any], name: str = "", colour: str = "") -> Iterator[str]:
    """As the decoder draws them of both codes; `name` is that of the model, where there are several."""
    both = np.stack([found.arrays[f"{code}_codes"][chosen] for code in ("own", "best")])
    view = found.view
    made = cached.drawn(view.run, both.reshape(-1, view.size)).reshape(*both.shape[:2], *view.config.image)
    words = (f"{name}, its encoder", f"{name}, the best code") if name else ("By the encoder", "By the best code")
    for code, label, images in zip(("own", "best"), words, made):
        values = found.arrays[code][chosen] * view.scale
        yield strips.row(label, images, [f"{value:.4g}" for value in values], colour)
