"""A run in one line, as lists show it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vae_core.errors import LoupeError
from vae_core.runs import forms
from vae_core.runs.run import Run
from vae_core.settings import SHIPPED

OF_CONFIG = ("dataset", "kind", "beta", "loss", "sigma", "recipe")


@dataclass(frozen=True)
class Summary:
    """One line of the list. A folder that cannot be read has the state 'broken' and says why in `error`."""

    id: str
    created: str
    state: str
    name: str = ""
    owner: str = ""
    star: bool = False
    note: str = ""
    locked: bool = False
    epoch: int = 0
    epochs: int = 0
    best_nats_per_image: float | None = None
    best_nats_per_pixel: float | None = None
    parameters: int | None = None
    dataset: str = ""
    kind: str = ""
    beta: float | None = None
    loss: str = ""
    sigma: float | None = None
    image: tuple[int, ...] = (1, 1, 1)
    recipe: str = ""
    parent: str | None = None
    study: str = ""  # the search that it is a trial of
    answers: str = ""  # the question that it was trained for
    seed: int = 0
    alike: str = ""  # the same for all runs whose settings differ in nothing but their seed
    seconds: float | None = None
    error: str | None = None
    told: str = ""  # by its place, if that is not this machine

    @property
    def has_prior(self) -> bool:
        return self.kind == "vae" and bool(self.beta)

    @property
    def is_shipped(self) -> bool:
        return self.id.startswith(SHIPPED)


def summarize(run: Run) -> Summary | None:
    """The run in one line; None where it was removed meanwhile."""
    return look(run)[0]


def look(run: Run) -> tuple[Summary | None, bool]:
    """The same, and whether it stays so for as long as the files stay as they are: a run that has not ended may end
    without writing a word."""
    try:
        document, card, status = run.document(), run.card(), run.status()
        return _line(run, document, card, status), status["state"] in forms.FINAL
    except LoupeError as error:
        sentence = str(error)
    except OSError as error:
        sentence = f"{run.id} cannot be read: {error.strerror}."
    with suppress(OSError):
        changed = datetime.fromtimestamp(run.path.stat().st_mtime, UTC)
        broken = Summary(run.id, changed.isoformat(timespec="microseconds"), "broken", name=run.id, error=sentence)
        return broken, False
    return None, False


def _line(run: Run, document: forms.Document, card: forms.Card, status: forms.RunStatus) -> Summary:
    config, best = document["config"], (status["best"] or {}).get("validation", {})
    _refuse_other_config(run, config)
    counts = (document["resolved"] or {}).get("parameters") or {}
    return Summary(
        id=run.id,
        created=document["created"],
        state=run.state_by(status),
        best_nats_per_image=best.get("nats_per_image"),
        best_nats_per_pixel=best.get("nats_per_pixel"),
        parameters=counts.get("total"),
        image=tuple(config["image"]),
        parent=document["parent"],
        study=document["study"] or "",
        answers=document["answers"] or "",
        name=card["name"] or run.id,
        owner=card["owner"],
        star=card["star"],
        note=card["note"],
        locked=card["locked"],
        epoch=status["epoch"],
        epochs=status["epochs"],
        seed=config["seed"] or 0,
        alike=likeness(config),
        seconds=status["seconds"],
        error=status["error"],
        told="" if status["state"] in forms.FINAL else run.told(),
        **{name: config[name] for name in OF_CONFIG},
    )


def likeness(config: Mapping[str, object]) -> str:
    """Equal for documents of configs that train the same thing but for the seed, whatever recipe they came from; empty
    for what is no config."""
    values = {name: float(v) if type(v) is int and abs(v) < 2**53 else v for name, v in config.items()}
    with suppress(RecursionError):
        document = json.dumps({**values, "seed": 0, "recipe": ""}, sort_keys=True)
        return hashlib.sha256(document.encode()).hexdigest()[:16]
    return ""


def _refuse_other_config(run: Run, config: Mapping[str, Any]) -> None:
    from vae_core.design.config import VERSION as CONFIG_VERSION

    version = config.get("version")
    if version != CONFIG_VERSION:
        raise LoupeError(
            f"The config of {run.id} has version {version!r}",
            f"This program reads version {CONFIG_VERSION}",
            "Update the program, or train the model again",
        )
