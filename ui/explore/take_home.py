"""A run as one HTML file: the plane, its decoder and all else that it needs, to open anywhere without a server."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from ui import cached, download, words
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


def button(view: View) -> None:
    """The file is made when the button is pressed."""
    reason = cached.networks(view.run).reason("decoder")
    text = f"Not for this model: {reason}." if reason else BUTTON_HELP
    name = f"{view.run.id}.html"
    download.button(
        "Take it home", lambda: page(view, payload.principal(view.codes)), name, text, disabled=bool(reason)
    )


def page(view: View, flat: Flat) -> str:
    networks = {name: _lighter(cached.networks(view.run).part(name)) for name in ("decoder", "encoder")}
    known = _thumbnails(view)
    data = {
        "plane-program": bundles.text("plane").encode(),
        "plane-data": payload.data(view.key, replace(view.model, decoder=networks["decoder"]), view.cloud, flat),
        "facts-data": payload.answer(view.key, Asked(0, (), None), known),
    }
    if networks["encoder"]:
        data |= {"sketch-program": bundles.text("sketch").encode(), "sketch-data": draw.paper(view, networks)}
    kept = "".join(f'<script type="text/plain" id="{name}">{_packed(part)}</script>\n' for name, part in data.items())
    card = view.run.card()
    text = Template((HERE / "take_home.html").read_text("utf-8")).substitute(
        title=escape(str(card["name"]) or view.run.id),
        about=escape(_about(view, len(known))),
        key=view.key,
        curves=curves(view.run.history(), view.config),
        facts="".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in _facts(view)),
        note=f'<h2>Notes</h2><p class="note">{escape(str(card["note"]))}</p>' if card["note"] else "",
        sketch='<h2>Draw, and see where it lands</h2><div id="sketch"></div>' if networks["encoder"] else "",
        data=kept,
        size=UNKNOWN,
    )
    return text.replace(UNKNOWN, _size(len(text), networks))


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


def _packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 9)).decode()


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
    return [*found, *_reached(config, metrics, (view.run.status()["best"] or {}).get("validation", {}))]


def _reached(config: Config, metrics: Metrics | None, best: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """By the names that these numbers have everywhere: the run's loss, then what the test images say."""
    if "nats_per_image" in best:
        told = naming.shown(best["nats_per_image"], config, naming.PIXEL)
        yield "Loss", f"{told}, {naming.validated(config)}"
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
