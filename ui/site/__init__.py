"""Finished models as a site of plain files: any server of files hands it out, and it opens from a disk."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from ui import alone, cached, choice, palette, walked
from ui.compare import images
from ui.components import bundles
from ui.components.plane import payload
from ui.explore import take_home
from ui.view import View, look
from ui.walked import Walker
from vae_core.errors import LoupeError
from vae_core.runs.store import Run
from vae_core.runs.work import FINAL
from vae_core.words import plural

HERE = Path(__file__).parent
INDEX, SIDE, MODELS = "index.html", "side-by-side.html", "models"  # no run's name can be that of the first two
UP = f'<nav><a href="../{INDEX}">All models</a></nav>'


def pages(runs: Sequence[Run]) -> dict[str, bytes]:
    """What stands in each file. One model is a page; several have one each, and an index before them."""
    views = [_seen(run) for run in runs]
    if len(views) == 1:
        return {INDEX: _model(views[0], "").encode()}
    found = {f"{MODELS}/{view.run.id}.html": _model(view, UP) for view in views}
    together = _together(views)
    if together:
        found[SIDE] = together
    found[INDEX] = _index(views, bool(together))
    return {name: text.encode() for name, text in found.items()}


def _seen(run: Run) -> View:
    state = run.state()
    if state not in FINAL or not run.status()["epoch"]:
        raise LoupeError(f"{run.id} is {state}", "A model that has learned for an epoch was expected")
    if reason := cached.networks(run).reason("decoder"):
        raise LoupeError(f"{run.id} cannot be walked on without a server: {reason}", fix="Leave it out")
    return look(run)


def _model(view: View, above: str) -> str:
    return take_home.page(view, payload.principal(view.codes), above)


def _index(views: Sequence[View], together: bool) -> str:
    side = f'<p><a href="{SIDE}">Walk on all of them at once</a></p>' if together else ""
    cards = "".join(map(_card, views))
    body = alone.filled(HERE / "index.html", count=plural(len(views), "model"), side=side, cards=cards)
    return alone.page("Models to walk on", body, {})


def _card(view: View) -> str:
    name, lost = take_home.title(view), take_home.loss(view)
    told = f"<span>loss {escape(lost)}</span>" if lost else ""
    address = escape(quote(f"{MODELS}/{view.run.id}.html"))
    return f'<a href="{address}">{_picture(view.run, name)}<b>{escape(name)}</b>{told}</a>\n'


def _picture(run: Run, name: str) -> str:
    thumbs = run.thumbs()
    if not thumbs:
        return "<i></i>"
    source = f"data:image/webp;base64,{base64.b64encode(thumbs).decode()}"
    return f'<img src="{source}" alt="Test images as {escape(name)} draws them">'


def _together(views: Sequence[View]) -> str:
    """One cursor for all of them, where there are not too many and all know the same test images; else nothing."""
    if len(views) > choice.MOST_COMPARED:
        return ""
    try:
        images.refuse_others(list(views))
        parts = _walk(views)
    except LoupeError:
        return ""
    body = alone.filled(HERE / "side.html", index=INDEX)
    return alone.page("Side by side", body, parts)


def _walk(views: Sequence[View]) -> Mapping[str, bytes]:
    colours = palette.runs(view.run.id for view in views)
    walkers = [Walker(view, take_home.title(view), colours[view.run.id]) for view in views]
    return {"twin-program": bundles.text("twin").encode(), "twin-data": walked.data(walkers)}
