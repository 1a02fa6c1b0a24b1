"""From a config to a training that runs. Asked twice, the same training is started once."""

from __future__ import annotations

from ui import cached, owner
from vae_core.data import catalog
from vae_core.runs import jobs, store
from vae_core.runs.store import Run, Summary
from vae_core.spec import recipes
from vae_core.spec.config import Config

AGAIN = ("failed", "broken")  # what was trained before but left nothing to look at


def trained_before(config: Config) -> Summary | None:
    """The newest run of the same config that is there or on its way."""
    return next((run for run in cached.runs() if config.digest in run.id and run.state not in AGAIN), None)


def start(config: Config) -> Run:
    """A new run in a process of its own, whatever was trained before."""
    where = cached.settings()
    run = store.create(where, config, {}, owner=owner.current())
    try:
        jobs.start(where, run)
    finally:
        cached.refresh()
    return run


def first_steps() -> Run:
    """The embedded digits, on a map of two dimensions: done in well under a minute, without a network."""
    image = catalog.describe("digits", cached.settings()).image
    config = recipes.default("digits", image)
    known = trained_before(config)
    return store.open_run(cached.settings(), known.id) if known else start(config)
