"""What the loss chart shows, in the unit that was asked for: lines, levels to compare with, printed points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ui import palette
from vae_core.design import naming, recipes
from vae_core.design.config import Config
from vae_core.design.recipes import Recipe
from vae_core.words import plural

KEPT = "loss_per"  # of the session: per what losses are shown, on all pages
MOST_POINTS = 500  # of a line
PARTS = {"train": "training", "validation": "validation"}
SECOND, OTHER = palette.COLOURS[3], palette.COLOURS[2]
LOSS_HELP = "What training makes small. Lower is better. The ring marks the best epoch, whose model is kept."
LEVELS = {
    "mean_image": ("mean image", "Always answering with the mean training image."),
    "class_mean": ("mean of its class", "Answering with the mean image of the class, which would need its label."),
    "pca": ("PCA", "Principal component analysis with a code of the same size: the best straight-line model."),
    "floor": ("entropy floor", "No model can get below this: grey pixels are uncertain in themselves."),
}
Rows = Sequence[Mapping[str, Any]]
Chart = dict[str, Any]


def charts(
    config: Config,
    recipe: Recipe | None,
    rows: Rows,
    progress: Rows,
    strip: Mapping[str, Any] | None,
    best: int | None,
    colour: str,
    per: str,
    log: bool,
) -> list[Chart]:
    """One chart, or two where the KL term has a size of its own. `per` is one of `naming.choices`."""
    rows = thinned(rows)
    scale = naming.scale(config.image, per)
    epochs = [row["epoch"] for row in rows]
    common: Chart = {
        "epochs": epochs,
        "log": log,
        "best": best,
        "unit": naming.unit(config, per),
    }
    main: Chart = {
        **common,
        "name": "loss",
        "height": 240,
        "help": LOSS_HELP,
        "title": "Loss and its reconstruction part" if config.has_prior else "Reconstruction loss",
        "lines": _main_lines(config, rows, scale, colour),
        "levels": levels(config, strip, scale),
        "marks": marks(config, recipe, scale, "kl", leave_out=True),
        "batches": [] if rows else batches(progress, scale),
        "empty": "The curve begins with the first batch.",
    }
    main["span"] = span(epochs, config.epochs, [mark["epoch"] for mark in main["marks"]])
    if config.kind == "ae":
        return [main]
    kl = _kl(config, recipe, rows, naming.scale(config.image, naming.kl_per(per)), colour)
    return [main, {**common, **kl, "unit": naming.kl_unit(per), "span": main["span"]}]


def thinned(rows: Rows, most: int = MOST_POINTS) -> Rows:
    """Evenly spaced rows, the last one among them."""
    if len(rows) <= most:
        return rows
    return [rows[round(place * (len(rows) - 1) / (most - 1))] for place in range(most)]


def batches(progress: Rows, scale: float) -> list[list[float]]:
    """The running mean within the first epoch, while there is no epoch to show yet."""
    first = thinned([row for row in progress if row.get("epoch") == 1 and row.get("steps")])
    return [[row["step"] / row["steps"], row["nats_per_image"] * scale] for row in first]


def span(epochs: Sequence[int], last: int, marked: Sequence[int]) -> list[float]:
    """The epochs that the chart is wide enough for: it widens seldom, so that the lines do not creep."""
    if not epochs:
        return [0, 1]
    wide = next((size for size in (5, 10, 20, 50, 100, 200, 500, 1000) if epochs[-1] <= size), last)
    within = [epoch for epoch in marked if epoch <= last]
    return [1, max(2, min(wide, last), epochs[-1], *within)]


def levels(config: Config, strip: Mapping[str, Any] | None, scale: float) -> list[Chart]:
    """The baseline strip on the test images, in the unit of the model's own reconstruction loss."""
    found = []
    for name, (words, text) in LEVELS.items():
        losses = (strip or {}).get(name)
        if losses and not (name == "floor" and config.loss == "mse"):
            code = config.architecture().code.size
            words = f"PCA, {plural(code, 'number')}" if name == "pca" else words
            value = _own_nats(config, losses) * scale
            found.append({"name": words, "value": value, "help": f"{text} On the test images."})
    return found


def _own_nats(config: Config, losses: Mapping[str, Any]) -> float:
    nats = float(losses[naming.measures(config)[0]]["nats_per_image"])
    return nats / (2 * (config.sigma or 1.0) ** 2) if config.loss == "mse" else nats


def marks(config: Config, recipe: Recipe | None, scale: float, what: str, leave_out: bool = False) -> list[Chart]:
    """The numbers that a recipe's report printed, at their epochs."""
    if recipe is None:
        return []
    nats = report_unit(str(recipe.reported.get("unit")), config)
    found = []
    for point in recipe.reported.get("points", ()):
        for name, value in point.items():
            if name != "epoch" and nats and name.endswith(what) != leave_out:
                factor = 1.0 if name.endswith("kl") else nats
                part = "train" if name.startswith("train") else "validation"
                text = f"Report {recipe.report}, epoch {point['epoch']}, {name.replace('_', ', ')}"
                value = value * factor * scale
                found.append({"epoch": point["epoch"], "value": value, "name": text, "part": part})
    return found


