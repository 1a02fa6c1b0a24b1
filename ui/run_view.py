"""All that is read from a run's folder for one look at it on the Train page."""

from __future__ import annotations

from dataclasses import dataclass

from vae_core.design.config import Config
from vae_core.runs.forms import Card, RunStatus
from vae_core.runs.history import Row
from vae_core.runs.store import Run
from vae_core.runs.work import FINAL


@dataclass(frozen=True)
class View:
    run: Run
    born: str  # a folder that was removed and made anew is another run
    config: Config
    state: str
    status: RunStatus
    card: Card
    history: list[Row]
    epochs: list[int]  # that have a snapshot
    told: str = ""  # by its place, if that is not this machine

    @property
    def active(self) -> bool:
        return self.state not in FINAL

    @property
    def name(self) -> str:
        return self.card["name"] or self.run.id

    @property
    def best(self) -> int | None:
        return (self.status["best"] or {}).get("epoch")


def look(run: Run) -> View:
    return View(
        run,
        str(run.document().get("created")),
        run.config(),
        run.state(),
        run.status(),
        run.card(),
        run.history(),
        run.snapshot_epochs(),
        run.told(),
    )
