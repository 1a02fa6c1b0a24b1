"""The loss curves of several models in one chart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import streamlit as st

from ui import losses
from ui.cached import datasets
from ui.compare.side import Side
from ui.components import curves as component
from ui.errors import plain
from vae_core.data import splits
from vae_core.design import naming
from vae_core.errors import LoupeError

KINDS = {name: kind for kind, name in losses.KINDS.items()}
ALONG = ("Epoch", "Images seen", "Wall time")
AXES = ("linear", "logarithmic")
HELP = {
    "total": "What training makes small: reconstruction plus weighted KL. Lower is better, where the objectives agree.",
    "reconstruction": "How far pictures are from the originals. Lower is better.",
    "kl": "How much the codes say about an image beyond the prior.",
}
ON_TEST = "validated on the test images"
HEIGHT = 300


def show(sides: list[Side]) -> None:
    kind, along, per, log = _controls(sides[0].config.image)
    groups = [group for group in _groups(sides) if any(side.history for side in group)]
    charts = [_chart(group, KINDS[kind], along, per, log) for group in groups]
    for side in sides:
        if not side.history:
            st.caption(f"{plain(side.name)} has no epoch yet.")
    if len(charts) > 1:
        st.caption("Losses of different data sets, or of different kinds, have no common axis: each has its own chart.")
    if charts:
        component.show("compare-curves", charts)


def _controls(image: tuple[int, ...]) -> tuple[str, str, str, bool]:
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        pick = st.segmented_control
        kind = pick("Part", list(KINDS), default="Loss", required=True, key="compare_kind", help="Of the loss.")
        along = pick("Along", ALONG, default=ALONG[0], required=True, key="compare_along", help="The axis below.")
        per = losses.ask(image)
        axis = pick("Axis", AXES, default=AXES[0], required=True, key="compare_axis", help="Of the losses.")
    return str(kind), str(along), per, axis == AXES[1]


def _groups(sides: list[Side]) -> list[list[Side]]:
    """The runs in groups whose losses are of one kind."""
    found: dict[Any, list[Side]] = {}
    for side in sides:
        key = (side.config.dataset, side.config.image, side.config.loss, side.config.sigma)
        found.setdefault(key, []).append(side)
    return list(found.values())


def _chart(sides: Sequence[Side], kind: str, along: str, per: str, log: bool) -> dict[str, Any]:
    config, (scale, unit) = sides[0].config, _measure(sides, kind, per)
    places = {side.run.id: _places(side, along) for side in sides}
    factor, across = _across(along, [place for each in places.values() for place in each])
    lines = [line for side in sides for line in _lines(side, kind, [p / factor for p in places[side.run.id]], scale)]
    every = sorted({place for line in lines for place in line["at"]})
    return {
        **losses.CHART,
        "name": f"{kind}-{config.dataset}-{config.loss}",
        "title": f"{losses.KINDS[kind]}, {config.dataset}",
        "help": HELP[kind],
        "run": "comparison",
        "height": HEIGHT,
        "epochs": every,
        "across": across,
        "lines": lines,
        "span": [every[0], max(every[-1], every[0] + 1)],
        "unit": unit,
        "log": log,
        **_levels(sides, kind, scale),
    }


def _measure(sides: Sequence[Side], kind: str, per: str) -> tuple[float, str]:
    """The factor from nats per image to the unit that they are shown in, and that unit."""
    image = sides[0].config.image
    per = naming.fitting(per, image)  # those of another chart may have other channels
    if kind == "kl":
        return naming.scale(image, naming.kl_per(per)), naming.kl_unit(per)
    return naming.scale(image, per), naming.common_unit([side.config for side in sides], per)


def _lines(side: Side, kind: str, at: list[float], scale: float) -> list[dict[str, Any]]:
    rows = losses.thinned([{**row, "place": place} for place, row in zip(at, side.history)])
    marked = f" ({ON_TEST})" if side.on_test else ""
    return [
        {
            "name": f"{side.name}, {words}{marked if part == 'validation' else ''}",
            "color": side.colour,
            "dashed": part == "validation",
            "values": losses.values(rows, part, kind, scale),
            "at": [row["place"] for row in rows],
            "ring": _best(side, [row["epoch"] for row in rows]) if part == "validation" else None,
        }
        for part, words in losses.PARTS.items()
    ]


def _best(side: Side, epochs: list[int]) -> int | None:
    best = (side.run.status()["best"] or {}).get("epoch")
    return epochs.index(best) if best in epochs else None


def _places(side: Side, along: str) -> list[float]:
    epochs = [float(row["epoch"]) for row in side.history]
    if along == "Wall time":
        return list(accumulate(row["seconds"] or 0.0 for row in side.history))
    return [epoch * _images(side) for epoch in epochs] if along == "Images seen" else epochs


def _images(side: Side) -> int:
    """That train in one epoch; 1 where the data set is gone, which leaves the axis in epochs."""
    config = side.config
    try:
        data = datasets.summary(config.dataset)
    except LoupeError:
        return 1
    return splits.expected(data, config.split, config.train_size, config.classes)[0]


def _across(along: str, places: list[float]) -> tuple[float, str]:
    """The size of a unit that suits these places along the axis, and its name."""
    longest = max(places, default=0.0)
    if along == "Epoch":
        return 1.0, "epoch"
    if along == "Images seen":
        return (1000.0, "thousand images seen") if longest >= 20_000 else (1.0, "images seen")
    return (60.0, "minutes of training") if longest > 180 else (1.0, "seconds of training")


def _levels(sides: Sequence[Side], kind: str, scale: float) -> dict[str, Any]:
    """The baseline strip, which every finished run carries; and the gap between its ends."""
    levels: list[dict[str, Any]] = []
    for side in sides if kind != "kl" else ():
        metrics = side.run.metrics()
        strip = metrics and metrics["baselines"]
        levels += [each for each in losses.levels(side.config, strip, scale) if each["name"] not in _names(levels)]
    ends = {each["name"]: each["value"] for each in levels}
    top, floor = ends.get(losses.LEVELS["mean_image"][0]), ends.get(losses.LEVELS["floor"][0])
    gap = [top, floor] if top is not None and floor is not None and top > floor else None
    return {"levels": levels, "gap": gap}


def _names(levels: list[dict[str, Any]]) -> list[str]:
    return [each["name"] for each in levels]
