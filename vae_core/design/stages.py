"""The way of an image through a network in a few stages, for drawings that have no room for every layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vae_core.design.architecture import Row
from vae_core.design.config import Config
from vae_core.design.layers import Flatten, Reshape, Shape, show

FIRST, LAST = 2, 2  # stages of a network that are told where there are many


@dataclass(frozen=True)
class Way:
    """The stages of both networks, as shapes, and whether a spread lies between them."""

    encoder: list[str]
    decoder: list[str]
    spread: bool


def way(config: Config) -> Way:
    plan = config.architecture()
    encoder, decoder = _stages(plan.image, plan.encoder_rows), _stages((plan.code.size,), plan.decoder_rows)
    return Way(_few(encoder), _few(decoder), config.kind == "vae")


def _stages(start: Shape, rows: Sequence[Row]) -> list[str]:
    """Numbers that only stand in another form are no stage of their own."""
    shapes = [start]
    for row in rows:
        if isinstance(row.layer, Reshape) and len(shapes) > 1:
            shapes[-1] = row.output
        elif row.output != shapes[-1] and not isinstance(row.layer, Flatten):
            shapes.append(row.output)
    return [show(shape) for shape in shapes]


def _few(stages: list[str]) -> list[str]:
    return stages if len(stages) <= FIRST + LAST + 1 else [*stages[:FIRST], "...", *stages[-LAST:]]
