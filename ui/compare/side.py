"""One of the models that stand beside each other on the Compare page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ui import palette
from ui.view import View, look
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs.store import Run


@dataclass(frozen=True)
class Side:
    run: Run
    name: str
    colour: str
    state: str
    config: Config
    history: tuple[dict[str, Any], ...]

    @property
    def done(self) -> bool:
        return self.state == "done"

    @property
    def on_test(self) -> bool:
        """Whether its epoch was chosen on the test images."""
        return self.config.split == "test"

    @property
    def view(self) -> View:
        return look(self.run)


def of(runs: Sequence[Run]) -> tuple[list[Side], list[str]]:
    """Those that can be read, and why others cannot. Each has its own colour, and no two the same."""
    sides: list[Side] = []
    problems, colours = [], palette.runs(run.id for run in runs)
    for run in runs:
        try:
            name = str(run.card()["name"]) or run.id
            sides.append(Side(run, name, colours[run.id], run.state(), run.config(), tuple(run.history())))
        except (LoupeError, OSError) as error:
            problems.append(f"{run.id} cannot be read: {error}")
    return sides, problems
