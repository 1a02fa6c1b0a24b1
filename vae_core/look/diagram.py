"""How a model works, as one drawing."""

from __future__ import annotations

from typing import Any

from vae_core.design.config import Config

FIRST, LAST = 2, 2  # stages of a network that are told where there are many


def way(config: Config) -> dict[str, Any]:
    """The stages of both networks, and whether a spread lies between them."""
    stages = config.architecture().stages
    return {**{name: _few(shapes) for name, shapes in stages.items()}, "spread": config.kind == "vae"}


def _few(shapes: tuple[str, ...]) -> list[str]:
    if len(shapes) <= FIRST + LAST + 1:
        return list(shapes)
    return [*shapes[:FIRST], "…", *shapes[-LAST:]]
