"""A run as one HTML file: the plane, its decoder and all else that it needs, to open anywhere without a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from ui import alone, cached, download, words
from ui.components import bundles
from ui.components.plane import payload
from ui.components.plane.payload import Flat
from ui.components.plane.told import Asked
from ui.explore import draw, facts
from ui.view import View
from vae_core.design import naming
from vae_core.design.config import Config
from vae_core.design.difference import words_of
from vae_core.errors import LoupeError
from vae_core.look import drawing
from vae_core.look.evidence import Curves, Line
from vae_core.look.program import packing
from vae_core.look.rows import spread
from vae_core.runs.forms import Metrics

HERE = Path(__file__).parent
MB = 2**20
HALF_FROM = 2 * MB  # of packed weights; from there on they are kept in half precision
MOST_THUMBNAILS, MOST_THUMBNAIL_BYTES = 500, MB
UNKNOWN = "<!-- size -->"
BUTTON_HELP = "One file with this map, its decoder, thumbnails, losses and settings. It opens in any browser, offline."


def button(view: View, **options: Any) -> None:
    """The file is made when the button is pressed."""
    reason = cached.networks(view.run).reason("decoder")
    text = f"Not for this model: {reason}." if reason else BUTTON_HELP
    name = f"{view.run.id}.html"
    download.button(
        "Take it home", lambda: page(view, payload.principal(view.codes)), name, text, disabled=bool(reason), **options
    )


def page(view: View, flat: Flat, above: str = "") -> str:
    """`above`: HTML before its title, such as the way back to a list of models."""
    networks = {name: _lighter(cached.networks(view.run).part(name)) for name in ("decoder", "encoder")}
    known = _thumbnails(view)
    parts = {
        "plane-program": bundles.text("plane").encode(),
        "plane-data": payload.data(view.key, replace(view.model, decoder=networks["decoder"]), view.cloud, flat),
        "letter-facts": payload.answer(view.key, Asked(0, (), None), known),
    }
    if networks["encoder"]:
        parts |= {"sketch-program": bundles.text("sketch").encode(), "sketch-data": draw.paper(view, networks)}
    body = _body(view, above, len(known), "sketch-program" in parts)
    text = alone.page(title(view), body, parts)
    return text.replace(UNKNOWN, _size(len(text), networks))


def title(view: View) -> str:
    return str(view.run.card()["name"]) or view.run.id


def _body(view: View, above: str, thumbnails: int, has_paper: bool) -> str:
    note = view.run.card()["note"]
    return alone.filled(
        HERE / "take_home.html",
        above=above,
        title=escape(title(view)),
        about=escape(_about(view, thumbnails)),
        key=escape(view.key),
        curves=curves(view.run.history(), view.config),
        facts="".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in _facts(view)),
        note=f'<h2>Notes</h2><p class="note">{escape(str(note))}</p>' if note else "",
        sketch='<h2>Draw, and see where it lands</h2><div id="sketch"></div>' if has_paper else "",
        size=UNKNOWN,
    )


def _thumbnails(view: View) -> list[payload.Fact]:
    """What is known of some test images: as many as a file should hold."""
    count = min(MOST_THUMBNAILS, len(view.codes), MOST_THUMBNAIL_BYTES // view.config.pixels)
    return facts.facts(view, [int(image) for image in spread(len(view.codes), count)])


def _lighter(part: bytes | None) -> bytes | None:
    if part is None or len(part) <= HALF_FROM:
        return part
    try:
        return packing.halved(part)
    except LoupeError:  # its weights do not fit into half precision
        return part


def _about(view: View, thumbnails: int) -> str:
    codes = f"{len(view.codes):,} test images on its map; pictures of {thumbnails} of them are in this file"
    return f"{view.config.dataset}, {naming.kind(view.config)}, code of {words.plural(view.size, 'number')}. {codes}."


def _size(text: int, networks: Mapping[str, bytes | None]) -> str:
    half = any(packing.read(part, "The network")["half"] for part in networks.values() if part)
    precision = " Weights are kept in half precision, exact to three digits." if half else ""
    return f"This file: {text / 1e6:.1f} MB.{precision}"


def _facts(view: View) -> list[tuple[str, str]]:
    config, metrics = view.config, view.run.metrics()
    architecture = config.architecture()
    found = [
        ("Encoder", architecture.encoder_line),
        ("Decoder", architecture.decoder_line),
        ("Parameters", f"{architecture.counts['total']:,}"),
        ("Objective", _objective(config)),
        ("Training", f"{config.optimizer}, learning rate {config.learning_rate:g}, batches of {config.batch}"),
        ("Epochs", f"{len(view.run.history())} of {config.epochs}"),
        ("Seed", str(config.seed)),
    ]
    return [*found, *_reached(config, metrics, loss(view))]


def loss(view: View) -> str:
    """The loss by which a run is listed, with its unit; empty where none is known."""
    best = (view.run.status()["best"] or {}).get("validation", {})
    return naming.shown(best["nats_per_image"], view.config, naming.PIXEL) if "nats_per_image" in best else ""


def _reached(config: Config, metrics: Metrics | None, lost: str) -> Iterator[tuple[str, str]]:
    """By the names that these numbers have everywhere: the run's loss, then what the test images say."""
    if lost:
        yield "Loss", f"{lost}, {naming.validated(config)}"
    if metrics is None:
        return
    losses = {"bce": metrics["bce"]["mean_code"], "mse": metrics["mse"]["mean_code"]}
    for column in naming.columns(config):
        words = column.words[:1].upper() + column.words[1:]
        yield words, f"{column.of(losses, config.image):.4g}, on the test images, at the mean code"


def _objective(config: Config) -> str:
    """What it was trained on; a KL term that counts nothing is told as well."""
    return config.loss if config.kind == "ae" else f"{config.loss}, beta {words_of(config, 'beta')}"


def curves(history: Sequence[Mapping[str, Any]], config: Config) -> str:
    """The losses as a drawing, per pixel, over epochs."""
    scale = naming.scale(config.image, naming.PIXEL)
    lines = []
    for told, name in (("training", "train"), ("validation", "validation")):
        key = f"{name}_total_nats_per_image"
        known = [(float(row["epoch"]), row[key] * scale) for row in history if row.get(key) is not None]
        if known:
            epochs, losses = zip(*known)
            lines.append(Line(told, epochs, losses, dashed=name == "validation"))
    if not lines:
        return '<p class="quiet">Its training ended before an epoch was through.</p>'
    return drawing.svg(Curves("Loss", naming.unit(config, naming.PIXEL), tuple(lines)))