def beyond(config: Config, recipe: Recipe | None, per: str) -> str:
    """The printed points that the chart is too short for, in a sentence; empty where there are none."""
    scales = [(naming.scale(config.image, each), out) for each, out in ((per, True), (naming.kl_per(per), False))]
    printed = [mark for scale, out in scales for mark in marks(config, recipe, scale, "kl", leave_out=out)]
    late = [mark for mark in printed if mark["epoch"] > config.epochs]
    told = "; ".join(f"{mark['name']}: {mark['value']:.4g}" for mark in late)
    return f"Printed for later epochs than this run has: {told}." if told else ""


def recipe_of(config: Config) -> Recipe | None:
    return next((each for each in recipes.all_recipes() if config.recipe and each.config.recipe == config.recipe), None)


def report_unit(unit: str, config: Config) -> float | None:
    """Nats per image in one of the report's unit; None where its numbers compare with nothing here."""
    units = {
        "nats_per_pixel": float(config.pixels),
        "nats_per_image": 1.0,
        "nats_per_image_mean_over_channels": float(config.image[2]),
    }
    if unit == "mse_per_pixel" and config.loss == "mse":
        return config.pixels / (2 * (config.sigma or 1.0) ** 2)
    return units.get(unit)


def _main_lines(config: Config, rows: Rows, scale: float, colour: str) -> list[Chart]:
    if not config.has_prior:
        return _lines(rows, "reconstruction", "", scale, colour)
    other = SECOND if colour != SECOND else OTHER
    total = _lines(rows, "total", "loss, ", scale, colour)
    return total + _lines(rows, "reconstruction", "reconstruction, ", scale, other, best=False)


def _lines(rows: Rows, kind: str, words: str, scale: float, colour: str, best: bool = True) -> list[Chart]:
    return [
        {
            "name": words + name,
            "color": colour,
            "dashed": part == "validation",
            "best": best and part == "validation",
            "values": [_scaled(row[f"{part}_{kind}_nats_per_image"], scale) for row in rows],
        }
        for part, name in PARTS.items()
    ]


def _kl(config: Config, recipe: Recipe | None, rows: Rows, scale: float, colour: str) -> Chart:
    meant = "It counts in the loss with a weight of " + f"{config.beta:g}." if config.beta else "It is not in the loss."
    return {
        "name": "kl",
        "title": "KL: how far codes stray from the prior",
        "height": 240,
        "levels": [],
        "help": f"How much the code says about an image, beyond the prior. {meant}",
        "lines": _lines(rows, "kl", "", scale, colour, best=False),
        "batches": [],
        "empty": "After the first epoch.",
        "marks": marks(config, recipe, scale, "kl"),
    }


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None or not math.isfinite(value) else value * scale


def table(rows: Rows, config: Config, per: str) -> dict[str, list[Any]]:
    """The epoch table, the newest epoch first: columns by their headings."""
    scale = naming.scale(config.image, per)
    scales = {"kl": naming.scale(config.image, naming.kl_per(per))}
    kinds = ("total", "reconstruction", "kl") if config.kind == "vae" else ("reconstruction",)
    newest = list(reversed(rows))
    columns: dict[str, list[Any]] = {"Epoch": [row["epoch"] for row in newest]}
    for kind in kinds:
        for part, words in PARTS.items():
            name = {"total": "Loss", "reconstruction": "Reconstruction", "kl": "KL"}[kind]
            columns[f"{name}, {words}"] = [
                _scaled(row[f"{part}_{kind}_nats_per_image"], scales.get(kind, scale)) for row in newest
            ]
    for key, words in (
        ("learning_rate", "Learning rate"),
        ("beta", "Beta"),
        ("seconds", "Seconds"),
        ("images_per_second", "Images a second"),
        ("peak_memory_mb", "Memory, MB"),
    ):
        if key != "beta" or config.kind == "vae":
            columns[words] = [row[key] for row in newest]
    return columns


def ask(image: tuple[int, ...]) -> str:
    """The widget that says per what losses are shown, the same on all pages."""
    st.session_state[KEPT] = chosen(image)
    picked = st.segmented_control(
        "Losses",
        naming.choices(image),
        key=KEPT,
        required=True,
        wrap=True,
        help=naming.PER_HELP,
        persist_state="session",
    )
    return naming.fitting(picked, image)


def ask_of_images(image: tuple[int, ...]) -> None:
    """Only where there is something to choose for them: the mean over several channels."""
    if naming.CHANNELS in naming.choices(image):
        ask(image)


def of_images(image: tuple[int, ...]) -> str:
    """The same for the losses of single images, which nobody takes per pixel."""
    return naming.CHANNELS if chosen(image) == naming.CHANNELS else naming.IMAGE


def chosen(image: tuple[int, ...]) -> str:
    return naming.fitting(st.session_state.get(KEPT), image)
