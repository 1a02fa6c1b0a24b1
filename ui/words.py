"""Numbers and states in words, the same on every page."""

from __future__ import annotations

from datetime import UTC, datetime

from vae_core.design import naming
from vae_core.design.duration import Span, told
from vae_core.glossary import WORDS
from vae_core.runs.store import Run, Summary
from vae_core.words import duration as duration
from vae_core.words import number as number
from vae_core.words import plural as plural

PARAMETERS_HELP = WORDS["Parameters"]
# The state of a run: what it is called, the colour of its badge, its icon, and what it means.
STATES = {
    "queued": ("waiting", "gray", ":material/hourglass_empty:", "It starts when the training before it has ended."),
    "running": ("training", "blue", ":material/model_training:", "It is being trained now."),
    "done": ("done", "green", ":material/check:", "It was trained to the end."),
    "stopped": ("stopped", "orange", ":material/stop_circle:", "Somebody stopped it. It can be resumed."),
    "failed": ("failed", "red", ":material/error:", "Its training ended with an error."),
    "interrupted": ("interrupted", "orange", ":material/bolt:", "Its process died. It can be resumed."),
    "broken": ("broken", "red", ":material/broken_image:", "Its folder cannot be read."),
}
# The same in the middle of a sentence, where it ended before it was through.
ENDS = {"stopped": "was stopped", "failed": "failed", "interrupted": "was interrupted"}
ALONG = "comes with Latent Loupe"
ALONG_STATE = (ALONG, "violet", ":material/redeem:", "It was trained for you, so that there is something to walk on.")


def standing(run: Run | Summary, state: str) -> tuple[str, str, str, str]:
    """The badge of a run in that state, as in STATES."""
    return ALONG_STATE if run.is_shipped else STATES[state]


def state(name: str) -> str:
    return STATES.get(name, (name,))[0]


def loss_help(run: Summary) -> str:
    """What the loss of a run is, in every unit that it can be shown in."""
    if run.best_nats_per_image is None:
        return naming.LOSS_HELP
    told = [naming.shown(run.best_nats_per_image, run, per) for per in naming.choices(run.image)]
    return f"{'; '.join(told)}. {naming.LOSS_HELP}"


def short(count: int | None) -> str:
    """52,346 as 52k: for places where there is little room."""
    if count is None:
        return "–"
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            return f"{count / size:.{1 if count < 10 * size else 0}f}{letter}"
    return str(count)


def span(seconds: Span | None) -> str:
    """ "about 19 s" where that is known well enough, else "10 s to 40 s"."""
    return told(seconds)


def ago(moment: str) -> str:
    """How long ago an ISO date was."""
    try:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
    except (TypeError, ValueError):
        return ""
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{plural(count, word)} ago"
    return "just now"


def epochs(run: Summary) -> str:
    return plural(run.epoch, "epoch") if run.epoch >= run.epochs else f"epoch {run.epoch} of {run.epochs}"


def size(count: int) -> str:
    """The size of a file in words."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            return f"{count / factor:.{1 if count < 10 * factor else 0}f} {unit}"
    return f"{count} bytes"
