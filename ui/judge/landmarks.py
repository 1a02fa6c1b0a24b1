"""What a model is worth at a glance: images beside what it makes of them, and three numbers between landmarks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
import streamlit as st

from ui import cached, palette, pixels, words
from ui.view import View, look
from vae_core.errors import LoupeError
from vae_core.look import pictures, tested
from vae_core.look.rows import spread
from vae_core.runs.forms import Metrics
from vae_core.runs.store import Run

SHOWN = 10  # test images
STYLE = """<style>
.loupe-pairs { display: grid; grid-template-columns: repeat(10, 1fr); gap: 3px; max-width: 1100px; }
.loupe-pairs img { width: 100%; display: block; image-rendering: pixelated; border-radius: 3px; }
.loupe-scales { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 0.8rem 2rem; }
.loupe-scales { margin-top: 0.8rem; }
.loupe-scales p { margin: 0 0 0.3rem; font-size: 0.9rem; }
.loupe-scales small { opacity: 0.75; display: block; }
.loupe-rail { position: relative; height: 0.8rem; border-radius: 0.4rem; background: rgba(128,128,128,0.25); }
.loupe-rail b { position: absolute; inset: 0 auto 0 0; border-radius: inherit; }
.loupe-rail i { position: absolute; top: -3px; bottom: -3px; border-left: 2px solid currentColor; }
.loupe-ends { display: flex; justify-content: space-between; font-size: 0.75rem; opacity: 0.75; }
</style>"""


@dataclass(frozen=True)
class Scale:
    """A number from 0, the left end, to 1; and a landmark on the way, with its name."""

    title: str
    value: float
    told: str
    ends: tuple[str, str]
    mark: tuple[float, str] | None = None


def show(run: Run) -> None:
    metrics = run.metrics()
    if metrics is None:  # it has not trained to its end
        return
    try:
        view = look(run)
        pairs = _pairs(view)
    except LoupeError:  # said where the model is opened itself
        return
    st.html(f'{STYLE}{pairs}<div class="loupe-scales">{"".join(map(_drawn, scales(view, metrics)))}</div>')


def scales(view: View, metrics: Metrics) -> Iterator[Scale]:
    yield _redrawn(view, metrics)
    classes, right = len(view.config.classes or view.classes), metrics["balanced_accuracy"]
    if right is not None and classes > 1:
        told = f"Of {right:.0%} of the test images, the nearest ones are of their class. By chance: {1 / classes:.0%}"
        yield Scale("Classes lie apart", right, told, ("never", "always"), (1 / classes, "chance"))
    used = metrics["active_dimensions"]
    told = f"{used} of {words.plural(view.size, 'number')} of the code carry something"
    yield Scale("Numbers in use", used / view.size, told, ("none", "all"))


def _redrawn(view: View, metrics: Metrics) -> Scale:
    """Its loss between that of the mean image and the least that is possible."""
    unit: Literal["mse", "bce"] = "mse" if view.config.loss == "mse" else "bce"
    strip = {name: losses[unit]["nats_per_image"] for name, losses in metrics["baselines"].items() if losses}
    reach = max(strip["mean_image"] - strip["floor"], 1e-12)
    way = {name: (strip["mean_image"] - loss) / reach for name, loss in strip.items()}
    own = (strip["mean_image"] - metrics[unit]["mean_code"]["nats_per_image"]) / reach
    pca = f"PCA with {words.plural(view.size, 'number')}: {way['pca']:.0%}"
    told = f"{own:.0%} of the way from one mean image to perfect copies. {pca}"
    return Scale("Redraws images", _within(own), told, ("mean image", "perfect"), (_within(way["pca"]), "PCA"))


def _within(share: float) -> float:
    return min(1.0, max(0.0, share))


def _drawn(scale: Scale) -> str:
    mark = f'<i style="left:{scale.mark[0]:.1%}" title="{escape(scale.mark[1])}"></i>' if scale.mark else ""
    bar = f'<b style="width:{scale.value:.1%};background:{palette.colour(0)}"></b>'
    low, high = map(escape, scale.ends)
    return (
        f"<div><p><strong>{escape(scale.title)}</strong> <small>{escape(scale.told)}</small></p>"
        f'<div class="loupe-rail">{bar}{mark}</div>'
        f'<div class="loupe-ends"><span>{low}</span><span>{high}</span></div></div>'
    )


def _pairs(view: View) -> str:
    """Test images of its own classes, and below each what it makes of it."""
    own = np.flatnonzero(tested.own(view.run, view.run.codes()) & np.isfinite(view.codes).all(axis=1))
    chosen = own[spread(len(own), SHOWN)]
    rows = [cached.drawn(view.run, view.codes[chosen])]
    if view.images is not None:
        rows.insert(0, view.images[chosen])
    names = ("Original", "Redrawn")[-len(rows) :]
    images = "".join(
        f'<img src="{pixels.uri(pictures.webp(image))}" alt="{name}">'
        for name, row in zip(names, rows)
        for image in row
    )
    return f'<div class="loupe-pairs">{images}</div>'
