"""A page with nothing but maps of projections, for tests/test_projection_walk.py. The address says which."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import streamlit as st

from ui import cached
from ui.components import bundles, plane, projection
from ui.components.plane import payload as plain
from ui.components.plane import told
from ui.components.projection import payload
from ui.components.projection.payload import Column, Points, Settings, Spots
from vae_core.look.program import packed
from vae_core.runs import store
from vae_core.runs.store import Run

GREY = (8, 8, 1)
PROBE = Path(__file__).with_name("projection_probe.js").read_text("utf-8")
PROBED = st.components.v2.component("probed", js=PROBE + bundles.shipped("projection"))
TOLD = (*told.NAMES, projection.SHEET)
TRAININGS = 40  # training images: the last so many points


def main() -> None:
    case = st.query_params.get("case", "near")
    run = store.open_run(cached.settings(), st.query_params["run"])
    fragment(case, run)


@st.fragment
def fragment(case: str, run: Run) -> None:
    keys = ("one", "two", "three") if case == "three" else ("one",)
    points = known(case, run)
    for key, column in zip(keys, st.columns(len(keys))):
        with column:
            data = payload.data(key, key, points, lies(key, case, points), settings(case, run, key == "one"))
            plane.show(key, data, on=PROBED, names=TOLD) if case == "probed" else projection.show(key, data)
            state = plane.state(key)
            if state.asked:
                plane.answer(key, plain.answer(key, state.asked, [fact(points, image) for image in state.asked.images]))
            if projection.wants_sheet(key):
                pictures = np.array([picture(image) for image in points.ids], np.uint8).reshape(-1, *GREY)
                projection.send_sheet("group", payload.sheet("group", points.ids, pictures))
            st.code(json.dumps({"at": state.at, "chosen": state.chosen}), language=None)


def picture(image: int) -> np.ndarray:
    """One that says whose it is: its number in two digits to the base 16, as the greys of its two halves."""
    return np.repeat([[image // 16 * 10], [image % 16 * 16]], 4, axis=0).repeat(8, axis=1).astype(np.uint8)[..., None]


def known(case: str, run: Run) -> Points:
    codes, labels = run.codes()["mean"][:160].copy(), run.codes()["labels"][:160].astype(int)
    tests = len(codes) - TRAININGS
    if case in ("empty", "single", "few"):
        few = {"empty": 0, "single": 1, "few": 4}[case]
        codes, labels = codes[:few], labels[:few]
    if case == "same":
        codes = np.ones_like(codes)
    if case == "nan":
        codes[:3] = np.nan
    if case == "one class":
        labels = np.zeros_like(labels)
    ids = np.arange(len(codes))
    columns = [
        Column("loss", np.where(ids == 5, np.nan, ids * 0.5), "In nats per image; lower is better."),
        Column("shop", np.array(["ours", "theirs", ""])[ids % 3]),
    ]
    names = [f"digit {number}" for number in range(10)]
    none = case == "plain"
    return Points(
        ids, codes, tests, tests + TRAININGS, None if none else labels, [] if none else names, [] if none else columns
    )


def lies(key: str, case: str, points: Points) -> plain.Flat | Spots:
    if key == "two":
        return plain.dimensions(points.codes)
    places = bent(points.codes) * {"one": 1, "three": 20}[key]
    if case == "apart":
        places = places + np.where(np.arange(len(places)) % 2, 60, 0)[:, None]
    pictures = np.stack([np.full(64, 0.5), np.linspace(0, 0.05, 64), np.zeros(64)]) if case == "pixels" else None
    return Spots(places, ("", "") if key == "one" else ("across", "up"), pictures=pictures)


def bent(codes: np.ndarray) -> np.ndarray:
    """Places that do not follow from the codes by any flat piece."""
    x, y = codes.T if len(codes) else np.zeros((2, 0))
    return np.stack([10 * np.arctan(x) + y, 10 * y - x * x], axis=1)


def settings(case: str, run: Run, leads: bool) -> Settings:
    model = plain.Model(run.id, GREY, False, packed.of(run).part("decoder"))
    return Settings(model, "group", beside=case == "three", leads=leads)


def fact(points: Points, image: int) -> plain.Fact:
    return plain.Fact(image, picture(image), points.codes[image], None, np.nan if image == 5 else image / 2)


if __name__ == "__main__":
    main()
