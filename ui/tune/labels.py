"""What a search's settings, goals and states are called on the page."""

from __future__ import annotations

from typing import Any

from vae_core.design import naming
from vae_core.search import verdict
from vae_core.search.space import VARIED
from vae_core.search.wanted import Search

GOALS = {
    "loss": "Loss",
    "elbo": "Loss at beta 1",
    "reconstruction": "Reconstruction",
    "kl": "KL",
    "parameters": "Parameters",
}
SAMPLERS = {
    "tpe": "Learn from the trials so far (TPE)",
    "random": "At random",
    "grid": "All on a grid",
}
PRUNERS = {
    "halving": "Yes, of three the best goes on",
    "median": "Yes, when worse than the median",
    "hyperband": "Yes, in brackets (Hyperband)",
    "none": "No, train each to its end",
}
# The state of a trial: its badge's word, and what it means.
TRIALS = {
    "running": ("training", "It is being trained now."),
    "done": ("done", "It was trained to its end."),
    "pruned": ("ended early", "It was plainly worse than others at the same point, or the time was over."),
    "failed": ("failed", "Its model cannot be trained: see the reason."),
    "waiting": ("waiting", "Its turn will come."),
}
# Of a search: the badge's word, its colour, its icon, and what it means.
STATES = {
    "queued": ("starting", "gray", ":material/hourglass_empty:", "Its process is starting, which takes some seconds."),
    "running": ("searching", "blue", ":material/search:", "Trials are being trained now."),
    "done": ("done", "green", ":material/check:", "It did all that was asked; more trials can be added."),
    "stopped": ("stopped", "orange", ":material/stop_circle:", "Somebody stopped it. It can go on where it stands."),
    "failed": ("failed", "red", ":material/error:", "It ended with an error."),
    "interrupted": ("interrupted", "orange", ":material/bolt:", "Its process died. It can go on where it stands."),
}
VALUE_HELP = {
    "loss": "Validation loss at the best epoch, mean of the folds, in {}. Lower is better.",
    "elbo": "Validation reconstruction + KL, whatever beta is, mean of the folds, in {}. Lower is better.",
    "reconstruction": "Validation reconstruction, mean of the folds, in {}. Lower is better.",
    "kl": "Validation KL, mean of the folds, in {}. Lower is a simpler map.",
    "parameters": "Numbers that training adjusts. Fewer is a smaller model.",
}


def value_help(goal: str, search: Search) -> str:
    """The KL term is nats whatever the loss is."""
    unit = verdict.unit_of(search.base).whole
    return VALUE_HELP[goal].format(naming.kl_unit(naming.IMAGE) if goal == "kl" else unit)


def setting(name: str) -> str:
    return VARIED[name].label


def setting_help(name: str) -> str:
    return VARIED[name].help


def choice(name: str, value: Any) -> str:
    """A value of a setting, in the words of its widget."""
    return VARIED[name].choices.get(value, value) if isinstance(value, str) else f"{value:.4g}"
