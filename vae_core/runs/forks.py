"""A new run that goes on from another's state with a changed setting."""

from __future__ import annotations

from dataclasses import replace

from vae_core.design.config import Changes
from vae_core.design.declared import SETTINGS
from vae_core.errors import LoupeError
from vae_core.runs.forms import Resolved, State
from vae_core.runs.history import Row
from vae_core.runs.store import Run, create
from vae_core.settings import Settings

BETWEEN_EPOCHS = {"step": 0, "images": 0, "reconstruction": 0.0, "kl": 0.0, "weighted_kl": 0.0, "train_seconds": 0.0}
CHANGEABLE = tuple(name for name, setting in SETTINGS.items() if setting.fork)


def fork(settings: Settings, parent: Run, changes: Changes, owner: str = "") -> Run:
    """A run in the parent's last state, its history copied; the parent stays as it is."""
    _check(changes)
    state = _last_state(parent, "Train it anew with the changed setting")
    before = parent.config()
    config = before.changed(changes, recipe="")
    numbers = {**state.numbers, **BETWEEN_EPOCHS}
    _check_epochs(config.epochs, numbers["epoch"])
    if any(SETTINGS[name].new_loss for name in changes if getattr(config, name) != getattr(before, name)):
        numbers |= {"best_epoch": 0, "best_value": float("inf")}
        state = replace(state, best=[])
    run = create(settings, config, _resolved(parent, changes), owner=owner, parent=parent.id)
    rows = [row for row in parent.history() if row["epoch"] <= numbers["epoch"]]
    return _begun(run, replace(state, numbers=numbers), rows)


def adopt(settings: Settings, trial: Run, owner: str = "") -> Run:
    """A trial of a search as a run like any other: it goes on from its state, and ends with all that a run has."""
    state = _last_state(trial, "Let its training go on, or choose another trial")
    run = create(settings, trial.config(), trial.resolved(), owner=owner, parent=trial.id)
    return _begun(run, state, trial.history())


def _last_state(run: Run, fix: str) -> State:
    state = run.load_state()
    if state is None:
        raise LoupeError(f"{run.id} has no saved state to go on from", "At least one epoch is needed", fix)
    return state


def _begun(run: Run, state: State, rows: list[Row]) -> Run:
    run.save_state(state)
    for row in rows:
        run.add_history(row)
    return run


def _check(changes: Changes) -> None:
    fixed = sorted(set(changes) - set(CHANGEABLE))
    if fixed:
        allowed = ", ".join(CHANGEABLE)
        raise LoupeError(
            f"A fork cannot change '{fixed[0]}': the state would not fit",
            f"It may change {allowed}",
            "Start a new training for anything else",
        )
    if not changes:
        raise LoupeError("A fork needs at least one changed setting", f"One of {', '.join(CHANGEABLE)}")


def _check_epochs(wanted: int, done: int) -> None:
    if wanted <= done:
        raise LoupeError(
            f"The fork would end at epoch {wanted}, but its parent has trained {done}",
            fix=f"Give it more epochs, for example {2 * done}",
        )


def _resolved(parent: Run, changes: Changes) -> Resolved:
    """What the parent decided still holds, unless the fork asks for another precision."""
    known = parent.resolved()
    if {"precision", "fused"} & set(changes):
        return {"data_fingerprint": known["data_fingerprint"]} if "data_fingerprint" in known else {}
    return known
