"""What the loss chart shows, in the unit that was asked for: lines, levels to compare with, printed points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
KINDS = {"total": "Loss", "reconstruction": "Reconstruction", "kl": "KL"}
FURTHER = {
    "learning_rate": "Learning rate",
    "beta": "Beta",
    "seconds": "Seconds",
    "images_per_second": "Images a second",
    "peak_memory_mb": "Memory, MB",
}
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


# What a chart says where nothing else is said.
CHART: Chart = {"levels": [], "marks": [], "batches": [], "best": None, "log": False, "height": 240}


@dataclass(frozen=True)
class Course:
    """How a training went, and what it is compared with."""

    config: Config
    rows: Rows  # of its epochs
    colour: str
    best: int | None = None
    progress: Rows = ()  # of its batches, while there is no epoch
    recipe: Recipe | None = None
    strip: Mapping[str, Any] | None = None  # the baselines


def charts(course: Course, per: str, log: bool) -> list[Chart]:
    """One chart, or two where the KL term has a size of its own. `per` is one of `naming.choices`."""
    config, course = course.config, replace(course, rows=thinned(course.rows))
    epochs = [row["epoch"] for row in course.rows]
    main = _main(course, naming.scale(config.image, per))
    wide = span(epochs, config.epochs, [mark["epoch"] for mark in main["marks"]])
    common = {"epochs": epochs, "log": log, "best": course.best, "span": wide}
    main |= {**common, "unit": naming.unit(config, per)}
    if config.kind == "ae":
        return [main]
    kl = _kl(course, naming.scale(config.image, naming.kl_per(per)))
    return [main, {**kl, **common, "unit": naming.kl_unit(per)}]


def _main(course: Course, scale: float) -> Chart:
    return {
        **CHART,
        "name": "loss",
        "tab": "Loss",
        "title": "Loss and its reconstruction part" if course.config.has_prior else "Reconstruction loss",
        "help": LOSS_HELP,
        "lines": _main_lines(course, scale),
        "levels": levels(course.config, course.strip, scale),
        "marks": marks(course.config, course.recipe, scale),
        "batches": [] if course.rows else batches(course.progress, scale),
        "empty": "The curve begins with the first batch.",
    }


def _main_lines(course: Course, scale: float) -> list[Chart]:
    if not course.config.has_prior:
        return _lines(course, "reconstruction", scale, course.colour)
    total = _lines(course, "total", scale, course.colour, "loss, ")
    other = SECOND if course.colour != SECOND else OTHER
    return total + _lines(course, "reconstruction", scale, other, "reconstruction, ")


def _lines(course: Course, kind: str, scale: float, colour: str, words: str = "") -> list[Chart]:
    chosen_by = "total" if course.config.has_prior else "reconstruction"
    return [
        {
            "name": words + name,
            "color": colour,
            "dashed": part == "validation",
            "best": kind == chosen_by and part == "validation",
            "values": values(course.rows, part, kind, scale),
        }
        for part, name in PARTS.items()
    ]


def _kl(course: Course, scale: float) -> Chart:
    beta = course.config.beta
    meant = f"It counts in the loss with a weight of {beta:g}." if beta else "It is not in the loss."
    return {
        **CHART,
        "name": "kl",
        "tab": "KL",
        "title": "KL: how far codes stray from the prior",
        "help": f"How much the code says about an image, beyond the prior. {meant}",
        "lines": _lines(course, "kl", scale, course.colour),
        "empty": "After the first epoch.",
        "marks": marks(course.config, course.recipe, scale, kl=True),
    }


def values(rows: Rows, part: str, kind: str, scale: float) -> list[float | None]:
    """One kind of loss in each epoch; None where it is no number."""
    found = [row[f"{part}_{kind}_nats_per_image"] for row in rows]
    return [None if value is None or not math.isfinite(value) else value * scale for value in found]


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


def marks(config: Config, recipe: Recipe | None, scale: float, kl: bool = False) -> list[Chart]:
    """The numbers that a recipe's report printed, at their epochs: those of the KL term, or the others."""
    if recipe is None:
        return []
    nats = report_unit(str(recipe.reported.get("unit")), config)
    found = []
    for point in recipe.reported.get("points", ()):
        for name, value in point.items():
            if name != "epoch" and nats and name.endswith("kl") == kl:
                factor = 1.0 if kl else nats
                part = "train" if name.startswith("train") else "validation"
                text = f"Report {recipe.report}, epoch {point['epoch']}, {name.replace('_', ', ')}"
                value = value * factor * scale
                found.append({"epoch": point["epoch"], "value": value, "name": text, "part": part})
    return found


def beyond(config: Config, recipe: Recipe | None, per: str) -> str:
    """The printed points that the chart is too short for, in a sentence; empty where there are none."""
    scales = [naming.scale(config.image, each) for each in (per, naming.kl_per(per))]
    printed = marks(config, recipe, scales[0]) + marks(config, recipe, scales[1], kl=True)
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


def table(rows: Rows, config: Config, per: str) -> dict[str, list[Any]]:
    """The epoch table, the newest epoch first: columns by their headings."""
    is_vae, newest = config.kind == "vae", list(reversed(rows))
    columns: dict[str, list[Any]] = {"Epoch": [row["epoch"] for row in newest]}
    for kind, name in KINDS.items() if is_vae else [("reconstruction", "Reconstruction")]:
        scale = naming.scale(config.image, naming.kl_per(per) if kind == "kl" else per)
        for part, words in PARTS.items():
            columns[f"{name}, {words}"] = values(newest, part, kind, scale)
    for key, words in FURTHER.items():
        if key != "beta" or is_vae:
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
